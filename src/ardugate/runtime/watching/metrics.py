"""``/metrics``: boards, clients, losses and the process, for Prometheus (docs/reference/metrics.md).

Labels are ids of boards and words of closed lists: no address, no session, no name that somebody chose for himself.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from time import process_time
from typing import Protocol

from ardugate import __version__
from ardugate.hub import Hub
from ardugate.model import Board, BoardState
from ardugate.runtime.http.open_files import open_files_limit
from ardugate.runtime.http.room import Room
from ardugate.runtime.watching.exposition import Family
from ardugate.runtime.watching.meters import Meters
from ardugate.runtime.watching.traffic import Traffic
from ardugate.session import shapes
from ardugate.session.encode import Dialect

_PROCESS = Path("/proc/self")


class Line(Protocol):
    """A board's port, as far as it is measured."""

    @property
    def board(self) -> Board:
        """Whose it is."""
        ...

    @property
    def traffic(self) -> Traffic:
        """What went over it."""
        ...


class Measured(Protocol):
    """A gateway, as far as it is measured."""

    @property
    def hub(self) -> Hub:
        """Boards, losses."""
        ...

    @property
    def meters(self) -> Meters:
        """What it counts by itself."""
        ...

    @property
    def tasks(self) -> Sequence[Line]:
        """The ports."""
        ...

    def behind(self) -> Counter[Dialect]:
        """Clients that take no bytes at present."""
        ...

    def mistakes(self) -> int:
        """Its own mistakes that a boundary caught."""
        ...

    def clients(self) -> list[shapes.ClientInfo]:
        """Who is connected."""
        ...

    @property
    def room(self) -> Room:
        """For how many clients there is room."""
        ...


def families(gateway: Measured) -> Iterator[Family]:
    """Everything that is told."""
    yield Family("ardugate_info", "gauge", "The gateway: always 1.", [({"version": __version__}, 1)])
    yield from _boards(gateway.hub)
    yield from _lines(gateway.tasks)
    yield from _flow(gateway)
    yield from _clients(gateway)
    yield from _process()


def _boards(hub: Hub) -> Iterator[Family]:
    boards = hub.directory.boards()
    yield Family(
        "ardugate_board_state",
        "gauge",
        "1 for the state that a board is in, 0 for the others.",
        [
            ({"board": board.id, "state": state.value}, int(board.state is state))
            for board in boards
            for state in BoardState
        ],
    )
    yield Family(
        "ardugate_board_stopped",
        "gauge",
        "Whether a board's outputs are stopped.",
        [({"board": board.id}, int(board.stopped)) for board in boards],
    )
    links = [(board.id, board.link) for board in boards if board.link is not None]
    yield Family(
        "ardugate_link_round_trip_seconds",
        "gauge",
        "A board's round trip now.",
        [({"board": board}, link.round_trip_ms / 1e3) for board, link in links],
    )
    yield Family(
        "ardugate_link_clock_error_seconds",
        "gauge",
        "How wrong a board's times may be.",
        [({"board": board}, link.clock_error_ms / 1e3) for board, link in links],
    )
    yield Family(
        "ardugate_link_bad_frames_total",
        "counter",
        "Damaged frames from a board.",
        [({"board": board}, link.bad_frames) for board, link in links],
    )
    yield Family(
        "ardugate_link_resends_total",
        "counter",
        "Commands that were sent to a board again.",
        [({"board": board}, link.resends) for board, link in links],
    )
    yield Family(
        "ardugate_board_counted_total",
        "counter",
        "What a board counted since its reset.",
        [
            ({"board": board, "what": what}, count)
            for board, link in links
            if link.counters is not None
            for what, count in asdict(link.counters).items()
        ],
    )


def _lines(lines: Sequence[Line]) -> Iterator[Family]:
    yield Family(
        "ardugate_line_baud",
        "gauge",
        "The rate of a board's line now, in bits a second.",
        [({"board": line.board.id}, line.traffic.baud) for line in lines if line.traffic.baud],
    )
    yield Family(
        "ardugate_line_bytes_total",
        "counter",
        "Bytes from a board and to it.",
        [
            ({"board": line.board.id, "direction": direction}, size)
            for line in lines
            for direction, size in (("in", line.traffic.received_bytes), ("out", line.traffic.sent_bytes))
        ],
    )
    yield Family(
        "ardugate_link_faults_total",
        "counter",
        "What came from a board and cannot be, by kind.",
        [
            ({"board": line.board.id, "kind": kind}, count)
            for line in lines
            for kind, count in line.traffic.faults.items()
        ],
    )


