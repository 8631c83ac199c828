"""``python -m tests.fuzz [--seed N] [--frames N]``: the long variants of the property tests; prints the seed."""

from __future__ import annotations

import argparse
import secrets
import sys
import time

from tests.fuzz.damaged_frames import damaged_frames


def main() -> int:
    """0 when nothing wrong was accepted."""
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbits(32), help="repeat a run")
    parser.add_argument("--frames", type=int, default=1_500_000, help="damaged frames to be decoded")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    start = time.monotonic()
    report = damaged_frames(arguments.frames, arguments.seed)
    print(
        f"damaged frames: {report.damaged}, accepted wrong: {report.accepted_wrong}, "
        f"came out as sent: {report.survived}, {time.monotonic() - start:.0f} s"
    )
    return 1 if report.accepted_wrong else 0


if __name__ == "__main__":
    sys.exit(main())
