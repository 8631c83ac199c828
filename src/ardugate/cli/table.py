"""Which commands there are: in which group of the help each stands, where it is, and its examples.

Only names of modules: whoever runs one command need not load the others.
"""

from __future__ import annotations

from typing import Final

EVERYDAY: Final = "Everyday"
SET_UP: Final = "Set up"
DATA: Final = "Data"
DEVELOPERS: Final = "Developers"

# Name, the function as module.function of this room, panel, examples.
COMMANDS: Final[list[tuple[str, str, str, list[str]]]] = [
    ("serve", "serving.serve", EVERYDAY, ["serve", "serve --port /dev/ttyACM0 --open", "serve --listen 0.0.0.0:8765"]),
    (
        "demo",
        "serving.demo",
        EVERYDAY,
        ["demo", "demo --boards 3 --open", "demo --json --for 10s --listen 127.0.0.1:0"],
    ),
    ("boards", "asking.boards", EVERYDAY, ["boards", "boards --json"]),
    ("open", "asking.open_page", EVERYDAY, ["open"]),
    ("tail", "tailing.tail", EVERYDAY, ["tail", "tail temp A0 --csv --for 1m", "tail 'demo/A*' --json -n 100"]),
    ("get", "asking.get", EVERYDAY, ["get temp", "get greenhouse/temp A0 --json"]),
    ("set", "driving.set_values", EVERYDAY, ["set led=on", "set led=on motor=0.5 --for 5s", "set pump=on --hold"]),
    (
        "call",
        "calling.call",
        EVERYDAY,
        ["call water seconds=3", "call i2c.scan", "call greenhouse/water seconds=3 --json"],
    ),
    ("stop-all", "driving.stop_all", EVERYDAY, ["stop-all", "stop-all --clear"]),
    ("log", "journals.log", EVERYDAY, ["log", "log --since 03:00", "log greenhouse --since 90m --json"]),
    ("ports", "asking.ports", SET_UP, ["ports", "ports --json"]),
    ("doctor", "doctoring.doctor", SET_UP, ["doctor", "doctor /dev/ttyACM0 --speeds", "doctor --report report.json"]),
    ("info", "asking.info", SET_UP, ["info", "info greenhouse --json"]),
    (
        "flash",
        "flashing.flash",
        SET_UP,
        ["flash /dev/ttyACM0", "flash /dev/ttyUSB0 --board nano --keep before.hex", "flash /dev/ttyACM0 ~/greenhouse"],
    ),
    ("mode", "driving.mode", SET_UP, ["mode D9 servo", "mode D2 count edge=both", "mode D2 quadrature partner=D3"]),
    (
        "lend",
        "lending.lend",
        SET_UP,
        ["lend /dev/ttyACM0 -- arduino-cli upload -p /dev/ttyACM0 -b arduino:avr:uno sketch", "lend greenhouse"],
    ),
    ("reclaim", "lending.reclaim", SET_UP, ["reclaim /dev/ttyACM0", "reclaim greenhouse"]),
    ("name", "naming.name", SET_UP, ["name greenhouse 'Greenhouse 2'"]),
    ("identify", "naming.identify", SET_UP, ["identify greenhouse", "identify greenhouse --for 30s"]),
    ("rate", "driving.rate", SET_UP, ["rate A0 A1 1000", "rate 'A*' max", "rate A0 0"]),
    ("record", "recording.record", DATA, ["record night.ardcap", "record run7 --for 10m", "record a --port sim://"]),
    ("save", "recording.save", DATA, ["save --last 5m bang.ardcap", "save --last 30s --json here"]),
    (
        "replay",
        "replaying.replay",
        DATA,
        ["replay night.ardcap --open", "replay night.ardcap --speed 20 --listen 127.0.0.1:0"],
    ),
    (
        "export",
        "exporting.export",
        DATA,
        [
            "export night.ardcap --to csv",
            "export night.ardcap --to csv --every 1m --stat mean,min,max",
            "export night.ardcap --to parquet -o night.parquet",
        ],
    ),
    ("sim", "simulating.sim", DEVELOPERS, ["sim", "sim --pty /tmp/board", "sim 'sim://?seed=7&corrupt=1e-3'"]),
    ("bench", "benching.bench", DEVELOPERS, ["bench", "bench wire --json"]),
]

# Commands that have commands of their own: name, and their typer as module.attribute of this room.
GROUPS: Final[list[tuple[str, str, str]]] = [
    ("config", "configuring.app", SET_UP),
    ("library", "libraries.app", SET_UP),
    ("link", "links.app", SET_UP),
]


def examples(lines: list[str]) -> str:
    """The end of a command's help."""
    return "\n\n".join(["Examples:", *(f"  ardugate {line}" for line in lines)])
