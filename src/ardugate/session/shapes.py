"""How values look in JSON: pure functions from frozen values to what docs/reference/gateway.md draws.

Used by the session for clients and by commands for ``--json``. Times become seconds, addresses ``board/channel``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from ardugate.errors import RequestError
from ardugate.model import (
    Argument,
    Board,
    BoardInfo,
    Channel,
    Driver,
    Lease,
    LinkQuality,
    Loss,
    Pin,
    Principal,
    Receipt,
    SketchCommand,
    Value,
    View,
)

Json = dict[str, object]


@dataclass(frozen=True, slots=True, eq=False)
class Notification:
    """A notification's method and params. Give the same object to every session: it is encoded once."""

    method: str
    params: Json


def seconds(time_ns: int) -> float:
    """Gateway time in Unix seconds (a float: exact to 0.24 µs)."""
    return time_ns / 1e9


def address(board: str, channel: str) -> str:
    """A channel's address."""
    return f"{board}/{channel}"


def board(value: Board) -> Json:
    """BOARD: what a client knows of a board."""
    return {
        "id": value.id,
        "name": value.name,
        "port": value.port,
        "state": value.state.value,
        "reason": value.reason,
        "stopped": value.stopped,
        "hung": value.hung,
        "since_t_s": seconds(value.since_ns),
        "link": link(value.link),
        "descriptor": None if value.info is None else descriptor(value.id, value.info),
    }


def link(value: LinkQuality | None) -> Json | None:
    """How a board's link does."""
    return None if value is None else asdict(value)


def descriptor(board_id: str, info: BoardInfo) -> Json:
    """What a board said of itself."""
    return {
        "name": info.name,
        "mcu": info.mcu,
        "tick_hz": info.tick_hz,
        "max_streams": info.max_streams,
        "adc_bits": info.adc_bits,
        "vref_v": info.vref_v,
        "pwm_max": info.pwm_max,
        "firmware": {
            "wire": info.firmware.wire,
            "version": info.firmware.version,
            "identity": f"{info.firmware.identity:016x}",
            "reset_cause": info.firmware.reset_cause,
        },
        "pins": [_pin(pin) for pin in info.pins],
        "channels": [channel(board_id, each) for each in info.channels],
        "commands": [_command(command) for command in info.commands],
        "aliases": dict(info.aliases),
    }


def _pin(pin: Pin) -> Json:
    return {
        "number": pin.number,
        "name": pin.name,
        "abilities": sorted(pin.abilities),
        "safe": pin.safe,
        "locked": pin.locked,
    }


def _command(command: SketchCommand) -> Json:
    return {
        "name": command.name,
        "arguments": [_argument(argument) for argument in command.arguments],
        "result": None if command.result is None else command.result.value,
        "unit": command.unit,
    }


def _argument(argument: Argument) -> Json:
    return {
        "name": argument.name,
        "type": argument.type.value,
        "unit": argument.unit,
        "minimum": argument.minimum,
        "maximum": argument.maximum,
    }


def channel(board_id: str, value: Channel) -> Json:
    """CHANNEL: one channel of a board."""
    return {
        "channel": address(board_id, value.name),
        "name": value.name,
        "type": value.type.value,
        "mode": value.mode.value,
        "unit": value.unit,
        "pin": value.pin,
        "output": value.output,
        "claimed": value.claimed,
        "events": value.events,
        "momentary": value.momentary,
        "dtype": value.dtype,
        "scale": value.scale,
        "offset": value.offset,
        "minimum": value.minimum,
        "maximum": value.maximum,
        "labels": list(value.labels),
        "hold": None if value.hold is None else value.hold.value,
        "hold_ms": value.hold_ms,
        "safe": value.safe,
        "bits": value.bits,
        "vref_v": value.vref_v,
        "effective_bits": value.effective_bits,
        "rate_hz": value.rate_hz,
        "checked": value.checked,
    }


def stream(view: View, subscriptions: Iterable[str]) -> Json:
    """STREAM: what a stream carries."""
    return {
        "stream": view.id,
        "number": view.number,
        "board": view.board,
        "form": view.form.value,
        "dtype": view.dtype,
        "every": view.every,
        "dt_s": view.dt_s,
        "rate_hz": view.rate_hz,
        "started_t_s": seconds(view.started_ns),
        "cause": view.cause,
        "predecessor": view.predecessor,
        "clock_error_s": view.clock_error_s,
        "subscriptions": list(subscriptions),
        "channels": [
            {
                "channel": address(view.board, each.name),
                "name": each.name,
                "type": each.type.value,
                "unit": each.unit,
                "scale": each.scale,
                "offset": each.offset,
                "offset_s": offset_s,
                "labels": list(each.labels),
            }
            for each, offset_s in zip(view.channels, view.offsets_s, strict=True)
        ],
    }


def loss(value: Loss) -> Json:
    """LOSS: scans that are missing."""
    return {
        "place": value.place,
        "reason": value.reason,
        "board": value.board,
        "stream": value.stream,
        "from_seq": value.from_seq,
        "count": value.count,
        "t_s": seconds(value.at_ns),
    }


