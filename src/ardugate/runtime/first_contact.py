"""A board without an identity is given one."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable

from ardugate.errors import ArdugateError
from ardugate.model import BoardRequest, IdentityRequest, Receipt

logger = logging.getLogger(__name__)


class FirstContact:
    """Offers 64 random bits for a board's EEPROM. ``settled`` hears of those that the board keeps from now on, once or
    twice; a board that cannot keep them is known by its place."""

    def __init__(self, ask: Callable[[BoardRequest], asyncio.Future[Receipt]], settled: Callable[[int], None]) -> None:
        self._ask = ask
        self._settled = settled
        self._offered: int | None = None

    def offer(self) -> None:
        """Soon: not in the midst of what the link says."""
        asyncio.get_running_loop().call_soon(self._offer)

    def is_mine(self, identity: int) -> bool:
        """Whether a board says what it was offered."""
        return bool(identity) and identity == self._offered

    def _offer(self) -> None:
        self._offered = 1 + secrets.randbelow(2**64 - 1)
        self._ask(IdentityRequest(self._offered)).add_done_callback(self._answered)

    def _answered(self, answer: asyncio.Future[Receipt]) -> None:
        if answer.cancelled():
            return
        error = answer.exception()
        if error is None and self._offered is not None:
            self._settled(self._offered)
        elif isinstance(error, ArdugateError):
            logger.info("no identity is kept, the board is known by its place: %s", error)