def _flow(gateway: Measured) -> Iterator[Family]:
    meters = gateway.meters
    yield Family(
        "ardugate_scans_total",
        "counter",
        "Scans that came from a board.",
        [({"board": board}, count) for board, count in meters.scans.items()],
    )
    yield Family(
        "ardugate_samples_total",
        "counter",
        "Values in them.",
        [({"board": board}, count) for board, count in meters.samples.items()],
    )
    totals = gateway.hub.ledger.totals()
    places = [({"board": each.board, "place": each.place, "reason": each.reason}, each) for each in totals]
    yield Family(
        "ardugate_lost_scans_total",
        "counter",
        "Scans that are missing, by place and reason.",
        [(labels, each.count) for labels, each in places],
    )
    yield Family(
        "ardugate_losses_total",
        "counter",
        "How often some were lost.",
        [(labels, each.times) for labels, each in places],
    )
    yield Family(
        "ardugate_request_seconds",
        "histogram",
        "From a client's request to its answer.",
        [({"method": method}, seconds) for method, seconds in meters.requests.items()],
    )
    yield Family(
        "ardugate_requests_total",
        "counter",
        "Requests that were answered, by outcome: ok, or the reason of the refusal.",
        [({"method": method, "outcome": outcome}, count) for (method, outcome), count in meters.outcomes.items()],
    )
    yield Family(
        "ardugate_forward_seconds",
        "histogram",
        "From the oldest samples that came from a port to the last client's socket, a value a tick.",
        [({}, meters.forwarding)],
    )
    yield Family(
        "ardugate_loop_lag_seconds",
        "histogram",
        "How late the gateway's loop was, looked at once a second.",
        [({}, meters.loop_lag)],
    )
    yield Family(
        "ardugate_mistakes_total",
        "counter",
        "The gateway's own mistakes: its log has them.",
        [({}, gateway.mistakes())],
    )


def _clients(gateway: Measured) -> Iterator[Family]:
    clients = Counter((each.dialect or "plain", each.principal.role.value) for each in gateway.clients())
    yield Family(
        "ardugate_clients",
        "gauge",
        "Who is connected.",
        [({"dialect": dialect, "role": role}, count) for (dialect, role), count in clients.items()],
    )
    yield Family(
        "ardugate_clients_behind",
        "gauge",
        "Who of them takes no bytes now, and loses samples if it lasts.",
        [({"dialect": dialect.value or "plain"}, gateway.behind()[dialect]) for dialect in Dialect],
    )
    for name, what, counts in (
        ("ardugate_sent_messages_total", "Messages that went out to clients.", gateway.meters.sent_messages),
        ("ardugate_sent_bytes_total", "Bytes of them.", gateway.meters.sent_bytes),
    ):
        yield Family(
            name,
            "counter",
            what,
            [({"dialect": dialect.value or "plain", "what": kind}, count) for (dialect, kind), count in counts.items()],
        )
    yield Family(
        "ardugate_clients_refused_total",
        "counter",
        "Connections that were turned away for lack of room.",
        [({}, gateway.room.refused)],
    )


def _process() -> Iterator[Family]:
    """Under the names that Prometheus' own libraries give them."""
    yield Family("process_cpu_seconds_total", "counter", "Processor time used.", [({}, process_time())])
    try:
        pages = int((_PROCESS / "statm").read_text("ascii").split()[1])
        open_files = sum(1 for _ in (_PROCESS / "fd").iterdir())
    except OSError:  # no Linux
        return
    resident = pages * os.sysconf("SC_PAGE_SIZE")
    yield Family("process_resident_memory_bytes", "gauge", "Memory in use.", [({}, resident)])
    yield Family("process_open_fds", "gauge", "Open files and sockets.", [({}, open_files)])
    if (most := open_files_limit()) is not None:
        yield Family("process_max_fds", "gauge", "How many there may be.", [({}, most)])