def lease(value: Lease) -> Json:
    """LEASE: who may drive a channel, until when."""
    return {
        "channel": address(value.board, value.channel),
        "session": value.client,
        "principal": value.principal.name,
        "until_s": seconds(value.until_ns),
        "keep": value.keep,
    }


def driver(value: Driver) -> Json:
    """DRIVER: who set an output last, until when that holds it."""
    return {
        "channel": address(value.board, value.channel),
        "session": value.client,
        "principal": value.principal.name,
        "set_t_s": seconds(value.set_ns),
        "until_s": None if value.until_ns is None else seconds(value.until_ns),
    }


def receipt(board_id: str, channel_name: str, value: Receipt) -> Json:
    """RECEIPT: the answer to ``set`` and ``mode``."""
    result: Json = {
        "channel": address(board_id, channel_name),
        "asked": value.asked,
        "value": value.value,
        "accepted_t_s": seconds(value.accepted_ns),
        "executed_t_s": seconds(value.executed_ns),
        "hold": None if value.hold is None else value.hold.value,
    }
    if value.until_ns is not None:
        result["until_s"] = seconds(value.until_ns)
    return result


def rates(board_id: str, value: Receipt) -> Json:
    """The answer to ``rate``: the rates kept."""
    return {
        "rates": {address(board_id, name): hz for name, hz in value.rates.items()},
        "accepted_t_s": seconds(value.accepted_ns),
        "executed_t_s": seconds(value.executed_ns),
    }


def called(board_id: str, command: str, value: Receipt) -> Json:
    """The answer to ``call``: the command has ended, and gave this back."""
    return {
        "board": board_id,
        "command": command,
        "result": value.value,
        "unit": value.unit,
        "accepted_t_s": seconds(value.accepted_ns),
        "executed_t_s": seconds(value.executed_ns),
    }


def identified(board_id: str, for_ms: int, value: Receipt) -> Json:
    """The answer to ``identify``: the board shows itself for so long."""
    return {
        "board": board_id,
        "for_ms": for_ms,
        "accepted_t_s": seconds(value.accepted_ns),
        "executed_t_s": seconds(value.executed_ns),
    }


def named(board_id: str, value: Receipt) -> Json:
    """The answer to ``name``: what the board is called from now on."""
    return {
        "board": board_id,
        "name": value.value,
        "accepted_t_s": seconds(value.accepted_ns),
        "executed_t_s": seconds(value.executed_ns),
    }


def value_now(
    board_id: str, channel_name: str, value: Value, unit: str, at_ns: int, now_ns: int, *, stale: bool
) -> Json:
    """The answer to ``get``."""
    return {
        "channel": address(board_id, channel_name),
        "value": value,
        "unit": unit,
        "t_s": seconds(at_ns),
        "age_s": max(0.0, (now_ns - at_ns) / 1e9),
        "stale": stale,
    }


def subscribed(subscription: str, views: Iterable[View]) -> Json:
    """The answer to ``subscribe``."""
    return {"subscription": subscription, "streams": [stream(view, [subscription]) for view in views]}


@dataclass(frozen=True, slots=True)
class ClientInfo:
    """One connected client. ``dropped`` counts scans that were dropped for it."""

    session: str
    principal: Principal
    dialect: str
    address: str
    since_ns: int
    subscriptions: int
    dropped: int


def client(value: ClientInfo) -> Json:
    """One entry of ``clients``."""
    return {
        "session": value.session,
        "principal": value.principal.name,
        "role": value.principal.role.value,
        "dialect": value.dialect,
        "address": value.address,
        "since_t_s": seconds(value.since_ns),
        "subscriptions": value.subscriptions,
        "dropped": value.dropped,
    }


def loss_total(board_id: str, place: str, reason: str, count: int, times: int, last_ns: int) -> Json:
    """One sum of ``ledger``."""
    return {
        "board": board_id,
        "place": place,
        "reason": reason,
        "count": count,
        "times": times,
        "last_t_s": seconds(last_ns),
    }


def stopped(results: Mapping[str, Receipt | RequestError]) -> Json:
    """The answer to ``stop_all`` and ``clear_stop``, by board id."""
    return {"boards": {board_id: _stop_result(result) for board_id, result in results.items()}}


def _stop_result(result: Receipt | RequestError) -> Json:
    if isinstance(result, RequestError):
        return {"error": {"reason": result.reason.value, "message": result.message, "hint": result.hint}}
    return {"executed_t_s": seconds(result.executed_ns)}


def ticket(text: str, url: str, until_ns: int) -> Json:
    """The answer to ``ticket``."""
    return {"ticket": text, "url": url, "until_s": seconds(until_ns)}


def recording(name: str, state: str, reason: str, began_ns: int, until_ns: int, size_bytes: int) -> Json:
    """RECORDING: a capture in the gateway's folder."""
    return {
        "name": name,
        "state": state,
        "reason": reason,
        "began_t_s": seconds(began_ns),
        "until_t_s": seconds(until_ns),
        "size_bytes": size_bytes,
    }
