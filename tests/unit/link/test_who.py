"""Who the board is, for eyes: its name, showing itself, and a sketch that hangs."""

from __future__ import annotations

import pytest

from ardugate.errors import Reason
from ardugate.link.events import HungChanged, InfoChanged
from ardugate.model import IdentifyRequest, Mode, ModeRequest, NameRequest
from tests.support.joined import MS, Joined


@pytest.fixture
def both() -> Joined:
    joined = Joined()
    joined.live()
    return joined


def test_a_new_name_is_shown_at_once_and_said_by_the_board_after_the_next_boot(both: Joined) -> None:
    assert both.done(NameRequest("Gewächshaus")).value == "Gewächshaus"
    assert both.of(InfoChanged)[-1].info.name == "Gewächshaus"
    both.sim.reset(both.now_ns)
    both.run(1_000)
    assert both.of(InfoChanged)[-1].info.name == "Gewächshaus"


def test_a_board_that_comes_back_in_the_same_boot_keeps_its_new_name(both: Joined) -> None:
    both.done(NameRequest("bench 7"))
    both.unplug()
    both.plug()
    both.run(1_000)
    assert both.of(InfoChanged)[-1].info.name == "bench 7"


def test_a_renamed_board_is_the_same_board_and_gets_its_modes_back(both: Joined) -> None:
    both.done(ModeRequest("D13", Mode.OUTPUT))
    both.done(NameRequest("bench 7"))
    both.sim.reset(both.now_ns)
    both.run(1_000)
    modes = {each.name: each.mode for each in both.of(InfoChanged)[-1].info.channels}
    assert modes["D13"] is Mode.OUTPUT


@pytest.mark.parametrize(
    ("name", "message"),
    [("x" * 33, "33 bytes long, a board keeps 32"), ("ä" * 17, "34 bytes"), ("two\nlines", "cannot be shown")],
    ids=["too long", "too long in bytes", "a control character"],
)
def test_a_name_that_cannot_be_is_refused_before_anything_is_sent(both: Joined, name: str, message: str) -> None:
    error = both.failed(NameRequest(name)).error
    assert error.reason is Reason.OUT_OF_RANGE
    assert message in error.message
    assert error.hint
    assert both.sim.executions == []


def test_it_shows_itself_until_it_is_told_to_end(both: Joined) -> None:
    both.done(IdentifyRequest(5_000))
    assert both.sim.identifying()
    both.done(IdentifyRequest(0))
    assert not both.sim.identifying()


def test_a_board_whose_light_is_in_use_says_so(both: Joined) -> None:
    both.done(ModeRequest("D13", Mode.OUTPUT))
    error = both.failed(IdentifyRequest(1_000)).error
    assert (error.reason, error.message) == (Reason.REFUSED, "the board refuses: LED's pin")
    assert "after a reset the board can blink again" in error.hint


def test_a_sketch_that_hangs_is_told_once_and_so_is_its_end(both: Joined) -> None:
    both.sim.hang(both.now_ns, 1_500 * MS)
    both.run(3_000)
    assert [event.hung for event in both.of(HungChanged)] == [True, False]
