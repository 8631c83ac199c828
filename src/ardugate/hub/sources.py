"""A board's stream with all views of it: who chose the same shares one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from ardugate.hub.envelope import EnvelopeView
from ardugate.hub.limits import LATEST_HZ
from ardugate.hub.resolve import Directory, Pattern
from ardugate.hub.ring import Ring
from ardugate.hub.views import AnyView, CursorText, LatestView, RawView
from ardugate.model import Form, Stream, View

# The thinnest rung: 2^24 scans of the fastest stream are 218 s.
_MAX_RUNG = 24


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a connection wants, now and of streams to come. ``patterns`` None: every channel."""

    id: str
    patterns: tuple[Pattern, ...] | None
    form: Form
    max_hz: float | None

    def columns(self, stream: Stream, directory: Directory) -> tuple[int, ...]:
        """Which of a stream's channels it wants."""
        if self.patterns is None:
            return tuple(range(len(stream.channels)))
        board = directory.get(stream.board)
        aliases = {} if board is None or board.info is None else board.info.aliases
        return tuple(
            index
            for index, channel in enumerate(stream.channels)
            if any(pattern.matches(stream.board, channel, aliases) for pattern in self.patterns)
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """What makes two clients' views of a stream the same: columns, form, rung (every k-th, or times a second)."""

    columns: tuple[int, ...]
    form: Form
    rung: float


@dataclass(slots=True)
class Source:
    """A stream's ring, the views in use, and the names of all views that there ever were of it (who asks for the same
    again gets the same name)."""

    ring: Ring
    views: dict[Choice, AnyView] = field(default_factory=dict[Choice, AnyView])
    named: dict[Choice, View] = field(default_factory=dict[Choice, View])

    def open(
        self, choice: Choice, next_name: Callable[[], tuple[str, int]], cursor_text: CursorText, before: Source | None
    ) -> AnyView:
        """The view of this choice; ``before`` is the stream's predecessor, where it is still known."""
        view = self.views.get(choice)
        if view is None:
            named = self.name(choice, next_name, before)
            view = self.views[choice] = _KINDS[choice.form](named, choice.columns, self.ring, cursor_text)
        return view

    def name(self, choice: Choice, next_name: Callable[[], tuple[str, int]], before: Source | None) -> View:
        """What the view of this choice is called, in use or not."""
        named = self.named.get(choice)
        if named is None:
            named = self.named[choice] = self._name(choice, next_name, before)
        return named

    def tell_clock(self, clock_error_s: float) -> Iterable[AnyView]:
        """Take another clock error into the stream and all its views; gives those in use."""
        self.ring.stream = replace(self.ring.stream, clock_error_s=clock_error_s)
        self.named = {choice: replace(view, clock_error_s=clock_error_s) for choice, view in self.named.items()}
        for choice, each in self.views.items():
            each.view = self.named[choice]
        return self.views.values()

    def close(self, view: AnyView) -> None:
        """Nobody reads this view any more. Its name stays."""
        self.views = {choice: each for choice, each in self.views.items() if each is not view}

    def _name(self, choice: Choice, next_name: Callable[[], tuple[str, int]], before: Source | None) -> View:
        stream = self.ring.stream
        latest = choice.form is Form.LATEST
        every = 1 if latest else int(choice.rung)
        offsets_s = stream.offsets_s or (0.0,) * len(stream.channels)
        dt_s = stream.dt_s
        view_id, number = next_name()
        return View(
            id=view_id,
            number=number,
            board=stream.board,
            channels=tuple(stream.channels[index] for index in choice.columns),
            dtype=stream.dtype,
            form=choice.form,
            every=every,
            dt_s=None if latest or dt_s is None else dt_s * every,
            rate_hz=choice.rung if latest else None if dt_s is None else 1 / (dt_s * every),
            started_ns=stream.started_ns,
            cause=stream.cause,
            predecessor=None if before is None else before.most_alike(self, choice),
            offsets_s=tuple(offsets_s[index] for index in choice.columns),
            clock_error_s=stream.clock_error_s,
        )

    def most_alike(self, successor: Source, choice: Choice) -> str | None:
        """The view of this stream that shares most channels with a choice of its successor, in the same form."""
        wanted = {successor.ring.stream.channels[index].name for index in choice.columns}
        alike = [
            (len(wanted & {each.name for each in view.channels}), other.rung == choice.rung, view.number, view.id)
            for other, view in self.named.items()
            if other.form is choice.form
        ]
        best = max(alike, default=None)
        return best[3] if best is not None and best[0] else None


_KINDS: dict[Form, type[RawView] | type[LatestView]] = {
    Form.RAW: RawView,
    Form.LATEST: LatestView,
    Form.ENVELOPE: EnvelopeView,
}


def choose(subscription: Subscription, stream: Stream, columns: tuple[int, ...]) -> Choice:
    """What a subscription gets of a stream. An envelope of single scans is the raw stream."""
    kept = rung(stream, subscription.form, subscription.max_hz)
    single = subscription.form is Form.ENVELOPE and kept == 1
    return Choice(columns, Form.RAW if single else subscription.form, kept)


def rung(stream: Stream, form: Form, max_hz: float | None) -> float:
    """The rung of the ladder that keeps to ``max_hz``: for ``latest`` that rate itself, else every 2^n-th scan."""
    if form is Form.LATEST:
        return max_hz or LATEST_HZ
    dt_s = stream.dt_s
    if max_hz is None or dt_s is None:
        return 1
    rungs = (1 << power for power in range(_MAX_RUNG))
    # A rate that is met but for rounding is met.
    return next((each for each in rungs if 1 / (dt_s * each) <= max_hz * (1 + 1e-9)), 1 << _MAX_RUNG)
