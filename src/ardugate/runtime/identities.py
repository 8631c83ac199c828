"""Which board has which id: bound to the board's identity, remembered in the state folder.

The identity is 64 bits in the board's EEPROM (given by the gateway at first contact), else what its port says: the USB
serial number, else the place it is plugged in.
"""

from __future__ import annotations

import logging
from collections.abc import Collection

from ardugate.runtime.state import StateFolder, free_id

logger = logging.getLogger(__name__)


class Identities:
    """The ids of one gateway's boards. ``reserved`` ids belong to the config.

    A state folder that cannot be written costs the memory, not the board: it is said, and ids follow from names alone.
    """

    def __init__(self, state: StateFolder, reserved: Collection[str] = ()) -> None:
        self._state = state
        self._reserved = frozenset(reserved)
        self._owners: dict[str, object] = {}

    def recognize(self, owner: object, identity: int, place: str, name: str) -> str:
        """The id of the board with this identity (0: none yet, so its ``place`` counts) and name.

        ``owner`` is whoever speaks with the board: two boards that claim one identity (a copied EEPROM) get two ids.
        """
        try:
            board_id = self._state.bind_board(_key(identity) if identity else place, name, self._reserved)
        except OSError as error:
            logger.warning("the board's id cannot be remembered: %s", error)
            board_id = free_id(name, self._reserved)
        if self._owners.get(board_id, owner) is not owner:
            logger.warning("two boards have the identity of %s", board_id)
            board_id = free_id(board_id, self._reserved | self._owners.keys())
        self._owners[board_id] = owner
        return board_id

    def settle(self, board_id: str, identity: int) -> None:
        """The board keeps this identity in its EEPROM from now on."""
        try:
            self._state.rebind_board(board_id, _key(identity))
        except OSError as error:
            logger.warning("the identity of %s cannot be remembered: %s", board_id, error)

    def spoke(self, port_key: str) -> None:
        """A board of ours was found on this port, so that ``auto`` opens it next time."""
        try:
            self._state.remember_port(port_key)
        except OSError as error:
            logger.warning("the port cannot be remembered: %s", error)


def _key(identity: int) -> str:
    return f"eeprom:{identity:016x}"
