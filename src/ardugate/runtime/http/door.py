"""The door in front of the HTTP application: judges each request's head, adds the security headers to each answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from http import HTTPStatus
from typing import Any

from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from ardugate.errors import Reason, RequestError
from ardugate.runtime.http.access import SIGN_IN_REMEDY, Access, Head, Refusal, SignIn
from ardugate.runtime.http.cors import VARY, preflight, shared_with

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
# docs/reference/errors.md. `unknown_outcome` is none of those that HTTP libraries repeat by themselves: what may have
# been done is for the user to look at.
STATUS = {
    Reason.BAD_REQUEST: HTTPStatus.BAD_REQUEST,
    Reason.UNKNOWN_METHOD: HTTPStatus.NOT_FOUND,
    Reason.UNKNOWN_BOARD: HTTPStatus.NOT_FOUND,
    Reason.UNKNOWN_CHANNEL: HTTPStatus.NOT_FOUND,
    Reason.UNKNOWN_COMMAND: HTTPStatus.NOT_FOUND,
    Reason.UNKNOWN_SUBSCRIPTION: HTTPStatus.NOT_FOUND,
    Reason.AMBIGUOUS_BOARD: HTTPStatus.CONFLICT,
    Reason.WRONG_MODE: HTTPStatus.CONFLICT,
    Reason.WRONG_TYPE: HTTPStatus.UNPROCESSABLE_ENTITY,
    Reason.OUT_OF_RANGE: HTTPStatus.UNPROCESSABLE_ENTITY,
    Reason.RATE_TOO_HIGH: HTTPStatus.UNPROCESSABLE_ENTITY,
    Reason.TIMER_IN_USE: HTTPStatus.CONFLICT,
    Reason.READ_ONLY: HTTPStatus.CONFLICT,
    Reason.LEASED: HTTPStatus.LOCKED,
    Reason.NOT_ALLOWED: HTTPStatus.FORBIDDEN,
    Reason.OFFLINE: HTTPStatus.SERVICE_UNAVAILABLE,
    Reason.STOPPED: HTTPStatus.CONFLICT,
    Reason.TIMEOUT: HTTPStatus.GATEWAY_TIMEOUT,
    Reason.REFUSED: HTTPStatus.CONFLICT,
    Reason.UNKNOWN_OUTCOME: HTTPStatus.CONFLICT,
    Reason.KEY_REUSED: HTTPStatus.CONFLICT,
    Reason.CURSOR_EXPIRED: HTTPStatus.GONE,
    Reason.TOO_MANY: HTTPStatus.TOO_MANY_REQUESTS,
    Reason.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Reason.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
}

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
TurnedAway = Callable[[str, Refusal], None]
"""Hears of a request that was refused at the door: from where, and why."""


def guarded(access: Access, app: App, turned_away: TurnedAway) -> App:
    """An application with the door in front of it. Who may pass stands in ``scope["principal"]``."""
    return partial(_guard, access, app, turned_away)


def problem(error: RequestError, status: int | None = None) -> Response:
    """A refusal below ``/api/``: reason, cause, remedy."""
    content = {"error": {"reason": error.reason.value, "message": error.message, "hint": error.hint}}
    return JSONResponse(content, status or STATUS[error.reason])


async def _guard(access: Access, app: App, turned_away: TurnedAway, scope: Scope, receive: Receive, send: Send) -> None:
    assert scope["type"] == "http"
    (local, _), (remote, _) = scope.get("server") or ("", 0), scope.get("client") or ("", 0)
    head = Head(scope["path"], scope["query_string"].decode("latin-1"), scope["headers"], local, remote)

    refusal = access.check_source(head)
    origin = None if refusal else access.shared_with(head)
    more = [*([VARY] if access.shares else []), *(shared_with(origin) if origin else [])]

    async def send_safely(message: Message) -> None:
        if message["type"] == "http.response.start":
            present = {name for name, _ in message["headers"]}
            message["headers"] = [
                *message["headers"],
                *(each for each in SECURITY_HEADERS if each[0] not in present),
                *more,
            ]
        await send(message)

    answer = refusal or (preflight(scope["method"], head) if origin else None) or _judge(access, head, scope)
    if isinstance(answer, Refusal):
        turned_away(remote, answer)
        answer = _refused(answer, head)
    await (answer or app)(scope, receive, send_safely)


def _judge(access: Access, head: Head, scope: Scope) -> Response | Refusal | None:
    """An answer that is given at the door, or None for whoever may pass. Where it comes from has been judged."""
    if head.path == "/healthz":
        # Anybody may ask; who is known is told more. A wrong token is a wrong token here as everywhere.
        scope["principal"] = access.identify(head)
        wrong = scope["principal"] is None and head.values(b"authorization")
        return access.stranger(head) if wrong else None
    if head.path == "/" and scope["method"] == "GET" and (ticket := access.ticket_in(head)):
        principal = access.redeem(ticket)
        if principal is None:
            return Refusal(HTTPStatus.UNAUTHORIZED, "this link was used or is too old", SIGN_IN_REMEDY)
        return _signed_in(access.sign_in(principal))
    if head.path == "/" and scope["method"] == "GET" and (secret := access.share_in(head)):
        sign_in = access.follow(secret, head)
        if sign_in is None:
            return Refusal(HTTPStatus.UNAUTHORIZED, "this link is over or was never good", "ask for another one")
        return _signed_in(sign_in)
    principal = access.identify(head)
    if principal is None:
        return access.stranger(head)
    scope["principal"] = principal
    return None


def _signed_in(sign_in: SignIn) -> Response:
    headers = {"Content-Security-Policy": sign_in.policy, "Cache-Control": "no-store"}
    return HTMLResponse(sign_in.body, headers=headers | ({"Set-Cookie": sign_in.cookie} if sign_in.cookie else {}))


def _refused(refusal: Refusal, head: Head) -> Response:
    if head.path.startswith("/api/"):
        return problem(RequestError(Reason.NOT_ALLOWED, refusal.cause, refusal.remedy), refusal.status)
    return PlainTextResponse(refusal.text, refusal.status)
