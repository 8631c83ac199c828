"""One port: opened, spoken with, opened again after an unplug; what its link says becomes the gateway's.

The bytes' way is plain: what the pipe receives goes into the link, what the link wants sent goes out, its events are
told to the gateway at once. Only opening and waiting are a task.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Collection
from dataclasses import replace
from typing import assert_never

from ardugate.errors import PortBusy, PortDenied, PortError, PortMissing, Reason, RequestError
from ardugate.link import BoardLink
from ardugate.link.events import (
    BatchReceived,
    CountersReported,
    FaultCounted,
    HungChanged,
    InfoChanged,
    LineChanged,
    LinkEvent,
    LinkHealth,
    LinkState,
    LossFound,
    PrintedChanged,
    RequestDone,
    RequestFailed,
    StopChanged,
    StreamClock,
    StreamEnded,
    StreamStarted,
    TextReceived,
)
from ardugate.model import (
    Board,
    BoardCounters,
    BoardInfo,
    BoardRequest,
    BoardState,
    NameRequest,
    Receipt,
    StopRequest,
)
from ardugate.runtime.clock import GatewayClock
from ardugate.runtime.first_contact import FirstContact
from ardugate.runtime.hearer import Hearer
from ardugate.runtime.identities import Identities
from ardugate.runtime.notices import Notices
from ardugate.runtime.options import PortOption
from ardugate.runtime.ports.opening import Opener
from ardugate.runtime.ports.pipe import Pipe
from ardugate.runtime.ports.transports import Port
from ardugate.runtime.safety import safe_values
from ardugate.runtime.state import place_of
from ardugate.runtime.telling import is_visible, printed_info, quality_of, shifted, shifted_receipt, state_told
from ardugate.runtime.watching.traffic import Traffic

logger = logging.getLogger(__name__)

# How long a board may take to answer a request: on the worst line that is still usable (1 byte in 1,000 wrong) a
# command is through after a few repetitions, 100 ms apart.
ASK_TIMEOUT_S = 2.0
# Before its port is lent a board is asked to make its outputs safe; it does so by itself when the link is gone. Who
# wants the port (avrdude gives up at once) has no more time than this.
LEND_SAFE_S = 0.3
HEALTH_NOTICE_NS = 2_000_000_000  # how often clients are told how a link does: they show it in a word

_TOLD_STATES = frozenset(BoardState) - {BoardState.CONNECTING}


class BoardTask:
    """The life of one port and of the board on it. ``run`` is the task; the rest is called on the same loop.

    ``taken``: ids that others have now.
    """

    def __init__(
        self,
        port: Port,
        option: PortOption,
        *,
        hearer: Hearer,
        identities: Identities,
        clock: GatewayClock,
        taken: Collection[str] = (),
    ) -> None:
        self.port = port
        self._option = option
        self._hearer = hearer
        self._identities = identities
        self._clock = clock
        self._now_ns = clock.steady_ns  # what is waited for has nothing to do with steps of the wall clock
        self._shifts: dict[str, int] = {}  # what makes a stream's times gateway time, fixed when it began
        place = option.id or place_of(port.address, taken)
        self._link = BoardLink(
            board=place,
            random_boot_id=lambda: 1 + secrets.randbelow(2**32 - 1),
            new_stream_id=lambda: f"b_{secrets.token_hex(8)}",
            baud=option.baud,
        )
        self.board = Board(place, option.name or place, port.address, BoardState.CONNECTING, since_ns=clock.now_ns())
        self._known = option.id is not None
        self._identity: int | None = None
        self._first_contact = FirstContact(self.ask, self._settle)
        self._pipe: Pipe | None = None
        self.opener = Opener(port, self._new_pipe, self._port_opened, self._not_opened, self._now_ns)
        self.traffic = Traffic()
        self.lent_to = ""  # who has the port; empty: nobody but us
        self._closing = False
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at_s = 0.0  # when it comes; uvloop's handles cannot tell
        self._answers: dict[int, asyncio.Future[Receipt]] = {}
        self._handle = 0
        self._port_remembered = False
        self._notices = Notices(hearer, self._now_ns)
        self._health_told_ns = 0
        self._counters: BoardCounters | None = None
        self._watchdog = False
        self.introduced = asyncio.Event()  # something better than ``connecting`` is known
        self.failures = 0  # our own mistakes that the boundary caught

    async def open_first(self, *, wait: bool) -> None:
        """Open the port for the first time; raises what ``Opener.open_first`` raises."""
        self._hearer.board_changed(self.board, known=self._known)
        await self.opener.open_first(wait=wait)

    async def run(self) -> None:
        """Keep the port open until cancelled."""
        await self.opener.run()

    async def lend(self, to: str) -> None:
        """Put outputs safe and let go of the port, for ``to``; it is free when this returns. Clients stay, and are told
        that it is lent. Raises RequestError where it is lent already."""
        if self.lent_to:
            raise RequestError(Reason.REFUSED, f"{self.board.port} is lent to {self.lent_to}", "take it back first")
        asked = [self.ask(each, LEND_SAFE_S) for each in safe_values(self.board)]
        self.lent_to = to  # from now on nobody may move an output again
        for answer in await asyncio.gather(*asked, return_exceptions=True):
            if isinstance(answer, RequestError):
                logger.info("%s: its board makes an output safe by itself: %s", self.board.id, answer)
        pipe = self._pipe
        await self.opener.let_go()
        if pipe is not None:
            self._lost(pipe, "")
        self._become(BoardState.LENT, f"lent to {to}")

    def reclaim(self) -> None:
        """Take the port back, and open it at once. Nothing happens where it is not lent."""
        if self.lent_to:
            to, self.lent_to = self.lent_to, ""
            self._become(BoardState.CONNECTING, f"taken back from {to}")
            self.opener.take_back()

    def ask(self, request: BoardRequest, timeout_s: float = ASK_TIMEOUT_S) -> asyncio.Future[Receipt]:
        """Ask the board; the future gets its receipt or a RequestError, at the latest after ``timeout_s``."""
        now_ns = self._now_ns()
        self._handle += 1
        answer: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        if isinstance(request, NameRequest) and self._option.name is not None:
            message = f"the config names this board {self._option.name!r}"
            answer.set_exception(RequestError(Reason.REFUSED, message, "change its name there"))
            return answer
        if self.lent_to and not (isinstance(request, StopRequest) and self._pipe is not None):
            message = f"the board's port is lent to {self.lent_to}"
            answer.set_exception(RequestError(Reason.OFFLINE, message, f"`ardugate reclaim {self.board.port}`"))
            return answer
        self._answers[self._handle] = answer
        if isinstance(request, StopRequest) and self._pipe is not None and not self._pipe.paused:
            self._pipe.write(self._link.stop_ahead(now_ns))
        self._link.send(now_ns, self._handle, request, now_ns + int(timeout_s * 1e9))
        self._after_link()
        return answer

    def clock_set(self) -> None:
        """Gateway time was stepped: all streams end, their successors use the new time."""
        self._link.restart_streams(self._now_ns(), "clock")
        self._after_link()

    def close(self) -> None:
        """Let go of the port at once; what waits for an answer fails. The task itself is the owner's to cancel."""
        self._closing = True
        if self._pipe is not None:
            pipe = self._pipe
            pipe.abort()
            self._lost(pipe, "the gateway ends")
        if self._timer is not None:
            self._timer.cancel()

    # What the opener says.

    def _new_pipe(self) -> Pipe:
        return Pipe(self._opened, self._received, self._after_link, self._lost, self.traffic)

    def _port_opened(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self._change(replace(self.board, port=self.port.address))

    def _not_opened(self, error: PortError) -> None:
        state = BoardState.BLOCKED if isinstance(error, PortBusy | PortDenied) else BoardState.DOWN
        # "unplugged" says more than "there is no such port".
        if not (isinstance(error, PortMissing) and self.board.state is BoardState.DOWN and self.board.reason):
            self._become(state, error.cause + (f" ({error.detail})" if error.detail else ""))

    # What the pipe says.

    def _opened(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self.traffic.baud = self.port.baud
        self._link.connection_made(self._now_ns(), self.port.baud)
        self._after_link()

    def _received(self, data: bytes) -> None:
        if self._link.receive_data(self._now_ns(), data):
            self._after_link()

    def _lost(self, pipe: Pipe, reason: str) -> None:
        if self._pipe is pipe:
            self._pipe = None
            self._link.connection_lost(self._now_ns(), reason)
            self._after_link()

    # What the link says.

    def _after_link(self) -> None:
        """After each call of the link: tell its events, send its bytes, keep its time."""
        while events := self._link.events():
            for event in events:
                try:
                    self._handle_event(event)
                except Exception:
                    # The boundary: a mistake of ours costs one event, neither the port nor the gateway.
                    self.failures += 1
                    logger.exception("%s: not handled: %.200r", self.board.id, event)
        if self._pipe is not None and not self._pipe.paused and (data := self._link.data_to_send()):
            self._pipe.write(data)
        deadline_ns = self._link.next_deadline()
        if deadline_ns is not None:
            self._arm((deadline_ns - self._now_ns()) / 1e9)

    def _arm(self, delay_s: float) -> None:
        """See to it that ``_tick`` is called by then. Too soon does no harm: a timer is cheaper kept than exchanged."""
        loop = asyncio.get_running_loop()
        at_s = loop.time() + max(0.0, delay_s)
        if self._timer is not None:
            if self._timer_at_s <= at_s:
                return
            self._timer.cancel()
        self._timer, self._timer_at_s = loop.call_at(at_s, self._tick), at_s

    def _tick(self) -> None:
        self._timer = None
        self._link.tick(self._now_ns())
        self._after_link()

    def _handle_event(self, event: LinkEvent) -> None:
        match event:
            case BatchReceived(batch, packed):
                self._hearer.publish(shifted(batch, self._shifts[batch.stream]), packed)
            case StreamStarted(stream):
                shift_ns = self._shifts[stream.id] = self._clock.shift_ns
                self._hearer.stream_started(
                    replace(stream, board=self.board.id, started_ns=stream.started_ns + shift_ns)
                )
            case StreamEnded(stream_id, cause, at_ns):
                self._hearer.stream_ended(stream_id, cause, at_ns + self._shifts.pop(stream_id))
            case StreamClock(stream_id, clock_error_s):
                self._hearer.stream_clock(stream_id, clock_error_s)
            case LossFound(loss):
                at_ns = loss.at_ns + self._shifts.get(loss.stream, self._clock.shift_ns)
                self._hearer.lost(replace(loss, board=self.board.id, at_ns=at_ns))
            case RequestDone(handle, receipt):
                if not (answer := self._answers.pop(handle)).done():
                    answer.set_result(shifted_receipt(receipt, self._clock.shift_ns))
            case RequestFailed(handle, error):
                if not (answer := self._answers.pop(handle)).done():
                    answer.set_exception(error)
            case LineChanged(baud):
                if self._pipe is not None:
                    self._pipe.set_baud(baud)
            case LinkState(state, reason):
                if not (self.lent_to and state is BoardState.DOWN):  # it is lent in a moment, which says more
                    self._become(state, reason)
            case InfoChanged(info, stopped):
                self._learn(info, stopped=stopped)
            case StopChanged(stopped):
                self._change(replace(self.board, stopped=stopped))
                self._hearer.stop_changed(self.board.id, stopped=stopped)
            case HungChanged(hung):
                self._note_hung(hung=hung)
            case TextReceived(text, checked):
                self._hearer.text_received(self.board.id, text, checked=checked)
            case PrintedChanged(channels):
                self._change(replace(self.board, info=printed_info(self.board.name, channels), stopped=False))
            case FaultCounted(kind, detail, count):
                self._note_fault(kind, detail, count)
            case LinkHealth():
                self._note_health(event)
            case CountersReported(counters):
                self._note_counters(counters)
            case _:
                assert_never(event)

    def _become(self, state: BoardState, reason: str) -> None:
        if (state, reason) == (self.board.state, self.board.reason):
            return
        before = self.board.state
        if state is not BoardState.CONNECTING:
            self.introduced.set()
        # A silent board's last figures are worth seeing; after that they are another link's.
        link = self.board.link if state in (BoardState.LIVE, BoardState.SILENT) else None
        if link is None:
            self._counters, self._watchdog = None, False
        self._change(replace(self.board, state=state, reason=reason, since_ns=self._clock.now_ns(), link=link))
        text = state_told(self.board)
        logger.log(logging.DEBUG if self._closing else logging.INFO, "%s: %s", self.port.address, text)
        if state is BoardState.CONNECTING and before in (BoardState.LIVE, BoardState.SILENT):
            self._hearer.happened("reset", self.board.id, f"{self.board.name} was reset")
        elif state in _TOLD_STATES:
            self._hearer.happened(state.value, self.board.id, text)

    def _change(self, board: Board) -> None:
        if board != self.board:
            self.board = board
            self._hearer.board_changed(board, known=self._known)

    def _note_health(self, health: LinkHealth) -> None:
        if health.watchdog and not self._watchdog:
            self._hearer.happened("safe", self.board.id, f"{self.board.name}'s watchdog has put its outputs safe")
        self._watchdog = health.watchdog
        quality = quality_of(health, self._counters, self.traffic.baud)
        now_ns = self._now_ns()
        # Only when somebody would see a difference.
        if now_ns - self._health_told_ns >= HEALTH_NOTICE_NS and is_visible(self.board.link, quality):
            self._health_told_ns = now_ns
            self.board = replace(self.board, link=quality)
            self._hearer.link_changed(self.board, known=self._known)

    def _note_hung(self, *, hung: bool) -> None:
        self._change(replace(self.board, hung=hung))
        self._notices.hung(self.board, hung=hung)

    def _note_counters(self, counters: BoardCounters) -> None:
        """What the board counted; told with the link's health. What it lost is in the ledger already, by scans."""
        logger.debug("%s: %s", self.board.id, counters)
        before, self._counters = self._counters or BoardCounters(), counters
        if counters.starved_loops > before.starved_loops:
            self._notices.starved(self.board, counters.starved_loops)

    def _note_fault(self, kind: str, detail: str, count: int) -> None:
        logger.debug("%s: %s: %s (%d in all)", self.board.id, kind, detail, count)
        self.traffic.faults[kind] = count
        self._notices.fault(self.board, kind, detail, count)

    # Who the board is.

    def _learn(self, info: BoardInfo, *, stopped: bool) -> None:
        """The board said who it is, or something of it changed."""
        if info.firmware.identity != self._identity:
            if self._first_contact.is_mine(info.firmware.identity):
                self._settle(info.firmware.identity)
            else:
                self._recognize(info)
        self._change(replace(self.board, name=self._option.name or info.name, info=info, stopped=stopped))
        if not self._port_remembered and self.port.key is not None:
            self._port_remembered = True
            self._identities.spoke(self.port.key)

    def _recognize(self, info: BoardInfo) -> None:
        self._identity = info.firmware.identity
        if not self._identity:
            self._first_contact.offer()
        if self._option.id is not None:
            return
        place = self.port.key or f"path:{self.port.address}"
        name = self._option.name or info.name
        board_id = self._identities.recognize(self, self._identity, place, name)
        if board_id == self.board.id:
            return
        before, self.board = (
            self.board,
            replace(self.board, id=board_id, name=name, stopped=False, hung=False, info=None),
        )
        if self._known:
            gone = replace(before, state=BoardState.DOWN, reason="another board is on its port")
            self._hearer.board_changed(gone, known=True)
        else:
            self._hearer.place_ended(before.id)
        self._known = True

    def _settle(self, identity: int) -> None:
        if identity != self._identity:
            self._identity = identity
            logger.info("%s was given the identity %016x", self.board.id, identity)
            if self._option.id is None:
                self._identities.settle(self.board.id, identity)
