"""The boards that the suite is held against: our own, or the one on a serial port that is named.

A module's ``SKETCH`` says what runs on ours: ``plain`` (the shipped sketch) where it says nothing, or ``declaring``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from ardugate.sim import SketchName
from tests.conformance.bench import Bench
from tests.conformance.transports import ChipTransport, PortableTransport, SerialTransport, SimTransport, Transport
from tests.firmware.host import HostBoard
from tests.support.chip import Chip
from tests.support.firmware import build, build_portable

DECLARING = Path(__file__).resolve().parent / "declaring"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "transport" not in metafunc.fixturenames:
        return
    if metafunc.config.getoption("--conformance-port"):
        boards = [pytest.param("port")]
    else:
        boards = [pytest.param("sim"), pytest.param("chip", marks=pytest.mark.chip), pytest.param("portable")]
    metafunc.parametrize("transport", boards, indirect=True, scope="module")


def _option(request: pytest.FixtureRequest, name: str) -> str:
    return str(request.config.getoption(f"--conformance-{name}"))


@pytest.fixture(scope="module")
def transport(request: pytest.FixtureRequest) -> Iterator[Transport]:
    module = cast("object", request.module)  # pyright: ignore[reportUnknownMemberType]
    sketch = SketchName(getattr(module, "SKETCH", SketchName.PLAIN))
    declaring = sketch is SketchName.DECLARING
    match request.param:
        case "sim":
            yield SimTransport(sketch)
        case "chip":
            elf: Path = build("uno", DECLARING) if declaring else request.getfixturevalue("sketch_elf")
            with Chip(elf, pace="stepped") as chip:
                yield ChipTransport(chip)
        case "portable":
            with HostBoard(build_portable(DECLARING / "declaring.ino") if declaring else build_portable()) as board:
                yield PortableTransport(board)
        case _:
            name, baud = _option(request, "port"), int(_option(request, "baud"))
            port = SerialTransport(name, baud, can_reset=_option(request, "reset") == "dtr")
            yield port
            port.close()


@pytest.fixture
def bench(transport: Transport, request: pytest.FixtureRequest) -> Iterator[Bench]:
    """A bench on a board that has just begun a fresh boot, and a look afterwards at what it sent."""
    made = Bench(transport, _option(request, "pin"))
    made.send_raw(b"\0")  # whatever stood on the line before costs nothing
    made.begin()
    yield made
    assert made.bad_frames == 0, f"{made.bad_frames} of the board's frames were bad or longer than 256 bytes"
    assert made.faults == [], "the board sent what wire.md does not allow"
