"""Opening a WebSocket to a gateway, and reading what it answers: for the client that scripts use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ardugate.client.find import Target
from ardugate.client.pinned import context
from ardugate.errors import GatewayUnreachable, Reason, RequestError

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

BINARY: Final = "ardugate.v1"
OPEN_TIMEOUT_S: Final = 5.0
CLOSE_TIMEOUT_S: Final = 1.0
# Messages read ahead of the script, in the library: beyond it the socket is left full, and the gateway counts what it
# then drops for us.
READ_AHEAD: Final = 16

Json = dict[str, Any]


async def open_socket(target: Target) -> ClientConnection:
    """A connection in the binary dialect. Raises GatewayUnreachable, and RequestError (``not_allowed``)."""
    from websockets.asyncio.client import connect
    from websockets.exceptions import InvalidHandshake, InvalidStatus
    from websockets.typing import Subprotocol

    headers = {"Authorization": f"Bearer {target.token}"} if target.token else {}
    try:
        return await connect(
            target.ws,
            ssl=context(target),
            subprotocols=[Subprotocol(BINARY)],
            additional_headers=headers,
            open_timeout=OPEN_TIMEOUT_S,
            close_timeout=CLOSE_TIMEOUT_S,
            compression=None,  # on one's own machine it costs more than it saves
            proxy=None,
            max_size=None,  # the user chose this gateway; a batch of samples may be large
            max_queue=READ_AHEAD,
        )
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
