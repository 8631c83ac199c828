"""The HTTP API that goes on: ``/api/v1/stream`` (Server-Sent Events) and ``/api/v1/poll`` (long polling)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ardugate.errors import Reason, RequestError
from ardugate.model import Form
from ardugate.runtime.client import Client
from ardugate.runtime.http.api import PROBLEM, principal_of, remote_of
from ardugate.runtime.http.door import Receive, Scope, Send
from ardugate.runtime.http.fallback import Fallback, Tray
from ardugate.runtime.http.query import GLOBS, number, parameter
from ardugate.session import rest
from ardugate.session.limits import MAX_CURSOR_CHARS
from ardugate.session.parse import parse_request
from ardugate.session.requests import Subscribe
from ardugate.session.shapes import Json

# How long a poll waits for news, and the most that it may: proxies give up after 60 s.
WAIT_S = 25.0
MAX_WAIT_S = 55.0
# How soon a browser comes back after its stream broke; its own default is 3 s and more.
RETRY_MS = 1_000


def live(fallback: Fallback) -> APIRouter:
    """The routes below ``/api/v1``."""
    router = APIRouter(prefix="/api/v1", responses=PROBLEM)

    @router.get(
        "/stream",
        responses={200: {"description": "Messages, one an event.", "content": {"text/event-stream": {}}}},
        openapi_extra={
            "parameters": [*_WISHES, parameter("cursor", "go on after this place", _CURSOR), _LAST_EVENT_ID]
        },
    )
    async def stream(request: Request) -> Response:
        """What a WebSocket of `ardugate.v1.json` with one subscription gets, as Server-Sent Events."""
        wishes = dict(request.query_params)
        if last := request.headers.get("last-event-id"):
            wishes["cursor"] = last  # a browser that comes back knows better than the address it came with first
        tray, client = await fallback.connect(principal_of(request), _subscribe(wishes), remote_of(request))
        return _EventStream(fallback, tray, client)

    @router.get(
        "/poll",
        responses={200: {"model": rest.Polled, "description": "What there is, perhaps nothing."}},
        openapi_extra={"parameters": [*_WISHES, *_POLLING]},
    )
    async def poll(request: Request) -> Response:
        """The same messages, fetched: waits for some."""
        wishes = dict(request.query_params)
        session, wait_s = wishes.pop("session", ""), _wait_s(wishes.pop("wait_s", ""))
        if "since" in wishes:
            wishes["cursor"] = wishes.pop("since")
        polled = await fallback.poll(
            principal_of(request), _subscribe(wishes), session, wait_s, remote_of(request), request.receive
        )
        head = json.dumps({"session": polled.session, "cursor": polled.cursor})
        body = head[:-1].encode() + b', "messages": [' + b",".join(polled.messages) + b"]}"
        return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})

    return router


class _EventStream(Response):
    """The answer that goes on until somebody ends it."""

    def __init__(self, fallback: Fallback, tray: Tray, client: Client) -> None:
        super().__init__(media_type="text/event-stream", headers={"Cache-Control": "no-store"})
        del self.headers["content-length"]
        self._fallback, self._tray, self._client = fallback, tray, client

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_text(text: bytes) -> None:
            await send({"type": "http.response.body", "body": text, "more_body": True})

        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send_text(f"retry: {RETRY_MS}\n\n".encode())
        if await self._fallback.run_events(self._tray, self._client, receive, send_text):
            await send({"type": "http.response.body", "body": b""})
        else:
            scope["abort"]()
            while (await receive())["type"] != "http.disconnect":
                continue


def _subscribe(wishes: Mapping[str, str]) -> Subscribe:
    """A query as the request that it stands for."""
    params: Json = dict(wishes)
    if "channels" in wishes:
        params["channels"] = wishes["channels"].split(",")
    if "max_hz" in wishes:
        params["max_hz"] = number(wishes["max_hz"])
    request = parse_request("subscribe", params)
    if isinstance(request, RequestError):
        raise request
    assert isinstance(request, Subscribe), "the method says so"
    return request


def _wait_s(text: str) -> float:
    wait_s = number(text) if text else WAIT_S
    if isinstance(wait_s, str):
        raise RequestError(Reason.WRONG_TYPE, "`wait_s` should be a number", "give seconds")
    if not 0 <= wait_s <= MAX_WAIT_S:
        raise RequestError(Reason.OUT_OF_RANGE, f"`wait_s` should be 0 to {MAX_WAIT_S:.0f}", "poll again after that")
    return wait_s


_CURSOR = {"type": "string", "maxLength": MAX_CURSOR_CHARS}
_WAIT = {"type": "number", "minimum": 0, "maximum": MAX_WAIT_S}
_WISHES = (
    parameter("channels", "globs, separated by commas; absent: every channel", GLOBS),
    parameter("form", "as in `subscribe`", {"type": "string", "enum": [each.value for each in Form]}),
    parameter("max_hz", "as in `subscribe`", {"type": "number", "minimum": 0.001, "maximum": 1_000_000}),
)
_LAST_EVENT_ID = parameter("Last-Event-ID", "the same as `cursor`; sent by browsers", place="header")
_POLLING = (
    parameter("since", "the `cursor` of the answer before", _CURSOR),
    parameter("session", "the `session` of the answer before"),
    parameter("wait_s", f"how long to wait for news, at most {MAX_WAIT_S:.0f}", _WAIT),
)
