"""What is done with a bootloader, in any dialect: look, read, write and verify."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from ardugate.errors import FlashMismatch, ProgramTooLarge, WrongProcessor
from ardugate.flash.boards import FlashBoard
from ardugate.flash.conversation import Progress, Script, Step
from ardugate.flash.dialects import Dialect, dialect_of
from ardugate.flash.intel_hex import BLANK


class Content(Enum):
    """What a board has in its flash, held against a program."""

    NOTHING = "nothing"
    THIS = "this program"
    OTHER = "another program"


def look(board: FlashBoard, image: bytes) -> Script[Content]:
    """What is there, where ``image`` would go; ends at the first page that tells. The board starts again as it was.

    Raises what ``write`` raises.
    """
    dialect = yield from _enter(board)
    blank = bytes([BLANK]) * board.page_bytes
    content = Content.THIS
    for start, page in _pages(board, image):
        there = yield from dialect.read(start, len(page))
        if start == 0 and there == blank:
            content = Content.NOTHING  # no reset vector: nothing runs
            break
        if there != page:
            content = Content.OTHER
            break
    yield from dialect.leave()
    return content


def read(board: FlashBoard) -> Script[bytes]:
    """All that a program may have taken, without the blank end; empty when nothing is there. Raises what ``write``
    raises."""
    dialect = yield from _enter(board)
    came = bytearray()
    for start in range(0, board.room_bytes, board.page_bytes):
        came += yield from dialect.read(start, board.page_bytes)
        yield Progress(Step.READING, len(came), board.room_bytes)
    yield from dialect.leave()
    return bytes(came).rstrip(bytes([BLANK]))


def write(board: FlashBoard, image: bytes) -> Script[int]:
    """Write a program, read it back, and let it start; how many bytes it took, in whole pages.

    Raises ProgramTooLarge, NoBootloader, WrongProcessor, FlashRefused or FlashMismatch.
    """
    pages = list(_pages(board, image))
    total = len(pages) * board.page_bytes
    if total > board.room_bytes:
        raise ProgramTooLarge(board.title, board.room_bytes, len(image))
    dialect = yield from _enter(board)
    for start, page in pages:
        yield from dialect.write(start, page)
        yield Progress(Step.WRITING, start + len(page), total)
    for start, page in pages:
        there = yield from dialect.read(start, len(page))
        if there != page:
            wrong = next(place for place in range(len(page)) if there[place] != page[place])
            raise FlashMismatch(start + wrong, page[wrong], there[wrong])
        yield Progress(Step.VERIFYING, start + len(page), total)
    yield from dialect.leave()
    return total


def _enter(board: FlashBoard) -> Script[Dialect]:
    dialect = dialect_of(board)
    signature = yield from dialect.enter()
    if signature != board.signature:
        raise WrongProcessor(board.processor, board.signature, signature)
    return dialect


def _pages(board: FlashBoard, image: bytes) -> Iterator[tuple[int, bytes]]:
    """Address and content of each page; the last one is filled up."""
    for start in range(0, len(image), board.page_bytes):
        yield start, image[start : start + board.page_bytes].ljust(board.page_bytes, bytes([BLANK]))
