"""The shipped sketch as programs, one for each board: what the package brings (``make firmware`` builds them)."""

from __future__ import annotations

from pathlib import Path

from ardugate.errors import NoFirmware
from ardugate.flash.boards import BOARDS, FlashBoard
from ardugate.flash.intel_hex import parse_hex

FOLDER = Path(__file__).resolve().parents[1] / "firmware"


def bundled(board: FlashBoard, folder: Path = FOLDER) -> bytes:
    """The shipped sketch for this board.

    :raises NoFirmware: this installation was built without.
    """
    try:
        text = (folder / f"{board.name}.hex").read_text("ascii")
    except FileNotFoundError:
        raise NoFirmware(board.title) from None
    return parse_hex(text)


def bundled_boards(folder: Path = FOLDER) -> tuple[FlashBoard, ...]:
    """The boards that this installation has the shipped sketch for."""
    return tuple(board for board in BOARDS if (folder / f"{board.name}.hex").is_file())
