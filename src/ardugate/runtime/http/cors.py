"""What a browser wants to hear before it lets a page of another site use the API (CORS): for the origins that
``--allow-origin`` names, each by its exact name, and for nobody else."""

from __future__ import annotations

from fastapi.responses import Response

from ardugate.runtime.http.access import Head

# What the API takes; a browser asks before each of these but a plain GET.
_METHODS = b"GET, PUT, POST"
_HEADERS = b"Authorization, Content-Type, Last-Event-ID"
# How long a browser need not ask again: a page that sets outputs asks once, and a changed setting holds soon.
_MAX_AGE_S = 600

# Said to everybody, lest a cache gives one site's answer to another.
VARY = (b"vary", b"Origin")


def shared_with(origin: str) -> list[tuple[bytes, bytes]]:
    """The headers of an answer that pages of this origin may read, sent with or without a cookie."""
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-expose-headers", b"Allow"),
    ]


def preflight(method: str, head: Head) -> Response | None:
    """The answer to a browser that asks what a page may send; None where it does not ask. It never carries a secret,
    so it comes before anybody looks for one."""
    if method != "OPTIONS" or not head.values(b"access-control-request-method"):
        return None
    answer = Response(status_code=204)
    answer.raw_headers += [
        (b"access-control-allow-methods", _METHODS),
        (b"access-control-allow-headers", _HEADERS),
        (b"access-control-max-age", str(_MAX_AGE_S).encode()),
    ]
    if head.values(b"access-control-request-private-network"):
        # From a site on the internet into somebody's own network: --allow-origin has said so.
        answer.raw_headers.append((b"access-control-allow-private-network", b"true"))
    return answer
