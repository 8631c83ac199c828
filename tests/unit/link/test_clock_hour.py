"""A board's clock over hours, with a simulated line between it and the gateway."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

import pytest

from ardugate.link.clock import BoardClock

US = 1_000
MS = 1_000_000
S = 1_000_000_000
START_NS = 1_700_000_000 * S
BEAT_NS = 250 * MS
FRAME_NS = 20 * MS
BAUD = 115_200
SEED = 20_231


@dataclass
class Line:
    """A board that was reset 10 minutes before its clock wraps, behind a UART and a USB bridge.

    ``skew_ppm(t_s)`` is how much too fast its resonator runs, integrated in steps of a heartbeat. Frames take 15 and 26
    bytes of ``baud``; the bridge keeps the answer (and, ``both_ways``, the heartbeat) up to ``jitter_ms``; one
    heartbeat in ``floor_every``, by chance, meets it idle: 0.1 ms at most.
    """

    skew_ppm: Callable[[float], float] = lambda _: 5_000.0
    jitter_ms: float = 16.0
    both_ways: bool = False
    baud: int = BAUD
    floor_every: int = 4
    seed: int = SEED
    told_baud: int | None = BAUD
    random: Random = field(init=False)
    clock: BoardClock = field(init=False)
    errors_ns: list[float] = field(default_factory=list[float])
    bounds_ns: list[float] = field(default_factory=list[float])
    excesses_ns: list[float] = field(default_factory=list[float])
    told: int = 0

    def __post_init__(self) -> None:
        print(f"seed {self.seed}")
        self.random = Random(self.seed)
        self.clock = BoardClock(self.told_baud)
        self._beat = 0
        self._idle = 0
        self._from_ns, self._from_us = 0.0, float((1 << 32) - 600_000_000)
        self._rate = 0.0
        self._last_ns = 0
        self._told_ns = 0.0
        self._goes_on()

    def board_us(self, t_ns: float) -> int:
        """Board time at a time of this or the next heartbeat."""
        return int(self._from_us + (t_ns - self._from_ns) * self._rate) & 0xFFFFFFFF

    def sample(self, t_ns: float) -> None:
        """A frame whose first scan is taken now, and its last 20 ms later."""
        clock = self.clock
        mapped_ns = clock.to_ns(self.board_us(t_ns)) - START_NS
        assert mapped_ns >= self._last_ns, "published times never go back"
        self._last_ns = mapped_ns
        periods_ns = FRAME_NS / (self._rate * 1_000)  # what the board takes for 20 ms
        error_ns = max(abs(mapped_ns - t_ns), abs(mapped_ns + FRAME_NS - t_ns - periods_ns))
        self.errors_ns.append(abs(mapped_ns - t_ns))
        self.bounds_ns.append(clock.error_ns)
        self.excesses_ns.append(error_ns - clock.error_ns)
        self.told += clock.error_ns != self._told_ns
        self._told_ns = clock.error_ns

    def run(self, seconds: float, *, pause_ns: int = 0, frames: int = 5) -> None:
        """Heartbeats and frames for so long. ``pause_ns``: the host reads nothing for so long after the first one."""
        for _ in range(int(seconds * S / BEAT_NS)):
            self.heartbeat(read_late_ns=pause_ns, frames=frames)
            self._beat += pause_ns // BEAT_NS
            pause_ns = 0

    def heartbeat(self, *, read_late_ns: int = 0, frames: int = 5) -> None:
        """One, and the frames until the next."""
        random, byte_ns = self.random, 10 * S / self.baud
        if self._beat % self.floor_every == 0:
            self._idle = self._beat + random.randrange(self.floor_every)
        idle = self._beat == self._idle
        sent_ns = self._beat * BEAT_NS + random.randrange(MS)
        there_ns, back_ns = (random.random() * (0.1 if idle else self.jitter_ms) * MS for _ in range(2))
        received_ns = sent_ns + 15 * byte_ns + (there_ns if self.both_ways else random.random() * 0.1 * MS)
        answered_ns = received_ns + random.choice((0.1, 0.3, 2, 20)) * MS
        read_ns = int(answered_ns + 26 * byte_ns + back_ns) + read_late_ns
        stamps = self.board_us(received_ns), self.board_us(answered_ns)
        if read_late_ns:
            # What waited to be read comes before the answer.
            for k in range(1, 6):
                self.sample(answered_ns + k * read_late_ns / 6)
        self.clock.exchange(START_NS + sent_ns, *stamps, 0, START_NS + read_ns)
        for k in range(frames):
            self.sample(self._beat * BEAT_NS + read_late_ns + (70 + k * 36) * MS)
        self._beat += 1
        self._goes_on()

    def percentile_ms(self, share: float) -> float:
        """Of all frames' errors."""
        return sorted(self.errors_ns)[int(share * len(self.errors_ns))] / MS

    def report(self) -> str:
        """The figures."""
        bounds = sorted(self.bounds_ns)
        return (
            f"error p50 {self.percentile_ms(0.5):.3f}, p99 {self.percentile_ms(0.99):.3f}, "
            f"most {max(self.errors_ns) / MS:.3f} ms; bound p50 {bounds[len(bounds) // 2] / MS:.2f}, "
            f"most {bounds[-1] / MS:.2f} ms; told {self.told} times; seed {self.seed}"
        )

    def _goes_on(self) -> None:
        t_ns = float(self._beat * BEAT_NS)
        self._from_us += (t_ns - self._from_ns) * self._rate
        self._from_ns = t_ns
        self._rate = (1 + self.skew_ppm(t_ns / S) / 1e6) / 1_000


