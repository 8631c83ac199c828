"""Commands over a bad line: none lost, none doubled, none wrong, by the board's own execution log."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from ardugate.link.events import LinkHealth
from ardugate.model import Receipt, SetRequest
from ardugate.sim.line import ByteFaults
from ardugate.sim.options import Faults
from ardugate.wire import ops
from tests.support.joined import Joined

# One byte in a thousand is wrong: worse than any line that somebody would keep.
CORRUPT = Faults(corrupt=1e-3)
PINS = ("D4", "D7", "D8", "D12")


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("faults", "commands"),
    [(CORRUPT, 10_000), (Faults(corrupt=5e-4, lose=5e-4, repeat=5e-4, duplicate=0.01), 1_000)],
    ids=["10,000 with 1 byte in 1,000 wrong", "1,000 with bytes wrong, lost and doubled"],
)
def test_of_many_commands_on_a_bad_line_none_is_lost_doubled_or_wrong(faults: Faults, commands: int) -> None:
    random = Random(20_261_122)
    both = Joined()
    both.live()
    for pin in PINS:
        both.done(SetRequest(pin, False))
    both.sim.executions.clear()
    there, back = ByteFaults(faults, random), ByteFaults(faults, random)
    both.to_board, both.to_link = there.apply, back.apply
    asked: dict[int, SetRequest] = {}
    while len(asked) < commands:
        for _ in range(random.randrange(1, 6)):
            request = SetRequest(random.choice(PINS), random.random() < 0.5)
            asked[both.ask(request, timeout_ms=10_000)] = request
        both.run(random.choice((1, 5, 20)))
        while len(asked) - len(both.results) + len(PINS) > 40:
            both.run(5)
        both.events.clear()
    both.run(11_000)

    numbers = {name: int(name[1:]) for name in PINS}
    wanted = {name: [request.value for request in asked.values() if request.channel == name] for name in PINS}
    done: dict[str, list[bool]] = {name: [] for name in PINS}
    ids = Counter[int]()
    for execution in both.sim.executions:
        arguments = ops.parse_arguments(execution.op, execution.arguments)
        assert isinstance(arguments, ops.Set), arguments
        name = next(name for name, number in numbers.items() if number == arguments.channel)
        done[name].append(bool(arguments.raw))
        ids[execution.id] += 1
    failed = {handle: both.results.get(handle) for handle in asked if not isinstance(both.results.get(handle), Receipt)}
    assert failed == {}
    assert done == wanted
    assert sum(ids.values()) == len(asked)
    assert both.of(LinkHealth)[-1].resends > commands // 100, "the line was not bad enough to show anything"
