"""When alarms are raised and when they are over, with the clock in the hand."""

from __future__ import annotations

from dataclasses import dataclass, field

from ardugate.alarms import Alarms, Change, Compare, Quiet, Rule, parse_condition
from ardugate.alarms.conditions import Value
from ardugate.alarms.engine import MAX_SUBJECTS

S = 1_000_000_000
NOON = 12 * 60
NIGHT = 23 * 60


def rule(when: str, clear: str | None = None, quiet: str | None = None, again_s: float | None = None) -> Rule:
    over = None if clear is None else parse_condition(clear)
    assert over is None or isinstance(over, Compare)
    return Rule("it", parse_condition(when), over, Quiet.parse(quiet) if quiet else None, again_s)


@dataclass
class Bench:
    rules: list[Rule]
    minute: int = NOON
    now_s: float = 0.0
    alarms: Alarms = field(init=False)

    def __post_init__(self) -> None:
        self.alarms = Alarms(self.rules, 0)

    @property
    def now_ns(self) -> int:
        return int(self.now_s * S)

    def at(self, now_s: float) -> list[Change]:
        self.now_s = now_s
        return self.alarms.tick(self.now_ns, minute=self.minute)

    def value(
        self, now_s: float, last: Value, *, low: Value = None, high: Value = None, address: str = "greenhouse/temp"
    ) -> list[Change]:
        self.now_s = now_s
        self.alarms.sample(address, last if low is None else low, last if high is None else high, last, self.now_ns)
        return self.at(now_s)

    def board(self, now_s: float, live: bool, board: str = "greenhouse") -> list[Change]:
        self.now_s = now_s
        self.alarms.board(board, live=live, now_ns=self.now_ns)
        return self.at(now_s)


def said(changes: list[Change]) -> list[tuple[bool, Value]]:
    assert all(change.call and change.news for change in changes)
    return [(change.raised, change.value) for change in changes]


def test_one_scan_is_enough_and_the_worst_of_a_batch_counts() -> None:
    bench = Bench([rule("temp > 30")])
    assert said(bench.value(1, 30)) == []
    assert said(bench.value(2, 21, low=20, high=35)) == [(True, 35)]
    assert said(bench.value(3, 35)) == []
    assert said(bench.value(4, 29)) == [(False, 29)]


def test_for_so_long_means_all_the_time() -> None:
    bench = Bench([rule("temp > 30 for 10s")])
    assert bench.value(0, 31) == []
    assert bench.alarms.next_deadline() == 10 * S
    assert bench.value(5, 32, low=29, high=32) == []  # one scan was not: it begins anew
    assert bench.at(10) == []
    assert bench.alarms.next_deadline() == 15 * S
    assert said(bench.at(15)) == [(True, 32)]
    assert bench.value(16, 30) != []


def test_a_value_that_comes_seldom_holds_until_the_next() -> None:
    bench = Bench([rule("door == on for 1m")])
    assert bench.value(0, True, address="greenhouse/door") == []
    assert said(bench.at(60)) == [(True, True)]


def test_hysteresis_lets_it_go_only_once_the_other_condition_holds() -> None:
    bench = Bench([rule("temp > 30", "temp < 28 for 5s")])
    assert len(bench.value(0, 31)) == 1
    assert bench.value(1, 29) == []
    assert bench.value(2, 27) == []
    assert bench.value(4, 29) == []
    assert bench.value(5, 27) == []
    assert bench.at(9) == []
    assert said(bench.at(10)) == [(False, 27)]


def test_no_value_neither_raises_nor_ends_anything() -> None:
    bench = Bench([rule("temp > 30")])
    assert bench.value(0, None) == []
    assert len(bench.value(1, 31)) == 1
    assert bench.value(2, None) == []


def test_each_board_s_channel_of_that_name_is_its_own_and_a_whole_address_means_one() -> None:
    bench = Bench([rule("temp > 30")])
    assert [change.channel for change in bench.value(0, 31)] == ["greenhouse/temp"]
    assert [change.channel for change in bench.value(0, 31, address="attic/temp")] == ["attic/temp"]
    assert bench.alarms.channels == ("*/temp",)
    one = Bench([rule("attic/temp > 30")])
    assert one.value(0, 31) == []
    assert [change.board for change in one.value(0, 31, address="attic/temp")] == ["attic"]


