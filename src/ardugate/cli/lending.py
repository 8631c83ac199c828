"""``lend reclaim``: a port for another program, while clients stay."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ardugate.cli import completing
from ardugate.cli import options as opt
from ardugate.cli.output import put, put_json, say
from ardugate.cli.problems import CommandError, Exit
from ardugate.cli.reach import gateway
from ardugate.errors import ArdugateError, GatewayUnreachable

if TYPE_CHECKING:
    from ardugate.client import Connection

_Port = Annotated[
    str,
    typer.Argument(
        metavar="PORT", autocompletion=completing.ports, help="A path, a USB serial number, or the id of its board."
    ),
]
# What a shell gives for a program that a signal ended.
_BY_SIGNAL: Final = 128
# Whether it has ended, and what the gateway says meanwhile, is looked at in turns.
_LOOK_S: Final = 0.05


def lend(
    port: _Port,
    command: Annotated[
        list[str] | None, typer.Argument(metavar="[-- COMMAND …]", help="Run this, and take the port back at its end.")
    ] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="WHO", help="Who has it, as clients are told.")] = None,
    url: opt.Gateway = None,
    json: opt.Json = False,
) -> None:
    """Give a port to the Arduino IDE or to COMMAND. Outputs go safe first; clients stay, and see who has it.

    With COMMAND its exit status is passed on, and the port is taken back whatever happens; without, `reclaim` does it.
    Pin modes and rates are then put back, values are not.
    """
    if command:
        raise typer.Exit(_run(port, command, to, url))
    with gateway(url) as connection:
        result = connection.call("port_lend", {"port": port} | ({"to": to} if to else {}))
    if json:
        put_json(result)
    else:
        put(f"{result['board']}  {result['port']} is free; `ardugate reclaim {port}` takes it back")


def reclaim(port: _Port, url: opt.Gateway = None, json: opt.Json = False) -> None:
    """Take back a port that was lent. Refused while another program still has it open."""
    with gateway(url) as connection:
        result = connection.call("port_reclaim", {"port": port})
    if json:
        put_json(result)
    else:
        put(f"{result['board']}  {result['port']} is the gateway's again")


def _run(port: str, command: Sequence[str], to: str | None, url: str | None) -> int:
    if shutil.which(command[0]) is None:
        raise CommandError(Exit.USAGE, f"there is no program {command[0]!r}", "write `ardugate lend PORT -- COMMAND …`")
    with ExitStack() as stack:
        try:
            connection = stack.enter_context(gateway(url))
        except GatewayUnreachable as error:
            if error.url:
                raise
            say("no gateway is running: nobody has the port")
            return carry_out(command, lambda: None)
        who = to or Path(command[0]).name
        result = connection.call("port_lend", {"port": port, "to": who, "while_connected": True})
        say(f"{result['port']} is lent to {who}")
        # Should this process be killed, the gateway takes the port back as soon as nobody has it open.
        stack.callback(_give_back, connection, str(result["port"]))
        return carry_out(command, lambda: _hear(connection))


def _give_back(connection: Connection, port: str) -> None:
    """What comes of it does not change how the command ended."""
    try:
        connection.call("port_reclaim", {"port": port})
    except ArdugateError as error:
        say(f"{port} is not taken back yet: {error}")
    else:
        say(f"{port} is the gateway's again")


def _hear(connection: Connection) -> None:
    """A client that does not read is put out, and the port with it."""
    with suppress(GatewayUnreachable):  # said when the port is given back
        connection.next_notification(_LOOK_S)


def carry_out(command: Sequence[str], meanwhile: Callable[[], None]) -> int:
    """Run a program to its end. Ctrl-C reaches it by itself; a request to end is passed on to it."""
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    process: subprocess.Popen[bytes] | None = None

    def pass_on(number: int, _frame: object) -> None:
        if process is not None and number != signal.SIGINT:
            process.send_signal(number)

    before = {number: signal.signal(number, pass_on) for number in numbers}
    try:
        process = subprocess.Popen(command)
        while True:
            try:
                status = process.wait(_LOOK_S)
            except subprocess.TimeoutExpired:
                meanwhile()
            else:
                return status if status >= 0 else _BY_SIGNAL - status
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
