"""The board library's wire.cpp against the test vectors that Python reads too, under ASan and UBSan."""

from __future__ import annotations

import json
import random
import subprocess
from typing import TypedDict, cast

import pytest

from ardugate.wire.framing import Decoder, Frame, encode
from tests.support.firmware import ROOT, build_host


class Crc(TypedDict):
    data: str
    crc: int


class Line(TypedDict):
    name: str
    body: str
    line: str


class Bad(TypedDict):
    name: str
    max_line: int
    bytes: str
    bad: int
    good: list[str]


class Vectors(TypedDict):
    crc32: list[Crc]
    frames: list[Line]
    bad_frames: list[Bad]


VECTORS = cast("Vectors", json.loads((ROOT / "tests" / "vectors" / "wire.json").read_text()))


def _run(*lines: str) -> list[str]:
    program = build_host("vectors", wire_only=True)
    text = "".join(f"{line}\n" for line in lines)
    done = subprocess.run([program], input=text, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def _hex(data: str) -> str:
    return data or "-"


def test_the_crc_is_zlibs() -> None:
    said = _run(*(f"crc {_hex(vector['data'])}" for vector in VECTORS["crc32"]))
    assert said == [str(vector["crc"]) for vector in VECTORS["crc32"]]


def test_a_body_becomes_the_same_bytes_on_the_line() -> None:
    said = _run(*(f"seal {vector['body']}" for vector in VECTORS["frames"]))
    assert said == [vector["line"] for vector in VECTORS["frames"]]


@pytest.mark.parametrize("max_line", [48, 256])
def test_a_frame_on_the_line_becomes_its_body(max_line: int) -> None:
    fitting = [vector for vector in VECTORS["frames"] if len(vector["line"]) <= 2 * max_line]
    said = _run(*(f"read {max_line} {vector['line']}" for vector in fitting))
    assert said == [f"0 {vector['body']}" for vector in fitting]


@pytest.mark.parametrize("vector", VECTORS["bad_frames"], ids=lambda vector: vector["name"])
def test_bad_bytes_cost_their_frames_and_no_more(vector: Bad) -> None:
    assert _run(f"read {vector['max_line']} {_hex(vector['bytes'])}") == [
        " ".join([str(vector["bad"]), *vector["good"]])
    ]


@pytest.mark.parametrize("max_line", [48, 256])
def test_on_random_bytes_it_agrees_with_the_gateways_decoder(max_line: int) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    streams: list[bytes] = []
    for _ in range(300):
        data = bytearray()
        for _ in range(dice.randrange(6)):
            body = dice.randbytes(dice.randrange(1, max_line - 6))
            frame = bytearray(encode(body, max_line))
            if dice.random() < 0.5:
                frame[dice.randrange(len(frame))] ^= 1 << dice.randrange(8)
            data += frame + dice.randbytes(dice.randrange(4))
        streams.append(bytes(data) + b"\0")
    expected: list[str] = []
    for stream in streams:
        found = Decoder(max_line).receive(stream)
        good = [item.body.hex() for item in found if isinstance(item, Frame)]
        expected.append(" ".join([str(len(found) - len(good)), *good]))
    assert _run(*(f"read {max_line} {stream.hex()}" for stream in streams)) == expected
