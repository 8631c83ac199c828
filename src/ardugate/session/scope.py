"""What of a notification is for a client that may see some boards only."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

from ardugate.session.shapes import Notification

# Recordings hold all boards, so they are for those who may see all.
_OF_ALL_BOARDS = frozenset({"recording"})


def within(notification: Notification, boards: Collection[str]) -> Notification | None:
    """The notification as such a client gets it; None where it is not for it."""
    params = cast("dict[str, Any]", notification.params)
    if notification.method in _OF_ALL_BOARDS:
        return None
    if notification.method == "lease":
        leases = [each for each in params["leases"] if each["channel"].partition("/")[0] in boards]
        return Notification("lease", {**params, "leases": leases}) if leases else None
    if notification.method == "driven":
        drivers = [each for each in params["drivers"] if each["channel"].partition("/")[0] in boards]
        ended = [each for each in params["ended"] if each.partition("/")[0] in boards]
        return Notification("driven", {**params, "drivers": drivers, "ended": ended}) if drivers or ended else None
    about: Any = params.get("gone", params.get("board"))
    board = cast("str | None", cast("dict[str, Any]", about)["id"] if isinstance(about, dict) else about)
    return notification if board is None or board in boards else None
