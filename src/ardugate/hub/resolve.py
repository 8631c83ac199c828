"""From what a client wrote to a board and a channel; and the list of boards that this needs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import translate
from typing import NamedTuple

from ardugate.errors import Reason, RequestError
from ardugate.model import Board, Channel

_WILD = re.compile(r"[*?\[]")

# Names that a hint lists at most, and characters of a peer's own text that an error repeats.
_HINT_NAMES = 8
_ECHO_CHARS = 48


class Address(NamedTuple):
    """A board's id and a channel's own name (never an alias)."""

    board: str
    channel: str


class Directory:
    """Every board that the gateway knows. ``put`` it again whenever anything of it changes."""

    def __init__(self) -> None:
        self._boards: dict[str, Board] = {}
        self._known: set[str] = set()

    def put(self, board: Board, *, known: bool = True) -> None:
        """Add or exchange a board. ``known`` False: only a place so far (``port-ttyacm0``), which no address without a
        board means."""
        self._boards[board.id] = board
        if known:
            self._known.add(board.id)

    def forget(self, board_id: str) -> None:
        """A place's entry ends, because its board is known now. Boards themselves are never forgotten."""
        self._boards.pop(board_id, None)
        self._known.discard(board_id)

    def get(self, board_id: str) -> Board | None:
        """The board of this id."""
        return self._boards.get(board_id)

    def boards(self) -> list[Board]:
        """All boards and places, by id."""
        return [self._boards[key] for key in sorted(self._boards)]

    def known(self) -> list[str]:
        """Ids of the boards that the gateway has known since it started or in its config."""
        return sorted(self._known)

    def board(self, board_id: str) -> Board:
        """The board of this id, else ``unknown_board``."""
        found = self._boards.get(board_id)
        if found is None:
            hint = _did_you_mean(board_id, self._boards, "boards: ")
            raise RequestError(Reason.UNKNOWN_BOARD, f"there is no board {_echo(board_id)}", hint)
        return found

    def channel(self, board_id: str, name: str) -> Channel:
        """A board's channel by its name or alias; ``unknown_board``, ``unknown_channel``, or ``offline`` for a board
        that has not said hello yet."""
        board = self.board(board_id)
        if board.info is None:
            raise RequestError(
                Reason.OFFLINE,
                f"board {board_id} is {board.state.value} and its channels are not known yet",
                board.reason or "wait until it is live",
            )
        own = board.info.aliases.get(name, name)
        for channel in board.info.channels:
            if channel.name == own:
                return channel
        names = [channel.name for channel in board.info.channels] + list(board.info.aliases)
        raise RequestError(
            Reason.UNKNOWN_CHANNEL,
            f"board {board_id} has no channel {_echo(name)}",
            _did_you_mean(name, names, "channels: "),
        )


class Part(Directory):
    """Some boards of a directory; it says nothing of the others."""

    def __init__(self, whole: Directory, boards: frozenset[str]) -> None:
        super().__init__()
        self._whole = whole
        self._part = boards

    def get(self, board_id: str) -> Board | None:  # noqa: D102
        return self._whole.get(board_id) if board_id in self._part else None

    def boards(self) -> list[Board]:  # noqa: D102
        return [board for board in self._whole.boards() if board.id in self._part]

    def known(self) -> list[str]:  # noqa: D102
        return [board_id for board_id in self._whole.known() if board_id in self._part]

    def board(self, board_id: str) -> Board:  # noqa: D102
        found = self.get(board_id)
        if found is None:
            hint = _did_you_mean(board_id, self.known(), "boards: ")
            raise RequestError(Reason.UNKNOWN_BOARD, f"there is no board {_echo(board_id)}", hint)
        return found


@dataclass(frozen=True, slots=True)
class Pattern:
    """A glob over addresses. ``literal``: the channel part has no wildcard, so aliases count."""

    board: re.Pattern[str]
    channel: re.Pattern[str]
    literal: str | None
    boards: frozenset[str] | None = None  # those that there are for who asks, None for all

    def matches_board(self, board_id: str) -> bool:
        """Whether any channel of this board can match."""
        return (self.boards is None or board_id in self.boards) and self.board.match(board_id) is not None

    def matches(self, board_id: str, channel: Channel, aliases: dict[str, str]) -> bool:
        """Whether this channel is meant."""
        if not self.matches_board(board_id):
            return False
        if self.literal is not None:
            return aliases.get(self.literal, self.literal) == channel.name
        return self.channel.match(channel.name) is not None


