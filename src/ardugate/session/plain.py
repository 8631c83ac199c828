"""The dialect without a subprotocol, for a first page: values come, ``{"set": {...}}`` and ``{"call": {...}}`` go."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import cast

from ardugate.errors import RequestError
from ardugate.model import Delivery, Form, Taken
from ardugate.session.encode import Frame, text_frame
from ardugate.session.limits import MAX_BATCH, PLAIN_HZ
from ardugate.session.outbox import Answer
from ardugate.session.parse import NoJsonError, bad_request, echo, parse_json, parse_request
from ardugate.session.requests import Request
from ardugate.session.shapes import Json, Notification, seconds

_EXAMPLE = 'send {"set": {"pump": true}} or {"call": {"water": {"seconds": 3}}}'


class Plain:
    """How this dialect reads and writes."""

    def read(self, text: bytes) -> tuple[list[tuple[Answer, Request | RequestError]], list[Frame]]:
        """The requests of a text message, each with how to answer it; and what to answer at once."""
        try:
            message = parse_json(text)
        except NoJsonError as error:
            return [], [_problem(bad_request(f"this is no JSON: {error}", _EXAMPLE))]
        if not isinstance(message, dict):
            return [], [_problem(bad_request("expected an object", _EXAMPLE))]
        fields = cast("dict[str, object]", message)
        if unknown := sorted(fields.keys() - {"set", "call"}):
            return [], [_problem(bad_request(f"unknown field {echo(unknown[0])}", _EXAMPLE))]
        found: dict[str, dict[str, object]] = {}
        for verb, what in (("set", "channels"), ("call", "commands")):
            wanted = fields.get(verb, {})
            found[verb] = cast("dict[str, object]", wanted) if isinstance(wanted, dict) else {}
            if verb in fields and not 1 <= len(found[verb]) <= MAX_BATCH:
                return [], [_problem(bad_request(f"`{verb}` is no object of 1 to {MAX_BATCH} {what}", _EXAMPLE))]
        if not fields:
            return [], [_problem(bad_request("nothing is asked", _EXAMPLE))]
        asked = list[tuple[Answer, Request | RequestError]]()
        for channel, value in found["set"].items():
            asked.append((partial(answer_plainly, channel), parse_request("set", {"channel": channel, "value": value})))
        for address, arguments in found["call"].items():
            asked.append((answer_call, parse_request("call", _command(address) | {"args": arguments})))
        return asked, []

    def notification(self, what: Notification) -> Frame | None:
        """This dialect has none."""
        del what
        return None

    def samples(self, items: Sequence[Taken]) -> list[Frame]:
        """One message for each board that has news."""
        boards: dict[str, dict[str, object]] = {}
        newest_ns: dict[str, int] = {}
        for item in items:
            if not isinstance(item, Delivery):
                continue
            board = item.view.board
            at_ns = item.t0_ns if item.times_ns is None else item.times_ns[-1]
            newest_ns[board] = max(at_ns, newest_ns.get(board, 0))
            values = boards.setdefault(board, {})
            for channel, column in zip(item.view.channels, item.columns, strict=True):
                values[channel.name] = channel.values(column[-1:])[0]
        return [
            text_frame({"t_s": seconds(newest_ns[board]), "board": board, "values": values})
            for board, values in boards.items()
        ]


def _command(address: str) -> dict[str, object]:
    """``board/command`` as params."""
    board, slash, command = address.rpartition("/")
    return {"board": board, "command": command} if slash else {"command": command}


def answer_plainly(channel: str, result: Json | RequestError) -> Frame | None:
    """A problem is said, with the channel that it is about (empty: none); what worked shows in the values."""
    return _problem(result, channel) if isinstance(result, RequestError) else None


def answer_call(result: Json | RequestError) -> Frame | None:
    """A problem is said, and what a command gave back."""
    if isinstance(result, RequestError):
        return _problem(result)
    if result["result"] is None:
        return None
    gave: Json = {"t_s": result["executed_t_s"], "board": result["board"]}
    return text_frame(gave | {"result": {str(result["command"]): result["result"]}})


def first_request(channels: tuple[str, ...] | None) -> Request | RequestError:
    """The subscription with which a plain connection begins; ``channels`` are its address' globs, None for all."""
    params = {} if channels is None else {"channels": list(channels)}
    return parse_request("subscribe", {**params, "form": Form.LATEST.value, "max_hz": PLAIN_HZ})


def _problem(error: RequestError, channel: str = "") -> Frame:
    problem: Json = {"error": error.message, "hint": error.hint, "reason": error.reason.value}
    return text_frame(problem | {"channel": channel} if channel else problem)
