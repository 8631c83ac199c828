"""One board's conversation: bytes and gateway time come in; bytes, events and deadlines go out."""

from __future__ import annotations

from collections.abc import Callable

from ardugate.link.events import LinkEvent
from ardugate.model import BoardRequest


class BoardLink:
    """The link with one board (docs/reference/wire.md, 3). Pure; lives as long as the gateway knows the board.

    ``now_ns`` is gateway time and never goes back. After each call of a method that takes it, the owner takes
    ``data_to_send()`` and ``events()``, and calls ``tick`` not later than ``next_deadline()``.
    """

    def __init__(self, *, board: str, random_boot_id: Callable[[], int], new_stream_id: Callable[[], str]) -> None:
        """``board`` is the id that streams carry; ``random_boot_id`` gives 32 random bits; ``new_stream_id`` an id that
        was never used."""
        raise NotImplementedError

    def connection_made(self, now_ns: int) -> None:
        """The byte pipe is open: begin to say hello."""
        raise NotImplementedError

    def connection_lost(self, now_ns: int, reason: str) -> None:
        """The byte pipe is gone: the state becomes ``down`` with this reason, and all that is pending fails at once
        (``offline`` if it was never sent, else ``unknown_outcome``). Streams go on if the same boot comes back."""
        raise NotImplementedError

    def receive_data(self, now_ns: int, data: bytes) -> None:
        """Bytes from the board, in any pieces. Never raises, whatever they are."""
        raise NotImplementedError

    def tick(self, now_ns: int) -> None:
        """Do what is due."""
        raise NotImplementedError

    def next_deadline(self) -> int | None:
        """Gateway time at which ``tick`` has something to do; None while the pipe is closed."""
        raise NotImplementedError

    def data_to_send(self) -> bytes:
        """Bytes to be written now, each once; a STOP comes first."""
        raise NotImplementedError

    def events(self) -> list[LinkEvent]:
        """What happened since the last call, in order."""
        raise NotImplementedError

    def send(self, now_ns: int, handle: int, request: BoardRequest, deadline_ns: int) -> None:
        """Ask the board. Exactly one RequestDone or RequestFailed with this ``handle`` follows, not later than the
        first tick at or after ``deadline_ns``; it may be there at once. Requests for one channel are done in order."""
        raise NotImplementedError
