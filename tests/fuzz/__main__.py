"""``make fuzz``: what strangers may say, at length. Prints its seed.

Damaged frames (``--frames``), hypothesis with many examples, and, where they are installed, fuzzers that see what they
reach, for ``--minutes`` each: atheris for the Python parsers (``uv pip install atheris==3.0.0``), libFuzzer with ASan
and UBSan for the board library (clang).
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import secrets
import subprocess
import sys
import time

from tests.fuzz.damaged_frames import damaged_frames
from tests.fuzz.targets import TARGETS
from tests.support.firmware import ToolsMissingError, build_fuzzer


def main() -> int:
    """0 when nothing wrong was accepted and nothing failed."""
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbits(31), help="repeat a run")
    parser.add_argument("--frames", type=int, default=1_500_000, help="damaged frames to be decoded")
    parser.add_argument("--examples", type=int, default=10_000, help="of hypothesis, for each parser")
    parser.add_argument("--minutes", type=float, default=10.0, help="for each fuzzer that sees what it reaches")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    failed = [
        _frames(arguments.frames, arguments.seed),
        _hypothesis(arguments.examples, arguments.seed),
        _atheris(round(60 * arguments.minutes / len(TARGETS)), arguments.seed),
        _libfuzzer(round(60 * arguments.minutes), arguments.seed),
    ]
    return 1 if any(failed) else 0


def _frames(frames: int, seed: int) -> bool:
    start = time.monotonic()
    report = damaged_frames(frames, seed)
    print(
        f"damaged frames: {report.damaged}, accepted wrong: {report.accepted_wrong}, "
        f"came out as sent: {report.survived}, {time.monotonic() - start:.0f} s",
        flush=True,
    )
    return bool(report.accepted_wrong)


def _hypothesis(examples: int, seed: int) -> bool:
    command = [sys.executable, "-m", "pytest", "-q", "tests/property/test_parsers.py", f"--hypothesis-seed={seed}"]
    command += ["-o", "timeout=3600"]
    return bool(subprocess.run(command, env=os.environ | {"FUZZ_EXAMPLES": str(examples)}, check=False).returncode)


def _atheris(seconds: int, seed: int) -> bool:
    if importlib.util.find_spec("atheris") is None:
        print("left out: atheris is not installed (uv pip install atheris==3.0.0)", flush=True)
        return False
    failed = False
    for name in TARGETS:
        command = [sys.executable, "-m", "tests.fuzz.guided", name, f"-max_total_time={seconds}", f"-seed={seed}"]
        failed |= bool(subprocess.run([*command, "-print_final_stats=1", "-verbosity=0"], check=False).returncode)
    return failed


def _libfuzzer(seconds: int, seed: int) -> bool:
    try:
        program = build_fuzzer()
    except ToolsMissingError as error:
        print(f"left out: {error}", flush=True)
        return False
    command = [str(program), f"-max_total_time={seconds}", f"-seed={seed}", "-max_len=512", "-print_final_stats=1"]
    return bool(subprocess.run([*command, "-verbosity=0"], check=False).returncode)


if __name__ == "__main__":
    sys.exit(main())
