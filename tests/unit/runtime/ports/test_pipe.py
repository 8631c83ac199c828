from __future__ import annotations

import asyncio

import pytest

from ardugate.runtime.ports.pipe import Pipe, RatedTransport
from ardugate.runtime.ports.transports import port_of
from ardugate.runtime.watching.traffic import Traffic


class Told:
    """Whom a pipe tells."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.traffic = Traffic()
        self.pipe = Pipe(
            lambda _: self.heard.append("opened"),
            lambda data: self.heard.append(data.decode()),
            lambda: self.heard.append("writable"),
            lambda _, reason: self.heard.append(reason),
            self.traffic,
        )


class Wire(asyncio.Transport):
    """A transport that only knows whether it was ended."""

    aborted = False

    def abort(self) -> None:
        self.aborted = True


@pytest.mark.parametrize(
    ("error", "reason"),
    [(OSError("gone"), "unplugged"), (None, "the other side closed the connection")],
    ids=["with-a-cause", "without"],
)
async def test_a_loss_is_told_once_with_its_cause_and_nothing_after_it(error: OSError | None, reason: str) -> None:
    told = Told()
    told.pipe.connection_made(Wire())
    told.pipe.data_received(b"a")
    told.pipe.connection_lost(error)
    told.pipe.connection_lost(error)
    told.pipe.data_received(b"late")
    assert told.heard == ["opened", "a", reason]
    assert told.pipe.over.is_set()


async def test_an_abort_of_ours_is_not_told_as_a_loss() -> None:
    told = Told()
    wire = Wire()
    told.pipe.connection_made(wire)
    told.pipe.abort()
    told.pipe.connection_lost(None)
    assert wire.aborted
    assert told.heard == ["opened"]


async def test_a_pipe_that_opens_after_it_was_given_up_is_closed() -> None:
    told = Told()
    wire = Wire()
    told.pipe.abort()
    told.pipe.connection_made(wire)
    assert wire.aborted
    assert told.heard == []


async def test_a_full_transport_is_told_by_paused_and_its_end() -> None:
    told = Told()
    told.pipe.connection_made(Wire())
    told.pipe.pause_writing()
    assert told.pipe.paused
    told.pipe.resume_writing()
    assert told.heard == ["opened", "writable"]


@pytest.mark.parametrize(
    ("url", "baud"),
    [("sim://", None), ("sim://?baud=115200", None), ("sim://?baud=115200&max_baud=2000000", 115_200)],
)
async def test_a_simulated_board_has_a_line_only_where_it_says_how_fast_it_goes(url: str, baud: int | None) -> None:
    port = port_of(url, 9_600, lambda: 1)
    assert port.baud == baud
    transport = await port.open(asyncio.Protocol())
    assert isinstance(transport, RatedTransport)
    transport.set_baud(250_000)
    transport.abort()
