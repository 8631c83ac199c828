"""What a script that waits is interrupted by."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import AsyncGenerator

import pytest

from ardugate.client.waited import Loop

MAIN = threading.main_thread().ident
# A tidying up that asks the gateway for something takes some turns of the loop.
TURNS = 50


def test_ctrl_c_lets_a_generator_tidy_up_and_is_all_that_the_script_sees() -> None:
    tidied = list[int]()

    async def items() -> AsyncGenerator[int]:
        try:
            yield 1
            assert MAIN is not None
            signal.pthread_kill(MAIN, signal.SIGINT)
            await asyncio.Event().wait()
        finally:
            for turn in range(TURNS):
                await asyncio.sleep(0)
                tidied.append(turn)

    with pytest.raises(KeyboardInterrupt), Loop() as loop:
        for _ in loop.iterate(items()):
            pass
    assert len(tidied) == TURNS
