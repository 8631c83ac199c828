"""What a script gets of a board: batches of scans as they came, and rows with a value for each channel."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from ardugate.client.answers import local
from ardugate.errors import ExtraMissing
from ardugate.model import Channel, ValueType
from ardugate.model.board import parts_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_NUMPY_TYPES: Final = {"B": "u1", "H": "u2", "h": "i2", "i": "i4", "f": "f4"}
_NS: Final = 1e9


class Names:
    """Which address somebody means: whole ones, names that one board alone has, and pins that a channel took."""

    def __init__(self) -> None:
        self._aliases: dict[str, dict[str, str]] = {}

    def learn(self, board: Mapping[str, Any]) -> None:
        """What a board (docs/reference/gateway.md, BOARD) calls its channels."""
        if board["descriptor"] is not None:
            self._aliases[board["id"]] = dict(board["descriptor"]["aliases"])

    def find(self, name: str, addresses: Sequence[str] | Mapping[str, Any]) -> str | None:
        """The one of ``addresses`` that ``name`` means; None where none is, or several are."""
        if name in addresses:
            return name
        board, slash, channel = name.rpartition("/")
        meant = [
            address
            for address in addresses
            for of, _, found in (address.rpartition("/"),)
            if (not slash or of == board) and found == self._aliases.get(of, {}).get(channel, channel)
        ]
        return meant[0] if len(meant) == 1 else None

    def __getitem__(self, wanted: tuple[str, Mapping[str, Any]]) -> str:
        name, addresses = wanted
        found = self.find(name, addresses)
        if found is None:
            raise KeyError(f"expected one of {', '.join(addresses)}, got {name!r}")
        return found


@dataclass(frozen=True, slots=True)
class Column:
    """A channel's scans: ``raw`` as the board sent them, or, where a text or a missing value is among them, ``values``.
    In an envelope these are its minima (``of`` "min") or its maxima. ``offset_s``: when within a scan it is taken."""

    channel: Channel
    raw: array[int] | array[float] | None
    values: Sequence[Any] | None = None
    of: Literal["", "min", "max"] = ""
    offset_s: float = 0.0

    def as_values(self) -> Sequence[Any]:
        """In the channel's unit; None where there is none."""
        return (self.values or ()) if self.raw is None else self.channel.values(self.raw)

    def as_array(self) -> NDArray[Any]:
        """In the channel's unit, as numpy keeps it: float64, or the board's integers, bool, text."""
        need_numpy()
        import numpy as np

        if self.raw is None:
            values = self.as_values()
            if self.channel.type in (ValueType.INT, ValueType.FLOAT):
                return np.array([float("nan") if value is None else value for value in values], "f8")
            return np.array(values)
        raw = np.frombuffer(self.raw, _NUMPY_TYPES[self.raw.typecode])
        scale, offset = float(self.channel.scale), float(self.channel.offset)
        match self.channel.type:
            case ValueType.BOOL:
                return raw.astype(bool)
            case ValueType.ENUM:
                return np.array([str(value) for value in self.as_values()])
            case _ if self.raw.typecode == "f":
                return raw.astype("f8") * scale + offset
            case ValueType.INT if (scale, offset) == (1.0, 0.0):
                return raw
            case _:
                # Divided where the scale is a whole part of one, as everybody else's values are.
                parts = parts_of(scale)
                return raw / parts + offset if parts else raw * scale + offset


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Batch:
    """Consecutive scans of one stream, nothing missing between them.

    ``batch["soil"]`` is a numpy array of its values, ``batch.time`` one of their times (UTC, datetime64[ns]),
    ``batch.t_s`` the same in Unix seconds; ``batch.values("soil")`` is a list without numpy. ``seq`` counts scans since
    the stream began. ``lost`` scans are missing before this batch (board and wire), ``dropped`` ones because this
    script reads too slowly; ``broken``: more may be missing, for the gateway was away for too long to say.
    """

    stream: str
    board: str
    seq: int
    count: int
    columns: tuple[Column, ...]
    names: Names
    t0_s: float
    dt_s: float | None
    times_s: Sequence[float] | None
    lost: int = 0
    dropped: int = 0
    broken: bool = False

    def __len__(self) -> int:
        return self.count

    def __repr__(self) -> str:
        return f"Batch({self.count} scans from {local(self.seconds()[0]):%H:%M:%S.%f} of {', '.join(self.channels)})"

    @property
    def channels(self) -> tuple[str, ...]:
        """Addresses, ``board/channel``."""
        return tuple(dict.fromkeys(f"{self.board}/{column.channel.name}" for column in self.columns))

    def unit(self, channel: str) -> str:
        """The unit of a channel's values."""
        return self._column(channel).channel.unit

    def offset_s(self, channel: str) -> float:
        """How long after a scan's time this channel was taken, in seconds."""
        return self._column(channel).offset_s

    def values(self, channel: str) -> list[Any]:
        """A value a scan, in the channel's unit. Raises KeyError."""
        return list(self._column(channel).as_values())

    def __getitem__(self, channel: str) -> NDArray[Any]:
        return self._column(channel).as_array()

    def minima(self, channel: str) -> NDArray[Any]:
        """Of an envelope: the least of each bucket."""
        return self._column(channel, "min").as_array()

    def maxima(self, channel: str) -> NDArray[Any]:
        """Of an envelope: the greatest of each bucket."""
        return self._column(channel, "max").as_array()

    def seconds(self) -> Sequence[float]:
        """A time a scan, in Unix seconds."""
        if self.times_s is not None:
            return self.times_s
        step_s = self.dt_s or 0.0
        return [self.t0_s + scan * step_s for scan in range(self.count)]

    @property
    def t_s(self) -> NDArray[np.float64]:
        """A time a scan, in Unix seconds."""
        need_numpy()
        import numpy as np

        if self.times_s is not None:
            return np.array(self.times_s, "f8")
        return self.t0_s + np.arange(self.count, dtype="f8") * np.float64(self.dt_s or 0.0)

    @property
    def time(self) -> NDArray[np.datetime64]:
        """A time a scan: UTC, as numpy's dates are."""
        return (self.t_s * _NS).round().astype("i8").astype("datetime64[ns]")

    def rows(self) -> Iterator[tuple[float, dict[str, Any]]]:
        """Each scan's time and values, by address."""
        columns = [(f"{self.board}/{each.channel.name}", each.as_values()) for each in self.columns]
        for scan, t_s in enumerate(self.seconds()):
            yield t_s, {address: values[scan] for address, values in columns}

    def _column(self, channel: str, of: str = "") -> Column:
        address = self.names[channel, dict.fromkeys(self.channels)]
        name = address.rpartition("/")[2]
        found = [each for each in self.columns if each.channel.name == name and each.of == of]
        if not found:
            hint = "minima(channel) and maxima(channel)" if not of else "batch[channel]: this is no envelope"
            raise KeyError(f"expected {hint}, got {channel!r}")
        return found[0]


