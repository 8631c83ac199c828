"""``tail``: samples as they come, a line a scan."""

from __future__ import annotations

import csv
import io
import os
import sys
import time
from collections.abc import Iterator
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any, Final, Protocol

import typer

from ardugate.cli import completing
from ardugate.cli import options as opt
from ardugate.cli.output import dim, put, put_json, say
from ardugate.cli.plotting import Screen
from ardugate.cli.reach import gateway_or_port
from ardugate.cli.values import escape, format_value

if TYPE_CHECKING:
    from ardugate.client import Connection, Notification

# One scan: its time (Unix seconds) and the values by address.
Row = tuple[float, dict[str, Any]]

_PLOT_HZ: Final = 10.0  # a terminal scrolls no faster than eyes read
_PLOT_CHARS: Final = 40
_TIME_DIGITS: Final = 6  # gateway time is good to a microsecond at best


def tail(
    channels: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[CHANNEL…]", autocompletion=completing.channels, help="Channels or globs; all when there is none."
        ),
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="A table: t_s and one column a channel.")] = False,
    plot: Annotated[bool, typer.Option("--plot", help="Draw the values as curves, for eyes.")] = False,
    count: Annotated[int | None, typer.Option("-n", metavar="N", min=1, help="End after N scans.")] = None,
    for_s: opt.For = None,
    max_hz: Annotated[float | None, typer.Option("--max-hz", metavar="HZ", min=0.001, help="Thin streams out.")] = None,
    port: opt.Ports = None,
    url: opt.Gateway = None,
    json: opt.Json = False,
) -> None:
    """Show samples as they come, one line a scan, until Ctrl-C."""
    if json + as_csv + plot > 1:
        raise typer.BadParameter("choose one of --json, --csv and --plot")
    params: dict[str, Any] = {"channels": channels} if channels else {}
    if max_hz is not None or plot:
        params["max_hz"] = max_hz or _PLOT_HZ
    with gateway_or_port(url, port or []) as connection:
        subscribed = connection.call("subscribe", params)
        printer: Printer
        if json:
            printer = _JsonLines()
        elif as_csv:
            printer = _Csv(subscribed["streams"])
        else:
            printer = _plot() if plot else _Text()
        printer.learn(subscribed["streams"])
        _follow(connection, printer, count, for_s)


def _follow(connection: Connection, printer: Printer, count: int | None, for_s: float | None) -> None:
    end_s = None if for_s is None else monotonic() + for_s
    left = count
    while end_s is None or monotonic() < end_s:
        notification = connection.next_notification(None if end_s is None else max(0.0, end_s - monotonic()))
        if notification is None:
            return
        if notification.method == "streams":
            printer.learn(notification.params["streams"])
        _tell_losses(notification)
        for row in rows(notification):
            printer.put(row)
            if left is not None:
                left -= 1
                if not left:
                    return


def rows(notification: Notification) -> Iterator[Row]:
    """The scans in a ``samples`` notification; none in any other."""
    if notification.method != "samples":
        return
    batch = notification.params
    columns: dict[str, list[Any]] = batch["columns"]
    scans = len(next(iter(columns.values())))
    for scan in range(scans):
        t_s = batch["t_s"][scan] if "t_s" in batch else batch["t0_s"] + scan * batch["dt_s"]
        yield round(t_s, _TIME_DIGITS), {address: column[scan] for address, column in columns.items()}


def _tell_losses(notification: Notification) -> None:
    params = notification.params
    match notification.method:
        case "samples" if params["lost"]:
            say(f"{params['lost']} scans are missing here (board or wire)")
        case "loss" if params["place"] == "client":
            say(f"{params['count']} scans were dropped: this command reads too slowly, try --max-hz")
        case "board" if "board" in params and params["board"]["state"] != "live":
            board = params["board"]
            say(f"{board['id']} is {board['state']}" + (f": {escape(board['reason'])}" if board["reason"] else ""))
        case _:
            pass


