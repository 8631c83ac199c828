"""Views and deliveries for the session's tests."""

from __future__ import annotations

import json
from array import array
from collections.abc import Sequence
from typing import cast

from ardugate.model import Channel, Delivery, Form, Mode, Principal, Role, ValueType, View
from ardugate.session.encode import Dialect, Encoder, Frame
from ardugate.session.session import Session

S = 10**9
T0 = 1_763_800_000 * S

VIEWER = Principal("guest", Role.VIEW)
DRIVER = Principal("alice", Role.CONTROL)
ADMIN = Principal("token", Role.ADMIN)

Message = dict[str, object]


def analog(name: str, scale: float = 1.0, offset: float = 0.0, unit: str = "count", dtype: str = "u16") -> Channel:
    kind = ValueType.INT if scale == 1 and dtype != "f32" else ValueType.FLOAT
    return Channel(14, name, kind, Mode.ANALOG, unit, pin=name, dtype=dtype, scale=scale, offset=offset)


def view(
    *channels: Channel, dt_s: float | None = 0.01, number: int = 1, form: Form = Form.RAW, board: str = "greenhouse"
) -> View:
    return View(
        id=f"s{number}_7f3a",
        number=number,
        board=board,
        channels=channels,
        dtype=channels[0].dtype,
        form=form,
        every=1,
        dt_s=dt_s,
        rate_hz=None if dt_s is None else 1 / dt_s,
        started_ns=T0,
        cause="boot",
        predecessor=None,
        offsets_s=tuple(0.000112 * index for index in range(len(channels))),
        clock_error_s=0.0004,
    )


def delivery(
    of: View,
    columns: Sequence[Sequence[int] | Sequence[float] | Sequence[str]],
    *,
    seq: int = 0,
    t0_ns: int = T0,
    times_ns: Sequence[int] | None = None,
    lost: int = 0,
    cursor: str = "7f3a-1b2c",
) -> Delivery:
    times = None if times_ns is None else array("q", times_ns)
    return Delivery(of, seq, t0_ns if times is None else times[0], tuple(columns), times, lost, cursor)


def session(
    dialect: Dialect = Dialect.JSON,
    principal: Principal = DRIVER,
    encoder: Encoder | None = None,
    channels: tuple[str, ...] | None = None,
) -> Session:
    return Session(
        id="c_1", dialect=dialect, principal=principal, encoder=encoder or Encoder(), channels=channels, now_ns=T0
    )


def say(to: Session, message: object) -> None:
    """A client's message."""
    to.receive_text(T0, json.dumps(message).encode())


def ask(to: Session, method: str, params: Message | None = None, call_id: object = 1) -> None:
    """A client's request."""
    say(to, {"jsonrpc": "2.0", "id": call_id, "method": method, "params": params or {}})


def read(frame: Frame) -> Message:
    """A text message of the gateway."""
    assert frame.text
    return cast("Message", json.loads(frame.payload))


def answers(of: Session) -> list[Message]:
    """What the session has to say."""
    return [read(frame) for frame in of.data_to_send()]


def error_of(message: Message) -> tuple[int, str, str]:
    """Code, reason and hint of an error."""
    error = cast("Message", message["error"])
    data = cast("Message", error["data"])
    return cast("int", error["code"]), cast("str", data["reason"]), cast("str", data["hint"])
