"""One client's conversation (docs/reference/gateway.md)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Protocol

from ardugate.errors import Reason, RequestError
from ardugate.model import Principal, Taken
from ardugate.session.encode import Dialect, Encoder, Frame
from ardugate.session.limits import MAX_PENDING, MAX_PENDING_STOPS, MAX_TEXT_BYTES
from ardugate.session.outbox import Answer, Close, Outbox
from ardugate.session.plain import Plain, answer_plainly, first_request
from ardugate.session.requests import Asked, ClearStop, Request, StopAll
from ardugate.session.rpc import Rpc
from ardugate.session.shapes import Json, Notification

__all__ = ["Close", "Dialect", "Session"]


class Voice(Protocol):
    """What differs between the dialects."""

    def read(self, text: bytes) -> tuple[list[tuple[Answer, Request | RequestError]], list[Frame]]:
        """The requests of a text message, each with how to answer it; and what to answer at once."""
        ...

    def notification(self, what: Notification) -> Frame | None:
        """A notification, None where the dialect has none."""
        ...

    def samples(self, items: Sequence[Taken]) -> list[Frame]:
        """Messages for what the hub handed out."""
        ...


class Session:
    """A connection from its first message to its last. Give it text, take ``events``, answer each once, and send what
    ``data_to_send`` and ``encode`` hand out.

    ``channels`` (plain dialect only) are the globs of the address' ``?channels=``, None for all. A plain session asks
    by itself, at once, for the subscription that it lives from.
    """

    def __init__(
        self,
        *,
        id: str,  # noqa: A002 (what the docs call it)
        dialect: Dialect,
        principal: Principal,
        encoder: Encoder,
        channels: tuple[str, ...] | None = None,
        now_ns: int = 0,
    ) -> None:
        self.id = id
        self.dialect = dialect
        self.principal = principal
        self._outbox = Outbox()
        self._events: list[Asked] = []
        self._handles = 0
        self._pending: dict[int, Answer] = {}
        self._voice: Voice
        if dialect is Dialect.PLAIN:
            self._voice = Plain()
            self._ask(partial(answer_plainly, ""), first_request(channels), now_ns)
        else:
            self._voice = Rpc(dialect, encoder)

    @property
    def closing(self) -> Close | None:
        """How the connection must end; None while it goes on."""
        return self._outbox.closing

    def receive_text(self, now_ns: int, text: bytes, *, overtaken: bool = False) -> None:
        """One whole text message (UTF-8). ``overtaken``: a stop that was sent after it was handed on before it, so that
        it may not clear that stop."""
        if self.closing is not None:
            return
        if len(text) > MAX_TEXT_BYTES:
            self._outbox.close(Close(1009, f"at most {MAX_TEXT_BYTES} bytes"))
            return
        wishes, answers = self._voice.read(text)
        for answer, request in wishes:
            if overtaken and isinstance(request, ClearStop):
                request = RequestError(Reason.STOPPED, "a stop was asked for after this", "clear it once more")
            self._ask(answer, request, now_ns)
        for frame in answers:
            self._outbox.put(frame)

    def receive_binary(self) -> None:
        """Clients send no binary messages."""
        self._outbox.close(Close(1003, "expected text"))

    def events(self) -> list[Asked]:
        """What is asked, in order, since the last call."""
        events, self._events = self._events, []
        return events

    def reply(self, handle: int, result: Json) -> None:
        """Answer a request; ``result`` is of ``session.shapes``. A handle that was answered is ignored (a request may
        be answered by its deadline and by its board)."""
        self._answer(handle, result)

    def fail(self, handle: int, error: RequestError) -> None:
        """Answer that a request was not done."""
        self._answer(handle, error)

    def notify(self, what: Notification) -> None:
        """Queue a notification."""
        self._put(self._voice.notification(what))

    def encode(self, items: Sequence[Taken]) -> list[Frame]:
        """Messages for what the hub handed out, to be sent now: they are not queued."""
        return self._voice.samples(items)

    def data_to_send(self) -> list[Frame]:
        """Control messages, in order, since the last call. Leave them here while the connection takes no bytes: that is
        how the session learns that it is slow."""
        return self._outbox.take()

    def pending(self) -> int:
        """Requests that wait for their answer."""
        return len(self._pending)

    def _ask(self, answer: Answer, request: Request | RequestError, now_ns: int) -> None:
        self._handles += 1
        self._pending[self._handles] = answer
        if isinstance(request, RequestError):
            self._answer(self._handles, request)
        elif not self.principal.role.covers(request.role):
            needed = f"this needs the role {request.role.value}, you have {self.principal.role.value}"
            self._answer(self._handles, RequestError(Reason.NOT_ALLOWED, needed, "ask for a link with that role"))
        elif len(self._pending) > MAX_PENDING + MAX_PENDING_STOPS * isinstance(request, StopAll):
            busy = RequestError(Reason.TOO_MANY, f"{MAX_PENDING} requests wait for an answer", "wait for some of them")
            self._answer(self._handles, busy)
        else:
            self._events.append(Asked(self.id, self._handles, self.principal, request, now_ns))

    def _answer(self, handle: int, result: Json | RequestError) -> None:
        answer = self._pending.pop(handle, None)
        if answer is not None:
            self._put(answer(result))

    def _put(self, frame: Frame | None) -> None:
        if frame is not None:
            self._outbox.put(frame)
