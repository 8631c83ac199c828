"""What a serial back end promises (``runtime/ports/serial_port.py``), held against real pseudo-terminals."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
import pty
import resource
import sys
import tty
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

import serial
from ardugate.errors import PortBusy, PortDenied, PortError, PortMissing, PortNotATty
from ardugate.runtime.ports import serial_port
from ardugate.runtime.ports.pipe import RatedTransport
from ardugate.runtime.ports.serial_port import WRITE_HIGH_BYTES, holders, open_serial

PATIENCE_S = 60.0
FD_SETSIZE = 1_024  # what select(2) knows


@dataclass
class Line:
    """Both ends of a pseudo-terminal: ``master`` is the device's, ``path`` the computer's."""

    master: int
    path: str

    def unplug(self) -> None:
        os.close(self.master)
        self.master = -1


@pytest.fixture
def line() -> Generator[Line]:
    master, slave = pty.openpty()
    tty.setraw(slave)
    made = Line(master, os.ttyname(slave))
    os.close(slave)
    yield made
    if made.master >= 0:
        os.close(made.master)


class Heard(asyncio.Protocol):
    """Notes all that a protocol is told."""

    def __init__(self) -> None:
        self.received = bytearray()
        self.news = asyncio.Event()
        self.lost: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
        self.losses = 0
        self.paused = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        self.received += data
        self.news.set()

    def pause_writing(self) -> None:
        self.paused.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.losses += 1
        if not self.lost.done():
            self.lost.set_result(exc)


@asynccontextmanager
async def opened(path: str) -> AsyncGenerator[tuple[asyncio.Transport, Heard]]:
    heard = Heard()
    transport = await open_serial(path, 115_200, heard)
    try:
        yield transport, heard
    finally:
        transport.abort()
        async with asyncio.timeout(PATIENCE_S):
            await heard.lost


async def test_bytes_pass_both_ways_unchanged(line: Line) -> None:
    everything = bytes(range(256)) * 4
    async with opened(line.path) as (transport, heard), asyncio.timeout(PATIENCE_S):
        os.write(line.master, everything)
        while len(heard.received) < len(everything):
            await heard.news.wait()
            heard.news.clear()
        assert heard.received == everything
        transport.write(everything[:100])
        assert await asyncio.to_thread(os.read, line.master, 4096) == everything[:100]


async def test_what_is_written_is_on_the_line_before_the_loops_next_round(line: Line) -> None:
    async with opened(line.path) as (transport, _):
        transport.write(b"stop")
        os.set_blocking(line.master, False)
        assert os.read(line.master, 4096) == b"stop"


async def test_what_a_device_takes_late_comes_whole_and_in_order(line: Line) -> None:
    pieces = [bytes([number % 251]) * 1_000 for number in range(200)]
    async with opened(line.path) as (transport, _), asyncio.timeout(PATIENCE_S):
        for piece in pieces:
            transport.write(piece)
        assert transport.get_write_buffer_size() > 0
        came = b""
        while len(came) < 200_000:
            came += await asyncio.to_thread(os.read, line.master, 4096)
        assert came == b"".join(pieces)


async def test_a_port_is_read_though_a_thousand_files_are_open_before_it(line: Line) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 2_048), hard))
    with contextlib.ExitStack() as files:
        files.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        while (number := os.dup(line.master)) < FD_SETSIZE:
            files.callback(os.close, number)
        os.close(number)
        async with opened(line.path) as (_, heard):
            os.write(line.master, b"late")
            async with asyncio.timeout(PATIENCE_S):
                while len(heard.received) < 4:
                    await heard.news.wait()
                    heard.news.clear()
            assert heard.received == b"late"


async def test_an_unplug_is_one_loss_with_its_cause_and_writes_after_it_do_no_harm(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(line.path) as (transport, heard), asyncio.timeout(PATIENCE_S):
        line.unplug()
        transport.write(b"into nowhere")
        assert isinstance(await heard.lost, Exception)
        transport.write(b"swallowed")
        transport.abort()
        transport.abort()
    await asyncio.sleep(0)
    assert heard.losses == 1
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_abort_ends_at_once_though_the_device_does_not_read(line: Line) -> None:
    async with opened(line.path) as (transport, heard):
        transport.write(b"x" * 1_000_000)
        async with asyncio.timeout(1):
            transport.abort()
            assert await heard.lost is None
    assert heard.losses == 1


async def test_a_device_that_does_not_read_pauses_writing(line: Line) -> None:
    async with opened(line.path) as (transport, heard), asyncio.timeout(PATIENCE_S):
        while not heard.paused.is_set():
            transport.write(b"x" * 48)
            await asyncio.sleep(0)
        assert transport.get_write_buffer_size() <= WRITE_HIGH_BYTES + 48


async def test_no_modem_lines_are_no_problem(line: Line) -> None:
    async with opened(line.path) as (transport, _):
        assert not transport.is_closing()


async def test_a_missing_port_is_missing(tmp_path: Path) -> None:
    with pytest.raises(PortMissing):
        await open_serial(str(tmp_path / "ttyACM9"), 115_200, asyncio.Protocol())


@pytest.mark.parametrize("kind", ["file", "folder", "null"])
async def test_what_is_no_terminal_is_said(tmp_path: Path, kind: str) -> None:
    path = {"file": tmp_path / "file", "folder": tmp_path, "null": Path("/dev/null")}[kind]
    if kind == "file":
        path.write_text("hello")
    with pytest.raises(PortNotATty):
        await open_serial(str(path), 115_200, asyncio.Protocol())
    if kind == "file":
        assert path.read_text() == "hello"


async def test_a_busy_port_names_its_holder(line: Line) -> None:
    code = (
        "import sys, fcntl, os; fd = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY);"
        "fcntl.flock(fd, fcntl.LOCK_EX); print('held', flush=True); sys.stdin.read()"
    )
    pipe = asyncio.subprocess.PIPE
    holder = await asyncio.create_subprocess_exec(sys.executable, "-c", code, line.path, stdin=pipe, stdout=pipe)
    assert holder.stdin is not None
    assert holder.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        await holder.stdout.readline()
        with pytest.raises(PortBusy) as caught:
            await open_serial(line.path, 115_200, asyncio.Protocol())
        assert f"({holder.pid})" in caught.value.detail
        assert f"({holder.pid})" in holders(line.path)[0]
        holder.stdin.close()
        await holder.wait()
    async with opened(line.path):
        pass


async def test_one_process_opens_a_port_once(line: Line) -> None:
    async with opened(line.path):
        with pytest.raises(PortBusy):
            await open_serial(line.path, 115_200, asyncio.Protocol())


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(serial.SerialException(errno.EBUSY, "could not open port"), PortBusy, id="exclusive-use"),
        pytest.param(serial.SerialException(errno.EACCES, "could not open port"), PortDenied, id="no-permission"),
        pytest.param(serial.SerialException(errno.EPERM, "could not open port"), PortDenied, id="not-permitted"),
        pytest.param(serial.SerialException(errno.ENXIO, "could not open port"), PortMissing, id="no-such-device"),
        pytest.param(serial.SerialException(errno.EIO, "could not open port"), PortMissing, id="no-hardware-behind-it"),
        pytest.param(serial.SerialException("something new"), PortError, id="without-a-number"),
        pytest.param(ValueError("not a valid baudrate: 1"), PortError, id="a-baud-rate-that-cannot-be"),
    ],
)
async def test_the_systems_errors_get_their_names(
    line: Line, monkeypatch: pytest.MonkeyPatch, error: Exception, expected: type[PortError]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(serial, "Serial", refuse)
    with pytest.raises(PortError) as caught:
        await open_serial(line.path, 115_200, asyncio.Protocol())
    assert type(caught.value) is expected
    assert "\n" not in str(caught.value)
    assert caught.value.remedy


async def test_an_opening_that_is_given_up_leaves_the_port_free(line: Line) -> None:
    opening = asyncio.create_task(open_serial(line.path, 115_200, Heard()))
    await asyncio.sleep(0)
    opening.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        transport = await opening
        transport.abort()
    async with asyncio.timeout(PATIENCE_S):
        while True:
            descriptor = os.open(line.path, os.O_RDWR | os.O_NOCTTY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                await asyncio.sleep(0.01)
            finally:
                os.close(descriptor)


async def test_the_rate_changes_while_the_port_is_open_and_nothing_is_lost(line: Line) -> None:
    async with opened(line.path) as (transport, heard):
        assert isinstance(transport, RatedTransport)
        for baud in (250_000, 2_000_000, 115_200):
            transport.set_baud(baud)
            assert tty_speed(line.path) == baud
            os.write(line.master, b"x")
            await asyncio.wait_for(heard.news.wait(), PATIENCE_S)
            heard.news.clear()
        assert heard.received == b"xxx"
        assert heard.losses == 0


async def test_a_rate_for_a_port_that_is_gone_ends_nothing_twice(line: Line) -> None:
    async with opened(line.path) as (transport, heard):
        assert isinstance(transport, RatedTransport)
        line.unplug()
        await asyncio.wait_for(heard.lost, PATIENCE_S)
        transport.set_baud(250_000)
        assert heard.losses == 1


async def test_a_pty_has_no_latency_timer_and_that_is_said_once_for_those_who_look(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG", logger="ardugate.runtime.ports.serial_port"):
        async with opened(line.path):
            pass
    said = [record for record in caplog.records if "latency" in record.message]
    assert [record.levelname for record in said] == ["DEBUG"]


@pytest.mark.parametrize(("before", "after"), [("16", "1"), ("1", "1")])
async def test_a_converters_latency_timer_is_set_to_a_millisecond(
    line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str, after: str
) -> None:
    timer = tmp_path / Path(line.path).name / "device" / "latency_timer"
    timer.parent.mkdir(parents=True)
    timer.write_text(before + "\n")
    monkeypatch.setattr(serial_port, "SYSFS_TTYS", tmp_path)
    async with opened(line.path):
        assert timer.read_text().strip() == after


def tty_speed(path: str) -> int:
    """What the kernel says of a tty's output rate (termios2: also rates without a name)."""
    fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
    try:
        tcgets2 = 0x802C542A
        settings = fcntl.ioctl(fd, tcgets2, bytes(44))
        return int.from_bytes(settings[40:44], "little")
    finally:
        os.close(fd)
