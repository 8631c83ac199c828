"""What strangers' bytes may reach in this language: each target takes any bytes and must not raise.

``tests/property/test_parsers.py`` feeds them from hypothesis, ``make fuzz`` also from a fuzzer that sees which lines
they reach.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from ardugate.config import load
from ardugate.errors import ConfigError
from ardugate.link.board_link import BoardLink
from ardugate.model import Principal, Role
from ardugate.record.blocks import Kind, block, blocks_in
from ardugate.record.files import blocks, entries, span, whole_bytes
from ardugate.record.reader import Reader
from ardugate.runtime.http.access import Access, parse_head
from ardugate.session.encode import Dialect, Encoder
from ardugate.session.limits import MAX_TEXT_BYTES
from ardugate.session.session import Session
from ardugate.wire import limits
from ardugate.wire import messages as m
from ardugate.wire.framing import Damage, Decoder, encode
from tests.fuzz.http_port import the_port

_NOW_NS = 1_700_000_000_000_000_000
_MS = 1_000_000
_PLACE = TemporaryDirectory(prefix="fuzz-")
_MAX_BODY = 200  # bytes of a body that fit into any frame


def framing(data: bytes) -> None:
    """The line: what comes out was checked, and goes in again as it was."""
    for found in Decoder(limits.MAX_LINE_FROM_BOARD).receive(data):
        if not isinstance(found, Damage):
            assert encode(found.body), "a body has a line"


def messages(data: bytes) -> None:
    """The bodies of frames that pass their checks."""
    for parse in (m.parse_from_board, m.parse_to_board):
        parsed = parse(data or b"\0")  # a frame's body has a byte at least
        if not isinstance(parsed, m.Fault):
            m.serialize(parsed)


def link(data: bytes) -> None:
    """A board that says anything in well-formed frames: each byte is a length and tells how long it pauses before."""
    it = BoardLink(board="b", random_boot_id=lambda: 7, new_stream_id=lambda: "s")
    now_ns = _NOW_NS
    it.connection_made(now_ns, 115_200)
    while data:
        size, body, data = data[0] % _MAX_BODY, data[1 : 1 + data[0] % _MAX_BODY], data[1 + data[0] % _MAX_BODY :]
        now_ns += size * _MS
        it.receive_data(now_ns, encode(body) if body else b"\0")
        it.tick(now_ns)
        it.events()
        it.data_to_send()


def session(data: bytes) -> None:
    """A client's text messages, one a line."""
    for dialect in Dialect:
        it = Session(id="c", dialect=dialect, principal=Principal("p", Role.ADMIN), encoder=Encoder(), now_ns=_NOW_NS)
        for line in data[:MAX_TEXT_BYTES].split(b"\n"):
            it.receive_text(_NOW_NS, line)
        it.events()
        it.data_to_send()


def capture(data: bytes) -> None:
    """A capture file that somebody sends."""
    for text in (data, block(Kind.NOTE, data), block(Kind.SAMPLES, data)):
        list(Reader().events(blocks_in(text)))
    path = Path(_PLACE.name) / "any.ardcap"
    path.write_bytes(data)
    entries(path)
    span(path)
    whole_bytes(path)
    list(Reader().events(blocks(path)))


def config(data: bytes) -> None:
    """A config file: it is right, or a ConfigError says where it is not."""
    path = Path(_PLACE.name) / "any.toml"
    path.write_bytes(data)
    with suppress(ConfigError):
        load({}, config_file=path)


def head(data: bytes) -> None:
    """A request's head, after the HTTP parser let it through."""
    request = io.BytesIO(b"GET /ws?" + data.replace(b"\r\n\r\n", b"") + b"\r\n\r\n").getvalue()
    door = Access(token="t", bind_host="127.0.0.1", tcp_port=8765, now_s=lambda: 0.0)
    if b" " in request.partition(b"\r\n")[0]:
        door.admit(parse_head(request), ticket=True)


def requests(data: bytes) -> None:
    """What comes on the HTTP port, in two pieces: the first byte says how long the first one is."""
    size = data[0] * 4 if data else 0  # requests are some hundred bytes
    the_port().hear(data[1 : 1 + size], data[1 + size :])


TARGETS: dict[str, Callable[[bytes], None]] = {
    each.__name__: each for each in (framing, messages, link, session, capture, config, head, requests)
}
