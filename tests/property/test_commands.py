"""Commands over a bad line, to a board that is reset: none lost, none doubled, none wrong, by the board's own log."""

from __future__ import annotations

import pytest

from tests.support.noise import Rates
from tests.support.ordeal import ordeal

# Worse than any line that somebody would keep. ``make soak`` has a million commands of the first.
BAD = Rates(changed=1e-3, lost=1e-4, repeated=1e-3)
WORST = Rates(changed=1e-2, lost=1e-3, added=1e-3, repeated=0.01)


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("rates", "commands", "reset_every"),
    [
        pytest.param(BAD, 98_400, 1_000, id="98,400 with 1 byte in 1,000 wrong"),
        pytest.param(BAD, 1_000, 30, id="1,000 with a reset after about ten each"),
        pytest.param(WORST, 600, 200, id="600 with 1 byte in 100 wrong"),
    ],
)
def test_of_many_commands_on_a_bad_line_none_is_lost_doubled_or_wrong(
    rates: Rates, commands: int, reset_every: int
) -> None:
    verdict = ordeal(commands, rates, seed=20_261_122, reset_every=reset_every)
    print(verdict)
    assert verdict.wrong == 0, verdict
    assert verdict.told.total() == commands
    assert set(verdict.told) <= {"ok", "unknown_outcome", "timeout", "offline"}
    # Only of these is it unknown; the others were never sent.
    assert verdict.ran["timeout"] == verdict.ran["offline"] == 0
    assert verdict.resends > commands // 100, "the line was not bad enough to show anything"
    assert verdict.resets > 0
