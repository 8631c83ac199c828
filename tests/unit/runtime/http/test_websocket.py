"""A connection's timers and limits, with a transport in the hand (over real sockets: tests/integration)."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

import pytest
from uvicorn.config import Config
from uvicorn.server import ServerState
from websockets.client import ClientProtocol
from websockets.frames import Opcode

from ardugate.runtime.http import websocket as ws_protocol
from ardugate.runtime.http.access import Refusal
from ardugate.runtime.http.inbox import MESSAGES
from ardugate.runtime.http.websocket import SUBPROTOCOLS, WebSocketProtocol
from ardugate.session.encode import text_frame
from tests.unit.runtime.http.opened import KEY, Gate, Opened, nothing, rounds, send


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """All patience is short."""
    for name in ("PING_EVERY_S", "PONG_WITHIN_S", "CLOSE_WITHIN_S", "STALL_S"):
        monkeypatch.setattr(ws_protocol, name, 0.01)


async def test_what_was_read_after_a_pause_is_late_however_long_its_turn_takes() -> None:
    opened = Opened(Gate())
    opened.gate.after_a_pause = True
    opened.say_each([b"1"] * (3 * MESSAGES))
    opened.gate.after_a_pause = False
    opened.say_each([b"2"])
    await rounds(4)
    assert opened.gate.late == [True] * (3 * MESSAGES + 1), "they stand in one row"
    opened.say_each([b"3"])
    assert opened.gate.late[-1] is False


async def test_what_a_full_read_after_a_pause_left_in_the_socket_is_late_too() -> None:
    opened = Opened(Gate())
    opened.gate.after_a_pause = True
    opened.say_each([b" " * 60_000] * 3)
    opened.gate.after_a_pause = False
    await rounds(30)
    opened.say_each([b"left"])
    await rounds(2)
    opened.say_each([b"new"])
    assert opened.gate.late == [True] * 4 + [False]


async def test_it_opens_with_the_first_subprotocol_that_both_know() -> None:
    opened = Opened(Gate(), "mqtt, ardugate.v1.json, ardugate.v1")
    assert opened.head.startswith("HTTP/1.1 101 ")
    assert f"Sec-WebSocket-Protocol: {SUBPROTOCOLS[0]}" in opened.head
    assert opened.gate.opened == [("/ws", "ardugate.v1")]
    assert opened.protocol in opened.connections


async def test_without_a_subprotocol_there_is_none() -> None:
    opened = Opened(Gate(), None)
    assert "Sec-WebSocket-Protocol" not in opened.head
    assert opened.gate.opened == [("/ws", "")]


async def test_who_is_refused_gets_the_reason_and_no_websocket() -> None:
    opened = Opened(Gate(Refusal(HTTPStatus.FORBIDDEN, "no", "ask")))
    assert opened.head.startswith("HTTP/1.1 403 Forbidden")
    assert opened.head.endswith("no\nask\n")
    assert opened.wire.closed
    assert opened.gate.opened == []


async def test_several_messages_are_one_write() -> None:
    opened = Opened(Gate())
    before = len(opened.wire.writes)
    send(opened, text_frame(1), text_frame("two" * 100))
    assert len(opened.wire.writes) == before + 1
    assert [bytes(frame.data) for frame in opened.hear()] == [b"1", b'"' + b"two" * 100 + b'"']


async def test_a_message_in_fragments_arrives_whole() -> None:
    opened = Opened(Gate())
    opened.say(lambda client: client.send_text(b"gr", fin=False))
    opened.say(lambda client: client.send_ping(b"between"))

    def rest(client: ClientProtocol) -> None:
        client.expect_continuation_frame = True
        client.send_continuation("ün".encode(), fin=True)

    opened.say(rest)
    assert opened.gate.texts == ["grün".encode()]
    assert [frame.opcode for frame in opened.hear()] == [Opcode.PONG]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b"\x82\x80\0\0\0\0", 1003, id="binary"),
        pytest.param(b"\x81\x81\0\0\0\0\xff", 1007, id="no-utf-8"),
        pytest.param(b"\x81\x01a", 1002, id="not-masked"),
        pytest.param(b"\x81\xff\0\0\0\0\1\0\0\0\0\0\0\0", 1009, id="too-large"),
        pytest.param(b"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", 1009, id="absurdly-large"),
    ],
)
async def test_bad_frames_close_with_their_code(data: bytes, code: int) -> None:
    opened = Opened(Gate())
    opened.protocol.data_received(data)
    (close,) = opened.hear()
    assert (close.opcode, int.from_bytes(close.data[:2], "big")) == (Opcode.CLOSE, code)
    assert opened.wire.ended
    assert opened.gate.texts == []


@pytest.mark.usefixtures("quick")
async def test_a_client_that_does_not_answer_the_close_is_cut_off() -> None:
    opened = Opened(Gate())
    opened.protocol.shutdown()
    assert int.from_bytes(opened.hear()[-1].data[:2], "big") == 1001
    async with asyncio.timeout(5):
        await opened.wire.aborted.wait()


@pytest.mark.usefixtures("quick")
async def test_a_client_that_answers_no_ping_is_cut_off() -> None:
    opened = Opened(Gate())
    async with asyncio.timeout(5):
        await opened.wire.aborted.wait()
    assert Opcode.PING in [frame.opcode for frame in opened.hear()]


async def test_a_client_that_answers_pings_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ws_protocol, "PING_EVERY_S", 0.005)
    monkeypatch.setattr(ws_protocol, "PONG_WITHIN_S", 0.1)
    opened = Opened(Gate())
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    async with asyncio.timeout(5):
        while loop.time() < began_s + 0.3:
            opened.wire.news.clear()
            await opened.wire.news.wait()
            opened.say(lambda client: client.send_pong(b""))
    assert not opened.wire.aborted.is_set()
    opened.protocol.connection_lost(None)


async def test_a_client_that_takes_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ws_protocol, "STALL_S", 0.01)
    opened = Opened(Gate())
    opened.protocol.pause_writing()
    assert opened.protocol.paused
    async with asyncio.timeout(5):
        await opened.wire.aborted.wait()


async def test_a_client_that_takes_bytes_again_stays_and_is_told() -> None:
    opened = Opened(Gate())
    opened.protocol.pause_writing()
    opened.protocol.resume_writing()
    assert not opened.protocol.paused
    assert opened.gate.told == ["writable"]


async def test_the_end_is_told_once_and_leaves_no_timer() -> None:
    opened = Opened(Gate())
    opened.protocol.pause_writing()
    opened.protocol.connection_lost(None)
    assert opened.gate.told == ["lost"]
    assert opened.protocol not in opened.connections
    send(opened, text_frame(1))


async def test_a_close_of_the_client_is_answered() -> None:
    opened = Opened(Gate())
    opened.say(lambda client: client.send_close(1000))
    assert int.from_bytes(opened.hear()[-1].data[:2], "big") == 1000
    assert opened.wire.ended


async def test_a_ping_inside_a_fragmented_message_is_answered_before_the_message() -> None:
    gate = Gate()
    opened = Opened(gate)
    assert gate.connection is not None

    def repeat(data: bytes, *, overtaken: bool = False, late: bool = False) -> None:
        assert not overtaken
        send(opened, text_frame(data.decode()))

    gate.receive_text = repeat  # type: ignore[method-assign]

    def all_at_once(client: ClientProtocol) -> None:
        client.send_text(b"one ", fin=False)
        client.send_ping(b"between")
        client.send_continuation(b"two", fin=True)

    opened.say(all_at_once)
    assert [frame.opcode for frame in opened.hear()] == [Opcode.PONG, Opcode.TEXT]


async def test_one_who_says_much_is_heard_in_turns_and_nothing_more_is_read_meanwhile() -> None:
    opened = Opened(Gate())
    count = 3 * MESSAGES + 1
    opened.say_each(b"%d" % number for number in range(count))
    assert len(opened.gate.texts) == MESSAGES
    assert not opened.wire.is_reading()
    await rounds(3)
    assert opened.gate.texts == [b"%d" % number for number in range(count)]
    assert opened.wire.is_reading()
    assert opened.gate.overtaken == 0


async def test_a_stop_goes_past_everything_that_its_sender_said_before() -> None:
    opened = Opened(Gate())
    stop, padding = b'{"jsonrpc":"2.0","method":"stop_all"}', b" " * 1_000

    opened.say_each([*(b"%d" % number + padding for number in range(100)), stop, b"after"])
    await rounds(60)
    assert opened.gate.texts[0] == stop
    assert opened.gate.texts[-1] == b"after"
    assert opened.gate.overtaken == 100


async def test_what_was_said_before_a_goodbye_still_counts() -> None:
    opened = Opened(Gate())

    def say_all(client: ClientProtocol) -> None:
        for number in range(MESSAGES + 1):
            client.send_text(b"%d" % number)
        client.send_close(1000)

    opened.say(say_all)
    await rounds(2)
    assert len(opened.gate.texts) == MESSAGES + 1


@pytest.mark.parametrize("lost", [False, True], ids=["our-goodbye", "the-end"])
async def test_nothing_counts_that_has_its_turn_after(lost: bool) -> None:
    opened = Opened(Gate())
    opened.say_each([b"before"] * (MESSAGES + 1))
    if lost:
        opened.protocol.connection_lost(None)
    else:
        opened.protocol.close(1008, "revoked")
    await rounds(2)
    assert len(opened.gate.texts) == MESSAGES


async def test_what_a_socket_does_not_take_at_once_follows_in_order() -> None:
    gate = Gate()
    config = Config(app=nothing, ws="none", log_config=None)
    protocol = WebSocketProtocol(gate, config=config, server_state=ServerState(), app_state={})
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: protocol, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 26)
    async with asyncio.timeout(20):
        lines = [f"GET /ws HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nupgrade: websocket\r\nconnection: Upgrade"]
        lines += [f"sec-websocket-key: {KEY}", "sec-websocket-version: 13", "\r\n"]
        writer.write("\r\n".join(lines).encode())
        await reader.readuntil(b"\r\n\r\n")
        # Beyond what two kernels keep, so that the transport has to.
        frames = [text_frame(f"{number}:" + "x" * 9_000) for number in range(1_000)]
        for frame in frames:
            protocol.send([frame], frame.wire)
        assert protocol.paused
        assert await reader.readexactly(sum(len(frame.wire) for frame in frames)) == b"".join(f.wire for f in frames)
        writer.close()
        server.close()
        await server.wait_closed()
        await gate.lost.wait()
    protocol.send([frames[0]], frames[0].wire)
