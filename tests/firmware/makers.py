"""Sketches that a maker might write, from their text."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.support.firmware import build

_HEADER = "#include <Ardugate.h>\n"


def maker(body: str, board: str = "uno", **beside: str) -> Path:
    """The ELF of a sketch with this body, and with the files ``beside`` it (``talker_cpp``: ``talker.cpp``), which are
    compiled by themselves as a library's are."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "maker"
        place.mkdir()
        (place / "maker.ino").write_text(_HEADER + body)
        for name, text in beside.items():
            (place / name.replace("_", ".")).write_text(text)
        return build(board, place / "maker.ino")
