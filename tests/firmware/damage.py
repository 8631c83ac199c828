"""The gateway's link and a sketch in the chip, over a line that damages: what was asked, done and received."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Generator
from contextlib import contextmanager
from random import Random
from typing import Final

from ardugate.link.events import (
    BatchReceived,
    CountersReported,
    FaultCounted,
    LinkEvent,
    LossFound,
    RequestDone,
    RequestFailed,
    StreamEnded,
    StreamStarted,
    TextReceived,
)
from ardugate.model import BoardCounters, BoardRequest, BoardState, CallRequest, SetRequest
from tests.firmware.makers import maker
from tests.support.chip import Chip
from tests.support.chip_link import ChipAndLink
from tests.support.noise import Noise, Rates

# A call turns D12 round, so that each one that runs is one edge of it; the lamp keeps what it was set to.
SKETCH = """
gate::Output lamp("lamp", 8);
void turn() { PINB = _BV(4); }
void say(const char* words) { (void)words; }
void setup() {
  lamp.keep();
  Ardugate.sampleAnalog(250);
  Ardugate.command("turn()", turn);
  Ardugate.command("say(words)", say);
  Ardugate.begin("damaged");
  DDRB |= _BV(4);  // which begin() makes an input
}
void loop() { Ardugate.run(); }
"""

VOLTS: Final = {"A0": 0.5, "A1": 1.25, "A2": 2.0, "A3": 2.75, "A4": 3.5, "A5": 4.25}
COUNTS: Final = {pin: int(volts * 1_024 / 5) for pin, volts in VOLTS.items()}
_FULL_SPEED_BYTES: Final = 23  # in 2 ms at "115,200" baud
_MOVING: Final = {"D8", "D12"}
PINS: Final = [f"D{pin}" for pin in range(2, 14)] + list(VOLTS)


class Scene:
    """One chip, one link, one tally of both."""

    def __init__(self, chip: Chip, seed: int) -> None:
        self.chip = chip
        self.random = Random(seed)
        self.both = ChipAndLink(chip, self.random)
        self.both.heard = self._hear
        self.faults: Counter[str] = Counter()
        self.foreign_text: list[str] = []
        self.received = self.lost = self.wrong = 0
        self.done: Counter[str] = Counter()
        self.failed: list[str] = []
        self._asked: dict[int, str] = {}
        self._a_level = 0
        self._due: dict[str, int] = {}  # by regular stream: the number that is due
        self._columns: dict[str, list[int]] = {}  # what each column must hold
        self._noises: list[Noise] = []
        self._counters: BoardCounters | None = None

    @property
    def damaged(self) -> int:
        """Places at which the line was."""
        return sum(noise.damaged for noise in self._noises)

    def spoil(self, to_chip: Rates, to_link: Rates) -> None:
        """Let the line be bad from now on."""
        self._noises = [Noise(to_chip, self.random), Noise(to_link, self.random)]
        self.both.noise_to_chip, self.both.noise_to_link = self._noises

    def command(self, number: int, at_once: int, within_s: float = 5.0) -> None:
        """That many commands, calls and sets in turn, some of them on their way ``at_once``."""
        queue = deque("turn" if turn % 2 else "set" for turn in range(number))
        while queue or self._asked:
            while queue and len(self._asked) < at_once and self._may_ask(queue[0]):
                kind = queue.popleft()
                self._asked[self.both.ask(self._request(kind), within_s)] = kind
            self.both.go(0.002)

    def inject(self, data: bytes) -> None:
        """Somebody else writes to the board, at the line's full speed, while the link goes on."""
        for at in range(0, len(data), _FULL_SPEED_BYTES):
            self.chip.send(data[at : at + _FULL_SPEED_BYTES])
            self.both.go(0.002)

    def settle(self, within_s: float = 5.0) -> None:
        """A good line again, until the board is live and samples."""
        self.both.calm()
        assert self.both.until_sampled(within_s), (self.both.state, self.faults)
        self.both.go(0.5)
        assert self.both.state is BoardState.LIVE

    def edges(self, pin: str) -> int:
        """How often a pin went to the other level, since the sketch made it an output."""
        return len([edge for edge in self.chip.edges(pin) if edge.level is not None]) - 1

    def moved(self) -> set[str]:
        """Pins that the chip drove at all, beside those that it should."""
        return {pin for pin in PINS if self.chip.level(pin) is not None} - _MOVING

    def summary(self) -> str:
        """What happened, for eyes."""
        return (
            f"{self.done.total()} commands in {self.both.seconds:.1f} s of the chip's time, {self.damaged} places"
            f" damaged, {self.received} scans received, {self.lost} lost, {dict(self.faults)}"
        )

    def counters(self) -> BoardCounters:
        """What the board has counted."""
        assert self._counters is not None
        return self._counters

    def _request(self, kind: str) -> BoardRequest:
        if kind == "turn":
            return CallRequest("turn", {})
        self._a_level = 1 - self._a_level
        return SetRequest("lamp", bool(self._a_level))

    def _may_ask(self, kind: str) -> bool:
        # Of calls one runs at a time; two sets on their way may fall into one tick.
        return kind not in self._asked.values()

    def _hear(self, event: LinkEvent) -> None:
        match event:
            case StreamStarted(stream) if stream.dt_ticks:
                self._due[stream.id] = 0
                self._columns[stream.id] = [COUNTS[channel.name] for channel in stream.channels]
            case StreamEnded(stream_id, _, _):
                self._due.pop(stream_id, None)
            case LossFound(loss) if loss.stream in self._due:
                self.lost += loss.count
                self._due[loss.stream] += loss.count
            case BatchReceived(batch) if batch.stream in self._columns:
                assert batch.seq == self._due[batch.stream], "scans are missing, and nobody said so"
                self._due[batch.stream] += batch.count
                self.received += batch.count
                for column, value in zip(batch.columns, self._columns[batch.stream], strict=True):
                    self.wrong += sum(each != value for each in column)
            case RequestDone(handle, _) if handle in self._asked:
                self.done[self._asked.pop(handle)] += 1
            case RequestFailed(handle, error) if handle in self._asked:
                self.failed.append(f"{self._asked.pop(handle)}: {error}")
            case FaultCounted(kind, _, total):
                self.faults[kind] = total
            case CountersReported(counters):
                self._counters = counters
            case TextReceived(text, True):
                self.foreign_text.append(text)
            case _:
                pass


@contextmanager
def scene(seed: int) -> Generator[Scene]:
    """A board that is live and samples six inputs, over a good line."""
    print(f"seed {seed}")
    with Chip(maker(SKETCH), pace="stepped") as chip:
        for pin, volts in VOLTS.items():
            chip.set_voltage(pin, volts)
        made = Scene(chip, seed)
        made.both.plug()
        assert made.both.until_sampled(3.0)
        made.both.go(0.5)
        yield made
