"""The gateway makes room for its clients as far as the system lets it, and says where it does not."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")

_CODE = """
import logging, resource, sys
logging.basicConfig(format="%(message)s")
soft, hard = int(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
from ardugate.runtime.http.open_files import share_out
share_out()
print(*resource.getrlimit(resource.RLIMIT_NOFILE))
"""


def limits(soft: int, hard: int) -> tuple[tuple[int, int], str]:
    """What a process with these limits has afterwards, and what it said."""
    done = subprocess.run(
        [sys.executable, "-c", _CODE, str(soft), str(hard)], capture_output=True, text=True, check=True
    )
    now, most = map(int, done.stdout.split())
    return (now, most), done.stderr


@pytest.mark.parametrize(
    ("soft", "hard", "now", "room"),
    [
        pytest.param(256, 1_024, 1_024, 672, id="as far as it may"),
        pytest.param(64, 64, 64, 0, id="not at all"),
        pytest.param(1_024, 20_000, 4_256, None, id="no further than it needs"),
        pytest.param(8_000, 20_000, 8_000, None, id="never lower"),
    ],
)
def test_the_limit_is_raised_and_too_little_room_is_said(soft: int, hard: int, now: int, room: int | None) -> None:
    limit, said = limits(soft, hard)
    assert limit == (now, hard)
    assert said == "" if room is None else f"there is room for {room} clients" in said
