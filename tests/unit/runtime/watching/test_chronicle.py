"""What of a gateway's life becomes a line of its journal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from ardugate.hub import Ledger
from ardugate.model import Loss
from ardugate.runtime.watching.chronicle import LOSSES_PERIOD_S, Chronicle
from ardugate.runtime.watching.journal import Journal

T0 = 1_763_800_000 * 10**9


class Loop:
    """A loop's clock, in the hand."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.due: list[Callable[[], None]] = []

    def time(self) -> float:
        return self.now_s

    def call_later(self, delay_s: float, call: Callable[[], None]) -> Loop:
        assert delay_s == LOSSES_PERIOD_S
        self.due.append(call)
        return self

    def cancel(self) -> None:
        self.due.clear()

    def minute(self) -> None:
        self.now_s += LOSSES_PERIOD_S
        self.due.pop()()


async def test_losses_are_summed_up_once_a_minute_however_often_somebody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    loop, ledger = Loop(), Ledger()
    monkeypatch.setattr(asyncio, "get_running_loop", lambda: loop)
    journal = Journal(None, lambda: T0)
    chronicle = Chronicle(journal, ledger, "http://127.0.0.1:8765/")

    async def lose(count: int, place: str = "wire") -> list[str]:
        ledger.add(Loss(place, "damaged", "s1", count, 0, T0, "greenhouse"))
        chronicle.sum_up_losses()  # somebody has the journal open
        return [str(entry["text"]).partition(" ")[0] for entry in await journal.entries() if entry["kind"] == "lost"]

    assert await lose(3) == ["3"]
    assert await lose(4) == await lose(5) == ["3"]
    assert await lose(6, "client") == ["3", "6"]
    loop.now_s += LOSSES_PERIOD_S / 2
    assert await lose(7) == ["3", "6"]
    loop.now_s -= LOSSES_PERIOD_S / 2
    loop.minute()
    assert await lose(8) == ["3", "6", "16"]
    chronicle.close()
    assert [entry["kind"] for entry in await journal.entries()][-2:] == ["lost", "ended"]
