"""From rates to sampled streams: which streams end and which begin (docs/reference/wire.md, 3.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ardugate.wire.answers import StreamEntry
from ardugate.wire.ops import SetStream

# Channels of one kind (how they are packed) at one period share a stream.
Group = tuple[str, int]


def grouped(periods: Mapping[int, int], kind_of: Callable[[int], str]) -> dict[Group, tuple[int, ...]]:
    """Channels (by id) with their periods in ticks, put together into streams; channels in ascending order."""
    groups: dict[Group, list[int]] = {}
    for number in sorted(periods):
        groups.setdefault((kind_of(number), periods[number]), []).append(number)
    return {group: tuple(numbers) for group, numbers in groups.items()}


def steps(
    running: Sequence[StreamEntry],
    wanted: Mapping[int, int],
    kind_of: Callable[[int], str],
    next_id: Callable[[], int],
) -> list[SetStream]:
    """Commands that lead from the running streams to ``wanted`` (period in ticks by channel id), ends first, so that
    at no time a channel is in two streams or there are more streams than before or after."""
    groups = grouped(wanted, kind_of)
    keep = {(entry.period_ticks, entry.channels) for entry in running}
    fresh = [(group, numbers) for group, numbers in groups.items() if (group[1], numbers) not in keep]
    # The fast ones last: what can be kept is then said beside all the others.
    fresh.sort(key=lambda item: -item[0][1])
    needed = {(group[1], numbers) for group, numbers in groups.items()}
    ended = [entry.stream for entry in running if (entry.period_ticks, entry.channels) not in needed]
    out = list[SetStream]()
    # The last to end is exchanged for the first to begin, in one command: nothing is lost in between.
    exchanged = ended.pop() if ended and fresh else 0
    out += [SetStream(0, stream, 0, ()) for stream in ended]
    for (_, period_ticks), numbers in fresh:
        out.append(SetStream(next_id(), exchanged, period_ticks, numbers))
        exchanged = 0
    return out
