"""``ardugate flash`` over a real pseudo-terminal: a real bootloader in the chip, doubles where there is none, and
avrdude as the judge of both."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from ardugate.client import connect, find_gateway
from ardugate.errors import NoBootloader
from ardugate.flash import BY_NAME, Content, Progress, look, serialize_hex, write
from ardugate.runtime.ports import flashing
from ardugate.runtime.ports.flashing import run_job
from ardugate.runtime.ports.listing import PortInfo, describe
from tests.integration.cli.shell import Here, Shell, two_lines
from tests.support.bootloader_line import line_to
from tests.support.bootloaders import Bootloader, Leonardo, Mega
from tests.support.chip import Chip, build_optiboot
from tests.support.chip.program import compile_program
from tests.support.firmware import build, flash_image
from tests.support.mega import running_mega

OTHER = "int main(void) { for (;;) {} }"
HARD_S = 120.0
PROGRAM = bytes((place * 31 + place // 256) & 0xFF for place in range(3_001))
LEONARDO = BY_NAME["leonardo"]

needs_avrdude = pytest.mark.skipif(shutil.which("avrdude") is None, reason="needs avrdude (sudo apt install avrdude)")


def avrdude(*arguments: str) -> str:
    done = subprocess.run(["avrdude", "-q", *arguments], capture_output=True, text=True, timeout=HARD_S, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.fixture(scope="module")
def chip() -> Generator[Chip]:
    """An Uno with its bootloader and somebody's sketch; opening its port resets it, as DTR does."""
    with Chip(compile_program(OTHER), bootloader=build_optiboot(), reset_on_open=True) as made:
        yield made


def live_board(shell: Shell) -> dict[str, Any]:
    """The gateway's one board, once it is live."""
    with connect(find_gateway(environ={}, state_dir=shell.state)) as connection:
        (board,) = connection.boards
        while board["state"] != "live" or not board["descriptor"]:
            told = connection.next_notification(HARD_S)
            assert told is not None, board
            board = told.params.get("board", board) if told.method == "board" else board
        return board


@pytest.mark.chip
def test_somebody_else_s_sketch_is_replaced_only_when_told_while_the_gateway_lends_the_port(
    chip: Chip, tmp_path: Path, here: Here
) -> None:
    shell = Shell(tmp_path)
    program = tmp_path / "uno.hex"
    program.write_text(serialize_hex(flash_image(build("uno"))))
    with shell.ready("serve", "--port", chip.port, "--listen", "127.0.0.1:0"):
        flash = ["flash", chip.port, str(program), "--board", "uno"]
        status, out, err = here.run(shell, *flash)
        assert (status, out) == (6, "")
        assert "another sketch is on the Arduino Uno" in err
        assert "--yes" in err
        status, out, err = here.run(shell, *flash, "--yes", "--json")
        assert status == 0, err
        written = -(-len(flash_image(build("uno"))) // 128) * 128
        assert json.loads(out) == {"port": chip.port, "board": "uno", "program": str(program), "bytes": written}
        assert f"{chip.port} is the gateway's again" in err
        assert live_board(shell)["descriptor"]["mcu"] == "ATmega328P"


@pytest.mark.chip
@needs_avrdude
def test_avrdude_reads_back_what_was_written(chip: Chip, tmp_path: Path) -> None:
    """After the test above."""
    image = flash_image(build("uno"))
    there = tmp_path / "there.bin"
    avrdude("-p", "m328p", "-c", "arduino", "-b", "115200", "-P", chip.port, "-U", f"flash:r:{there}:r")
    assert there.read_bytes()[: len(image)] == image


@pytest.mark.chip
async def test_a_mega_s_own_bootloader_takes_a_program_and_gives_it_back(tmp_path: Path) -> None:
    """In a simulated ATmega2560; with a short program, for that one is not fast."""
    mega = BY_NAME["mega"]
    with running_mega(tmp_path) as port:
        assert await run_job(port, mega, lambda: look(mega, PROGRAM), lambda _: None) is Content.NOTHING
    with running_mega(tmp_path) as port:
        written = await run_job(port, mega, lambda: write(mega, PROGRAM), lambda _: None)
    assert written == 3_072


@needs_avrdude
@pytest.mark.parametrize(
    ("double", "asked"),
    [(Mega, ["-p", "m2560", "-c", "wiring"]), (Leonardo, ["-p", "m32u4", "-c", "avr109"])],
    ids=["STK500v2", "AVR109"],
)
def test_avrdude_is_content_with_the_doubles(
    double: Callable[[], Bootloader], asked: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "program.hex"
    file.write_text(serialize_hex(PROGRAM))
    loader = double()
    with line_to(loader) as line:
        said = avrdude(*asked, "-P", line.path, "-D", "-U", f"flash:w:{file}:i")
    assert "verified" in said
    assert bytes(loader.flash[: len(PROGRAM)]) == PROGRAM


async def test_a_mega_on_a_port_is_written_with_its_steps_in_order() -> None:
    loader, steps = Mega(), list[Progress]()
    with line_to(loader) as line:
        written = await run_job(line.path, BY_NAME["mega"], lambda: write(BY_NAME["mega"], PROGRAM), steps.append)
    assert written == 3_072
    assert bytes(loader.flash[: len(PROGRAM)]) == PROGRAM
    assert [step.done_bytes for step in steps] == [*range(256, 3_073, 256)] * 2


def listed(path: str, pid: int) -> PortInfo:
    return describe(path, 0x2341, pid, None, None, "")


async def test_a_leonardo_is_touched_at_1200_baud_and_written_on_the_port_that_appears() -> None:
    loader = Leonardo()
    with line_to(None) as sketch, line_to(loader) as bootloader:

        def ports() -> list[PortInfo]:
            return [listed(bootloader.path, 0x0036)] if sketch.baud == 1_200 else [listed(sketch.path, 0x8036)]

        await run_job(sketch.path, LEONARDO, lambda: write(LEONARDO, PROGRAM), lambda _: None, ports)
    assert bytes(loader.flash[: len(PROGRAM)]) == PROGRAM
    assert loader.left


async def test_a_leonardo_that_does_not_come_back_as_a_bootloader_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flashing, "_COMES_BACK_S", 0.3)
    with line_to(None) as sketch, pytest.raises(NoBootloader, match="did not come back as a bootloader"):
        await run_job(
            sketch.path,
            LEONARDO,
            lambda: write(LEONARDO, PROGRAM),
            lambda _: None,
            lambda: [listed(sketch.path, 0x8036)],
        )


def test_a_port_that_does_not_tell_its_board_wants_it_named(alone: Shell, here: Here) -> None:
    with line_to(None) as line:
        status, _, err = here.run(alone, "flash", line.path)
        assert status == 2
        assert "--board: uno, nano, mega, leonardo, micro" in two_lines(err)
        status, _, err = here.run(alone, "flash", line.path, "--board", "due")
        assert (status, "there is no board 'due'" in err) == (2, True)
