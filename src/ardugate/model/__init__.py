"""Frozen values that rooms hand each other.

Nothing here does anything: no input, no output, no clock. Times are gateway time in integer nanoseconds since the Unix
epoch (``_ns``) or the board's own microseconds since its reset (``_us``, u32, wraps). Raw values are what the board
counts; ``value = raw * scale + offset`` is in the channel's unit.
"""

from __future__ import annotations

from ardugate.model.board import (
    Argument,
    Board,
    BoardCounters,
    BoardInfo,
    BoardState,
    Channel,
    Firmware,
    Hold,
    LinkQuality,
    Mode,
    Pin,
    SketchCommand,
    Value,
    ValueType,
    parts_of,
    shortest_f32,
)
from ardugate.model.client import (
    Delivery,
    Driver,
    Form,
    Lease,
    Principal,
    Role,
    StreamClosed,
    StreamOpened,
    Taken,
    View,
)
from ardugate.model.request import (
    BoardRequest,
    CallRequest,
    ClearStopRequest,
    IdentifyRequest,
    IdentityRequest,
    ModeRequest,
    NameRequest,
    RateRequest,
    ReadRequest,
    Receipt,
    RenewRequest,
    SetRequest,
    StopRequest,
)
from ardugate.model.stream import (
    Batch,
    Loss,
    Stream,
)

__all__ = [
    "Argument",
    "Batch",
    "Board",
    "BoardCounters",
    "BoardInfo",
    "BoardRequest",
    "BoardState",
    "CallRequest",
    "Channel",
    "ClearStopRequest",
    "Delivery",
    "Driver",
    "Firmware",
    "Form",
    "Hold",
    "IdentifyRequest",
    "IdentityRequest",
    "Lease",
    "LinkQuality",
    "Loss",
    "Mode",
    "ModeRequest",
    "NameRequest",
    "Pin",
    "Principal",
    "RateRequest",
    "ReadRequest",
    "Receipt",
    "RenewRequest",
    "Role",
    "SetRequest",
    "SketchCommand",
    "StopRequest",
    "Stream",
    "StreamClosed",
    "StreamOpened",
    "Taken",
    "Value",
    "ValueType",
    "View",
    "parts_of",
    "shortest_f32",
]