class Row(Mapping[str, Any]):
    """A value for each channel at one time: ``row["soil"]``, None where the board says none or is not live.

    ``time`` is when the newest of them was taken, with the local time zone; ``t_s`` the same in Unix seconds. ``fresh``
    are the addresses that are new in it. ``lost``, ``dropped`` and ``broken`` as in a Batch, since the row before.
    """

    __slots__ = ("_names", "_values", "broken", "dropped", "fresh", "lost", "t_s")

    def __init__(
        self,
        t_s: float,
        values: Mapping[str, Any],
        names: Names,
        fresh: frozenset[str],
        *,
        lost: int = 0,
        dropped: int = 0,
        broken: bool = False,
    ) -> None:
        self.t_s = t_s
        self.fresh = fresh
        self.lost = lost
        self.dropped = dropped
        self.broken = broken
        self._values = values
        self._names = names

    @property
    def time(self) -> datetime:
        """When it was, in the local time zone."""
        return local(self.t_s)

    def __getitem__(self, channel: str) -> Any:
        return self._values[self._names[channel, self._values]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Row({self.time:%H:%M:%S}, {dict(self._values)})"


def need_numpy() -> None:
    """Whether arrays can be had. Raises ExtraMissing."""
    try:
        import numpy as np
    except ImportError:
        raise ExtraMissing("numpy", "arrays of samples") from None
    del np
