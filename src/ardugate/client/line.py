"""Requests and their answers, over as many connections as it takes. Needs a running loop."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from ardugate.client.find import Target
from ardugate.client.opening import open_socket, request_error, result_of
from ardugate.errors import GatewayUnreachable, Reason, RequestError

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

# Longer than the gateway itself waits for a board (5 s for a first value, and its repetitions).
ANSWER_TIMEOUT_S: Final = 15.0
# How often one request is asked again after its connection ended.
_ATTEMPTS: Final = 5
_PAUSE_S: Final = 0.2

# With a key the gateway does these once, however often they are asked: so they may be asked again.
_KEYED: Final = {"set", "mode", "rate", "call"}
# These change nothing when they are done twice. A lease ends with its connection, so it is not among them.
_REPEATABLE: Final = {
    *(
        "boards",
        "clients",
        "ledger",
        "get",
        "stop_all",
        "history",
        "journal",
        "identify",
        "recordings",
        "share_list",
        "ports",
    ),
}

Json = dict[str, Any]
Call = tuple[str, Mapping[str, Any]]


class _Gone(Exception):
    """The connection ended before the answer. ``life`` is the gateway's."""


class Line:
    """Asks a gateway. ``find`` says where it is, each time anew."""

    def __init__(self, find: Callable[[], Target]) -> None:
        self._find = find
        self._ids = count(1)
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._opening = asyncio.Lock()
        self._waiting: dict[int, asyncio.Future[Json]] = {}
        self.welcome: Json = {}

    async def open(self) -> None:
        """Connect, unless that is done. Raises GatewayUnreachable and RequestError (``not_allowed``)."""
        async with self._opening:
            if self._socket is not None:
                return
            target = self._find()
            socket = await open_socket(target)
            welcomed: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
            self._reader = asyncio.create_task(self._read(socket, welcomed), name="answers")
            try:
                async with asyncio.timeout(ANSWER_TIMEOUT_S):
                    self.welcome = await welcomed
            except (_Gone, TimeoutError):
                await socket.close()
                raise GatewayUnreachable(target.url, "it did not say who it is") from None
            self._socket = socket

    @property
    def target(self) -> Target:
        """Where the gateway is. Raises GatewayUnreachable and SeveralGateways."""
        return self._find()

    async def close(self) -> None:
        """No more requests."""
        socket, self._socket = self._socket, None
        if socket is not None:
            await socket.close()
        if self._reader is not None:
            await asyncio.gather(self._reader, return_exceptions=True)

    async def ask(self, method: str, params: Mapping[str, Any], *, timeout_s: float | None = ANSWER_TIMEOUT_S) -> Json:
        """The result of one request; ``timeout_s`` None waits for ever.

        Raises RequestError (``unknown_outcome`` where it may or may not have been done), and GatewayUnreachable.
        """
        (outcome,) = await self.batch([(method, params)], timeout_s=timeout_s)
        if isinstance(outcome, RequestError):
            raise outcome
        return outcome

    async def batch(
        self, calls: Sequence[Call], *, timeout_s: float | None = ANSWER_TIMEOUT_S
    ) -> list[Json | RequestError]:
        """The results of requests that the gateway starts in order. Raises GatewayUnreachable and RequestError."""
        methods = {method for method, _ in calls}
        keyed = [
            (method, {"key": uuid4().hex} | dict(params) if method in _KEYED else dict(params))
            for method, params in calls
        ]
        life: str | None = None
        for attempt in range(_ATTEMPTS):
            try:
                await self.open()
            except GatewayUnreachable:
                if not self.welcome or (life is None and attempt == _ATTEMPTS - 1):
                    raise
                await asyncio.sleep(_PAUSE_S * 2**attempt)
                continue
            now = str(self.welcome["gateway"]["life"])
            if life not in (None, now) and not methods <= _REPEATABLE:
                break  # another gateway: it does not know what the one before did
            life = now
            try:
                async with asyncio.timeout(timeout_s):
                    return await self._ask(keyed)
            except _Gone:
                if not methods <= _KEYED | _REPEATABLE:
                    break
            except TimeoutError:
                break
        names = ", ".join(sorted(methods))
        if methods <= _REPEATABLE:
            raise GatewayUnreachable(self._find().url, f"no answer to {names}")
        cause = f"the gateway was lost before it answered {names}"
        raise RequestError(Reason.UNKNOWN_OUTCOME, cause, "read the channel, then decide")

    async def _ask(self, calls: Sequence[Call]) -> list[Json | RequestError]:
        from websockets.exceptions import ConnectionClosed

        socket = self._socket
        if socket is None:
            raise _Gone
        loop = asyncio.get_running_loop()
        asked = {next(self._ids): call for call in calls}
        futures = {number: loop.create_future() for number in asked}
        self._waiting |= futures
        requests = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            for number, (method, params) in asked.items()
        ]
        try:
            await socket.send(json.dumps(requests if len(requests) > 1 else requests[0]))
            answers = await asyncio.gather(*futures.values())
        except ConnectionClosed as error:
            raise _Gone from error
        finally:
            for number in futures:
                self._waiting.pop(number, None)
        outcomes = list[Json | RequestError]()
        for answer in answers:
            try:
                outcomes.append(result_of(answer))
            except RequestError as error:
                outcomes.append(error)
        return outcomes

    async def _read(self, socket: ClientConnection, welcomed: asyncio.Future[Json]) -> None:
        """Hand out answers until the connection ends."""
        from websockets.exceptions import ConnectionClosed

        try:
            with suppress(ConnectionClosed):
                async for message in socket:
                    self._heard(json.loads(message), welcomed)
        finally:
            if self._socket is socket:
                self._socket = None
            for waiting in (welcomed, *self._waiting.values()):
                if not waiting.done():
                    waiting.set_exception(_Gone())

    def _heard(self, message: Json | list[Json], welcomed: asyncio.Future[Json]) -> None:
        if isinstance(message, list):
            for each in message:
                self._heard(each, welcomed)
        elif message.get("method") == "welcome" and not welcomed.done():
            welcomed.set_result(message["params"])
        elif "id" in message:
            self._answered(message)

    def _answered(self, message: Json) -> None:
        if message["id"] is None:  # what we said could not be read as requests: the one that waits is told
            for each in self._waiting.values():
                if not each.done():
                    each.set_exception(request_error(message["error"]))
        elif (waiting := self._waiting.get(message["id"])) is not None and not waiting.done():
            waiting.set_result(message)
