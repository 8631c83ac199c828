"""The way to a board: through the gateway that runs, or by opening its port for the time of one command."""

from __future__ import annotations

import logging
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from ardugate.cli.output import say
from ardugate.cli.problems import CommandError, Exit
from ardugate.errors import GatewayUnreachable

if TYPE_CHECKING:
    from ardugate.client import Connection
    from ardugate.runtime import ServeOptions

Board = dict[str, Any]


@contextmanager
def gateway(url: str | None) -> Generator[Connection]:
    """A session with the gateway that runs. Raises what ``client`` raises."""
    from ardugate.client import connect, find_gateway

    with connect(find_gateway(url)) as connection:
        yield connection


@contextmanager
def gateway_or_port(
    url: str | None, ports: Sequence[str], *, lingers: bool | None = None, recordings: Path | None = None
) -> Generator[Connection]:
    """A session with the gateway that runs, else with one of our own on ``ports`` (none: those of the settings).

    A gateway that does not have the one port that was named leaves it to us. ``lingers`` False: this command moves
    something and would let go of it at once, so without a gateway it is refused. ``recordings``: where one of our own
    puts them.
    """
    from ardugate.client import connect, find_gateway

    try:
        target = find_gateway(url)
    except GatewayUnreachable as error:
        if error.url:
            raise
        target = None
    if target is not None:
        with connect(target) as connection:
            if url or _has(connection.boards, ports):
                yield connection
                return
    if lingers is False:
        remedy = "start one with `ardugate serve`, or keep the port open meanwhile: --for 5s, or --hold until Ctrl-C"
        raise CommandError(Exit.UNREACHABLE, "no gateway is running", remedy)
    with _own(ports, recordings) as connection:
        yield connection


def _has(boards: Sequence[Board], ports: Sequence[str]) -> bool:
    return all(any(board["port"] == port for board in boards) for port in ports if port != "auto")


@contextmanager
def _own(ports: Sequence[str], recordings: Path | None) -> Generator[Connection]:
    from ardugate.client import connect
    from ardugate.client.embedded import embedded

    options = _options(ports)
    if recordings is not None:
        options = replace(options, record=replace(options.record, folder=recordings, always=False))
    names = ", ".join(option.port for option in options.ports)
    say(f"no gateway is running: opening {names} for this command (this may reset the board)")
    # The gateway in this process has nothing to say that the command does not say.
    logging.getLogger("ardugate").setLevel(logging.CRITICAL)
    with embedded(options) as target, connect(target) as connection:
        _wait_for_board(connection)
        yield connection


def _options(ports: Sequence[str]) -> ServeOptions:
    from ardugate.config import load
    from ardugate.runtime import list_ports, options_from

    options = options_from(load({"port": list(ports)}))
    if all(option.port == "auto" for option in options.ports) and not any(port.auto for port in list_ports()):
        remedy = "plug one in, name its port with --port, or try `ardugate demo`"
        raise CommandError(Exit.UNREACHABLE, "no gateway is running, and no board is plugged in", remedy)
    return options


def _wait_for_board(connection: Connection) -> None:
    """Until a board is live. Raises PortBusy and RequestError."""
    from ardugate.client.waiting import Arrivals

    began_s = monotonic()
    arrivals = Arrivals(connection.boards)
    while not arrivals.live(monotonic() - began_s):
        notification = connection.next_notification(0.2)
        if notification is not None:
            arrivals.hear(notification.method, notification.params)
