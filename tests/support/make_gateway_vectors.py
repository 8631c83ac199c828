"""Write tests/vectors/gateway.json, the gateway protocol as data: ``python -m tests.support.make_gateway_vectors``.

``frames``: binary frames (hex) with the stream that they are of (as in ``streams``), what a client reads from them, and
the same batch as ``samples``. ``bad_frames``: what a client must refuse, or ignore (``why`` is ``unknown kind``).
``notifications``: one of each kind. ``requests``: a client's text, what it asks for, or the error that it gets.
"""

from __future__ import annotations

import json
import struct
from array import array
from dataclasses import replace
from pathlib import Path

from ardugate.errors import RequestError
from ardugate.model import (
    Board,
    BoardCounters,
    BoardState,
    Channel,
    Delivery,
    Driver,
    Form,
    Lease,
    LinkQuality,
    Loss,
    Mode,
    StreamClosed,
    StreamOpened,
    ValueType,
)
from ardugate.session import binary, notifications, shapes
from ardugate.session.encode import notification_json, samples
from ardugate.session.parse import NoJsonError, code_of, parse_calls, parse_json
from ardugate.session.requests import METHODS
from tests.unit.session.build import DRIVER, T0, S, analog, delivery, view

PATH = Path(__file__).parents[1] / "vectors" / "gateway.json"

Json = dict[str, object]


def deliveries() -> dict[str, Delivery]:
    """Batches that show each part of a frame."""
    bit = Channel(2, "D2", ValueType.BOOL, Mode.INPUT, pin="D2", events=True)
    state = Channel(41, "state", ValueType.ENUM, Mode.DECLARED, labels=("idle", "run"))
    signed = analog("x", 0.01, dtype="i16", unit="g")
    wide = analog("steps", dtype="i32")
    real = analog("temp", dtype="f32", unit="°C")
    return {
        "two analog pins": delivery(
            view(analog("A0"), analog("A1")), [array("H", [0, 512, 1023]), array("H", [7, 7, 8])]
        ),
        "a scale and an offset": delivery(
            view(analog("soil", 0.5, -10, "%")), [array("H", [20, 21, 22, 23])], seq=4711
        ),
        "signed": delivery(view(signed, number=2), [array("h", [-32768, -1, 0, 1, 32767])]),
        "wide": delivery(view(wide, number=3), [array("i", [-(2**31), 0, 2**31 - 1])]),
        "real numbers": delivery(view(real, number=4), [array("f", [21.5, -0.1, 3.4e38])]),
        "one edge": delivery(view(bit, dt_s=None, number=5), [array("B", [1])], times_ns=[T0 + 123_456_789]),
        "nine edges": delivery(
            view(bit, dt_s=None, number=5),
            [array("B", [0, 1] * 4 + [0])],
            seq=1,
            times_ns=[T0 + k * S for k in range(9)],
        ),
        "an enum": delivery(view(state, dt_s=None, number=6), [array("B", [1, 0, 2])], times_ns=[T0, T0 + 1, T0 + 2]),
        "after a loss": delivery(view(analog("A0")), [array("H", [1])], seq=1_000, lost=42),
        "an envelope": delivery(
            replace(view(analog("A0"), analog("soil", -0.5, 10, "%"), dt_s=1.28, form=Form.ENVELOPE), every=128),
            [array("H", each) for each in ([498, 499], [503, 1023], [20, 30], [40, 50])],
            seq=36,
        ),
        "a long life": delivery(
            view(analog("A0"), number=2**32 - 1),
            [array("H", [9])],
            seq=2**53 - 1,
            lost=2**40,
            cursor="7f3a-fffffffffffff",
        ),
    }


def frame_vector(name: str, what: Delivery) -> Json:
    """A frame, and what it means."""
    times_ns = what.times_ns
    return {
        "name": name,
        "stream": shapes.stream(what.view, ["u1"]),
        "frame": binary.encode(what).hex(),
        "decoded": {
            "dtype": what.view.dtype,
            "number": what.view.number,
            "seq": what.seq,
            "t0_s": what.t0_ns / 1e9,
            "count": what.count,
            "lost": min(what.lost, 2**32 - 1),
            "times_s": None if times_ns is None else [each / 1e9 for each in times_ns],
            "columns": [list(column) for column in what.columns],
            "cursor": what.cursor,
        },
        "samples": samples(what),
    }


def bad_frames() -> list[Json]:
    """Frames that a client must not trust."""
    good = binary.encode(deliveries()["two analog pins"])
    return [
        {"name": "empty", "frame": "", "why": "shorter than its header"},
        {"name": "half a header", "frame": good[:20].hex(), "why": "shorter than its header"},
        {"name": "cut", "frame": good[:-1].hex(), "why": "its length is not what its header says"},
        {"name": "too long", "frame": (good + b"\0").hex(), "why": "its length is not what its header says"},
        {"name": "another dtype", "frame": (good[:1] + b"\x63" + good[2:]).hex(), "why": "unknown dtype"},
        {
            "name": "four billion scans",
            "frame": (good[:24] + struct.pack("<I", 0xFFFF_FFFF) + good[28:]).hex(),
            "why": "its length is not what its header says",
        },
        {"name": "another kind", "frame": (b"\x02" + good[1:]).hex(), "why": "unknown kind"},
    ]