class Resolver:
    """Addresses as one connection means them: it keeps the board it first resolved to when none was named.

    ``boards`` are the ids of those that there are for it (None: all): the others it does not know.
    """

    def __init__(self, directory: Directory, boards: Collection[str] | None = None) -> None:
        self._directory = directory if boards is None else Part(directory, frozenset(boards))
        self._boards = None if boards is None else frozenset(boards)
        self._kept: str | None = None

    def boards(self) -> list[Board]:
        """All boards and places that there are for it, by id."""
        return self._directory.boards()

    def known(self) -> list[str]:
        """Ids of the boards among them that the gateway has known since it started or in its config."""
        return self._directory.known()

    def sees(self, board_id: str) -> bool:
        """Whether there is such a board for it."""
        return self._boards is None or board_id in self._boards

    def board(self, board_id: str | None = None) -> Board:
        """The board of this id; without one, the one board there is, else ``ambiguous_board``."""
        return self._directory.board(self._default() if board_id is None else board_id)

    def channel(self, text: str) -> tuple[Board, Channel]:
        """The board and channel of an address; raises ``unknown_board``, ``unknown_channel``, ``ambiguous_board`` or
        ``offline`` (a board whose channels are not known yet)."""
        board_id, name = self._split(text)
        return self._directory.board(board_id), self._directory.channel(board_id, name)

    def channels(self, texts: Iterable[str]) -> list[tuple[Board, Channel]]:
        """The channels of several addresses or globs, each once, in order. An address must exist, a glob must match
        something (else ``unknown_channel``)."""
        found: dict[Address, tuple[Board, Channel]] = {}
        for text in texts:
            if not _WILD.search(text):
                board, channel = self.channel(text)
                found[Address(board.id, channel.name)] = (board, channel)
                continue
            pattern = self.pattern(text)
            matches = [
                (board, channel)
                for board in self._directory.boards()
                if board.info is not None
                for channel in board.info.channels
                if pattern.matches(board.id, channel, board.info.aliases)
            ]
            if not matches:
                raise RequestError(Reason.UNKNOWN_CHANNEL, f"no channel matches {_echo(text)}", "look at `boards`")
            found.update({Address(board.id, channel.name): (board, channel) for board, channel in matches})
        return list(found.values())

    def pattern(self, text: str) -> Pattern:
        """A glob or address for a subscription, which may match later. What it names without a wildcard must exist
        (``unknown_board``, ``unknown_channel``), as far as its board's channels are known."""
        board_id, name = self._split(text)
        wild_board, wild_channel = _WILD.search(board_id), _WILD.search(name)
        if not wild_board:
            board = self._directory.board(board_id)
            if not wild_channel and board.info is not None:
                self._directory.channel(board_id, name)
        return Pattern(_glob(board_id), _glob(name), None if wild_channel else name, self._boards)

    def patterns(self, texts: Iterable[str] | None) -> tuple[Pattern, ...] | None:
        """Those of several, as :meth:`pattern` reads them; None for everything."""
        if texts is not None:
            return tuple(self.pattern(text) for text in texts)
        return None if self._boards is None else (Pattern(_glob("*"), _glob("*"), None, self._boards),)

    def _split(self, text: str) -> tuple[str, str]:
        board_id, slash, name = text.partition("/")
        if not slash:
            return self._default(), text
        if not board_id or not name:
            raise RequestError(
                Reason.BAD_REQUEST, f"expected an address like board/channel, got {_echo(text)}", "look at `boards`"
            )
        return board_id, name

    def _default(self) -> str:
        if self._kept is None:
            known = self._directory.known()
            if len(known) > 1:
                raise RequestError(
                    Reason.AMBIGUOUS_BOARD,
                    f"which board? there are {len(known)}",
                    "say board/channel; boards: " + _some(known),
                )
            if not known:
                raise RequestError(Reason.UNKNOWN_BOARD, "no board is known yet", "connect one, and look at `boards`")
            self._kept = known[0]
        return self._kept


def _glob(text: str) -> re.Pattern[str]:
    return re.compile(translate(text))


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    return " ".join(listed[:_HINT_NAMES]) + (" ..." if len(listed) > _HINT_NAMES else "")


def _did_you_mean(text: str, names: Iterable[str], otherwise: str) -> str:
    listed = list(names)
    near = get_close_matches(text, listed, n=3)
    if near:
        return "did you mean " + " or ".join(near) + "?"
    return otherwise + _some(listed) if listed else ""


def _echo(text: str) -> str:
    """What a peer wrote, cut short and escaped."""
    return ascii(text[:_ECHO_CHARS] + ("..." if len(text) > _ECHO_CHARS else ""))
