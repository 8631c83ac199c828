"""The HTTP application: the page, ``/healthz``, the API; and the door in front of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, Protocol

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, Response
from fastapi.staticfiles import StaticFiles

from ardugate import __version__
from ardugate.model import Principal
from ardugate.runtime.access import SIGN_IN_REMEDY, Access, Head, Refusal
from ardugate.session.limits import MAX_TEXT_BYTES

PAGE_FOLDER = Path(__file__).parents[1] / "dashboard"
# The page needs nothing from elsewhere and runs no text as code.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types lit-html"
)
# Added to each answer that does not say otherwise itself.
SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", PAGE_POLICY.encode()),
    (b"cache-control", b"no-cache"),
)
_PAGE_MISSING = (
    "The page has not been built.\n"
    "Install ardugate from its wheel, or run `make demo` in its source tree, which builds the page.\n"
)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Answers(Protocol):
    """What the gateway answers over HTTP."""

    def boards(self) -> list[dict[str, object]]:
        """Every board, as ``boards`` gives them."""
        ...

    async def rpc(self, principal: Principal, body: bytes, remote: str) -> bytes | None:
        """One JSON-RPC request or batch; None when nothing is to be answered."""
        ...


def make_app(access: Access, answers: Answers) -> App:
    """The HTTP application, with the door in front of it."""
    app = FastAPI(title="ardugate", version=__version__, docs_url=None, redoc_url=None)

    @app.get("/healthz", response_class=PlainTextResponse)
    async def healthz() -> str:
        return "ok"

    @app.get("/", response_class=HTMLResponse)
    async def page() -> Response:
        index = PAGE_FOLDER / "index.html"
        return FileResponse(index) if index.is_file() else PlainTextResponse(_PAGE_MISSING, HTTPStatus.NOT_FOUND)

    if (PAGE_FOLDER / "assets").is_dir():
        app.mount("/assets", StaticFiles(directory=PAGE_FOLDER / "assets"))

    @app.get("/api/v1/boards")
    async def boards() -> Response:
        return JSONResponse({"boards": answers.boards()})

    @app.get("/api/v1/boards/{board}")
    async def board(board: str) -> Response:
        found = [each for each in answers.boards() if each["id"] == board]
        if not found:
            return _problem(HTTPStatus.NOT_FOUND, "unknown_board", "there is no such board", "look at /api/v1/boards")
        return JSONResponse(found[0])

    @app.post("/api/v1/rpc")
    async def rpc(request: Request) -> Response:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return _problem(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "bad_request", "expected JSON", "send Content-Type: application/json"
            )
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_TEXT_BYTES:
                text = f"expected at most {MAX_TEXT_BYTES} bytes"
                return _problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", text, "send less at once")
        answer = await answers.rpc(request.scope["principal"], body, request.client.host if request.client else "")
        if answer is None:
            return Response(status_code=HTTPStatus.NO_CONTENT)
        return Response(answer, media_type="application/json")

    return partial(_guard, access, app)


async def _guard(access: Access, app: App, scope: Scope, receive: Receive, send: Send) -> None:
    """The door: judges each request's head, adds the security headers to each answer."""
    assert scope["type"] == "http"
    server = scope.get("server")
    head = Head(scope["path"], scope["query_string"].decode("latin-1"), scope["headers"], server[0] if server else "")

    async def send_safely(message: Message) -> None:
        if message["type"] == "http.response.start":
            present = {name for name, _ in message["headers"]}
            more = [
                *SECURITY_HEADERS,
                (b"content-security-policy", PAGE_POLICY.encode()),
                (b"cache-control", b"no-cache"),
            ]
            message["headers"] = [*message["headers"], *(each for each in more if each[0] not in present)]
        await send(message)

    response = _judge(access, head, scope)
    await (response or app)(scope, receive, send_safely)


def _judge(access: Access, head: Head, scope: Scope) -> Response | None:
    """An answer that is given at the door, or None for whoever may pass."""
    if refusal := access.check_source(head):
        return _refused(refusal, head)
    if head.path == "/healthz":
        return None
    if head.path == "/" and scope["method"] == "GET" and (ticket := access.ticket_in(head)):
        principal = access.redeem(ticket)
        if principal is None:
            return _refused(Refusal(HTTPStatus.UNAUTHORIZED, "this link was used or is too old", SIGN_IN_REMEDY), head)
        sign_in = access.sign_in(principal)
        headers = {
            "Set-Cookie": sign_in.cookie,
            "Content-Security-Policy": sign_in.policy,
            "Cache-Control": "no-store",
        }
        return HTMLResponse(sign_in.body, headers=headers)
    principal = access.identify(head)
    if principal is None:
        return _refused(Refusal(HTTPStatus.UNAUTHORIZED, "this gateway does not know you", SIGN_IN_REMEDY), head)
    scope["principal"] = principal
    return None


def _refused(refusal: Refusal, head: Head) -> Response:
    if head.path.startswith("/api/"):
        return _problem(refusal.status, "not_allowed", refusal.cause, refusal.remedy)
    return PlainTextResponse(refusal.text, refusal.status)


def _problem(status: HTTPStatus, reason: str, cause: str, remedy: str) -> Response:
    return JSONResponse({"error": {"reason": reason, "message": cause, "hint": remedy}}, status)
