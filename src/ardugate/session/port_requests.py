"""What a client may ask about the ports of the gateway's machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from ardugate.model import Role
from ardugate.session.params import Address, Params


@dataclass(frozen=True, slots=True)
class PortLend(Params):
    """``port_lend``: let another program have a port. ``while_connected``: for as long as this connection lasts."""

    port: Address
    to: Annotated[str, Field(min_length=1, max_length=64)] = "another program"
    while_connected: bool = False
    role: ClassVar[Role] = Role.ADMIN


@dataclass(frozen=True, slots=True)
class PortReclaim(Params):
    """``port_reclaim``: take a port back that was lent."""

    port: Address
    role: ClassVar[Role] = Role.ADMIN


@dataclass(frozen=True, slots=True)
class ListPorts(Params):
    """``ports``: every serial port that there is, and which are served."""

    role: ClassVar[Role] = Role.ADMIN


@dataclass(frozen=True, slots=True)
class UsePort(Params):
    """``port_use``: serve a port from now on."""

    port: Address
    role: ClassVar[Role] = Role.ADMIN
