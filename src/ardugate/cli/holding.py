"""``--hold`` and ``--for``: what keeps an output as it was set, and lets go of it at the end."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from ardugate.cli.asked import find_channel
from ardugate.cli.output import say
from ardugate.errors import Reason, RequestError

if TYPE_CHECKING:
    from ardugate.client import Connection

Json = dict[str, Any]

# How long a hold is without us, should we be killed. Outputs with a shorter hold of their own get that.
TTL_MS: Final = 2_000
# A hold is renewed three times before it ends, so that two renewals may be lost on the way.
_RENEWALS: Final = 3
_FOREVER_S: Final = 3_600.0


def linger(connection: Connection, receipts: Sequence[Json], for_s: float | None, held: list[str]) -> None:
    """Renew what clients hold until the time is over, or Ctrl-C. Raises RequestError when something cannot be held any
    longer; what somebody else drives by then is no longer in ``held``."""
    ends = {name: r["until_s"] - r["executed_t_s"] for name, r in zip(held, receipts, strict=True) if r.get("until_s")}
    every_s = min(ends.values(), default=_FOREVER_S) / _RENEWALS
    began_s = monotonic()
    renew_s = began_s + every_s
    while for_s is None or monotonic() < began_s + for_s:
        end_s = renew_s if for_s is None else min(renew_s, began_s + for_s)
        # Notifications are not wanted, but they have to be read.
        connection.next_notification(max(0.0, end_s - monotonic()))
        if monotonic() >= renew_s:
            _renew(connection, list(ends), held)
            renew_s += every_s


def _renew(connection: Connection, names: Sequence[str], held: list[str]) -> None:
    calls = [("lease_renew", {"channels": [name], "ttl_ms": TTL_MS}) for name in names]
    results = connection.batch(calls) if calls else []
    failed = {name: result for name, result in zip(names, results, strict=True) if isinstance(result, RequestError)}
    for name, error in failed.items():
        # Somebody else drives this output now: its value is not ours to change.
        if error.reason is Reason.LEASED:
            held[:] = [each for each in held if each != name]
    for error in failed.values():
        raise error


@contextmanager
def letting_go(connection: Connection, held: Sequence[str], boards: Sequence[Json]) -> Generator[None]:
    """At the end of the block, however it ends, put the outputs that are then in ``held`` at their safe values, where
    they have one."""
    try:
        yield
    finally:
        calls = list[tuple[str, Json]]()
        for name in held:
            # A pin that became an output by being set has 0 as its safe value.
            channel = find_channel(boards, name)
            safe = channel["safe"] if channel is not None and channel["output"] else False
            if safe is not None:
                calls.append(("set", {"channel": name, "value": safe}))
        for result in connection.batch(calls) if calls else []:
            if isinstance(result, RequestError):
                say(f"not put safe: {result}")
