"""Who set each output last, and until when that holds it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ardugate.hub.resolve import Address
from ardugate.model import Driver, Principal, Receipt

# What a slider sets many times a second is told at most so often, at once when nothing was told for as long: an eye
# takes it for at once, and a thousand clients cost a gateway little.
TOLD_EVERY_NS = 250_000_000


@dataclass(frozen=True, slots=True)
class DriverChange:
    """Outputs that somebody set or went on holding, and those whose driver is nobody any more (their board was reset
    or stopped), for the notification ``driven``."""

    drivers: tuple[Driver, ...]
    ended: tuple[Address, ...]


class Drivers:
    """Of all outputs. The last write holds, so there is one driver an output.

    A driver stays known when its hold is over: it has set the output last all the same. ``client`` is a connection's
    id; times are gateway time.
    """

    def __init__(self) -> None:
        self._drivers: dict[Address, Driver] = {}
        self._changed: dict[Address, None] = {}
        self._told_next_ns = 0

    def was_set(self, client: str, principal: Principal, channel: Address, receipt: Receipt) -> None:
        """This client has set the channel: its principal may renew what holds it."""
        self._drivers[channel] = Driver(
            channel.board, channel.channel, client, principal, receipt.executed_ns, receipt.until_ns
        )
        self._changed[channel] = None

    def renewed(self, channels: Iterable[Address], receipt: Receipt) -> None:
        """What holds these goes on. As on the board, one without an end stays one, and one that was over stays over."""
        for channel in channels:
            driver = self._drivers.get(channel)
            if driver is None or driver.until_ns is None or receipt.until_ns is None:
                continue
            if driver.until_ns > receipt.executed_ns:
                self._drivers[channel] = replace(driver, until_ns=receipt.until_ns)
                self._changed[channel] = None

    def forget(self, board: str) -> None:
        """A board was reset or stopped: nobody has set anything of it."""
        for channel in [each for each in self._drivers if each.board == board]:
            del self._drivers[channel]
            self._changed[channel] = None

    def of(self, channel: Address) -> Driver | None:
        """Who set it last."""
        return self._drivers.get(channel)

    def all(self) -> list[Driver]:
        """Every driver, by address."""
        return [self._drivers[key] for key in sorted(self._drivers)]

    def news(self, now_ns: int) -> DriverChange | None:
        """What changed since the last time, once it is due; None: nothing is."""
        if not self._changed or now_ns < self._told_next_ns:
            return None
        self._told_next_ns = now_ns + TOLD_EVERY_NS
        changed, self._changed = self._changed, {}
        drivers = tuple(self._drivers[each] for each in changed if each in self._drivers)
        return DriverChange(drivers, tuple(each for each in changed if each not in self._drivers))

    def next_deadline(self) -> int | None:
        """When there is news."""
        return self._told_next_ns if self._changed else None

    def clock_set(self, by_ns: int) -> None:
        """Gateway time was stepped by this: what is left of each hold stays as it was."""
        for channel, driver in self._drivers.items():
            until_ns = None if driver.until_ns is None else driver.until_ns + by_ns
            self._drivers[channel] = replace(driver, set_ns=driver.set_ns + by_ns, until_ns=until_ns)
            self._changed[channel] = None
        self._told_next_ns += by_ns
