"""Who only connects keeps nobody out."""

from __future__ import annotations

from ardugate.runtime.http.lobby import Lobby


class Caller:
    """A connection that is idle until it is said to be busy."""

    def __init__(self) -> None:
        self.idle = True
        self.gone = False

    def make_way(self) -> None:
        self.gone = True


def test_of_one_too_many_the_one_ends_that_has_been_idle_for_longest() -> None:
    lobby, callers = Lobby(3), [Caller() for _ in range(4)]
    for caller in callers[:3]:
        lobby.enter(caller)
    lobby.enter(callers[0])  # it was answered just now
    lobby.enter(callers[3])
    assert [caller.gone for caller in callers] == [False, True, False, False]


def test_who_is_being_answered_stays() -> None:
    lobby, busy, newer = Lobby(1), Caller(), Caller()
    busy.idle = False
    lobby.enter(busy)
    lobby.enter(newer)
    assert (busy.gone, newer.gone) == (False, True)


def test_who_has_left_makes_room() -> None:
    lobby, first, second = Lobby(1), Caller(), Caller()
    lobby.enter(first)
    lobby.leave(first)
    lobby.enter(second)
    assert not second.gone
