"""TLS to a gateway on this machine: its certificate is known, whatever names it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ardugate.client.find import Target

if TYPE_CHECKING:
    import ssl


def context(target: Target) -> ssl.SSLContext | None:
    """How to check who answers: by exactly the certificate that the gateway's runtime file names, which is made for the
    name that others know it by; None where the usual check by name has to do. Raises OSError."""
    if target.certificate is None:
        return None
    import ssl

    pinned = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    pinned.check_hostname = False
    pinned.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # it need not be its own issuer
    pinned.load_verify_locations(target.certificate)
    return pinned
