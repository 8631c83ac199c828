"""No bytes make a parser fail. ``make fuzz`` asks longer, and with a fuzzer that sees what it reaches."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "150"))
# Bytes alone seldom are a message: words that are in messages make more of them sensible.
WORDS = [
    *(b"\0", b"\n", b'{"jsonrpc":"2.0","id":1,"method":"set","params":{"channel":"a","value":1}}', b"[", b"{", b'"'),
    *(b"[[board]]\n", b'port = "sim://"\n', b"listen = ", b"1e999", b"nan", b"\xff\xff\xff\xff", b"cookie: a=b.c.d"),
    *(
        b"GET / HTTP/1.1\r\nhost: 127.0.0.1:8765\r\n",
        b"HEAD /healthz HTTP/1.1\r\nhost: 127.0.0.1:8765\r\n",
        b"\r\n\r\n",
    ),
    *(b"POST /api/v1/rpc HTTP/1.1\r\nhost: 127.0.0.1:8765\r\ncontent-type: application/json\r\n", b"5\r\nhello\r\n"),
    *(
        b"authorization: Bearer t\r\n",
        b"transfer-encoding: chunked\r\n",
        b"content-length: 9\r\n",
        b"upgrade: websocket\r\n",
    ),
    *(b"channels=a,b", b"\r\nhost: 127.0.0.1:8765", b'{"kind":"stream","stream":"s"}', b"subscribe", b"\x04\x45\x01"),
]
BYTES = st.lists(st.binary(max_size=40) | st.sampled_from(WORDS), max_size=12).map(b"".join)


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
@settings(max_examples=EXAMPLES, deadline=None)
@given(data=BYTES)
def test_no_bytes_make_it_fail(target: Callable[[bytes], None], data: bytes) -> None:
    target(data)
