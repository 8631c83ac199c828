"""The serial port: the only file that knows pyserial and pyserial-asyncio.

What it promises to a protocol, whatever library is behind it (``tests/integration/test_serial_port.py`` holds any back
end to that): a port that cannot be used is one of errors.Port*; an unplug is one ``connection_lost`` with the cause;
``abort()`` ends at once, however often it is called and whatever waits to be written; a device that does not read makes
``pause_writing``, never an endless buffer.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import stat
import sys
from pathlib import Path

import serial_asyncio

import serial
from ardugate.errors import PortBusy, PortDenied, PortError, PortMissing, PortNotATty
from ardugate.runtime.ports.listing import real_path

if sys.platform != "win32":
    import fcntl
    import termios

logger = logging.getLogger(__name__)

# The link keeps at most 48 bytes on their way to a board, so more than a few of them waiting here means that the device
# does not read. The library's own buffer is unbounded, and counting it costs time in proportion to its pieces.
WRITE_HIGH_BYTES = 192
# As much as Linux keeps for a terminal.
READ_BYTES = 4_096
# Linux: where a converter's driver shows its latency timer, in ms, and the least that it takes.
SYSFS_TTYS = Path("/sys/class/tty")
LATENCY_MS = 1
# Linux: the major numbers of pseudo-terminal slaves (Documentation/admin-guide/devices.txt).
_PTY_MAJORS = range(136, 144)

_MISSING = {errno.ENOENT, errno.ENXIO, errno.ENODEV, errno.EIO, errno.ENOTDIR}
_BUSY = {errno.EBUSY, errno.EAGAIN}
_DENIED = {errno.EACCES, errno.EPERM}
_NOT_A_TTY = {errno.ENOTTY, errno.EINVAL, errno.EISDIR}


if sys.platform != "win32":
    _LIBRARY_ERRORS: tuple[type[Exception], ...] = (OSError, ValueError, termios.error)
else:
    _LIBRARY_ERRORS = (OSError, ValueError)


class SerialTransport(serial_asyncio.SerialTransport):
    """pyserial-asyncio's transport without its five traps: an unplug while bytes wait is reported as a failure of the
    loop, a second ``abort()`` breaks it, closing drains, that is, waits for a device that may never read, a write
    waits for the loop's next round, which under a flood of requests is 50 ms away, and a read calls `select` twice,
    which costs more than the reading and knows no file above 1,023, where a port is that came after as many clients."""

    def _read_ready(self) -> None:
        if sys.platform == "win32":
            super()._read_ready()
            return
        if self._serial is None:
            return
        try:
            data = os.read(self._serial.fileno(), READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return  # somebody else was told of it, too
        except _LIBRARY_ERRORS as error:
            self._fatal_error(error, "no read")
            return
        if data:
            self._protocol.data_received(data)
        else:  # ready without a byte is how Linux says that a converter is gone
            self._fatal_error(OSError(errno.ENODEV, os.strerror(errno.ENODEV)), "nothing to read")

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """At once, as far as the device takes it; the rest when it does."""
        sent = 0
        if sys.platform != "win32" and self._serial is not None and not self._closing and not self._write_buffer:
            try:
                sent = os.write(self._serial.fileno(), data)
            except (BlockingIOError, InterruptedError):
                pass  # nothing of it yet
            except _LIBRARY_ERRORS as error:
                self._fatal_error(error, "no write")
                return
        if sent < len(data):
            super().write(data[sent:])

    def _fatal_error(self, exc: Exception, message: str = "") -> None:
        logger.debug("%s: %s", message, exc)
        self._abort(exc)

    def _abort(self, exc: Exception | None) -> None:
        if self._serial is not None:
            super()._abort(exc)

    def set_baud(self, baud: int) -> None:
        """The line's rate from now on, without closing the port, which would reset many boards."""
        if self._serial is None:
            return
        try:
            self._serial.baudrate = baud
        except _LIBRARY_ERRORS as error:
            self._fatal_error(error, f"no change to {baud} baud")

    def set_dtr(self, on: bool) -> None:
        """Data terminal ready, and request to send with it, as they are wired to a board's reset. A line without them
        (a pseudo-terminal, a pipe over the network) has nothing to switch."""
        if self._serial is None:
            return
        try:
            self._serial.dtr = on
            self._serial.rts = on
        except _LIBRARY_ERRORS as error:
            logger.debug("%s: no modem lines: %s", self._serial.port, error)

    def _call_connection_lost(self, exc: Exception | None) -> None:
        if self._serial is None:
            return
        # What the device did not take by now it will not take: dropped, there is nothing to wait for.
        with contextlib.suppress(*_LIBRARY_ERRORS):
            self._serial.reset_output_buffer()
        super()._call_connection_lost(exc)


