"""One subscription, over as many connections as it takes.

It has a connection of its own: a script that reads slowly leaves that one full, and is then what any slow client is to
the gateway. What it misses is counted there and told here, and its requests on the other connection never wait.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from ardugate.client.feed import Feed, Told
from ardugate.client.find import Target
from ardugate.client.opening import open_socket, result_of
from ardugate.client.samples import Batch
from ardugate.errors import GatewayUnreachable, Reason, RequestError

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

logger = logging.getLogger(__name__)

# Batches and notifications that wait for the script; beyond them the socket is left full.
WAITING: Final = 64
# A gateway that is started again is back within a second or two: tried soon, then less often.
FIRST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 5.0
ANSWER_TIMEOUT_S: Final = 15.0
# Refusals that a gateway takes back once its boards have said who they are.
_NOT_YET: Final = {Reason.UNKNOWN_BOARD, Reason.UNKNOWN_CHANNEL, Reason.AMBIGUOUS_BOARD, Reason.TOO_MANY}
_ID: Final = "subscribe"

Json = dict[str, Any]


class Subscription:
    """What ``params`` ask for (those of ``subscribe``; None: nothing but what the gateway tells everybody).

    ``find`` says where the gateway is, each time anew. Needs a running loop; ``close`` at the end.
    """

    def __init__(self, find: Callable[[], Target], params: Json | None) -> None:
        self.feed = Feed()
        self._find = find
        self._params = params
        self._waiting: asyncio.Queue[Batch | Told | Exception] = asyncio.Queue(WAITING)
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Connect and subscribe. Raises GatewayUnreachable and RequestError."""
        early = list[Batch | Told]()
        socket = await self._subscribed(early)
        self._task = asyncio.create_task(self._run(socket, early), name="subscription")

    async def next(self) -> Batch | Told:
        """The next that comes; waits as long as it takes.

        Raises RequestError where the gateway refuses to go on, and Malformed.
        """
        item = await self._waiting.get()
        if isinstance(item, Exception):
            raise item
        return item

    async def close(self) -> None:
        """No more of it."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, socket: ClientConnection, early: list[Batch | Told]) -> None:
        from websockets.exceptions import ConnectionClosed

        try:
            while True:
                try:
                    for item in early:
                        await self._waiting.put(item)
                    async for message in socket:
                        for item in self.feed.receive(message):
                            await self._waiting.put(item)
                except ConnectionClosed:
                    logger.debug("the connection ended", exc_info=True)
                finally:
                    await socket.close()
                early.clear()
                socket = await self._again(early)
        except Exception as error:  # noqa: BLE001 - it is raised where the script waits
            await self._waiting.put(error)

    async def _again(self, early: list[Batch | Told]) -> ClientConnection:
        """A new connection, however long that takes. Raises RequestError where trying again is no use."""
        logger.warning("the gateway is gone; going on as soon as it is back")
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                socket = await self._subscribed(early)
            except GatewayUnreachable as error:
                logger.debug("not yet: %s", error)
            except RequestError as error:
                if error.reason not in _NOT_YET:
                    raise
                logger.debug("not yet: %s", error)
            else:
                logger.warning("the gateway is back")
                return socket
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _subscribed(self, early: list[Batch | Told]) -> ClientConnection:
        target = self._find()
        socket = await open_socket(target)
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                await self._subscribe(socket, early)
        except BaseException as error:
            await socket.close()
            if isinstance(error, (TimeoutError, OSError, EOFError)):
                raise GatewayUnreachable(target.url, str(error) or "no answer") from error
            raise
        return socket

    async def _subscribe(self, socket: ClientConnection, early: list[Batch | Told]) -> None:
        from websockets.exceptions import ConnectionClosed

        if self._params is None:
            return
        params = self._params if self.feed.cursor is None else self._params | {"cursor": self.feed.cursor}
        request = {"jsonrpc": "2.0", "id": _ID, "method": "subscribe", "params": params}
        try:
            await socket.send(json.dumps(request))
            while True:
                message = await socket.recv()
                if isinstance(message, str) and (answer := json.loads(message)).get("id") == _ID:
                    break
                early += self.feed.receive(message)
        except ConnectionClosed as error:
            raise EOFError("the connection ended") from error
        try:
            self.feed.begin(result_of(answer)["streams"])
        except RequestError as error:
            if error.reason is not Reason.CURSOR_EXPIRED or self.feed.cursor is None:
                raise
            self.feed.lose_place()
            await self._subscribe(socket, early)
