"""Runs a job of ``flash`` on a serial port: resets the board, carries bytes and the time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from ardugate.errors import FlashRefused, NoBootloader, PortBusy, PortDenied, PortMissing
from ardugate.flash import Conversation, Done, Failed, FlashBoard, Progress
from ardugate.flash.conversation import Script
from ardugate.runtime.ports.listing import PortInfo, present_ports
from ardugate.runtime.ports.serial_port import SerialTransport, open_serial

R = TypeVar("R")

# DTR goes through a capacitor to the reset pin: off for long enough that it is charged whatever was before, then on,
# which pulls the pin. These are the times that uploads have had for years (avrdude's, for boards of this kind).
_RELEASE_S: Final = 0.25
_PULL_S: Final = 0.05
# A USB board's sketch gives way to its bootloader when its port is closed at this rate.
_TOUCH_BAUD: Final = 1_200
# The port goes and comes back as another one; Arduino's own tools wait as long. A new port may not be ours at once:
# udev gives it to its group a moment later, and ModemManager looks at it first.
_COMES_BACK_S: Final = 10.0
_LOOK_EACH_S: Final = 0.1
_OPENS_S: Final = 5.0


async def run_job(
    port: str,
    board: FlashBoard,
    job: Callable[[], Script[R]],
    on_progress: Callable[[Progress], None],
    ports: Callable[[], list[PortInfo]] = present_ports,
) -> R:
    """Reset the board on ``port`` into its bootloader and run ``job`` with it; its result.

    The rates of ``board`` are tried in turn. Raises errors.Port* and errors.FlashError.
    """
    if board.touched:
        port = await _touch(port, board, ports)
    for baud in board.bauds[:-1]:
        try:
            return await _run_at(port, baud, board, job(), on_progress)
        except NoBootloader:
            continue
    return await _run_at(port, board.bauds[-1], board, job(), on_progress)


async def _run_at(
    port: str, baud: int, board: FlashBoard, script: Script[R], on_progress: Callable[[Progress], None]
) -> R:
    ear = _Ear[R](on_progress)
    transport = await _open(port, baud, ear)
    try:
        if not board.touched:
            transport.set_dtr(on=False)
            await asyncio.sleep(_RELEASE_S)
            transport.set_dtr(on=True)
            await asyncio.sleep(_PULL_S)
        return await ear.run(transport, script)
    finally:
        transport.abort()
        await ear.gone.wait()  # else the next to open it would find it busy


async def _open(port: str, baud: int, protocol: asyncio.Protocol) -> SerialTransport:
    """Open a port, one that just appeared too. Raises errors.Port*."""
    give_up_s = time.monotonic() + _OPENS_S
    while True:
        try:
            return await open_serial(port, baud, protocol)
        except (PortMissing, PortDenied, PortBusy):
            if time.monotonic() > give_up_s:
                raise
        await asyncio.sleep(_LOOK_EACH_S)


async def _touch(port: str, board: FlashBoard, ports: Callable[[], list[PortInfo]]) -> str:
    """The port on which the bootloader appears. Raises errors.Port* and NoBootloader."""
    loop = asyncio.get_running_loop()
    before = {each.path for each in await loop.run_in_executor(None, ports)}
    holder = _Holder()
    touching = await _open(port, _TOUCH_BAUD, holder)
    touching.set_dtr(on=False)
    touching.abort()
    await holder.gone.wait()
    give_up_s = time.monotonic() + _COMES_BACK_S
    while time.monotonic() < give_up_s:
        await asyncio.sleep(_LOOK_EACH_S)
        now = {each.path: each for each in await loop.run_in_executor(None, ports)}
        for each in now.values():
            if each.path not in before and (each.vid, each.pid) in board.usb:
                return each.path
        before &= set(now)  # the same path again is a new port too, once it was gone
    raise NoBootloader(f"{board.speaks.value}: {port} did not come back as a bootloader within {_COMES_BACK_S:g} s")


class _Holder(asyncio.Protocol):
    """Has a port open, and knows when it has not."""

    def __init__(self) -> None:
        self.gone = asyncio.Event()

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone.set()


class _Ear(_Holder, Generic[R]):
    """Between the port and a conversation, which begins when the board has been reset."""

    def __init__(self, on_progress: Callable[[Progress], None]) -> None:
        super().__init__()
        self._on_progress = on_progress
        self._conversation: Conversation[R] | None = None
        self._news = asyncio.Event()
        self._lost: Exception | None = None

    def data_received(self, data: bytes) -> None:
        if self._conversation is not None:  # what came before is the old sketch's
            self._conversation.receive_data(time.monotonic_ns(), data)
            self._news.set()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._lost = exc
        self._news.set()

    async def run(self, transport: SerialTransport, script: Script[R]) -> R:
        """Until the script has ended. Raises errors.FlashError."""
        conversation = self._conversation = Conversation(script, time.monotonic_ns())
        while True:
            if data := conversation.data_to_send():
                transport.write(data)
            for event in conversation.events_received():
                match event:
                    case Progress():
                        self._on_progress(event)
                    case Done(result):
                        return result
                    case Failed(error):
                        raise error
            if self.gone.is_set():
                raise FlashRefused("to go on", f"the port is gone: {self._lost}")
            await self._wait(conversation)
            conversation.tick(time.monotonic_ns())

    async def _wait(self, conversation: Conversation[R]) -> None:
        deadline_ns = conversation.next_deadline()
        left_s = None if deadline_ns is None else max(0.0, (deadline_ns - time.monotonic_ns()) / 1e9)
        try:
            async with asyncio.timeout(left_s):
                await self._news.wait()
        except TimeoutError:
            return
        self._news.clear()
