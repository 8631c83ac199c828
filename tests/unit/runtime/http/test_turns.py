"""Many requests at once leave time for everything else."""

from __future__ import annotations

import asyncio
from functools import partial

from ardugate.runtime.http.turns import Turns


async def test_in_each_round_of_the_loop_there_are_so_many_in_order() -> None:
    turns, loop = Turns(3), asyncio.get_running_loop()
    done, seen, over = list[int](), list[int](), asyncio.Event()
    for number in range(8):
        if turns.now():
            done.append(number)
        else:
            turns.later(partial(done.append, number))

    def look() -> None:
        seen.append(len(done))
        if len(done) < 8:
            loop.call_soon(look)
        else:
            over.set()

    look()
    await over.wait()
    assert done == list(range(8))
    assert seen == [3, 6, 8]


async def test_who_asks_seldom_never_waits() -> None:
    turns = Turns(1)
    for _ in range(5):
        assert turns.now()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