def test_what_a_board_said_before_it_went_away_counts_no_longer() -> None:
    bench = Bench([rule("temp > 30 for 10s")])
    bench.value(0, 31)
    bench.board(5, live=False)
    assert bench.at(20) == []


def test_no_data_counts_from_the_start_and_anything_ends_it() -> None:
    bench = Bench([rule("no data from temp for 30s")])
    assert bench.at(29) == []
    assert [change.channel for change in bench.at(30)] == ["temp"]
    assert said(bench.value(31, 20)) == [(False, 20)]
    assert bench.alarms.next_deadline() == 61 * S
    assert len(bench.at(61)) == 1


def test_a_board_that_is_named_is_down_from_the_start_and_any_other_from_when_it_was_seen() -> None:
    bench = Bench([rule("board greenhouse down for 1m")])
    assert [change.board for change in bench.at(60)] == ["greenhouse"]
    assert [change.raised for change in bench.board(61, live=True)] == [False]
    other = Bench([rule("any board down")])
    assert other.at(100) == []
    assert other.board(101, live=True, board="attic") == []
    assert [change.board for change in other.board(102, live=False, board="attic")] == ["attic"]


def test_a_board_that_is_back_in_time_raises_nothing() -> None:
    bench = Bench([rule("any board down for 1m")])
    bench.board(0, live=False)
    bench.board(30, live=True)
    assert bench.at(100) == []


def test_losses_are_summed_up_over_their_time() -> None:
    bench = Bench([rule("losses > 100 in 1m")])
    bench.alarms.lost("greenhouse", 60, 0)
    assert bench.at(0) == []
    bench.alarms.lost("attic", 60, 30 * S)
    assert said(bench.at(30)) == [(True, 120)]
    assert bench.alarms.next_deadline() == 60 * S
    assert said(bench.at(60)) == [(False, 60)]


def test_a_disk_that_fills_is_said_once() -> None:
    bench = Bench([rule("disk below 500 MB")])
    bench.alarms.disk(600_000_000, 0)
    assert bench.at(0) == []
    bench.alarms.disk(400_000_000, S)
    assert said(bench.at(1)) == [(True, 400_000_000)]
    bench.alarms.disk(400_000_000, 2 * S)
    assert bench.at(2) == []
    bench.alarms.disk(600_000_000, 3 * S)
    assert said(bench.at(3)) == [(False, 600_000_000)]


def test_in_quiet_hours_it_is_said_but_nobody_is_called_until_they_end() -> None:
    bench = Bench([rule("temp > 30", quiet="22:00-07:00")], minute=NIGHT)
    assert [(change.raised, change.call) for change in bench.value(0, 31)] == [(True, False)]
    assert bench.at(10) == []
    bench.minute = 7 * 60
    assert [(change.raised, change.news, change.call) for change in bench.at(20)] == [(True, False, True)]
    assert bench.at(30) == []
    assert [(change.raised, change.call) for change in bench.value(40, 20)] == [(False, True)]


def test_who_was_not_called_in_the_night_is_not_called_when_it_is_over() -> None:
    bench = Bench([rule("temp > 30", quiet="22:00-07:00")], minute=NIGHT)
    bench.value(0, 31)
    bench.minute = NOON
    bench.alarms.sample("greenhouse/temp", 20, 20, 20, S)
    assert [(change.raised, change.call) for change in bench.at(1)] == [(False, False)]


def test_what_goes_on_is_said_again() -> None:
    bench = Bench([rule("temp > 30", again_s=3600)])
    bench.value(0, 31)
    assert bench.alarms.next_deadline() == 3600 * S
    assert bench.at(3599) == []
    assert [(change.raised, change.news) for change in bench.at(3600)] == [(True, False)]
    assert [change.name for change in bench.alarms.raised()] == ["it"]


def test_boards_cannot_make_up_subjects_without_end() -> None:
    bench = Bench([rule("temp > 30")])
    for number in range(MAX_SUBJECTS + 10):
        bench.alarms.sample(f"b{number}/temp", 31, 31, 31, 0)
    assert len(bench.at(0)) == MAX_SUBJECTS
