"""Leases: who may drive a channel, until when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ardugate.errors import Reason, RequestError
from ardugate.hub.drivers import Drivers
from ardugate.hub.limits import MAX_LEASES
from ardugate.hub.resolve import Address
from ardugate.model import Lease, Principal


@dataclass(frozen=True, slots=True)
class LeaseChange:
    """Leases that began or ended, for the notification ``lease``. ``cause``: ``taken renewed taken_over released
    expired gone``."""

    cause: str
    leases: tuple[Lease, ...]
    at_ns: int


class Leases:
    """All leases of a gateway. A ``set`` without a lease excludes nobody: the last write holds.

    Every change is handed out by ``changes``, in order. ``client`` is a connection's id; ``drivers``
    knows who set what.
    """

    def __init__(self, drivers: Drivers) -> None:
        self._drivers = drivers
        self._leases: dict[Address, Lease] = {}
        self._changes: list[LeaseChange] = []

    def check(self, client: str, principal: Principal, channel: Address, now_ns: int) -> None:
        """Raise ``leased`` when somebody else holds this channel."""
        lease = self._held(channel, now_ns)
        if lease is not None and not _is_holder(lease, client, principal):
            raise _leased(lease, now_ns)

    def take(
        self,
        client: str,
        principal: Principal,
        channels: Iterable[Address],
        ttl_ms: int,
        now_ns: int,
        *,
        takeover: bool = False,
        keep: bool = False,
    ) -> list[Lease]:
        """Lease all these channels, or none: ``leased`` when somebody else holds one (with ``takeover``, somebody of a
        higher role), ``too_many``."""
        wanted = list(dict.fromkeys(channels))
        seized: list[Lease] = []
        for channel in wanted:
            held = self._held(channel, now_ns)
            if held is None or _is_holder(held, client, principal):
                continue
            if not (takeover and principal.role.covers(held.principal.role)):
                raise _leased(held, now_ns)
            seized.append(held)
        if len(self._leases.keys() | set(wanted)) > MAX_LEASES:
            raise RequestError(Reason.TOO_MANY, f"there are {MAX_LEASES} leases already", "release some")
        until_ns = now_ns + ttl_ms * 10**6
        fresh = [Lease(each.board, each.channel, client, principal, until_ns, keep) for each in wanted]
        self._leases.update(zip(wanted, fresh, strict=True))
        self._changed("taken_over" if seized else "taken", fresh, now_ns)
        return fresh

    def renew(
        self, client: str, principal: Principal, channels: Iterable[Address], ttl_ms: int, now_ns: int
    ) -> tuple[list[Lease], list[Address]]:
        """Extend this holder's leases. Returns them, and those of the channels that this principal set last, whose
        hold the board shall extend too. All or none: ``leased`` when somebody else holds or has set one, ``refused``
        when one was neither leased nor set by the asker."""
        wanted = list(dict.fromkeys(channels))
        mine: list[Lease] = []
        set_by_me: list[Address] = []
        for channel in wanted:
            lease = self._held(channel, now_ns)
            driver = self._drivers.of(channel)
            setter = None if driver is None else driver.principal.name
            if lease is not None and not _is_holder(lease, client, principal):
                raise _leased(lease, now_ns)
            if lease is None and setter is not None and setter != principal.name:
                raise RequestError(
                    Reason.LEASED, f"{channel.board}/{channel.channel} was set by {setter}", "set it again to drive it"
                )
            if lease is None and setter is None:
                raise RequestError(
                    Reason.REFUSED, f"nothing to renew on {channel.board}/{channel.channel}", "set it or lease it first"
                )
            if lease is not None:
                mine.append(replace(lease, client=client, until_ns=now_ns + ttl_ms * 10**6))
            if setter == principal.name:
                set_by_me.append(channel)
        for lease in mine:
            self._leases[Address(lease.board, lease.channel)] = lease
        self._changed("renewed", mine, now_ns)
        return mine, set_by_me

    def release(self, client: str, principal: Principal, channels: Iterable[Address], now_ns: int) -> list[Lease]:
        """Give leases back; those of others stay. Returns what this connection still holds."""
        held = [lease for each in dict.fromkeys(channels) if (lease := self._held(each, now_ns)) is not None]
        self._end("released", [lease for lease in held if _is_holder(lease, client, principal)], now_ns)
        return [lease for lease in self._leases.values() if lease.client == client]

    def leave(self, client: str, now_ns: int) -> None:
        """A connection ended: so do its leases, but for those that it keeps."""
        self._end("gone", [each for each in self._leases.values() if each.client == client and not each.keep], now_ns)

    def tick(self, now_ns: int) -> None:
        """End what has expired."""
        self._end("expired", [lease for lease in self._leases.values() if lease.until_ns <= now_ns], now_ns)

    def clock_set(self, by_ns: int, now_ns: int) -> None:
        """Gateway time was stepped by this: each lease ends as much later, told as renewed."""
        self._leases = {key: replace(lease, until_ns=lease.until_ns + by_ns) for key, lease in self._leases.items()}
        self._changed("renewed", list(self._leases.values()), now_ns)

    def next_deadline(self) -> int | None:
        """When the next lease ends by itself."""
        return min((lease.until_ns for lease in self._leases.values()), default=None)

    def holder(self, channel: Address, now_ns: int) -> Lease | None:
        """The lease of a channel."""
        return self._held(channel, now_ns)

    def all(self) -> list[Lease]:
        """Every lease, by address."""
        return [self._leases[key] for key in sorted(self._leases)]

    def changes(self) -> list[LeaseChange]:
        """What changed since the last call, in order."""
        changes, self._changes = self._changes, []
        return changes

    def _held(self, channel: Address, now_ns: int) -> Lease | None:
        # A lease ends at its time, also when no tick has come yet.
        lease = self._leases.get(channel)
        return None if lease is None or lease.until_ns <= now_ns else lease

    def _end(self, cause: str, leases: list[Lease], now_ns: int) -> None:
        for lease in leases:
            del self._leases[Address(lease.board, lease.channel)]
        self._changed(cause, leases, now_ns)

    def _changed(self, cause: str, leases: list[Lease], now_ns: int) -> None:
        if leases:
            self._changes.append(LeaseChange(cause, tuple(leases), now_ns))


def _is_holder(lease: Lease, client: str, principal: Principal) -> bool:
    return lease.client == client or (lease.keep and lease.principal.name == principal.name)


def _leased(lease: Lease, now_ns: int) -> RequestError:
    left_s = (lease.until_ns - now_ns) / 1e9
    return RequestError(
        Reason.LEASED,
        f"{lease.board}/{lease.channel} is driven by {lease.principal.name} for another {left_s:.1f} s",
        "wait, or take it over with `lease_take` and `takeover`",
    )
