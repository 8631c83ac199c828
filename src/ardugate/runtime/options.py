"""What a gateway is started with, and what it says once it listens."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ardugate.model import Board

if TYPE_CHECKING:
    from ardugate.alarms import Rule
    from ardugate.config import Settings

DEFAULT_LISTEN = "127.0.0.1:8765"
_MIB = 1_048_576
DEFAULT_BAUD = 115_200  # what a board starts at (docs/reference/wire.md, 1)


@dataclass(frozen=True, slots=True)
class PortOption:
    """One port to open.

    ``port`` is a path (``/dev/ttyACM0``), a USB serial number, a URL (``sim://``, ``socket://host:port``,
    ``rfc2217://host:port``) or ``auto``.
    ``id`` and ``name`` are those of a ``[[board]]`` in the config; None leaves them to the board. ``configured`` tells
    that the config file names it: such a port is always waited for. ``baud`` is the line rate to go to and not beyond,
    None: as streams need it.
    """

    port: str = "auto"
    id: str | None = None
    name: str | None = None
    configured: bool = False
    baud: int | None = None


@dataclass(frozen=True, slots=True)
class ReplayOption:
    """A capture to be served in place of boards, ``speed`` times as fast."""

    file: Path
    speed: float = 1.0


@dataclass(frozen=True, slots=True)
class RecordOptions:
    """What is kept. ``folder`` of recordings, None: in the state folder. ``ring_bytes`` on disk, 0: no ring.

    ``always``: a file a day, ``keep_days`` of them and ``keep_bytes`` in all. ``keep_free_bytes`` are left to others on
    the disk.
    """

    folder: Path | None = None
    ring_bytes: int = 64 * 1_048_576
    always: bool = False
    keep_days: int = 30
    keep_bytes: int = 16_384 * 1_048_576
    keep_free_bytes: int = 64 * 1_048_576


@dataclass(frozen=True, slots=True)
class AlarmOption:
    """An alarm: when, and whom it calls: a URL (empty: none), a program and its arguments (empty: none)."""

    rule: Rule
    webhook: str = ""
    command: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """The files (PEM) of a certificate and of its private key, which has no password."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """Everything that a gateway can be told when it starts.

    ``listen`` is ``HOST:PORT`` (port 0: any free one). ``wait``: wait for a port that is missing, is no terminal or may
    not be opened, in place of raising. ``allow_hosts`` and ``allow_origins`` are accepted beside the gateway's own.
    ``pages`` is a folder to serve at ``/pages/``. ``tls``: serve over TLS.
    ``run_for_s`` ends the gateway by itself. ``state_dir`` None: the XDG state folder. ``publish``: write the runtime
    file by which local commands find this gateway; a gateway that one command opens for itself does not.
    ``lend``: ports are lent by themselves to programs that upload (on Linux).
    ``baud`` is for sketches that only print; ours is found at 115,200. ``record``: what is kept on disk.
    ``replay``: serve this and open no port.
    ``alarms`` are those of the settings.
    """

    ports: tuple[PortOption, ...] = (PortOption(),)
    listen: str = DEFAULT_LISTEN
    baud: int = DEFAULT_BAUD
    wait: bool = False
    allow_hosts: tuple[str, ...] = ()
    allow_origins: tuple[str, ...] = ()
    pages: Path | None = None
    tls: TlsFiles | None = None
    run_for_s: float | None = None
    state_dir: Path | None = None
    publish: bool = True
    lend: bool = True
    record: RecordOptions = RecordOptions()
    replay: ReplayOption | None = None
    alarms: tuple[AlarmOption, ...] = ()


@dataclass(frozen=True, slots=True)
class Ready:
    """A gateway that listens.

    ``url`` ends in a slash; ``ws`` is the WebSocket's address; ``link`` is ``url`` with a one-time ticket for a
    browser (valid for 5 minutes); ``token`` is the secret that ``token_file`` holds, never printed unless asked for.
    ``boards`` are those known at this moment, possibly none.
    """

    url: str
    ws: str
    link: str
    token_file: Path
    token: str = field(repr=False)
    boards: tuple[Board, ...] = ()


def options_from(settings: Settings) -> ServeOptions:
    """What the settings say; the rest (``wait``, ``run_for_s`` ...) is the command's, by ``dataclasses.replace``.

    Ports of a flag or a variable are all that is opened; else those of ``[[board]]`` are opened too, and the default
    ``auto`` only where there are none.
    """
    config = settings.config
    boards = {board.port: board for board in config.board}
    origin = settings.origins["port"]
    if origin == "default":
        specs = tuple(boards) or config.port
    elif origin == "flag" or origin.startswith("ARDUGATE_"):
        specs = config.port
    else:
        specs = tuple(dict.fromkeys((*config.port, *boards)))
    ports = tuple(
        PortOption(spec, boards[spec].id, boards[spec].name, configured=True, baud=boards[spec].baud)
        if spec in boards
        else PortOption(spec)
        for spec in specs
    )
    pages = Path(config.pages).expanduser() if config.pages else None
    tls = TlsFiles(Path(config.tls_cert).expanduser(), Path(config.tls_key).expanduser()) if config.tls_cert else None
    kept = config.record
    record = RecordOptions(
        Path(kept.folder).expanduser() if kept.folder else None,
        kept.ring_mb * _MIB,
        kept.always,
        kept.keep_days,
        kept.keep_mb * _MIB,
        kept.keep_free_mb * _MIB,
    )
    alarms = tuple(AlarmOption(alarm.rule(), alarm.webhook, alarm.command) for alarm in config.alarm)
    return ServeOptions(
        ports,
        config.listen,
        config.baud,
        False,
        config.allow_host,
        config.allow_origin,
        pages,
        tls,
        lend=config.lend == "auto",
        alarms=alarms,
        record=record,
    )
