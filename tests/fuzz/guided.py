"""One target under atheris: ``python -m tests.fuzz.guided TARGET [libFuzzer's options]``."""

from __future__ import annotations

import importlib
import sys
from typing import Any


def main() -> None:
    """Does not return: the fuzzer ends the process."""
    atheris: Any = importlib.import_module("atheris")  # optional, and without types
    with atheris.instrument_imports(include=["ardugate"]):
        from tests.fuzz.targets import TARGETS
    target = TARGETS[sys.argv.pop(1)]
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
