"""What of a gateway's life goes into the journal, and in which words."""

from __future__ import annotations

import asyncio
import logging
import math
from typing import cast

from ardugate import __version__
from ardugate.errors import RequestError
from ardugate.hub import Ledger, Total
from ardugate.runtime.client import Client
from ardugate.runtime.http.access import Refusal
from ardugate.runtime.watching.audit import audit_line
from ardugate.runtime.watching.journal import Journal
from ardugate.runtime.watching.sparing import Sparing
from ardugate.session.requests import Asked
from ardugate.session.shapes import Json, Notification

logger = logging.getLogger(__name__)

# How often losses are summed up: a bad cable is a line a minute.
LOSSES_PERIOD_S = 60.0
# Lines of those who came and left, and of those who were not let in, in such a time; the rest is a number.
MOST_A_PERIOD = 50

# Of a line that a sketch printed: what fits into one on a screen.
LINE_CHARS = 200

_LOST = {
    "board": "were not taken by the board",
    "wire": "were lost on the wire",
    "queue": "were dropped inside the gateway",
    "client": "were dropped for clients that read too slowly",
}
_LEASED = {
    "taken": "was taken over for",
    "taken_over": "was taken from somebody else for",
    "expired": "is free again: the time was over of",
}


class Chronicle:
    """Listens to a gateway. Needs a running loop; ``close`` at the end."""

    def __init__(self, journal: Journal, ledger: Ledger, url: str) -> None:
        self.journal = journal
        self._ledger = ledger
        # By board, place and reason: what was said of it last, and when.
        self._told: dict[tuple[str, str, str], tuple[Total, float]] = {}
        self._unfinished: dict[str, str] = {}  # by board: the line that it is printing
        self._loop = asyncio.get_running_loop()
        self._sparing = Sparing(MOST_A_PERIOD, LOSSES_PERIOD_S)
        self._timer = self._loop.call_later(LOSSES_PERIOD_S, self._look)
        journal.note("started", f"the gateway {__version__} listens at {url}")

    def close(self) -> None:
        """The gateway has ended."""
        self._timer.cancel()
        self.sum_up_losses(at_once=True)
        self._sum_up(math.inf)
        self.journal.note("ended", "the gateway has ended")
        self.journal.close()

    def heard(self, notification: Notification) -> None:
        """Everybody is told something; the edges of a life are kept."""
        params = notification.params
        board = cast("str | None", params.get("board"))
        match notification.method:
            case "event":
                self.journal.note(str(params["kind"]), str(params["text"]), board)
            case "stop":
                who = f"by {params['principal']} ({params['session']})" if params["principal"] else "by itself"
                what = "was stopped" if params["stopped"] else "was let go again"
                self.journal.note("stop", f"{board} {what} {who}", board)
            case "lease" if str(params["cause"]) in _LEASED:
                for lease in cast("list[dict[str, object]]", params["leases"]):
                    channel = str(lease["channel"])
                    text = f"{channel} {_LEASED[str(params['cause'])]} {lease['principal']} ({lease['session']})"
                    self.journal.note("lease", text, channel.partition("/")[0])
            case "log":
                self._printed(board or "", str(params["text"]))
            case _:
                return

    def _printed(self, board: str, text: str) -> None:
        """Whole lines are kept: text comes in pieces."""
        *lines, rest = (self._unfinished.get(board, "") + text).split("\n")
        self._unfinished[board] = rest[:LINE_CHARS]  # what is cut off is not kept anyway
        for line in lines:
            if line.strip():
                self.journal.note("log", line.rstrip()[:LINE_CHARS], board, bucket=board)

    def answered(self, asked: Asked, remote: str, outcome: Json | RequestError) -> None:
        """Somebody was answered; who commanded something is written down, and what came of it."""
        if line := audit_line(asked, remote, outcome):
            text, board = line
            self.journal.note("command", text, board, bucket=asked.session)

    def came(self, client: Client) -> None:
        """Somebody has connected."""
        where, how = client.connection.remote, client.session.dialect.value or "plain"
        logger.info("client %s (%s) from %s", client.id, client.principal.name, where)
        self._note("client", f"{client.id} ({client.principal.name}) came from {where}, speaking {how}")

    def left(self, client: Client, now_ns: int) -> None:
        """Somebody is gone."""
        logger.info("client %s left", client.id)
        stayed_s = max(0, now_ns - client.since_ns) / 1e9
        self._note("client", f"{client.id} ({client.principal.name}) left after {stayed_s:.0f} s")

    def refused(self, remote: str, refusal: Refusal) -> None:
        """Somebody was not let in."""
        self._note("refused", f"{remote or 'somebody'} was not let in: {refusal.cause}")

    def sum_up_losses(self, *, at_once: bool = False) -> None:
        """What is missing since the last time; unless ``at_once``, of one place and reason once a period, however often
        somebody looks."""
        now_s = self._loop.time()
        for total in self._ledger.totals():
            key = (total.board, total.place, total.reason)
            before, said_s = self._told.get(key, (None, -math.inf))
            if before == total or (now_s - said_s < LOSSES_PERIOD_S and not at_once):
                continue
            self._told[key] = (total, now_s)
            count = total.count - (before.count if before else 0)
            times = total.times - (before.times if before else 0)
            text = f"{count} scans of {total.board} {_LOST[total.place]} ({total.reason}, {times} times)"
            self.journal.note("lost", text, total.board or None)

    def _note(self, kind: str, text: str) -> None:
        self._sum_up(now_s := self._loop.time())
        if self._sparing.lets(kind, now_s):
            self.journal.note(kind, text)

    def _sum_up(self, now_s: float) -> None:
        for kind, count in self._sparing.summed(now_s):
            self.journal.note(kind, f"and {count} more such lines within {LOSSES_PERIOD_S:.0f} s")

    def _look(self) -> None:
        self.sum_up_losses()
        self._sum_up(self._loop.time())
        self._timer = self._loop.call_later(LOSSES_PERIOD_S, self._look)