def all_notifications() -> list[Json]:
    """One of each kind."""
    link = LinkQuality(3.1, 0.4, 0, 0, BoardCounters(starved_loops=2))
    board = Board("greenhouse", "Greenhouse", "sim://", BoardState.LIVE, link=link, since_ns=T0)
    what = deliveries()["two analog pins"]
    lease = Lease("greenhouse", "pump", "c_1", DRIVER, T0 + 5 * S)
    made = [
        notifications.welcome(
            protocol="ardugate.v1",
            version="0.1.0",
            life="7f3a",
            session="c_1",
            principal=DRIVER,
            now_ns=T0,
            boards=[board],
        ),
        notifications.streams([StreamOpened(what.view, ("u1",))], [StreamClosed("s9_7f3a", "rate", T0)]),
        shapes.Notification("samples", samples(what)),
        notifications.board_changed(board),
        notifications.board_gone("port-ttyacm0"),
        notifications.link_changed(board),
        shapes.Notification("loss", shapes.loss(Loss("client", "slow", "s1_7f3a", 100, 4711, T0, "greenhouse"))),
        notifications.lease_changed("taken", [lease], T0),
        notifications.driven([Driver("greenhouse", "pump", "c_1", DRIVER, T0, T0 + 2 * S)], ["greenhouse/fan"], T0),
        notifications.stop_changed("greenhouse", stopped=True, now_ns=T0, session="c_1", principal="alice"),
        notifications.log_text("greenhouse", "ready\n", T0, checked=True),
        notifications.happened("reset", "greenhouse", "greenhouse was reset (external)", T0),
        notifications.recording(shapes.recording("melting.ardcap", "recording", "", T0, T0 + S, 81_920)),
    ]
    return [notification_json(each.method, each.params) for each in made]


REQUESTS = {
    "a request": '{"jsonrpc":"2.0","id":1,"method":"get","params":{"channel":"temp"}}',
    "no params": '{"jsonrpc":"2.0","id":"a","method":"boards"}',
    "unanswered": '{"jsonrpc":"2.0","method":"stop_all"}',
    "a batch": '[{"jsonrpc":"2.0","id":1,"method":"set","params":{"channel":"a","value":1}},'
    '{"jsonrpc":"2.0","id":2,"method":"set","params":{"channel":"b","value":true}}]',
    "no JSON": "{",
    "not a number": '{"jsonrpc":"2.0","id":1,"method":"set","params":{"channel":"a","value":NaN}}',
    "an infinite number": '{"jsonrpc":"2.0","id":1,"method":"set","params":{"channel":"a","value":1e999}}',
    "an empty batch": "[]",
    "no object": "17",
    "another version": '{"jsonrpc":"1.0","id":1,"method":"boards"}',
    "unknown method": '{"jsonrpc":"2.0","id":1,"method":"gett","params":{"channel":"temp"}}',
    "a misspelt field": '{"jsonrpc":"2.0","id":1,"method":"get","params":{"chanel":"temp"}}',
    "a missing field": '{"jsonrpc":"2.0","id":1,"method":"set","params":{"channel":"temp"}}',
    "a wrong type": '{"jsonrpc":"2.0","id":1,"method":"get","params":{"channel":17}}',
    "out of range": '{"jsonrpc":"2.0","id":1,"method":"set","params":{"channel":"a","value":1,"ttl_ms":0}}',
    "params by position": '{"jsonrpc":"2.0","id":1,"method":"get","params":["temp"]}',
}


def request_vector(name: str, text: str) -> Json:
    """A client's text, and each of its requests by method or error."""
    names = {kind: method for method, kind in METHODS.items()}
    outcomes: list[Json] = []
    try:
        calls, _ = parse_calls(parse_json(text.encode()))
    except NoJsonError:
        return {"name": name, "text": text, "calls": [{"code": -32700, "reason": "bad_request"}]}
    for call in calls:
        what = call.outcome
        if isinstance(what, RequestError):
            outcomes.append({"code": code_of(what.reason), "reason": what.reason.value})
        else:
            outcomes.append({"method": names[type(what)], "answered": call.wants_answer})
    return {"name": name, "text": text, "calls": outcomes}


def build() -> Json:
    """The whole file."""
    return {
        "about": "docs/reference/gateway.md as data, written by make_gateway_vectors.py",
        "frames": [frame_vector(name, what) for name, what in deliveries().items()],
        "bad_frames": bad_frames(),
        "notifications": all_notifications(),
        "requests": [request_vector(name, text) for name, text in REQUESTS.items()],
    }


if __name__ == "__main__":
    PATH.write_text(json.dumps(build(), indent=1, ensure_ascii=False) + "\n")
