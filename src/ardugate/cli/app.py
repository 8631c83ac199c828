"""All commands, in their groups, with examples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

from ardugate.cli import (
    asking,
    benching,
    calling,
    configuring,
    doctoring,
    driving,
    exporting,
    flashing,
    journals,
    lending,
    libraries,
    links,
    naming,
    recording,
    replaying,
    serving,
    simulating,
    tailing,
)
from ardugate.cli.options import DATA, DEVELOPERS, EVERYDAY, SET_UP

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

COMMANDS: list[tuple[str, Callable[..., object], str, list[str]]] = [
    ("serve", serving.serve, EVERYDAY, ["serve", "serve --port /dev/ttyACM0 --open", "serve --listen 0.0.0.0:8765"]),
    ("demo", serving.demo, EVERYDAY, ["demo", "demo --boards 3 --open", "demo --json --for 10s --listen 127.0.0.1:0"]),
    ("boards", asking.boards, EVERYDAY, ["boards", "boards --json"]),
    ("open", asking.open_page, EVERYDAY, ["open"]),
    ("tail", tailing.tail, EVERYDAY, ["tail", "tail temp A0 --csv --for 1m", "tail 'demo/A*' --json -n 100"]),
    ("get", asking.get, EVERYDAY, ["get temp", "get greenhouse/temp A0 --json"]),
    ("set", driving.set_values, EVERYDAY, ["set led=on", "set led=on motor=0.5 --for 5s", "set pump=on --hold"]),
    (
        "call",
        calling.call,
        EVERYDAY,
        ["call water seconds=3", "call i2c.scan", "call greenhouse/water seconds=3 --json"],
    ),
    ("stop-all", driving.stop_all, EVERYDAY, ["stop-all", "stop-all --clear"]),
    ("log", journals.log, EVERYDAY, ["log", "log --since 03:00", "log greenhouse --since 90m --json"]),
    ("ports", asking.ports, SET_UP, ["ports", "ports --json"]),
    ("doctor", doctoring.doctor, SET_UP, ["doctor", "doctor /dev/ttyACM0 --speeds", "doctor --report report.json"]),
    ("info", asking.info, SET_UP, ["info", "info greenhouse --json"]),
    (
        "flash",
        flashing.flash,
        SET_UP,
        ["flash /dev/ttyACM0", "flash /dev/ttyUSB0 --board nano --keep before.hex", "flash /dev/ttyACM0 ~/greenhouse"],
    ),
    ("mode", driving.mode, SET_UP, ["mode D9 servo", "mode D2 count edge=both", "mode D2 quadrature partner=D3"]),
    (
        "lend",
        lending.lend,
        SET_UP,
        ["lend /dev/ttyACM0 -- arduino-cli upload -p /dev/ttyACM0 -b arduino:avr:uno sketch", "lend greenhouse"],
    ),
    ("reclaim", lending.reclaim, SET_UP, ["reclaim /dev/ttyACM0", "reclaim greenhouse"]),
    ("name", naming.name, SET_UP, ["name greenhouse 'Greenhouse 2'"]),
    ("identify", naming.identify, SET_UP, ["identify greenhouse", "identify greenhouse --for 30s"]),
    ("rate", driving.rate, SET_UP, ["rate A0 A1 1000", "rate 'A*' max", "rate A0 0"]),
    ("record", recording.record, DATA, ["record night.ardcap", "record run7 --for 10m", "record a --port sim://"]),
    ("save", recording.save, DATA, ["save --last 5m bang.ardcap", "save --last 30s --json here"]),
    (
        "replay",
        replaying.replay,
        DATA,
        ["replay night.ardcap --open", "replay night.ardcap --speed 20 --listen 127.0.0.1:0"],
    ),
    (
        "export",
        exporting.export,
        DATA,
        [
            "export night.ardcap --to csv",
            "export night.ardcap --to csv --every 1m --stat mean,min,max",
            "export night.ardcap --to parquet -o night.parquet",
        ],
    ),
    ("sim", simulating.sim, DEVELOPERS, ["sim", "sim --pty /tmp/board", "sim 'sim://?seed=7&corrupt=1e-3'"]),
    ("bench", benching.bench, DEVELOPERS, ["bench", "bench wire --json"]),
]


def examples(lines: list[str]) -> str:
    """The end of a command's help."""
    return "\n\n".join(["Examples:", *(f"  ardugate {line}" for line in lines)])


for _name, _function, _panel, _examples in COMMANDS:
    app.command(_name, rich_help_panel=_panel, epilog=examples(_examples))(_function)
app.add_typer(configuring.app, name="config", rich_help_panel=SET_UP)
app.add_typer(libraries.app, name="library", rich_help_panel=SET_UP)
app.add_typer(links.app, name="link", rich_help_panel=SET_UP)


def _show_version(wanted: bool) -> None:
    if wanted:
        from ardugate import __version__
        from ardugate.cli.output import put

        put(f"ardugate {__version__}")
        raise typer.Exit


@app.callback()
def root(
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say on stderr what happens, frame by frame.")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Say the version and end.")
    ] = False,
) -> None:
    """The bridge between Arduinos and browsers: live samples out, safe commands in, one command to start.

    `ardugate demo` shows it without hardware; `ardugate serve` with a board plugged in.
    """
    from ardugate.cli.logs import set_up

    set_up(verbose=verbose)


def plain_help(arguments: Sequence[str]) -> str | None:
    """A command's help without frames and colours, for a pipe; None where the arguments ask for something else.

    A third of the time that drawing them takes: the library that draws is not loaded, nor the one that reads values.
    """
    *path, last = arguments or [""]
    if last not in ("-h", "--help") or not path:
        return None
    context: typer.Context | None = None
    group: Any = typer.main.get_command(app)
    for name in ("ardugate", *path):
        command = group if context is None else getattr(group, "commands", {}).get(name)
        if command is None:
            return None
        command.rich_markup_mode = None
        context = typer.Context(command, info_name=name, parent=context)
        group = command
    return None if context is None else str(group.get_help(context)).rstrip()
