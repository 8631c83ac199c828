"""The state folder: the token, who runs, which board is which, which ports spoke our wire.

    token               the secret, 0600; made once, survives restarts; delete it to sign everybody out
    gateways/8765.json  a running gateway on TCP port 8765, 0600: url, ws, pid, token file
    known.json          boards (id -> identity and name) and ports that spoke our wire

Several gateways may share a folder: each change reads the file afresh under a lock and replaces it whole.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import secrets
import sys
from collections.abc import Collection, Generator
from dataclasses import asdict, dataclass
from pathlib import Path

if sys.platform != "win32":
    import fcntl

logger = logging.getLogger(__name__)

TOKEN_BYTES = 32  # 256 random bits: nobody guesses it, whatever the rate
MAX_ID_CHARS = 32  # docs/reference/config.md: `[a-z0-9-]{1,32}`
_PRIVATE = 0o600


@dataclass(frozen=True, slots=True)
class RunningGateway:
    """One gateway that is alive, from its runtime file. ``pid`` is its process; ``certificate`` the file of its
    certificate, empty where it serves without TLS."""

    url: str
    ws: str
    pid: int
    token_file: Path
    certificate: str = ""

    def read_token(self) -> str:
        """The token, read afresh. Raises OSError."""
        return self.token_file.read_text("utf-8").strip()


@dataclass(frozen=True, slots=True)
class Known:
    """What the folder remembers. ``boards``: id -> identity (``eeprom:…``, ``usb:…`` or ``path:…``); ``ports``: keys of
    ports that spoke our wire (``PortInfo.key``)."""

    boards: dict[str, str]
    ports: frozenset[str]


class StateFolder:
    """One state folder; ``path`` None is ``$XDG_STATE_HOME/ardugate``. Made with its first use, for its owner alone."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or _default_path()
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.token_file = self.path / "token"

    def token(self) -> str:
        """The secret that all gateways of this folder share. Raises OSError."""
        with contextlib.suppress(FileNotFoundError):
            if token := self.token_file.read_text("utf-8").strip():
                return token
        with self._locked():
            if not self.token_file.exists() or not self.token_file.read_text("utf-8").strip():
                write_private(self.token_file, secrets.token_urlsafe(TOKEN_BYTES) + "\n")
        return self.token_file.read_text("utf-8").strip()

    def known(self) -> Known:
        """What is remembered now. A file that cannot be read counts as empty, and is said."""
        try:
            data = json.loads((self.path / "known.json").read_text("utf-8"))
            boards = {str(key): str(value) for key, value in data["boards"].items()}
            return Known(boards, frozenset(str(key) for key in data["ports"]))
        except FileNotFoundError:
            return Known({}, frozenset())
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            logger.warning("%s cannot be read and is begun afresh: %s", self.path / "known.json", error)
            return Known({}, frozenset())

    def remember_port(self, key: str) -> None:
        """Note that this port spoke our wire, so that ``auto`` opens it next time. Raises OSError."""
        with self._locked():
            known = self.known()
            if key not in known.ports:
                self._write_known(Known(known.boards, known.ports | {key}))

    def bind_board(self, identity: str, name: str, reserved: Collection[str] = ()) -> str:
        """The id of the board with this identity: the one it has, or a new one after its name.

        ``reserved`` ids belong to the config. Raises OSError.
        """
        with self._locked():
            known = self.known()
            for board_id, bound in known.boards.items():
                if bound == identity and board_id not in reserved:
                    return board_id
            board_id = free_id(name, {*known.boards, *reserved})
            self._write_known(Known({**known.boards, board_id: identity}, known.ports))
            return board_id

    def rebind_board(self, board_id: str, identity: str) -> None:
        """Tie an id to a new identity: the board's EEPROM now holds one. Raises OSError."""
        with self._locked():
            known = self.known()
            self._write_known(Known({**known.boards, board_id: identity}, known.ports))

    def write_running(self, tcp_port: int, gateway: RunningGateway) -> Path:
        """Tell local commands of this gateway; returns the runtime file, which the caller removes at the end."""
        folder = self.path / "gateways"
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / f"{tcp_port}.json"
        write_private(path, json.dumps({**asdict(gateway), "token_file": str(gateway.token_file)}) + "\n")
        return path

    def _write_known(self, known: Known) -> None:
        text = json.dumps({"boards": known.boards, "ports": sorted(known.ports)}, indent=1)
        write_private(self.path / "known.json", text + "\n")

    @contextlib.contextmanager
    def _locked(self) -> Generator[None]:
        with (self.path / "lock").open("a") as lock:
            if sys.platform != "win32":
                fcntl.flock(lock, fcntl.LOCK_EX)  # held for a few file operations; given back when the file is closed
            yield


def running_gateways(state_dir: Path | None = None) -> list[RunningGateway]:
    """The gateways that are alive, by TCP port. Runtime files of dead processes are skipped."""
    folder = (state_dir or _default_path()) / "gateways"
    if not folder.is_dir():
        return []
    files = sorted(folder.glob("*.json"), key=lambda path: (len(path.stem), path.stem))
    return [gateway for path in files if (gateway := _read_running(path)) is not None and _is_alive(gateway.pid)]


def free_id(name: str, taken: Collection[str]) -> str:
    """A board's name as an id: lower case, dashes for the rest, at most 32 characters; the next of a name gets ``-2``.

    >>> free_id("Green House!", {"green-house"})
    'green-house-2'
    """
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:MAX_ID_CHARS].rstrip("-") or "board"
    candidate, number = slug, 1
    while candidate in taken:
        number += 1
        ending = f"-{number}"
        candidate = slug[: MAX_ID_CHARS - len(ending)].rstrip("-") + ending
    return candidate


def _default_path() -> Path:
    base = os.environ.get("XDG_STATE_HOME", "")
    # The XDG specification: a relative path is to be ignored.
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".local" / "state") / "ardugate"


def _read_running(path: Path) -> RunningGateway | None:
    try:
        data = json.loads(path.read_text("utf-8"))
        certificate = str(data.get("certificate", ""))
        return RunningGateway(
            str(data["url"]), str(data["ws"]), int(data["pid"]), Path(data["token_file"]), certificate
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        logger.debug("%s is no runtime file: %s", path, error)
        return None


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def write_private(path: Path, text: str) -> None:
    """Replace ``path`` whole, readable by its owner alone: a reader sees the old text or the new, never half."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def place_of(address: str, taken: Collection[str] = ()) -> str:
    """What a port is called until its board is known: ``port-ttyacm0``; never one of the ids that are ``taken``."""
    return free_id("port " + address.removeprefix("/dev/").partition("?")[0], taken)
