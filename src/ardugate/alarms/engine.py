"""When alarms are raised and when they are over. Told what happens with the time at which it did; no clock of its own.

>>> alarms = Alarms([Rule("hot", parse_condition("temp > 30"))], now_ns=0)
>>> alarms.sample("greenhouse/temp", 31.0, 31.0, 31.0, now_ns=1)
>>> [(change.name, change.raised, change.channel, change.value) for change in alarms.tick(1, minute=720)]
[('hot', True, 'greenhouse/temp', 31.0)]
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from ardugate.alarms.conditions import (
    Compare,
    Condition,
    Disk,
    Down,
    Losses,
    NoData,
    Quiet,
    Value,
    parse_condition,
)

_NS: Final = 1_000_000_000
# Subjects (channels, boards) of one rule: more than a gateway has boards. A limit, for boards choose their names.
MAX_SUBJECTS: Final = 1_024


@dataclass(frozen=True, slots=True)
class Rule:
    """One alarm. ``clear`` ends it (without it: ``when`` holds no more); in ``quiet`` hours nobody is called; after
    ``again_s`` one that is still raised is said again (None: never)."""

    name: str
    when: Condition
    clear: Compare | None = None
    quiet: Quiet | None = None
    again_s: float | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """An alarm was raised, is said again, or is over. ``call``: somebody is to be called; ``news``: it just happened.

    ``channel`` and ``board`` are what it is about, where there is such a thing.
    """

    rule: Rule
    raised: bool
    news: bool
    call: bool
    at_ns: int
    channel: str | None = None
    board: str | None = None
    value: Value = None

    @property
    def name(self) -> str:
        """The alarm's."""
        return self.rule.name


@dataclass(slots=True)
class _State:
    """A rule about one subject. ``since_ns``: since when what changes it has held."""

    rule: Rule
    channel: str | None = None
    board: str | None = None
    value: Value = None
    since_ns: int | None = None
    raised: bool = False
    raised_ns: int = 0
    called_ns: int | None = None
    pending: list[bool] = field(default_factory=list[bool])

    def turn(self, raised: bool, now_ns: int) -> None:
        self.raised, self.raised_ns, self.since_ns = raised, now_ns, None
        self.pending.append(raised)