async def open_serial(path: str, baud: int, protocol: asyncio.Protocol) -> SerialTransport:
    """Open ``path`` at ``baud``, 8N1, for this process alone, and tie ``protocol`` to it.

    Opening resets many boards (DTR). Raises PortMissing, PortBusy (its detail names the holder where the system
    tells), PortDenied or PortNotATty. ``protocol.connection_lost`` gets the system's error after an unplug and None
    after ``abort()``, which the caller uses in place of ``close()``: a close waits for unsent bytes, maybe for ever.
    """
    loop = asyncio.get_running_loop()
    opening = loop.run_in_executor(None, _open, path, baud)  # the system may take its time: not on the loop
    try:
        port = await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(_close_when_opened)
        raise
    try:
        transport = SerialTransport(loop, protocol, port)
    except _LIBRARY_ERRORS as error:  # unplugged since: the library sets the port up once more
        port.close()
        raise _port_error(path, error) from error
    transport.set_write_buffer_limits(high=WRITE_HIGH_BYTES)
    return transport


def _close_when_opened(opening: asyncio.Future[serial.Serial]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()


def _open(path: str, baud: int) -> serial.Serial:
    try:
        port = serial.Serial(path, baud, timeout=0, write_timeout=0, exclusive=_exclusive())
    except _LIBRARY_ERRORS as error:
        raise _port_error(path, error) from error
    if sys.platform != "win32":
        _claim(port, path)
        _lower_latency(port, path)
    return port


def _lower_latency(port: serial.Serial, path: str) -> None:
    """Serial converters hold bytes back for up to 16 ms unless asked not to. Not all can be asked, and not everybody
    may ask: a pseudo-terminal has no such timer, and a system file may belong to root."""
    try:
        port.set_low_latency_mode(True)  # type: ignore[no-untyped-call,unused-ignore]
        return
    except (OSError, ValueError, NotImplementedError, AttributeError) as error:
        asked = error
    timer = SYSFS_TTYS / real_path(path).name / "device" / "latency_timer"
    try:
        # Some drivers (FTDI's before Linux 5.19 without CAP_SYS_ADMIN) know the timer by this file only.
        if int(timer.read_text("ascii")) > LATENCY_MS:
            timer.write_text(str(LATENCY_MS), "ascii")
    except (OSError, ValueError) as error:
        logger.debug("%s: its latency is what it is: %s; %s", path, asked, error)


def _exclusive() -> bool | None:
    return None if sys.platform == "win32" else True  # Windows opens every port exclusively, and refuses the word


def _claim(port: serial.Serial, path: str) -> None:
    """Keep others out: ``exclusive`` is an advisory lock, which other programs do not look at; TIOCEXCL is refused by
    the kernel. Not on a pseudo-terminal, where it would outlive this process if that is killed."""
    if sys.platform == "win32":
        return
    try:
        if os.major(os.fstat(port.fileno()).st_rdev) not in _PTY_MAJORS:
            fcntl.ioctl(port.fileno(), termios.TIOCEXCL)
    except OSError as error:
        logger.debug("%s: no exclusive use: %s", path, error)


def _port_error(path: str, error: Exception) -> PortError:
    """What an exception of the library means. It wraps the system's; the number is its own, its cause's or nowhere."""
    number = _error_number(error)
    detail = os.strerror(number) if number else str(error)
    if number in _BUSY:
        return PortBusy(path, _held_by(who) if (who := holders(path)) else detail)
    if number in _DENIED:
        return PortDenied(path, detail)
    if number in _NOT_A_TTY or _is_no_device(path):
        return PortNotATty(path, detail)
    if number in _MISSING:
        return PortMissing(path, "" if number == errno.ENOENT else detail)
    return PortError(path, detail)


def _held_by(who: tuple[str, ...]) -> str:
    # It asks each new port whether it is a modem, for some seconds, unless its rules know the device.
    passing = (
        ", which looks for modems and lets go soon" if any(each.startswith("ModemManager ") for each in who) else ""
    )
    return "held by " + ", ".join(who) + passing


def _error_number(error: BaseException | None) -> int | None:
    while error is not None:
        if isinstance(error, OSError) and error.errno:
            return error.errno
        if sys.platform != "win32" and isinstance(error, termios.error):
            return int(error.args[0])
        error = error.__context__
    return None


def _is_no_device(path: str) -> bool:
    try:
        return not stat.S_ISCHR(Path(path).stat().st_mode)
    except OSError:
        return False


def holders(path: str) -> tuple[str, ...]:
    """Programs that have ``path`` open, as ``name (pid)``; this process is left out. Only Linux tells, and only of
    processes that this user may look at."""
    target = real_path(path)
    others = (entry for entry in Path("/proc").glob("[0-9]*") if entry.name != str(os.getpid()))
    found = (process for process in others if _has_open(process, target))
    return tuple(f"{_name_of(process)} ({process.name})" for process in sorted(found, key=lambda each: int(each.name)))


def _has_open(process: Path, target: Path) -> bool:
    try:
        return any(entry.readlink() == target for entry in (process / "fd").iterdir())
    except OSError:  # it ended, or it is somebody else's
        return False


def _name_of(process: Path) -> str:
    try:
        # A Python program is called python; another gateway says that it is one in its first words.
        words = (process / "cmdline").read_text("utf-8", errors="replace").split("\0")[:4]
        if any(Path(word).name == "ardugate" for word in words):
            return "ardugate"
        return (process / "comm").read_text("utf-8").strip()
    except OSError:
        return "a program"
