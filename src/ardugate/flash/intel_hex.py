"""Programs as Intel HEX: what compilers write, and what the package brings."""

from __future__ import annotations

from typing import Final

from ardugate.errors import HexInvalid

# What erased flash reads as; where a program says nothing, it stays so.
BLANK: Final = 0xFF
# No board of ours has more flash: a file that says otherwise is a mistake, and must not take the host's memory.
MAX_BYTES: Final = 256 * 1024

_DATA, _END, _SEGMENT, _START_SEGMENT, _LINEAR, _START_LINEAR = range(6)
_RECORD_BYTES: Final = 16


def parse_hex(text: str) -> bytes:
    """The program, from address 0 on; gaps are ``BLANK``.

    :raises HexInvalid: no such file, damaged, cut off, or beyond ``MAX_BYTES``.
    """
    image = bytearray()
    base = 0
    for number, line in enumerate(text.split(), 1):
        kind, address, data = _record(number, line)
        match kind:
            case 0:
                start = base + address
                if start + len(data) > MAX_BYTES:
                    raise HexInvalid(number, f"expected addresses below {MAX_BYTES}, got {start}")
                image.extend([BLANK] * (start + len(data) - len(image)))
                image[start : start + len(data)] = data
            case 1:
                if not image:
                    raise HexInvalid(number, "expected a program, got none")
                return bytes(image)
            case 2 | 4 if len(data) == 2:
                base = int.from_bytes(data, "big") << (4 if kind == _SEGMENT else 16)
            case 3 | 5:
                pass  # where a program begins: an AVR always begins at 0
            case _:
                raise HexInvalid(number, f"expected a record of type 0 to 5, got {kind} with {len(data)} bytes")
    raise HexInvalid(0, "expected an end record, got the end of the file")


def _record(number: int, line: str) -> tuple[int, int, bytes]:
    """Type, address and data of a line."""
    try:
        content = bytes.fromhex(line[1:]) if line.startswith(":") else b""
    except ValueError:
        content = b""
    if len(content) < 5 or len(content) != 5 + content[0]:
        raise HexInvalid(number, "expected a whole record of Intel HEX")
    if sum(content) & 0xFF:
        raise HexInvalid(number, "its checksum is wrong")
    return content[3], int.from_bytes(content[1:3], "big"), content[4:-1]


def serialize_hex(image: bytes) -> str:
    """The same as text, a record each 16 bytes."""
    lines = list[str]()
    for start in range(0, len(image), _RECORD_BYTES):
        if start and start % 0x10000 == 0:
            lines.append(_line(_LINEAR, 0, (start >> 16).to_bytes(2, "big")))
        lines.append(_line(_DATA, start & 0xFFFF, image[start : start + _RECORD_BYTES]))
    return "\n".join([*lines, _line(_END, 0, b"")]) + "\n"


def _line(kind: int, address: int, data: bytes) -> str:
    content = bytes([len(data), *address.to_bytes(2, "big"), kind]) + data
    return f":{(content + bytes([-sum(content) & 0xFF])).hex().upper()}"
