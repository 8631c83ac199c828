"""Whatever comes on the HTTP port, the gateway answers or hangs up, and makes no mistake of its own: no error in the
log, which a stranger could fill with them. The application, its door and its protocol are real, the line is a socket
pair (``tests/fuzz/http_port.py``); ``make fuzz`` sends bytes of any kind to the same.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.http_port import TOKEN, the_port

HOST = b"Host: 127.0.0.1:8765\r\n"
KNOWN = HOST + b"Authorization: Bearer " + TOKEN.encode() + b"\r\n"
JSON = b"Content-Type: application/json\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
ASKED = b'{"jsonrpc":"2.0","id":1,"method":"boards"}'

STRANGE = {
    "no version": (b"GET /\r\n\r\n",),
    "another protocol": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",),
    "a head with a zero in it": (b"GET / HTTP/1.1\r\n" + HOST + b"X: a\0b\r\n\r\n",),
    "two hosts": (b"GET / HTTP/1.1\r\n" + HOST + b"Host: evil\r\n\r\n",),
    "two lengths": (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",),
    "a length below nothing": (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\nhello",),
    "a head without an end": (b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 200_000,),
    "a bad HEAD": (b"HEAD / HTTP/1.1\r\n" + HOST + CHUNKED + b"\r\nZZ\r\n",),
}


@pytest.mark.parametrize("pieces", STRANGE.values(), ids=STRANGE)
def test_what_is_no_http_is_told_so(pieces: tuple[bytes, ...]) -> None:
    answer = the_port().hear(*pieces)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"this is no HTTP\n" in answer


def test_who_speaks_tls_to_a_port_without_is_told_so() -> None:
    assert b"was asked for https\nuse http://" in the_port().hear(b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03")


def test_a_bad_body_after_the_answer_gets_no_second_one() -> None:
    answer = the_port().hear(b"POST / HTTP/1.1\r\n" + HOST + CHUNKED + b"\r\n", b"ZZ\r\n")
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert answer.count(b"HTTP/1.1") == 1


def test_a_body_that_breaks_off_while_it_is_read_is_not_carried_out() -> None:
    head = b"POST /api/v1/rpc HTTP/1.1\r\n" + KNOWN + JSON
    assert the_port().hear(head + b"Content-Length: 99\r\n\r\n", ASKED) == b""
    answer = the_port().hear(head + CHUNKED + b"\r\n2a\r\n" + ASKED + b"\r\n", b"ZZ\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1") == 1


METHODS = st.sampled_from([b"GET", b"POST", b"HEAD", b"PUT", b"OPTIONS"])
PATHS = st.sampled_from([b"/", b"/healthz", b"/api/v1/rpc", b"/api/v1/boards", b"/api/v1/stream", b"/metrics", b"/ws"])
LINES = st.sampled_from(
    [
        *(HOST, KNOWN, JSON, CHUNKED, b"Content-Length: 5\r\n", b"Content-Length: 42\r\n", b"Connection: close\r\n"),
        *(b"Expect: 100-continue\r\n", b"Connection: upgrade\r\nUpgrade: h2c\r\n", b"Range: bytes=5-2\r\n"),
        b"Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
    ]
)
BODIES = st.sampled_from([b"", ASKED, b"5\r\nhello\r\n0\r\n\r\n", b"ZZ\r\n", b"x" * 70_000]) | st.binary(max_size=9)


@st.composite
def conversations(draw: st.DrawFn) -> list[bytes]:
    """Some requests, nearly right, cut into pieces anywhere."""
    said = b""
    for _ in range(draw(st.integers(1, 3))):
        lines = b"".join(draw(st.lists(LINES, max_size=4, unique=True)))
        version = draw(st.sampled_from([b"1.1", b"1.1", b"1.0"]))
        said += draw(METHODS) + b" " + draw(PATHS) + b" HTTP/" + version + b"\r\n" + lines + b"\r\n" + draw(BODIES)
    cuts = sorted(draw(st.lists(st.integers(0, len(said)), max_size=2)))
    return [said[start:end] for start, end in zip([0, *cuts], [*cuts, len(said)], strict=True)]


@settings(max_examples=250, deadline=None)
@given(pieces=conversations())
def test_whatever_is_nearly_a_request_is_no_mistake_of_ours(pieces: list[bytes]) -> None:
    the_port().hear(*pieces)
