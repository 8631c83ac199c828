"""Opening a WebSocket to a gateway, and reading what it answers: for the client that scripts use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypedDict

from ardugate.client.find import Target
from ardugate.client.pinned import context
from ardugate.errors import GatewayUnreachable, Reason, RequestError

if TYPE_CHECKING:
    from ssl import SSLContext

    from websockets.asyncio.client import ClientConnection
    from websockets.typing import Subprotocol

BINARY: Final = "ardugate.v1"
OPEN_TIMEOUT_S: Final = 5.0
CLOSE_TIMEOUT_S: Final = 1.0
# Messages read ahead of the script, in the library: beyond it the socket is left full, and the gateway counts what it
# then drops for us.
READ_AHEAD: Final = 16

Json = dict[str, Any]


class Handshake(TypedDict):
    """How a WebSocket to a gateway is asked for: arguments of both of the library's ``connect``."""

    ssl: SSLContext | None
    subprotocols: list[Subprotocol]
    additional_headers: dict[str, str]
    open_timeout: float
    close_timeout: float
    compression: None
    proxy: None
    max_size: None


def handshake(target: Target, dialect: str) -> Handshake:
    """That for a gateway and a dialect."""
    from websockets.typing import Subprotocol

    return {
        "ssl": context(target),
        "subprotocols": [Subprotocol(dialect)],
        "additional_headers": {"Authorization": f"Bearer {target.token}"} if target.token else {},
        "open_timeout": OPEN_TIMEOUT_S,
        "close_timeout": CLOSE_TIMEOUT_S,
        "compression": None,  # on one's own machine it costs more than it saves
        "proxy": None,
        "max_size": None,  # the user chose this gateway; a batch of samples may be large
    }


async def open_socket(target: Target) -> ClientConnection:
    """A connection in the binary dialect. Raises GatewayUnreachable, and RequestError (``not_allowed``)."""
    from websockets.asyncio.client import connect
    from websockets.exceptions import InvalidHandshake, InvalidStatus

    try:
        return await connect(target.ws, **handshake(target, BINARY), max_queue=READ_AHEAD)
    except InvalidStatus as error:
        raise refusal(target, error.response.status_code, bytes(error.response.body or b"")) from error
    except (OSError, TimeoutError, EOFError, InvalidHandshake) as error:
        detail = getattr(error, "strerror", None) or str(error) or "no answer"
        raise GatewayUnreachable(target.url, detail.lower()) from error


def refusal(target: Target, status: int, body: bytes) -> RequestError | GatewayUnreachable:
    """Why a connection was not let in: the gateway's own two lines; for who has no token or a wrong one, what to do
    about it here."""
    if status not in (401, 403):
        return GatewayUnreachable(target.url, f"HTTP {status}: is it an ardugate gateway?")
    lines = body.decode(errors="replace").splitlines()
    cause = lines[0] if lines else f"the gateway at {target.url} does not let this token in"
    if status == 401:
        remedy = "give ARDUGATE_TOKEN the token of this gateway: its token file holds it"
    else:
        remedy = lines[1] if len(lines) > 1 else ""
    return RequestError(Reason.NOT_ALLOWED, cause, remedy)


def result_of(answer: Json) -> Json:
    """What was asked for. Raises RequestError."""
    if "error" not in answer:
        result: Json = answer["result"]
        return result
    raise request_error(answer["error"])


def request_error(error: Json) -> RequestError:
    """A refusal as it came."""
    data: Json = error.get("data") or {}
    try:
        reason = Reason(str(data.get("reason")))
    except ValueError:
        reason = Reason.INTERNAL
    return RequestError(reason, error["message"], data.get("hint") or "")
