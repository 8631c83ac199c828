"""The line's rate (docs/reference/wire.md, 3.8): it rises when streams need it or the settings say so, falls when the
line is too noisy for it, and is looked for when nothing is heard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ardugate.link.noise import Noise
from ardugate.link.outbox import Outbox
from ardugate.link.pulse import Pulse
from ardugate.link.search import START_BAUD, Search
from ardugate.link.switch import Switch
from ardugate.wire.framing import Damage
from ardugate.wire.limits import LINE_LOST_MS, LINE_RATES, SILENT_MS
from ardugate.wire.messages import Reply, Status
from ardugate.wire.ops import LineDone, Op, parse_done

_MS: Final = 1_000_000

# A rate at which the line failed, or a higher one, is not tried again for so long: whoever asks then may have mended
# the cable.
BARRED_MS: Final = 60_000


class Line:
    """The rate of one board's line. ``baud`` is this end's, None on a pipe without one. ``fixed``: the rate that the
    settings want, never exceeded; None: as streams need.

    ``switched`` is told the rate that this end is to switch to, and why; ``done`` the owner of a change, and how it
    ended.
    """

    def __init__(
        self,
        outbox: Outbox,
        fixed: int | None,
        switched: Callable[[int, str], None],
        done: Callable[[object, bool], None],
    ) -> None:
        self.baud: int | None = None
        self._fixed = fixed
        self._switched = switched
        self._done = done
        self._switch = Switch(outbox, lambda baud: self._go_to(baud, "asked"), self._changed)
        self._search = Search()
        self._noise = Noise()
        self._max_baud = 0
        self._changes = False  # whether this line's rate is ever changed
        self._wish = self._planned = START_BAUD  # what streams want; what they were planned at
        self._last = (START_BAUD, 0)  # rate, and when the board was last heard at it
        self._barred = (0, 0)  # from this rate on, until then
        self._now_ns = 0

    # The connection

    def open(self, now_ns: int, baud: int | None) -> None:
        """The pipe is open at this rate. Only a line that starts at the first rate is ever changed."""
        self.baud = baud
        self._now_ns = now_ns
        self._max_baud = 0
        self._changes = baud == START_BAUD
        if self._changes:
            self._look(now_ns)

    def close(self) -> None:
        """The pipe is gone, or the boot."""
        self._switch.abandon()
        self._search.found()

    def learned(self, max_baud: int, *, fresh: bool) -> None:
        """The board is known: how fast its line can be; ``fresh``: it is another boot's."""
        self._max_baud = max_baud if self._changes else 0
        if fresh:
            self._barred = (0, 0)
            self._wish = self._planned = self.baud or START_BAUD
        self._wish = self._fixed or self._wish

    # What is heard

    def good_frame(self, now_ns: int) -> None:
        """A frame passed its checks."""
        self._now_ns = now_ns
        self._noise.good(now_ns)
        self._search.found()
        self._last = (self.baud or START_BAUD, now_ns)

    def bad_frame(self, damage: Damage, now_ns: int) -> None:
        """One did not. What is mostly text was printed into it by a sketch, which no slower line would mend."""
        if 2 * len(damage.text) < len(damage.raw) and not self._switch.active:
            self._noise.bad(now_ns)
            if self._noise.too_much and self._max_baud and self.baud and self.baud != START_BAUD:
                self._bar(self.baud)
                self._noise.clear()

    def beat_answered(self, sent_ns: int, now_ns: int) -> None:
        """A heartbeat was answered."""
        self._switch.beat_answered(sent_ns, now_ns)

    def replied(self, reply: Reply, now_ns: int) -> None:
        """The answer to a change that was asked for."""
        done = parse_done(Op.LINE, reply.data) if reply.status == Status.OK else None
        self._switch.replied(done.baud if isinstance(done, LineDone) else None, now_ns)

    # What time does

    def tick(self, now_ns: int, pulse: Pulse) -> None:
        """Do what is due. ``pulse``: what is heard."""
        self._now_ns = now_ns
        if self._away and now_ns - self._last[1] >= SILENT_MS * _MS:
            self._look(now_ns)
        elif (baud := self._search.due(now_ns, pulse)) is not None:
            self._go_to(baud, "searching")
        if self._search.running:
            self._switch.give_up()
        self._switch.tick(now_ns)

    def next_deadline(self) -> int | None:
        """When :meth:`tick` has something to do."""
        times = [self._switch.next_deadline(), self._search.next_deadline()]
        if self._away:
            times.append(self._last[1] + SILENT_MS * _MS)
        return min((time for time in times if time is not None), default=None)

    @property
    def listening(self) -> bool:
        """Whether text is looked for at a rate that no board of ours has: then nothing is said."""
        return self._search.listening

    @property
    def beat_ms(self) -> int | None:
        """How often a heartbeat is due; None: none now."""
        return self._switch.beat_ms

    # Rates

    def target(self) -> int | None:
        """The rate that the line should have now."""
        if self.baud is None or not self._max_baud or self._search.running:
            return self.baud
        return max(rate for rate in self._rates() if rate <= max(self._wish, START_BAUD))

    @property
    def slower(self) -> bool:
        """Whether the rate has fallen since the streams were planned."""
        return self.baud is not None and self.baud < self._planned

    def planned(self) -> None:
        """The streams fit the present rate."""
        self._planned = self.baud or START_BAUD

    @property
    def unsettled(self) -> bool:
        """Whether the link has something to do about it: to change the rate, or to look whether streams still fit."""
        return not self._switch.active and not self._search.running and (self.slower or self.target() != self.baud)

    def faster(self, times: float) -> int | None:
        """The lowest rate that carries so many times as much as the present one, else the highest; None: the present
        one is."""
        if self.baud is None or self._search.running:
            return None
        above = [rate for rate in self._rates() if rate > self.baud]
        return next((rate for rate in above if rate >= self.baud * times), above[-1] if above else None)

    @property
    def max_baud(self) -> int:
        """The board's highest rate, 0 where it has no other."""
        return self._max_baud

    def begin(self, owner: object, baud: int, now_ns: int) -> None:
        """Go to another rate; ``done`` follows."""
        assert self.baud is not None
        self._switch.begin(owner, self.baud, baud, now_ns)

    @property
    def _away(self) -> bool:
        """Whether the line is at a rate at which a board may leave it alone."""
        return self._changes and self.baud != START_BAUD and not self._search.running

    def _rates(self) -> list[int]:
        highest = min(self._max_baud, self._fixed or self._max_baud)
        barred, until_ns = self._barred
        if self._now_ns < until_ns:
            highest = min(highest, barred - 1)
        return [rate for rate in LINE_RATES if rate == START_BAUD or rate <= highest]

    def _bar(self, baud: int) -> None:
        """This rate is one too high, for a while."""
        self._barred = (baud, self._now_ns + BARRED_MS * _MS)
        self._wish = min(self._wish, self._rates()[-1])

    def _changed(self, owner: object, baud: int, ok: bool) -> None:
        assert self.baud is not None
        if ok:
            self._wish = baud
        elif baud > self.baud and not self._search.running:
            self._bar(baud)
        self._done(owner, ok)

    def _look(self, now_ns: int) -> None:
        """Nothing is heard: look for the board's rate."""
        last, heard_ns = self._last
        recent = last != START_BAUD and now_ns - heard_ns < LINE_LOST_MS * _MS
        baud = self._search.begin(now_ns, last if recent else None)
        if baud != self.baud:
            self._go_to(baud, "searching")

    def _go_to(self, baud: int, why: str) -> None:
        if baud == self.baud:
            return
        self.baud = baud
        self._planned = max(self._planned, baud)
        self._noise.clear()
        if why != "searching":
            self._last = (baud, self._now_ns)
        self._switched(baud, why)
