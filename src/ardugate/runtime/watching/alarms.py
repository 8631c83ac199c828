"""Alarms of a running gateway: a client like others, that reads along, and tells and calls when something is raised.

It reads envelopes, so that a spike of a single scan counts, however fast a board samples.
"""

from __future__ import annotations

import asyncio
import json
import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol, cast

from ardugate.alarms import Alarms, Change, Compare, Disk, Rule
from ardugate.errors import RequestError
from ardugate.hub import Hub
from ardugate.model import Form, Principal, Role
from ardugate.runtime.client import Client
from ardugate.runtime.http.connection import Connection
from ardugate.runtime.options import AlarmOption
from ardugate.runtime.watching.calling import Caller
from ardugate.session.encode import Frame
from ardugate.session.requests import Subscribe
from ardugate.session.shapes import Json

logger = logging.getLogger(__name__)

# Envelopes a second: how soon an alarm without "for" is raised at the latest.
ENVELOPE_HZ: Final = 20.0
# How often losses, quiet hours, disks and what comes due are looked at: whoever is to be called within a second has
# half of that for the way.
LOOK_S: Final = 0.5
_PRINCIPAL: Final = Principal("alarms", Role.VIEW)
# A board that is lent is away on purpose.
_UP: Final = {"live", "lent"}

Value = bool | int | float | str | None


class World(Protocol):
    """The gateway, as alarms need it."""

    hub: Hub

    def now_ns(self) -> int:
        """Gateway time."""
        ...

    async def connect(self, connection: Connection, principal: Principal, request: Subscribe) -> Client:
        """Take a new connection. Raises RequestError."""
        ...

    def client_left(self, client: Client) -> None:
        """It is gone."""

    def happened(self, kind: str, board_id: str | None, text: str, alarm: Json | None = None) -> None:
        """Tell everybody."""


class Watch:
    """Watches a gateway. Is its own connection: what the gateway sends comes here at once."""

    paused = False
    remote = "127.0.0.1"

    def __init__(self, world: World, options: Sequence[AlarmOption], folders: Sequence[Path], url: str) -> None:
        self._world = world
        self._folders = folders
        self._url = url
        self._alarms = Alarms([option.rule for option in options], world.now_ns())
        self._callers = {option.rule: Caller(option, self._failing(option.rule)) for option in options}
        self._looks_at_disk = any(isinstance(option.rule.when, Disk) for option in options)
        self._disk_s = 0.0  # when to look at it next, by the loop's clock
        self._news = asyncio.Event()
        self._lost: dict[str, int] = {}
        self._client: Client | None = None
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin."""
        # A board's states are told to every client; the glob without a match is for those who need nothing else.
        globs = self._alarms.channels or ("*/-",)
        try:
            self._client = await self._world.connect(
                self, _PRINCIPAL, Subscribe(globs, form=Form.ENVELOPE, max_hz=ENVELOPE_HZ)
            )
        except RequestError as error:
            logger.warning("alarms cannot read along: %s", error)
        self._task = asyncio.create_task(self._run(), name="alarms")

    async def aclose(self) -> None:
        """End. Who has not been called by now is not."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        client, self._client = self._client, None
        if client is not None:
            self._world.client_left(client)
        for caller in self._callers.values():
            await caller.close()

    # ---- the connection

    def send(self, frames: Sequence[Frame], wire: bytes) -> None:
        """What the gateway tells."""
        del wire
        now_ns = self._world.now_ns()
        for frame in frames:
            message = json.loads(frame.payload)
            params = message.get("params", {})
            match message.get("method"):
                case "samples":
                    for sample in samples(params["columns"]):
                        self._alarms.sample(*sample, now_ns)
                case "board" if "board" in params:
                    self._board(params["board"], now_ns)
                case "welcome":
                    for board in params["boards"]:
                        self._board(board, now_ns)
                case _:
                    continue
        self._news.set()

    def close(self, code: int, reason: str) -> None:
        """The gateway lets go of us, as it does of all clients when it ends."""
        del code, reason

    # ----

    def _board(self, board: dict[str, Any], now_ns: int) -> None:
        self._alarms.board(board["id"], live=board["state"] in _UP, now_ns=now_ns)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            if self._looks_at_disk and loop.time() >= self._disk_s:
                self._disk_s = loop.time() + LOOK_S
                free_bytes = await asyncio.to_thread(least_free, self._folders)
                if free_bytes is not None:
                    self._alarms.disk(free_bytes, self._world.now_ns())
            self._count_losses()
            now = datetime.now().astimezone()
            for change in self._alarms.tick(self._world.now_ns(), minute=60 * now.hour + now.minute):
                self._tell(change)
            self._news.clear()
            try:
                async with asyncio.timeout(self._pause_s()):
                    await self._news.wait()
            except TimeoutError:
                continue

    def _pause_s(self) -> float:
        deadline_ns = self._alarms.next_deadline()
        due_s = LOOK_S if deadline_ns is None else (deadline_ns - self._world.now_ns()) / 1e9
        if self._looks_at_disk:
            due_s = min(due_s, self._disk_s - asyncio.get_running_loop().time())
        return min(max(due_s, 0.001), LOOK_S)

    def _count_losses(self) -> None:
        totals: dict[str, int] = {}
        for total in self._world.hub.ledger.totals():
            if total.place != "client":
                totals[total.board] = totals.get(total.board, 0) + total.count
        for board, count in totals.items():
            if more := count - self._lost.get(board, 0):
                self._alarms.lost(board, more, self._world.now_ns())
        self._lost = totals

    def _tell(self, change: Change) -> None:
        text = sentence(change)
        known = self._world.hub.directory.boards()
        board = change.board if any(each.id == change.board for each in known) else None
        if change.news:
            logger.warning("%s", text)
            alarm: Json = {
                "name": change.name,
                "raised": change.raised,
                "channel": change.channel,
                "value": change.value,
            }
            self._world.happened("alarm", board, text, alarm)
        if change.call:
            state = "raised" if change.raised else "over"
            call = {"name": change.name, "state": state, "text": text, "board": change.board, "channel": change.channel}
            times = {"t_s": change.at_ns / 1e9, "gateway": self._url}
            self._callers[change.rule].call(call | {"value": change.value} | times)

    def _failing(self, rule: Rule) -> Callable[[str], None]:
        def failed(why: str) -> None:
            self._world.happened("fault", None, f"nobody was called about {rule.name!r}: {why}")

        return failed


def least_free(folders: Sequence[Path]) -> int | None:
    """Bytes that are left on the fullest of these folders' disks; None where none of them can be looked at."""
    found = list[int]()
    for folder in folders:
        with suppress(OSError):  # not made yet, or its disk was pulled out: the recording says so
            found.append(shutil.disk_usage(folder).free)
    return min(found, default=None)


def samples(columns: dict[str, Any]) -> Iterator[tuple[str, Value, Value, Value]]:
    """Of the columns of a ``samples`` message, each as an address, the least, the greatest and the last."""
    for address, column in columns.items():
        if isinstance(column, list):
            for value in cast("list[Value]", column):
                yield address, value, value, value
        else:
            for low, high in zip(column["min"], column["max"], strict=True):
                yield address, low, high, high


def sentence(change: Change) -> str:
    """What happened, for eyes."""
    about = change.channel or change.board
    what = f"{change.name}: {change.rule.when}" if change.raised else f"{change.name} is over"
    if change.value is None or not isinstance(change.rule.when, Compare):
        return what if about is None or about in what else f"{what} ({about})"
    value = change.value
    shown = (
        ("on" if value else "off") if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else value
    )
    return f"{what} ({about} is {shown})"
