"""The house's import rules: who may know whom (docs/explanation/architecture.md)."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src" / "ardugate"

# A room may import these rooms, itself, and always the values of `model`, `errors` and `duration`.
ALLOWED: dict[str, set[str]] = {
    "model": set(),
    "errors": set(),
    "duration": set(),
    "alarms": set(),
    "doctor": set(),
    "config": {"alarms"},
    "library": set(),
    "flash": {"library"},
    "wire": set(),
    "hub": set(),
    "session": set(),
    "link": {"wire"},
    "sim": {"wire"},
    "record": {"wire"},
    "client": {"runtime", "doctor"},
    "runtime": {"session", "hub", "link", "record", "config", "sim", "flash", "alarms", "doctor"},
    "cli": {"runtime", "client", "sim", "record", "config", "library", "flash", "doctor"},
}
EVERYONE = {"model", "errors", "duration"}

# Which room (or file) may import a library or a module of Python that stands for waiting, parsing or printing.
ONLY_IN: dict[str, set[str]] = {
    "asyncio": {"runtime", "client", "cli"},
    "socket": {"runtime", "client", "cli"},
    "threading": {"client", "cli", "runtime/watching/calling.py", "runtime/ports/rfc2217.py"},
    "time": {"runtime", "client", "cli"},
    "logging": {"runtime", "client", "cli"},
    "pydantic": {"config", "session"},
    "typer": {"cli"},
    "websockets": {"runtime", "client"},
    "fastapi": {"runtime"},
    "starlette": {"runtime"},
    "uvicorn": {"runtime"},
    "serial": {"runtime/ports/serial_port.py", "runtime/ports/listing.py", "runtime/ports/rfc2217.py"},
    "serial_asyncio": {"runtime/ports/serial_port.py"},
}


def modules() -> list[Path]:
    return sorted(SRC.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(SRC).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module=str(module), level=0, names=names):
                yield from (f"{module}.{name.name}" for name in names)
            case ast.ImportFrom(level=level) if level:
                pytest.fail(f"{path}: relative import, write the whole name")
            case _:
                continue


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SRC)))
def test_a_module_imports_only_what_its_room_may_know(path: Path) -> None:
    room = room_of(path)
    for name in imported(path):
        package, _, rest = name.partition(".")
        if package == "ardugate" and room not in {"__init__", "__main__"}:
            target = rest.split(".")[0]
            assert target in ALLOWED[room] | EVERYONE | {room, "__version__"}, f"{room} may not import {target}"
        if package in ONLY_IN:
            allowed = ONLY_IN[package]
            assert {room, str(path.relative_to(SRC))} & allowed, f"{package} belongs to {', '.join(sorted(allowed))}"


def test_every_room_is_in_the_table() -> None:
    rooms = {room_of(path) for path in modules()} - {"__init__", "__main__"}
    assert rooms <= set(ALLOWED)


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import ardugate, sys; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"asyncio", "pydantic", "typer", "websockets", "fastapi", "uvicorn", "serial"} & set(loaded)
