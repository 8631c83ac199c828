"""Who commanded what: a line of the journal for each control action, a pure function of request and outcome."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Final

from ardugate.errors import RequestError
from ardugate.model import Role
from ardugate.session.requests import METHODS, Asked, RenewLease, StopAll
from ardugate.session.shapes import Json

# Of one param, and of the whole line: what somebody reads.
_PARAM_CHARS: Final = 64
_WHAT_CHARS: Final = 240
_NAMES: Final = {kind: method for method, kind in METHODS.items()}
# An idempotency key says nothing to a reader.
_LEFT_OUT: Final = {"key"}


def audit_line(asked: Asked, remote: str, outcome: Json | RequestError) -> tuple[str, str | None] | None:
    """The line, and the board that it is about; None for who only looked, and for renewals, which come several times a
    second and change nothing."""
    request = asked.request
    if isinstance(request, RenewLease) or not (isinstance(request, StopAll) or request.role is not Role.VIEW):
        return None
    who = f"{asked.principal.name} ({asked.session}{', ' + remote if remote else ''})"
    params = [
        f"{field.name}={_short(value)}"
        for field in fields(request)
        if field.name not in _LEFT_OUT and (value := getattr(request, field.name)) not in (None, (), {})
    ]
    what = " ".join([_NAMES[type(request)], *params])[:_WHAT_CHARS]
    if isinstance(outcome, RequestError):
        return f"{who}: {what}: {outcome.reason.value}, {outcome.message}", _board(request, {})
    return f"{who}: {what}: done{_really(outcome)}", _board(request, outcome)


def _short(value: object) -> str:
    """A param as JSON, cut short: what a client sent may be anything."""
    text = json.dumps(value, ensure_ascii=True, default=str)
    return text if len(text) <= _PARAM_CHARS else text[: _PARAM_CHARS - 3] + "..."


def _really(outcome: Json) -> str:
    """What the board did, where that is not what was asked."""
    if "asked" in outcome and "value" in outcome and outcome["asked"] != outcome["value"]:
        value = outcome["value"]
        # A step of 1/255 is a number without an end; nobody reads more of it than this.
        return f", really {value:.6g}" if isinstance(value, float) else f", really {_short(value)}"
    return ""


def _board(request: object, outcome: Json) -> str | None:
    for told in (outcome.get("board"), getattr(request, "board", None)):
        if isinstance(told, str):
            return told
    for told in (outcome.get("channel"), getattr(request, "channel", None)):
        if isinstance(told, str) and "/" in told:
            return told.partition("/")[0]
    return None
