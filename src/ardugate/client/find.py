"""Which gateway a command speaks to, and with which token."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit, urlunsplit

from ardugate.errors import GatewayUnreachable, SeveralGateways

if TYPE_CHECKING:
    from ardugate.runtime.state import RunningGateway

GATEWAY_VARIABLE = "ARDUGATE_GATEWAY"
TOKEN_VARIABLE = "ARDUGATE_TOKEN"

_NO_URL = "expected a URL such as http://127.0.0.1:8765/"


@dataclass(frozen=True, slots=True)
class Target:
    """A gateway: ``url`` of its page (ends in a slash), ``ws`` of its WebSocket, the token (None: there is none).

    ``published`` False: it is one command's own, and ends with it. ``certificate``: the file of the one certificate
    that it may show, None: any that is good for its name."""

    url: str
    ws: str
    token: str | None = field(default=None, repr=False)
    published: bool = True
    certificate: Path | None = None


def find_gateway(
    url: str | None = None, *, environ: Mapping[str, str] | None = None, state_dir: Path | None = None
) -> Target:
    """The gateway at ``url``, else at ``ARDUGATE_GATEWAY``, else the one that runs on this machine.

    The token is ``ARDUGATE_TOKEN``, else the token file's of a gateway on this machine. Raises GatewayUnreachable (none
    runs, or the URL is none) and SeveralGateways.
    """
    environ = os.environ if environ is None else environ
    url = url or environ.get(GATEWAY_VARIABLE) or None
    token = environ.get(TOKEN_VARIABLE) or None
    from ardugate.runtime.state import running_gateways

    running = running_gateways(state_dir)
    if url is None:
        if not running:
            raise GatewayUnreachable("")
        if len(running) > 1:
            raise SeveralGateways(tuple(gateway.url for gateway in running))
        (one,) = running
        return Target(one.url, one.ws, token or _read(one.token_file), certificate=_certificate(one))
    parts = _page(url)
    page = urlunsplit(parts)
    # The token of this machine goes to this machine only. Gateways of one state folder share it.
    same = [each for each in running if _is_here(parts.hostname or "") and urlsplit(each.url).port == parts.port]
    if token is None and same:
        token = _read(same[0].token_file)
    return Target(page, _socket(parts), token, certificate=_certificate(same[0]) if same else None)


def _certificate(gateway: RunningGateway) -> Path | None:
    return Path(gateway.certificate) if gateway.certificate else None


def _page(url: str) -> SplitResult:
    parts = urlsplit(url if "://" in url else f"http://{url}")
    scheme = {"http": "http", "https": "https", "ws": "http", "wss": "https"}.get(parts.scheme)
    try:
        if scheme is None or not parts.hostname or parts.port == 0:
            raise GatewayUnreachable(url, _NO_URL)
    except ValueError:
        raise GatewayUnreachable(url, _NO_URL) from None
    return SplitResult(scheme, parts.netloc, "/", "", "")


def _socket(page: SplitResult) -> str:
    return urlunsplit(("wss" if page.scheme == "https" else "ws", page.netloc, "/ws", "", ""))


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _read(token_file: Path) -> str | None:
    try:
        return token_file.read_text("utf-8").strip() or None
    except OSError:
        return None  # without a token the gateway says what is missing