class Alarms:
    """All rules. Tell it what happens, then ``tick``; ``next_deadline`` is when something comes due by itself."""

    def __init__(self, rules: Sequence[Rule], now_ns: int) -> None:
        self._rules = tuple(rules)
        self._states: dict[tuple[Rule, str], _State] = {}
        self._last_ns: dict[Rule, int] = {}
        self._lost: dict[Rule, deque[tuple[int, int]]] = {}
        for rule in self._rules:
            match rule.when:
                case NoData(channel=channel):
                    self._last_ns[rule] = now_ns
                    self._states[rule, ""] = _State(rule, channel)
                case Down(board=str(board)):
                    self._states[rule, board] = _State(rule, board=board, since_ns=now_ns)
                case Losses(board=board):
                    self._lost[rule] = deque()
                    self._states[rule, ""] = _State(rule, board=board)
                case Disk():
                    self._states[rule, ""] = _State(rule)
                case _:
                    pass

    @property
    def channels(self) -> tuple[str, ...]:
        """What has to be listened to: globs over all boards."""
        wanted = (rule.when.channel for rule in self._rules if isinstance(rule.when, Compare | NoData))
        return tuple(dict.fromkeys(f"*/{channel.rpartition('/')[2]}" for channel in wanted))

    # ---- what happens

    def sample(self, address: str, low: Value, high: Value, last: Value, now_ns: int) -> None:
        """Values of a channel: the least and the greatest of some scans, and the last (one scan: all the same)."""
        for rule in self._rules:
            match rule.when:
                case Compare() as when if _is(when.channel, address):
                    state = self._state(rule, address, channel=address)
                    if state is not None:
                        self._compare(state, when, (low, high, last), now_ns)
                case NoData() as when if _is(when.channel, address):
                    self._last_ns[rule] = now_ns
                    state = self._states[rule, ""]
                    if state.raised:
                        state.value = last
                        state.turn(False, now_ns)
                case _:
                    pass

    def board(self, board: str, *, live: bool, now_ns: int) -> None:
        """A board is live (or lent), or not."""
        for rule in self._rules:
            match rule.when:
                case Down(board=wanted) if wanted in (None, board):
                    state = self._state(rule, board, board=board)
                    if state is not None:
                        self._down(state, live, now_ns)
                case Compare() if not live:
                    # What it said before is no value of now: what has been raised stays so.
                    for (of, address), state in self._states.items():
                        if of is rule and address.startswith(f"{board}/"):
                            state.since_ns = None
                case _:
                    pass

    def lost(self, board: str, count: int, now_ns: int) -> None:
        """Scans of a board are missing."""
        for rule in self._rules:
            if isinstance(rule.when, Losses) and rule.when.board in (None, board):
                self._lost[rule].append((now_ns, count))

    def disk(self, free_bytes: int, now_ns: int) -> None:
        """There is so much room."""
        for rule in self._rules:
            if isinstance(rule.when, Disk):
                state = self._states[rule, ""]
                state.value = free_bytes
                if (free_bytes < rule.when.below_bytes) != state.raised:
                    state.turn(not state.raised, now_ns)

    # ---- what time does

    def tick(self, now_ns: int, *, minute: int) -> list[Change]:
        """What changed. ``minute`` is of the local day, for quiet hours."""
        changes = list[Change]()
        for state in self._states.values():
            self._come_due(state, now_ns)
            quiet = state.rule.quiet is not None and state.rule.quiet.covers(minute)
            changes += self._said(state, quiet, now_ns)
        return changes

    def next_deadline(self) -> int | None:
        """When the next comes due, if nothing else happens; quiet hours end when they end."""
        return min((due_ns for state in self._states.values() for due_ns in self._deadlines(state)), default=None)

    def raised(self) -> list[Change]:
        """Those that are raised now."""
        return [
            self._change(state, raised=True, news=False, call=False, at_ns=state.raised_ns)
            for state in self._states.values()
            if state.raised
        ]

    # ----

    def _state(
        self, rule: Rule, subject: str, *, channel: str | None = None, board: str | None = None
    ) -> _State | None:
        found = self._states.get((rule, subject))
        if found is None and sum(of is rule for of, _ in self._states) < MAX_SUBJECTS:
            board = channel.partition("/")[0] if channel else board
            found = self._states[rule, subject] = _State(rule, channel, board)
        return found

    def _compare(self, state: _State, when: Compare, values: tuple[Value, Value, Value], now_ns: int) -> None:
        low, high, last = values
        state.value = last
        if state.raised:
            clear = state.rule.clear
            over = all(map(clear.holds, values)) if clear else last is not None and not any(map(when.holds, values))
            if not over:
                state.since_ns = None
            elif clear is None or not clear.for_s:
                state.turn(False, now_ns)
            elif state.since_ns is None:
                state.since_ns = now_ns
            return
        if not when.for_s:
            worst = next((each for each in (last, low, high) if when.holds(each)), None)
            if worst is not None:
                state.value = worst
                state.turn(True, now_ns)
        elif not when.holds(last):
            state.since_ns = None
        elif state.since_ns is None or not (when.holds(low) and when.holds(high)):
            state.since_ns = now_ns

    def _down(self, state: _State, live: bool, now_ns: int) -> None:
        if live:
            state.since_ns = None
            if state.raised:
                state.turn(False, now_ns)
        elif not state.raised and state.since_ns is None:
            state.since_ns = now_ns

    def _come_due(self, state: _State, now_ns: int) -> None:
        match state.rule.when:
            case NoData(for_s=for_s):
                if not state.raised and now_ns - self._last_ns[state.rule] >= for_s * _NS:
                    state.turn(True, now_ns)
            case Losses(above=above, within_s=within_s):
                window = self._lost[state.rule]
                while window and now_ns - window[0][0] >= within_s * _NS:
                    window.popleft()
                state.value = sum(count for _, count in window)
                if (state.value > above) != state.raised:
                    state.turn(not state.raised, now_ns)
            case Compare() | Down():
                if state.since_ns is not None and now_ns - state.since_ns >= self._wait_ns(state):
                    state.turn(not state.raised, now_ns)
            case Disk():
                pass

    def _said(self, state: _State, quiet: bool, now_ns: int) -> Iterator[Change]:
        for raised in state.pending:
            # Who was not called when it was raised is not called when it is over.
            call = not quiet if raised else state.called_ns is not None
            state.called_ns = now_ns if raised and call else None
            yield self._change(state, raised=raised, news=True, call=call, at_ns=now_ns)
        state.pending.clear()
        if state.raised and not quiet and now_ns >= self._call_ns(state, now_ns):
            state.called_ns = now_ns
            yield self._change(state, raised=True, news=False, call=True, at_ns=now_ns)

    def _call_ns(self, state: _State, now_ns: int) -> int:
        """When somebody is to be called about an alarm that goes on."""
        if state.called_ns is None:
            return now_ns  # it was raised in quiet hours, which are over
        again_s = state.rule.again_s
        return now_ns + 1 if again_s is None else state.called_ns + int(again_s * _NS)

    def _wait_ns(self, state: _State) -> int:
        when = state.rule.when
        if state.raised:
            return int(state.rule.clear.for_s * _NS) if state.rule.clear else 0
        return int(when.for_s * _NS) if isinstance(when, Compare | Down) else 0

    def _deadlines(self, state: _State) -> Iterator[int]:
        match state.rule.when:
            case NoData(for_s=for_s) if not state.raised:
                yield self._last_ns[state.rule] + int(for_s * _NS)
            case Losses(within_s=within_s) if state.raised and self._lost[state.rule]:
                yield self._lost[state.rule][0][0] + int(within_s * _NS)
            case _ if state.since_ns is not None:
                yield state.since_ns + self._wait_ns(state)
            case _:
                pass
        if state.raised and state.called_ns is not None and state.rule.again_s is not None:
            yield state.called_ns + int(state.rule.again_s * _NS)

    def _change(self, state: _State, *, raised: bool, news: bool, call: bool, at_ns: int) -> Change:
        return Change(state.rule, raised, news, call, at_ns, state.channel, state.board, state.value)


def _is(wanted: str, address: str) -> bool:
    return address == wanted if "/" in wanted else address.rpartition("/")[2] == wanted


__all__ = ["Alarms", "Change", "Rule", "parse_condition"]
