"""Builds the shipped sketch for every board that ``ardugate flash`` knows: ``make firmware``.

The programs go to ``src/ardugate/firmware/`` (ignored by git, part of wheel and sdist), with the digest of what they
were built from beside them. Needs Debian's Arduino tools and nothing of Python but its library, for the package's build
hook runs it too.
"""

from __future__ import annotations

import sys

from ardugate.flash import BOARDS, serialize_hex
from tests.support.firmware import ROOT, BuildFailedError, ToolsMissingError, build, flash_image

TARGET = ROOT / "src" / "ardugate" / "firmware"


def make() -> None:
    """Build what is missing or stale. Raises ToolsMissingError or BuildFailedError."""
    from hatch_build import firmware_digest, firmware_is_fresh

    if firmware_is_fresh(ROOT):
        return
    programs = {board.name: serialize_hex(flash_image(build(board.name))) for board in BOARDS}
    TARGET.mkdir(exist_ok=True)
    for name, text in programs.items():
        (TARGET / f"{name}.hex").write_text(text, "ascii")
        sys.stderr.write(f"{TARGET.name}/{name}.hex\n")
    # Last: programs without it are not taken for fresh.
    (TARGET / "sources.sha256").write_text(firmware_digest(ROOT / "arduino") + "\n")


if __name__ == "__main__":
    try:
        make()
    except (ToolsMissingError, BuildFailedError) as error:
        raise SystemExit(f"error: {error}") from None
