"""Boards, streams and batches for the hub's tests."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence

from ardugate.hub import Hub, Resolver
from ardugate.model import (
    Batch,
    Board,
    BoardInfo,
    BoardState,
    Channel,
    Delivery,
    Firmware,
    Mode,
    Principal,
    Role,
    Stream,
    Taken,
    ValueType,
)

S = 10**9
T0 = 1_763_800_000 * S

ALICE = Principal("alice", Role.CONTROL)
BOB = Principal("bob", Role.CONTROL)
ADMIN = Principal("token", Role.ADMIN)


def analog(name: str, number: int = 14) -> Channel:
    return Channel(
        number, name, ValueType.INT, Mode.ANALOG, "count", pin=name, dtype="u16", minimum=0, maximum=1023, bits=10
    )


def digital(name: str, number: int = 2) -> Channel:
    return Channel(number, name, ValueType.BOOL, Mode.INPUT, pin=name, events=True)


def board(
    board_id: str = "greenhouse", channels: Sequence[Channel] | None = None, state: BoardState = BoardState.LIVE
) -> Board:
    own = (analog("A0"), analog("A1", 15), digital("D2"), digital("pump", 40)) if channels is None else tuple(channels)
    info = BoardInfo(
        board_id, "ATmega328P", 250_000, 3, 10, 5.0, 255, Firmware(1, "1.0.0"), (), own, (), {"D9": "pump"}
    )
    return Board(board_id, board_id, "sim://", state, info=info)


def regular(
    stream_id: str = "b1",
    names: Iterable[str] = ("A0", "A1"),
    hz: float = 100,
    board_id: str = "greenhouse",
    predecessor: str | None = None,
    started_ns: int = T0,
) -> Stream:
    channels = tuple(analog(name, 14 + index) for index, name in enumerate(names))
    dt_ticks = round(250_000 / hz)
    return Stream(stream_id, board_id, channels, "u16", dt_ticks, 250_000, started_ns, predecessor=predecessor)


def irregular(stream_id: str = "b2", name: str = "D2", board_id: str = "greenhouse") -> Stream:
    return Stream(stream_id, board_id, (digital(name),), "u8", None, 250_000, T0)


def scans(stream: Stream, seq: int, count: int, *, lost: int = 0) -> Batch:
    """A batch of a regular stream whose values are its scan numbers (mod 1,000), plus 1,000 a channel."""
    dt_ns = round((stream.dt_s or 0) * S)
    columns = [
        array("H", [1_000 * index + number % 1_000 for number in range(seq, seq + count)])
        for index in range(len(stream.channels))
    ]
    return Batch(stream.id, seq, stream.started_ns + seq * dt_ns, columns, lost=lost)


def edges(stream: Stream, seq: int, values: Sequence[int], at_ns: Sequence[int], *, lost: int = 0) -> Batch:
    return Batch(stream.id, seq, at_ns[0], [array("B", values)], times_ns=array("q", at_ns), lost=lost)


def hub_with(*streams: Stream, boards: Sequence[Board] = ()) -> tuple[Hub, Resolver]:
    hub = Hub(life="7f3a")
    for each in boards or (board(),):
        hub.directory.put(each)
    for stream in streams:
        hub.stream_started(stream)
    return hub, Resolver(hub.directory)


def deliveries(taken: Iterable[Taken]) -> list[Delivery]:
    return [item for item in taken if isinstance(item, Delivery)]


def drain(hub: Hub, client: str, now_ns: int = T0) -> list[Taken]:
    """Everything there is for a client, which must come to an end."""
    taken: list[Taken] = []
    for _ in range(1_000):
        if all(client not in place.clients for place in hub.ready()):
            return taken
        taken += hub.take(client, now_ns)
    raise AssertionError(f"{client} is ready for ever")
