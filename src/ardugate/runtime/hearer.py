"""Whom a board task tells what happens."""

from __future__ import annotations

from typing import Protocol

from ardugate.model import Batch, Board, Loss, Stream


class Hearer(Protocol):
    """What the gateway hears of its boards. ``board_changed`` comes before anything else of a board."""

    def board_changed(self, board: Board, *, known: bool) -> None:
        """A board, or (``known`` False) only a place so far."""

    def link_changed(self, board: Board, *, known: bool) -> None:
        """How a board's link does (``board.link``), and nothing else of it."""

    def place_ended(self, board_id: str) -> None:
        """A place's entry ends: its board is known now."""

    def happened(self, kind: str, board_id: str, text: str) -> None:
        """An edge of a life, for eyes."""

    def stream_started(self, stream: Stream) -> None:
        """A stream begins."""

    def stream_ended(self, stream_id: str, cause: str, at_ns: int) -> None:
        """A stream is over."""

    def stream_clock(self, stream_id: str, clock_error_s: float) -> None:
        """How wrong its times may be from now on."""

    def publish(self, batch: Batch, packed: bytes = b"") -> None:
        """Scans of a stream; ``packed`` is what they were unpacked from, where they came so."""

    def lost(self, loss: Loss) -> None:
        """Scans that are missing."""

    def text_received(self, board_id: str, text: str, *, checked: bool) -> None:
        """The sketch printed something."""

    def stop_changed(self, board_id: str, *, stopped: bool) -> None:
        """The board's stop was latched or cleared."""
