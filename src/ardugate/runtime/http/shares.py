"""Share links: a secret of their own each, for a role and some boards, used any number of times until their end.

shares-8765.json    what the gateway on TCP port 8765 has given out, 0600: digests, never the secrets
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from ardugate.errors import Reason, RequestError
from ardugate.model import Principal, Role
from ardugate.runtime.state import write_private

logger = logging.getLogger(__name__)

# 128 random bits: nobody guesses one, whatever the rate; and short enough for a QR code that a phone reads from afar.
_SECRET_BYTES = 16
# Security limit, and what anybody can look through: some classes of thirty.
MAX_SHARES = 500
# A timer is set again after so long: the computer's clock may be set meanwhile.
_LOOK_AGAIN_S = 600.0


@dataclass(frozen=True, slots=True)
class Share:
    """A link. ``boards`` None is all of them, ``until_s`` None has no end. ``digest`` is the secret's, in hex."""

    id: str
    role: Role
    boards: tuple[str, ...] | None
    created_s: float
    until_s: float | None
    digest: str

    def principal(self, nonce: str) -> Principal:
        """Who comes by it: each browser is somebody else."""
        return Principal(f"{self.id}-{nonce}", self.role, self.boards, self.id)


class Shares:
    """Every link of one gateway. ``url`` is where its page is found from outside; ``path`` None remembers nothing.

    ``on_end`` hears of each link that is over, by its id: whoever came by it has to go. Needs a running loop.
    """

    def __init__(self, path: Path | None, url: str, now_s: Callable[[], float]) -> None:
        self.url = url
        self.on_end: Callable[[str], None] = lambda _: None
        self._path = path
        self._now_s = now_s
        self._shares = {share.id: share for share in _read(path)} if path else dict[str, Share]()
        self._timer: asyncio.TimerHandle | None = None
        self._sweep()

    def close(self) -> None:
        """No link ends by itself any more."""
        if self._timer is not None:
            self._timer.cancel()

    def create(self, role: Role, boards: tuple[str, ...] | None, for_s: float | None) -> tuple[Share, str]:
        """A new link, and its address, which is told this once. Raises RequestError."""
        self._sweep()
        if len(self._shares) >= MAX_SHARES:
            raise RequestError(Reason.TOO_MANY, f"there are {MAX_SHARES} links", "revoke some")
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        now_s = self._now_s()
        until_s = None if for_s is None else now_s + for_s
        share = Share(f"s{secrets.token_hex(3)}", role, boards, now_s, until_s, _digest(secret))
        self._shares[share.id] = share
        self._keep()
        return share, f"{self.url}?share={secret}"

    def listed(self) -> list[Share]:
        """Those that are good, oldest first."""
        self._sweep()
        return list(self._shares.values())

    def revoke(self, share_id: str) -> None:
        """End a link now. Raises RequestError."""
        if self._shares.pop(share_id, None) is None:
            raise RequestError(Reason.REFUSED, "there is no such link", "look at `ardugate link list`")
        self._keep()
        self.on_end(share_id)

    def by_secret(self, secret: str) -> Share | None:
        """The link with this secret, if it is good."""
        digest = _digest(secret)
        return next((share for share in self.listed() if share.digest == digest), None)

    def by_id(self, share_id: str) -> Share | None:
        """The link of this id, if it is good."""
        self._sweep()
        return self._shares.get(share_id)

    def _sweep(self) -> None:
        """End what is over, and look again when the next one is."""
        now_s = self._now_s()
        over = [share.id for share in self._shares.values() if share.until_s is not None and share.until_s <= now_s]
        for share_id in over:
            del self._shares[share_id]
        if over:
            self._keep()
        else:
            self._arm()
        for share_id in over:
            self.on_end(share_id)

    def _keep(self) -> None:
        self._arm()
        if self._path is None:
            return
        try:
            write_private(self._path, json.dumps([asdict(share) for share in self._shares.values()], indent=1) + "\n")
        except OSError as error:
            logger.warning("%s cannot be written, a restart forgets what was changed: %s", self._path, error)

    def _arm(self) -> None:
        self.close()
        ends = [share.until_s for share in self._shares.values() if share.until_s is not None]
        if ends:
            wait_s = min(max(0.0, min(ends) - self._now_s()), _LOOK_AGAIN_S)
            self._timer = asyncio.get_running_loop().call_later(wait_s, self._sweep)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _read(path: Path) -> list[Share]:
    """What was given out. A file that cannot be read counts as empty, and is said: its links are good no more."""
    try:
        return [
            Share(
                str(each["id"]),
                Role(each["role"]),
                None if each["boards"] is None else tuple(str(board) for board in each["boards"]),
                float(each["created_s"]),
                None if each["until_s"] is None else float(each["until_s"]),
                str(each["digest"]),
            )
            for each in json.loads(path.read_text("utf-8"))
        ]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        logger.warning("%s cannot be read, its links are good no more: %s", path, error)
        return []