class Printer(Protocol):
    """Prints rows in one form."""

    def learn(self, streams: list[dict[str, Any]]) -> None:
        """What the streams carry."""
        ...

    def put(self, row: Row) -> None:
        """One scan."""
        ...


class _JsonLines:
    """``{"t_s":…,"values":{address: value}}``."""

    def learn(self, streams: list[dict[str, Any]]) -> None:
        """Values carry all there is."""

    def put(self, row: Row) -> None:
        put_json({"t_s": row[0], "values": row[1]})


class _Csv:
    """A column for each channel there was at the beginning; bools as 1 and 0, nothing where a scan has no value."""

    def __init__(self, streams: list[dict[str, Any]]) -> None:
        self._columns = [channel["channel"] for stream in streams for channel in stream["channels"]]
        self._told: set[str] = set()
        self._line(["t_s", *self._columns])

    def learn(self, streams: list[dict[str, Any]]) -> None:
        for channel in (channel for stream in streams for channel in stream["channels"]):
            if channel["channel"] not in self._columns and channel["channel"] not in self._told:
                self._told.add(channel["channel"])
                say(f"{channel['channel']} came later and is not in the table")

    def put(self, row: Row) -> None:
        t_s, values = row
        if values.keys() & set(self._columns):
            cells = [values.get(column) for column in self._columns]
            self._line([t_s, *(int(cell) if isinstance(cell, bool) else cell for cell in cells)])

    def _line(self, cells: list[Any]) -> None:
        text = io.StringIO()
        csv.writer(text, lineterminator="").writerow(cells)
        put(text.getvalue())


class _Text:
    """``12:03:04.123  temp 21.5 °C``; addresses lose their board while there is only one."""

    def __init__(self) -> None:
        self.channels: dict[str, dict[str, Any]] = {}
        self._boards: set[str] = set()

    def learn(self, streams: list[dict[str, Any]]) -> None:
        for stream in streams:
            self._boards.add(stream["board"])
            self.channels |= {channel["channel"]: channel for channel in stream["channels"]}

    def put(self, row: Row) -> None:
        t_s, values = row
        put("  ".join([self.clock(t_s), *(self.cell(address, value) for address, value in values.items())]))

    def clock(self, t_s: float) -> str:
        """The time of day."""
        return dim(time.strftime("%H:%M:%S", time.localtime(t_s)) + f".{int(t_s * 1000) % 1000:03d}")

    def name(self, address: str) -> str:
        """As short as is clear."""
        return address if len(self._boards) > 1 else address.rpartition("/")[2]

    def cell(self, address: str, value: Any) -> str:
        """A channel and its value."""
        channel = self.channels.get(address)
        return f"{self.name(address)} {escape(format_value(value, channel['unit'] if channel else ''))}"


def _plot() -> Printer:
    """Curves on a terminal; in a pipe a line a value."""
    return _Curves() if sys.stdout.isatty() and os.environ.get("TERM") != "dumb" else _Plot()


class _Curves(_Text):
    """A curve a channel, drawn in its place."""

    def __init__(self) -> None:
        super().__init__()
        self._screen = Screen(self.cell)

    def put(self, row: Row) -> None:
        self._screen.add(row[1])


class _Plot(_Text):
    """Each value as a mark between the least and the greatest seen so far."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[str, tuple[float, float]] = {}

    def put(self, row: Row) -> None:
        t_s, values = row
        for address, value in values.items():
            self._put_mark(self.clock(t_s), address, value)

    def _put_mark(self, clock: str, address: str, value: Any) -> None:
        if isinstance(value, str) or value is None:
            put(f"{clock}  {self.cell(address, value)}")
            return
        low, high = self._seen.get(address, (float(value), float(value)))
        low, high = min(low, value), max(high, value)
        self._seen[address] = (low, high)
        place = round((value - low) / (high - low) * (_PLOT_CHARS - 1)) if high > low else 0
        put(f"{clock}  |{' ' * place}*{' ' * (_PLOT_CHARS - 1 - place)}|  {self.cell(address, value)}")
