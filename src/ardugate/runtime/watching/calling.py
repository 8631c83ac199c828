"""Calling somebody about an alarm: a webhook, or a command. Off the loop, bounded in number and in time."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from urllib.error import URLError
from urllib.request import Request, urlopen

from ardugate.runtime.options import AlarmOption

logger = logging.getLogger(__name__)

WEBHOOK_TIMEOUT_S: Final = 5.0
# Pauses before a webhook is tried again: a service that restarts is back within them.
RETRY_PAUSES_S: Final = (1.0, 5.0, 25.0)
COMMAND_TIMEOUT_S: Final = 30.0
# Calls of one alarm that wait for their turn; more are dropped, and said.
MAX_WAITING: Final = 16

Call = Mapping[str, object]


class Caller:
    """Calls about one alarm, one after the other. Needs a running loop; ``close`` at the end.

    ``failed`` is told in a sentence when nobody was reached.
    """

    def __init__(
        self, callee: AlarmOption, failed: Callable[[str], None], pauses_s: Sequence[float] = RETRY_PAUSES_S
    ) -> None:
        self._callee = callee
        self._failed = failed
        self._pauses_s = tuple(pauses_s)
        self._waiting: asyncio.Queue[Call] = asyncio.Queue(MAX_WAITING)
        self._task = asyncio.create_task(self._run(), name="alarm's calls")

    def call(self, call: Call) -> None:
        """``call`` is what the webhook gets as JSON; its values stand in for ``{name}`` in the command's arguments."""
        try:
            self._waiting.put_nowait(call)
        except asyncio.QueueFull:
            self._failed(f"{MAX_WAITING} calls wait already: this one was not made")

    async def close(self) -> None:
        """Nobody is called any more."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            call = await self._waiting.get()
            if self._callee.webhook:
                await self._post(call)
            if self._callee.command:
                await self._start(call)

    async def _post(self, call: Call) -> None:
        why = ""
        for pause_s in (0.0, *self._pauses_s):
            await asyncio.sleep(pause_s)
            why = await in_thread(lambda: post(self._callee.webhook, call))
            if not why:
                return
            logger.debug("the webhook did not take it: %s", why)
        self._failed(f"the webhook did not take it: {why}")

    async def _start(self, call: Call) -> None:
        arguments = [filled(part, call) for part in self._callee.command]
        try:
            process = await asyncio.create_subprocess_exec(
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except (OSError, ValueError) as error:
            self._failed(f"{arguments[0]} cannot be run: {getattr(error, 'strerror', None) or error}")
            return
        try:
            async with asyncio.timeout(COMMAND_TIMEOUT_S):
                status = await process.wait()
            if status:
                self._failed(f"{arguments[0]} ended with status {status}")
        except TimeoutError:
            self._failed(f"{arguments[0]} was still running after {COMMAND_TIMEOUT_S:g} s, and was ended")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


def post(url: str, call: Call) -> str:
    """POST it as JSON; why nobody took it, or nothing. Waits."""
    body = json.dumps(call).encode()
    request = Request(url, body, {"Content-Type": "application/json", "User-Agent": "ardugate"}, method="POST")
    try:
        with urlopen(request, timeout=WEBHOOK_TIMEOUT_S):
            return ""
    except (URLError, OSError, ValueError) as error:
        return str(error) or type(error).__name__


def filled(text: str, call: Call) -> str:
    """``text`` with what stands in braces put in.

    >>> filled("{name}: {value} {else}", {"name": "hot", "value": 31.2})
    'hot: 31.2 {else}'
    """
    for key, value in call.items():
        text = text.replace(f"{{{key}}}", "" if value is None else str(value))
    return text.replace("\0", "")


async def in_thread(work: Callable[[], str]) -> str:
    """What the work gives. In a thread of its own that nobody waits for: a gateway that ends does not wait for a name
    that does not resolve."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[str] = loop.create_future()

    def settle(result: str) -> None:
        if not done.done():
            done.set_result(result)

    def run() -> None:
        result = work()
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, result)

    threading.Thread(target=run, name="webhook", daemon=True).start()
    return await done
