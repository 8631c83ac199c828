"""Every notification of docs/reference/gateway.md, section 4, as a function. ``streams``, ``samples`` and the ``loss``
of a client's streams are made by the session from what the hub hands out."""

from __future__ import annotations

from collections.abc import Iterable

from ardugate.model import Board, Driver, Lease, Principal, StreamClosed, StreamOpened
from ardugate.session import shapes
from ardugate.session.shapes import Json, Notification, seconds

# The closed list of `event` kinds: the edges of a life.
EVENT_KINDS = (
    "live",
    "silent",
    "reset",
    "down",
    "lent",
    "other_sketch",
    "blocked",
    "clock",
    "safe",
    "hung",
    "fault",
    "mark",
    "disk",
    "alarm",
)

# The closed list of `lease` causes.
LEASE_CAUSES = ("taken", "renewed", "taken_over", "released", "expired", "gone")

METHODS = (
    "welcome",
    "streams",
    "samples",
    "board",
    "link",
    "loss",
    "lease",
    "driven",
    "stop",
    "log",
    "event",
    "recording",
)


def welcome(
    *, protocol: str, version: str, life: str, session: str, principal: Principal, now_ns: int, boards: Iterable[Board]
) -> Notification:
    """The first message of a connection."""
    return Notification(
        "welcome",
        {
            "protocol": protocol,
            "gateway": {"version": version, "life": life},
            "session": session,
            "principal": principal.name,
            "role": principal.role.value,
            "t_s": seconds(now_ns),
            "boards": [shapes.board(each) for each in boards],
        },
    )


def streams(opened: Iterable[StreamOpened], closed: Iterable[StreamClosed]) -> Notification:
    """What begins and ends for one client."""
    return Notification(
        "streams",
        {
            "streams": [shapes.stream(each.view, each.subscriptions) for each in opened],
            "ended": [{"stream": each.stream, "cause": each.cause, "t_s": seconds(each.at_ns)} for each in closed],
        },
    )


def board_changed(board: Board) -> Notification:
    """A board came, or anything of it changed."""
    return Notification("board", {"board": shapes.board(board)})


def link_changed(board: Board) -> Notification:
    """How a board's link does."""
    return Notification("link", {"board": board.id, "link": shapes.link(board.link)})


def board_gone(board_id: str) -> Notification:
    """A place's entry ended, because its board is known now."""
    return Notification("board", {"gone": board_id})


def lease_changed(cause: str, leases: Iterable[Lease], now_ns: int) -> Notification:
    """Leases began or ended; ``cause`` is one of ``LEASE_CAUSES``."""
    return Notification(
        "lease", {"cause": cause, "leases": [shapes.lease(each) for each in leases], "t_s": seconds(now_ns)}
    )


def driven(drivers: Iterable[Driver], ended: Iterable[str], now_ns: int) -> Notification:
    """Outputs were set or held on; of those in ``ended`` (addresses) nobody is the driver any more."""
    return Notification(
        "driven", {"drivers": [shapes.driver(each) for each in drivers], "ended": list(ended), "t_s": seconds(now_ns)}
    )


def stop_changed(
    board_id: str, *, stopped: bool, now_ns: int, session: str | None = None, principal: str | None = None
) -> Notification:
    """A board's stop was latched or cleared; by nobody where the board said it by itself."""
    params: Json = {"board": board_id, "stopped": stopped, "t_s": seconds(now_ns)}
    return Notification("stop", params | {"session": session, "principal": principal})


def log_text(board_id: str, text: str, now_ns: int, *, checked: bool) -> Notification:
    """What a sketch printed."""
    return Notification("log", {"board": board_id, "text": text, "t_s": seconds(now_ns), "checked": checked})


def happened(kind: str, board_id: str | None, text: str, now_ns: int, alarm: Json | None = None) -> Notification:
    """An edge of a life; ``kind`` is one of ``EVENT_KINDS``, ``text`` is for eyes. ``alarm`` is ALARM, of that kind."""
    params: Json = {"kind": kind, "board": board_id, "text": text, "t_s": seconds(now_ns)}
    return Notification("event", params if alarm is None else params | {"alarm": alarm})


def recording(told: Json) -> Notification:
    """A recording begins, ends, pauses or goes on."""
    return Notification("recording", {"recording": told})
