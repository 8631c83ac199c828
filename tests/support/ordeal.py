"""Commands over a line that damages and to a board that is reset: what was asked, what the board ran, what was told.

Each command can be told from every other by what it asks for (its output, its time, its value), so the board's own log
says how often each one ran, whatever was said about it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import Final

from ardugate.link.events import LinkHealth, RequestFailed
from ardugate.model import BoardState, Mode, ModeRequest, RateRequest, Receipt, SetRequest
from ardugate.sim.replies import Execution
from ardugate.wire import ops
from tests.support.joined import MS, START_NS, Joined
from tests.support.noise import Noise, Rates

PINS: Final = {"D3": 3, "D5": 5, "D6": 6, "D9": 9, "D10": 10, "D11": 11}
_ANALOG: Final = tuple(f"A{k}" for k in range(6))
_LEVELS: Final = 256
_SHORTEST_MS: Final = 1_000  # up to 2,000, a PWM output's hold: 1.5 million different commands
_TIMEOUT_MS: Final = 5_000
_AT_ONCE: Final = 6
_BETWEEN_NS: Final = MS // 5

Asked = tuple[int, int, int]  # channel, time in ms, raw value: as the board's log has it


@dataclass(slots=True)
class Verdict:
    """What came of the commands. ``ran`` is, by what was told of a command in the end (``ok``, or a reason), how many
    of those ran once; ``told`` how many there were."""

    told: Counter[str] = field(default_factory=Counter[str])
    ran: Counter[str] = field(default_factory=Counter[str])
    doubled: int = 0  # ran twice or more
    foreign: int = 0  # ran, and nobody asked for it
    disordered: int = 0  # ran after one that was asked later, on the same output
    misreported: int = 0  # receipts that say another value than was asked
    resets: int = 0
    damaged: int = 0  # places on the line
    resends: int = 0
    seconds: float = 0.0  # of the board's time

    @property
    def lost(self) -> int:
        """Confirmed to the asker, and never run."""
        return self.told["ok"] - self.ran["ok"]

    @property
    def wrong(self) -> int:
        """Whatever must never be."""
        return self.lost + self.doubled + self.foreign + self.disordered + self.misreported


class _Resets:
    """Pulls the board's reset line in the middle of what goes over the line: before a command is whole, or between its
    execution and the reply."""

    def __init__(self, both: Joined, random: Random, every: int) -> None:
        self.count = 0
        self._both, self._random, self._every = both, random, every
        self._left = self._gap()

    def __call__(self, data: bytes, *, to_board: bool) -> bytes:
        """What of ``data`` comes after the reset, towards the board, or came before it, from the board."""
        self._left -= 1
        if self._left > 0:
            return data
        self._left = self._gap()
        self.count += 1
        cut = self._random.randrange(len(data) + 1)
        if to_board:
            self._both.sim.receive_data(self._both.now_ns, data[:cut])
        self._both.sim.reset(self._both.now_ns)
        return data[cut:] if to_board else data[:cut]

    def _gap(self) -> int:
        return self._random.randrange(1, 2 * self._every) if self._every else 1 << 62


def ordeal(commands: int, rates: Rates, *, seed: int, reset_every: int) -> Verdict:
    """So many commands, up to six at once, with these rates of damage each way and a reset about every so many pieces
    that go over the line (0: none)."""
    random, both = Random(seed), Joined(seed=seed)
    both.live()
    both.done(RateRequest(_ANALOG, 0))
    for pin in PINS:
        both.done(ModeRequest(pin, Mode.PWM))
    both.sim.executions.clear()
    resets = _Resets(both, random, reset_every)
    there, back = Noise(rates, random), Noise(rates, random)
    both.to_board = lambda data: there(resets(data, to_board=True))
    both.to_link = lambda data: resets(back(data), to_board=False)
    asked = dict[int, Asked]()
    both.results.clear()

    verdict = Verdict()
    numbers = list(PINS.items())
    while len(both.results) < commands:
        while len(asked) < commands and len(asked) - len(both.results) < _AT_ONCE and both.state() is BoardState.LIVE:
            (name, number), turn = numbers[len(asked) % len(PINS)], len(asked) // len(PINS)
            raw, ttl_ms = turn % _LEVELS, _SHORTEST_MS + turn // _LEVELS
            handle = both.ask(SetRequest(name, raw / (_LEVELS - 1), ttl_ms), _TIMEOUT_MS)
            asked[handle] = (number, ttl_ms, raw)
        both.carry()
        idle = len(both.results) == len(asked) and both.state() is BoardState.LIVE
        both.skip(_BETWEEN_NS if idle else None)
        verdict.resends = max([verdict.resends, *(health.resends for health in both.of(LinkHealth))])
        both.events.clear()

    verdict.resets, verdict.damaged = resets.count, there.damaged + back.damaged
    verdict.seconds = (both.now_ns - START_NS) / 1e9
    _judge(verdict, asked, both)
    return verdict


def _judge(verdict: Verdict, asked: dict[int, Asked], both: Joined) -> None:
    log = [_as_asked(execution) for execution in both.sim.executions if execution.op == ops.Op.SET]
    ran = Counter(log)
    for handle, command in asked.items():
        outcome = both.results[handle]
        told = outcome.error.reason.value if isinstance(outcome, RequestFailed) else "ok"
        verdict.told[told] += 1
        verdict.ran[told] += ran[command] == 1
        verdict.doubled += ran[command] > 1
        if isinstance(outcome, Receipt):
            verdict.misreported += outcome.value != command[2] / (_LEVELS - 1)
    verdict.foreign = (ran - Counter(asked.values())).total() - sum(n - 1 for n in ran.values())
    for number in PINS.values():
        verdict.disordered += sum(one > other for one, other in pairwise(each for each in log if each[0] == number))


def _as_asked(execution: Execution) -> Asked:
    arguments = ops.parse_arguments(execution.op, execution.arguments)
    assert isinstance(arguments, ops.Set), arguments
    return arguments.channel, arguments.ttl_ms, arguments.raw
