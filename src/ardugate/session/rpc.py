"""The dialects ``ardugate.v1.json`` and ``ardugate.v1``: JSON-RPC 2.0."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from ardugate.errors import Reason, RequestError
from ardugate.model import Delivery, Loss, StreamClosed, StreamOpened, Taken
from ardugate.session import notifications
from ardugate.session.encode import Dialect, Encoder, Frame, notification_json, text_frame
from ardugate.session.outbox import Answer
from ardugate.session.parse import CODE_NO_JSON, NoJsonError, RpcId, code_of, parse_calls, parse_json
from ardugate.session.requests import Request
from ardugate.session.shapes import Json, Notification


@dataclass(slots=True)
class _Batch:
    """Answers in the order of the requests, sent when the last is there. Those of notifications stay None."""

    answers: list[Json | None]
    missing: int


@dataclass(frozen=True, slots=True)
class _Ticket:
    """Where the answer to a request goes."""

    id: RpcId
    wants_answer: bool
    batch: _Batch | None
    place: int


class Rpc:
    """How this dialect reads and writes. Knows no roles and no handles: that is the session's."""

    def __init__(self, dialect: Dialect, encoder: Encoder) -> None:
        self._dialect = dialect
        self._encoder = encoder

    def read(self, text: bytes) -> tuple[list[tuple[Answer, Request | RequestError]], list[Frame]]:
        """The requests of a text message, each with how to answer it; and what to answer at once."""
        try:
            calls, is_batch = parse_calls(parse_json(text))
        except NoJsonError as error:
            refusal = RequestError(Reason.BAD_REQUEST, f"this is no JSON: {error}", "send one JSON-RPC object or batch")
            return [], [text_frame(_error(None, refusal, CODE_NO_JSON))]
        batch = _Batch([None] * len(calls), len(calls)) if is_batch else None
        return [
            (partial(_answer, _Ticket(call.id, call.wants_answer, batch, place)), call.outcome)
            for place, call in enumerate(calls)
        ], []

    def notification(self, what: Notification) -> Frame | None:
        """A notification for this client."""
        return self._encoder.notification(what)

    def samples(self, items: Sequence[Taken]) -> list[Frame]:
        """What the hub handed out for this client, in order."""
        if len(items) == 1 and isinstance(items[0], Delivery):  # most ticks of most clients
            return [self._encoder.delivery(items[0], self._dialect)]
        frames: list[Frame] = []
        opened: list[StreamOpened] = []
        closed: list[StreamClosed] = []
        for item in items:
            match item:
                case StreamOpened():
                    opened.append(item)
                case StreamClosed():
                    # Within a notification, what ends is read before what begins.
                    if opened:
                        frames.append(_streams(opened, closed))
                        opened, closed = [], []
                    closed.append(item)
                case Delivery() | Loss():
                    if opened or closed:
                        frames.append(_streams(opened, closed))
                        opened, closed = [], []
                    frames.append(
                        self._encoder.loss(item)
                        if isinstance(item, Loss)
                        else self._encoder.delivery(item, self._dialect)
                    )
        if opened or closed:
            frames.append(_streams(opened, closed))
        return frames


def _answer(ticket: _Ticket, result: Json | RequestError) -> Frame | None:
    """The message with this answer; None when nothing is to be sent (yet)."""
    answer: Json | None = None
    if ticket.wants_answer:
        if isinstance(result, RequestError):
            answer = _error(ticket.id, result, code_of(result.reason))
        else:
            answer = {"jsonrpc": "2.0", "id": ticket.id, "result": result}
    batch = ticket.batch
    if batch is None:
        return None if answer is None else text_frame(answer)
    batch.answers[ticket.place] = answer
    batch.missing -= 1
    if batch.missing:
        return None
    answers = [each for each in batch.answers if each is not None]
    return text_frame(answers) if answers else None


def _streams(opened: list[StreamOpened], closed: list[StreamClosed]) -> Frame:
    what = notifications.streams(opened, closed)
    return text_frame(notification_json(what.method, what.params))


def _error(call_id: RpcId, error: RequestError, code: int) -> Json:
    return {
        "jsonrpc": "2.0",
        "id": call_id,
        "error": {
            "code": code,
            "message": error.message,
            "data": {"reason": error.reason.value, "hint": error.hint},
        },
    }
