"""One connection to a gateway: requests with their answers, notifications in order."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from ardugate.client.find import Target
from ardugate.client.opening import handshake, refusal, result_of
from ardugate.errors import GatewayUnreachable, RequestError

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

DIALECT: Final = "ardugate.v1.json"
# Longer than the gateway itself waits for a board (5 s for a first value, and its repetitions).
ANSWER_TIMEOUT_S: Final = 15.0

# JSON as it comes: checked where it is used.
Json = Any
Params = Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Notification:
    """One notification of the gateway."""

    method: str
    params: dict[str, Json]


class Connection:
    """A session with a gateway. ``welcome`` is what it said first. Not for use by several threads."""

    def __init__(self, socket: ClientConnection, target: Target) -> None:
        self._socket = socket
        self.target = target
        self._ids = count(1)
        self._notifications: deque[Notification] = deque()
        self.welcome: dict[str, Json] = self.wait_for("welcome").params

    @property
    def boards(self) -> list[dict[str, Json]]:
        """The boards that the welcome told of."""
        boards: list[dict[str, Json]] = self.welcome["boards"]
        return boards

    def call(
        self, method: str, params: Params | None = None, timeout_s: float | None = ANSWER_TIMEOUT_S
    ) -> dict[str, Json]:
        """The result of one request; ``timeout_s`` None waits for ever. Raises RequestError and GatewayUnreachable."""
        (answer,) = self._ask([self._request(method, params or {})], as_batch=False, timeout_s=timeout_s)
        return result_of(answer)

    def batch(self, calls: Sequence[tuple[str, Params]]) -> list[dict[str, Json] | RequestError]:
        """The results of requests that the gateway starts in order. Raises GatewayUnreachable."""
        requests = [self._request(method, params) for method, params in calls]
        answers = {answer["id"]: answer for answer in self._ask(requests, as_batch=True)}
        results = list[dict[str, Json] | RequestError]()
        for request in requests:
            try:
                results.append(result_of(answers[request["id"]]))
            except RequestError as error:
                results.append(error)
        return results

    def wait_for(self, method: str, timeout_s: float = ANSWER_TIMEOUT_S) -> Notification:
        """The next notification of this kind; earlier ones of other kinds are let go. Raises GatewayUnreachable."""
        until_s = monotonic() + timeout_s
        while (notification := self.next_notification(max(0.0, until_s - monotonic()))) is not None:
            if notification.method == method:
                return notification
        raise GatewayUnreachable(self.target.url, f"it did not say {method!r} within {timeout_s:g} s")

    def next_notification(self, timeout_s: float | None = None) -> Notification | None:
        """The next one, in order; None when none came in time. Raises GatewayUnreachable when the gateway ends."""
        until_s = None if timeout_s is None else monotonic() + timeout_s
        while not self._notifications:
            left_s = None if until_s is None else max(0.0, until_s - monotonic())
            self._receive(left_s)
            if not self._notifications and until_s is not None and monotonic() >= until_s:
                return None
        return self._notifications.popleft()

    def _request(self, method: str, params: Params) -> dict[str, Json]:
        return {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": dict(params)}

    def _ask(
        self, requests: list[dict[str, Json]], *, as_batch: bool, timeout_s: float | None = ANSWER_TIMEOUT_S
    ) -> list[dict[str, Json]]:
        self._send(requests if as_batch else requests[0])
        wanted = {each["id"] for each in requests}
        until_s = inf if timeout_s is None else monotonic() + timeout_s
        while (left_s := until_s - monotonic()) > 0:
            answers = self._receive(None if left_s == inf else left_s)
            if wanted == {answer.get("id") for answer in answers}:
                return answers
            for answer in answers:
                if answer.get("id") is None:  # the message could not be read as requests at all
                    result_of(answer)
        raise GatewayUnreachable(self.target.url, f"no answer within {timeout_s:g} s")

    def _send(self, message: Json) -> None:
        from websockets.exceptions import ConnectionClosed

        try:
            self._socket.send(json.dumps(message, separators=(",", ":")))
        except ConnectionClosed as error:
            raise self._ended(error) from error

    def _receive(self, timeout_s: float | None) -> list[dict[str, Json]]:
        """The answers in the next message; none where it was a notification, which is kept, or nothing came in time."""
        from websockets.exceptions import ConnectionClosed

        try:
            text = self._socket.recv(timeout_s)
        except TimeoutError:
            return []
        except ConnectionClosed as error:
            raise self._ended(error) from error
        message: dict[str, Json] | list[dict[str, Json]] = json.loads(text)
        if isinstance(message, list):
            return message
        if "method" in message:
            self._notifications.append(Notification(message["method"], message.get("params", {})))
            return []
        return [message]

    def _ended(self, error: Exception) -> GatewayUnreachable:
        close = getattr(error, "rcvd", None)
        said = f": {close.reason}" if close is not None and close.reason else ""
        return GatewayUnreachable(self.target.url, f"the connection ended{said}")


@contextmanager
def connect(target: Target) -> Generator[Connection]:
    """A session with the gateway for the length of a ``with`` block.

    Raises GatewayUnreachable, and RequestError (``not_allowed``) where the token is missing or wrong.
    """
    from websockets.exceptions import InvalidHandshake, InvalidStatus
    from websockets.sync.client import connect as connect_socket

    with ExitStack() as stack:
        try:
            socket = stack.enter_context(connect_socket(target.ws, **handshake(target, DIALECT)))
        except InvalidStatus as error:
            raise refusal(target, error.response.status_code, bytes(error.response.body or b"")) from error
        except (OSError, TimeoutError, EOFError, InvalidHandshake) as error:
            detail = getattr(error, "strerror", None) or str(error) or "no answer"
            raise GatewayUnreachable(target.url, detail.lower()) from error
        yield Connection(socket, target)
