"""What was seen, and what a check says of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Level(StrEnum):
    """How bad it is. ``skipped``: it could not be seen here."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    PROBLEM = "problem"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check says: ``text`` in a sentence, ``fix`` what to do (empty where there is nothing to do)."""

    check: str
    level: Level
    text: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class UsbDevice:
    """A USB device that could be a board: its ids, what it calls itself, whether a serial port belongs to it."""

    vid: int
    pid: int
    product: str = ""
    has_port: bool = False
    autosuspend: bool = False


@dataclass(frozen=True, slots=True)
class PortFacts:
    """A serial port of the system. ``openable``: this user may read and write it; ``group`` owns it."""

    path: str
    kind: str
    description: str = ""
    vid: int | None = None
    pid: int | None = None
    serial_number: str | None = None
    holders: tuple[str, ...] = ()
    group: str = ""
    openable: bool = True
    exists: bool = True
    is_tty: bool = True
    latency_timer_ms: int | None = None


@dataclass(frozen=True, slots=True)
class SpeedFacts:
    """How the line did at one rate: seconds, frames that came whole and damaged, what the board could not take."""

    baud: int
    reached: bool
    seconds: float = 0.0
    scans: int = 0
    lost: int = 0
    bad_frames: int = 0


@dataclass(frozen=True, slots=True)
class BoardFacts:
    """How a board did while it was watched for ``seconds``. ``hello_s``: from opening its port until it was live, None:
    never, or it was open before."""

    port: str
    id: str
    name: str
    state: str
    reason: str = ""
    seconds: float = 0.0
    hello_s: float | None = None
    identity: str = ""
    mcu: str = ""
    firmware: str = ""
    wire: int | None = None
    reset_cause: str = ""
    stopped: bool = False
    round_trip_ms: float | None = None
    clock_error_ms: float | None = None
    drift_ppm: float | None = None
    bad_frames: int = 0
    resends: int = 0
    counters: dict[str, int] = field(default_factory=dict[str, int])
    scans: int = 0
    lost: int = 0
    resets: int = 0
    silences: int = 0
    hangs: int = 0
    text: str = ""
    speeds: tuple[SpeedFacts, ...] = ()
    watched_by_us: bool = True


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that was seen. None: it cannot be seen here (another system, no permission).

    ``wanted`` is the port that was named.
    """

    version: str = ""
    python: str = ""
    system: str = ""
    wanted: str | None = None
    user_groups: tuple[str, ...] | None = None
    listed_groups: tuple[str, ...] | None = None
    processes: frozenset[str] | None = None
    ports: tuple[PortFacts, ...] = ()
    usb: tuple[UsbDevice, ...] | None = None
    kernel_log: tuple[str, ...] | None = None
    config_error: str = ""
    config_hint: str = ""
    listen: str = ""
    allow_host: tuple[str, ...] = ()
    allow_origin: tuple[str, ...] = ()
    listen_holder: str | None = None
    gateways: tuple[str, ...] = ()
    page_built: bool = True
    state_folder: str = ""
    state_error: str = ""
    token_mode: int | None = None
    free_bytes: int | None = None
    year: int = 2025
    boards: tuple[BoardFacts, ...] = ()