def always(ppm: float) -> Callable[[float], float]:
    return lambda _: ppm


LINES = {
    "0.5 % fast, answers kept by the bridge": Line,
    "0.5 % slow, kept both ways": lambda: Line(always(-5_000), both_ways=True),
    "a resonator that warms up by 50 ppm each ten minutes": lambda: Line(lambda t_s: 4_800 + t_s / 12),
}


@pytest.mark.parametrize("line", LINES.values(), ids=LINES.keys())
def test_over_an_hour_times_are_right_to_a_millisecond_and_the_bound_holds_always(line: Callable[[], Line]) -> None:
    simulated = line()
    simulated.run(3_600)
    print(simulated.report())
    assert simulated.percentile_ms(0.99) <= 1.0
    assert max(simulated.excesses_ns) <= 0
    # Half the fastest round trip: 41 bytes at 115,200 baud are 3.56 ms.
    assert min(simulated.bounds_ns) >= 41 * 10 * S / BAUD / 2
    assert sorted(simulated.bounds_ns)[len(simulated.bounds_ns) // 2] < 4.5 * MS
    assert simulated.told < 20, "each time every client is told every stream anew"
    assert simulated.clock.steps == 0


ROUGH = {
    "the floor is met each ten seconds": lambda: Line(floor_every=40),
    "gateway time begins to be slewed": lambda: Line(lambda t_s: 5_000 - min(500.0, t_s)),
    "native USB, whose baud rate is a name": lambda: Line(baud=10_000_000, jitter_ms=1),
    "no baud rate": lambda: Line(told_baud=None),
    "a resonator right to a ppm": lambda: Line(always(1)),
}


@pytest.mark.parametrize("line", ROUGH.values(), ids=ROUGH.keys())
@pytest.mark.parametrize("seed", range(3))
def test_the_bound_holds_on_lines_of_every_kind(line: Callable[[], Line], seed: int) -> None:
    simulated = line()
    simulated.seed += seed
    simulated.__post_init__()
    simulated.run(700)
    print(simulated.report())
    assert max(simulated.excesses_ns) <= 0
    assert simulated.percentile_ms(0.9) <= 1.0


def test_two_boards_are_aligned_within_two_milliseconds() -> None:
    one, two = Line(always(5_000)), Line(always(-3_000), baud=57_600, told_baud=57_600, both_ways=True, seed=SEED + 1)
    apart_ns: list[int] = []
    for beat in range(2_400):
        one.heartbeat(frames=0)
        two.heartbeat(frames=0)
        t_ns = beat * BEAT_NS + 150 * MS
        apart_ns.append(abs(one.clock.to_ns(one.board_us(t_ns)) - two.clock.to_ns(two.board_us(t_ns))))
    settled = apart_ns[120:]  # half a minute
    print(f"apart {sorted(settled)[len(settled) // 2] / MS:.3f} ms, {max(settled) / MS:.3f} ms at most")
    assert max(settled) <= 2 * MS


@pytest.mark.parametrize("seed", range(5))
def test_a_host_that_pauses_for_ten_seconds_spoils_no_time(seed: int) -> None:
    simulated = Line(seed=SEED + seed)
    simulated.run(60)
    before = len(simulated.errors_ns)
    simulated.run(60, pause_ns=10 * S)
    print(simulated.report())
    assert max(simulated.excesses_ns) <= 0, "the bound grows with the time since the last heartbeat"
    assert max(simulated.errors_ns[before:]) <= 1 * MS
    assert simulated.clock.steps == 0


def test_a_resonator_that_jumps_is_followed_by_slewing() -> None:
    simulated = Line(lambda t_s: 0.0 if t_s < 60 else 80.0)
    simulated.run(120)
    assert max(simulated.excesses_ns) <= 0
    assert max(simulated.errors_ns[-5:]) <= 0.2 * MS
