"""Bytes on their way to the line."""

from __future__ import annotations


class Outgoing:
    """What is to be written, each byte once; ``first`` are stops, which go before all else."""

    def __init__(self) -> None:
        self.first = bytearray()
        self.rest = bytearray()

    def take(self) -> bytes:
        """All of it, to be written now."""
        data = bytes(self.first + self.rest)
        self.clear()
        return data

    def clear(self) -> None:
        """Nobody is there to get it."""
        self.first.clear()
        self.rest.clear()
