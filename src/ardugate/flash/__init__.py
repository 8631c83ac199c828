"""Putting a program onto a board: what its bootloader is told, and what it answers.

Pure: bytes and the time come in; bytes, events and deadlines go out (``runtime/ports/flashing.py`` has the port and the
clock). Read in this order: ``boards`` (what there is), ``intel_hex`` (programs), ``conversation`` (a script, and who
drives it), ``dialects`` with ``stk500v1``, ``stk500v2`` and ``avr109`` (what bootloaders speak), ``jobs`` (read, look,
write and verify, in any dialect). ``bundled`` and ``tools`` find programs: those that the package brings, and those
that a user's Arduino tools make of a sketch.
"""

from __future__ import annotations

from ardugate.flash.boards import BOARDS, BY_NAME, FlashBoard, Speaks, board_of_usb
from ardugate.flash.conversation import Conversation, Done, Failed, FlashEvent, Progress, Step
from ardugate.flash.intel_hex import BLANK, parse_hex, serialize_hex
from ardugate.flash.jobs import Content, look, read, write

__all__ = [
    "BLANK",
    "BOARDS",
    "BY_NAME",
    "Content",
    "Conversation",
    "Done",
    "Failed",
    "FlashBoard",
    "FlashEvent",
    "Progress",
    "Speaks",
    "Step",
    "board_of_usb",
    "look",
    "parse_hex",
    "read",
    "serialize_hex",
    "write",
]
