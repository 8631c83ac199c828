"""The wire's sizes and times, each with its unit in the name (docs/reference/wire.md)."""

from __future__ import annotations

from typing import Final

# The version of docs/reference/wire.md that this package speaks.
WIRE_VERSION: Final = 1

# Bytes on the line, the delimiter included. To a board it is small because a board's receive ring holds 63 bytes and
# an 8-bit board pays for a buffer of that size (1.1). Security limits: what is longer is never kept.
MAX_LINE_FROM_BOARD: Final = 256
MAX_LINE_TO_BOARD: Final = 48

# COBS code byte, CRC-32 and delimiter: what a frame adds to its body, at most.
FRAME_OVERHEAD: Final = 6

# Un-answered bytes on their way to a board, so that a STOP (9 bytes on the line) still fits into a ring of 63 (3.4).
BUDGET_BYTES: Final = 48

# A board remembers this many replies, in the slots id mod 8, so un-answered ids are never 8 or more apart (3.4).
REPLY_SLOTS: Final = 8
MAX_REPLY_DATA: Final = 12
# A call's reply may be longer, of which a board remembers one: the result of the sketch's command (3.4).
MAX_RESULT_BYTES: Final = 33
# A board's name in its EEPROM (3.4).
MAX_NAME_BYTES: Final = 32

# ANSWERs: a piece of the descriptor in bytes, and entries of the list of modes, in one frame (3.3).
DESCRIPTOR_CHUNK_BYTES: Final = 120
MODES_PER_ANSWER: Final = 40

# Times of the conversation (3.1 to 3.3).
HELLO_REPEAT_MS: Final = 200
UNASKED_HELLO_MS: Final = 500
HEARTBEAT_MS: Final = 250
WATCHDOG_MS: Final = 1_000
SILENT_MS: Final = 1_000
QUERY_REPEAT_MS: Final = 250
# A board sends a SAMPLES frame when it is full, or this long after its first sample (3.5).
SAMPLES_FLUSH_MS: Final = 20

# Line rates in baud, as far as a board's ``max_baud`` goes; a board starts at the first (3.8).
LINE_RATES: Final = (115_200, 250_000, 500_000, 1_000_000, 2_000_000)
# Times of a change of the line's rate (3.8): a good frame within this settles it, heartbeats come so often until then,
# and a board that hears nothing for the last goes back to the first rate.
LINE_SETTLE_MS: Final = 300
LINE_HEARTBEAT_MS: Final = 50
LINE_LOST_MS: Final = 3_000

# The id of a sampled stream is not used again within this many (3.4).
STREAM_ID_REST: Final = 16
