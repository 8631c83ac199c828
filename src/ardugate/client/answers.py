"""What a gateway answers to a script: frozen values with their times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


def local(t_s: float) -> datetime:
    """Unix seconds as a date with the local time zone."""
    return datetime.fromtimestamp(t_s).astimezone()


@dataclass(frozen=True, slots=True)
class Reading:
    """A channel's newest value, in its ``unit``; None where the board says that there is none.

    ``stale``: the board is not live, or the value is older than it should be.
    """

    channel: str
    value: Any
    unit: str
    time: datetime
    age_s: float
    stale: bool


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a ``set`` or a ``mode``: ``value`` is what the board really does, not what was ``asked``.

    ``hold`` is who keeps it so (``client link board``), ``until`` when that ends by itself, if it does.
    """

    channel: str
    asked: Any
    value: Any
    accepted: datetime
    executed: datetime
    hold: str | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a sketch's command gave back (None: nothing), when it began and when it ended."""

    board: str
    command: str
    value: Any
    unit: str
    began: datetime
    ended: datetime


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm that is ``raised``, or over; ``channel`` and ``value`` are what it is about, if it is about one."""

    name: str
    raised: bool
    text: str
    board: str | None
    channel: str | None
    value: Any
    time: datetime


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording on the gateway's disk: ``state`` is ``recording``, ``paused`` (``reason`` says why) or ``whole``.

    ``began`` and ``until`` are the times of its first and last samples; None while there are none.
    """

    name: str
    state: str
    reason: str
    began: datetime | None
    until: datetime | None
    size_bytes: int


def reading(told: Mapping[str, Any]) -> Reading:
    """The answer to ``get``."""
    return Reading(told["channel"], told["value"], told["unit"], local(told["t_s"]), told["age_s"], told["stale"])


def receipt(told: Mapping[str, Any]) -> Receipt:
    """The answer to ``set`` and ``mode``."""
    until_s = told.get("until_s")
    return Receipt(
        told["channel"],
        told["asked"],
        told["value"],
        local(told["accepted_t_s"]),
        local(told["executed_t_s"]),
        told["hold"],
        None if until_s is None else local(until_s),
    )


def reply(told: Mapping[str, Any]) -> Reply:
    """The answer to ``call``."""
    return Reply(
        told["board"],
        told["command"],
        told["result"],
        told["unit"],
        local(told["accepted_t_s"]),
        local(told["executed_t_s"]),
    )


def alarm(told: Mapping[str, Any]) -> Alarm:
    """The notification ``event`` of an alarm."""
    about = told["alarm"]
    return Alarm(
        about["name"],
        about["raised"],
        told["text"],
        told["board"],
        about["channel"],
        about["value"],
        local(told["t_s"]),
    )


def recording(told: Mapping[str, Any]) -> Recording:
    """A RECORDING."""
    began_s, until_s = told["began_t_s"], told["until_t_s"]
    return Recording(
        told["name"],
        told["state"],
        told["reason"],
        None if began_s is None else local(began_s),
        None if until_s is None else local(until_s),
        told["size_bytes"],
    )
