"""Whether a board that was just opened is there, and for how long one waits for it. No clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ardugate.errors import PortBusy, Reason, RequestError

# A busy port is waited for so long: a program that just ended lets go of it within that.
BUSY_S: Final = 5.0
# A board that resets when its port opens needs about 2 s before it says hello (its bootloader); the slowest known 8 s.
HELLO_S: Final = 10.0

_NO_ANSWER: Final = "is our sketch on the board? `ardugate ports` lists the ports"


class Arrivals:
    """The boards of a gateway that was just started, as ``welcome`` and ``board`` tell of them."""

    def __init__(self, boards: Iterable[dict[str, Any]] = ()) -> None:
        self._boards = {board["id"]: board for board in boards}

    def hear(self, method: str, params: Mapping[str, Any]) -> None:
        """A notification."""
        if method == "board" and "gone" in params:
            self._boards.pop(params["gone"], None)
        elif method == "board":
            self._boards[params["board"]["id"]] = params["board"]
        elif method == "welcome":
            self._boards |= {board["id"]: board for board in params["boards"]}

    def live(self, waited_s: float) -> bool:
        """Whether a board is live, after having waited so long. Raises PortBusy and RequestError: it will not be."""
        boards = list(self._boards.values())
        if any(board["state"] == "live" and board["descriptor"] for board in boards):
            return True
        for board in boards:
            if board["state"] == "other_sketch":
                hint = f"`ardugate flash {board['port']}` puts our sketch onto it; its numbers: `ardugate serve`"
                raise RequestError(Reason.OFFLINE, f"{board['port']}: {board['reason']}", hint)
            if board["state"] == "blocked" and waited_s >= BUSY_S:
                raise PortBusy(board["port"], _detail(board["reason"]))
        if waited_s >= HELLO_S:
            said = ", ".join(f"{board['port']} is {board['state']}" for board in boards) or "no port is open"
            raise RequestError(Reason.TIMEOUT, f"no board answered within {HELLO_S:g} s ({said})", _NO_ANSWER)
        return False


def _detail(reason: str) -> str:
    """What the gateway knows beyond that the port is busy."""
    detail = reason.removeprefix(PortBusy.cause).strip()
    return detail[1:-1] if detail.startswith("(") and detail.endswith(")") else detail
