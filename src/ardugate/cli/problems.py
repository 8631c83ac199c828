"""What went wrong, as a line of cause, a line of remedy and an exit status."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from ardugate.errors import (
    ArdugateError,
    ConfigError,
    ExtraMissing,
    FlashError,
    GatewayUnreachable,
    HexInvalid,
    LibraryInTheWay,
    ListenError,
    NoBootloader,
    NotACapture,
    PortBusy,
    PortDenied,
    PortError,
    Reason,
    RequestError,
    SeveralGateways,
)


class Exit(IntEnum):
    """The exit statuses, for scripts."""

    OK = 0
    OTHER = 1
    USAGE = 2
    NOT_FOUND = 3
    PERMISSION = 4
    TIMEOUT = 5
    REFUSED = 6
    CONFIG = 7
    UNREACHABLE = 8
    INTERRUPTED = 130


_BY_REASON: Final = {
    Reason.UNKNOWN_BOARD: Exit.NOT_FOUND,
    Reason.UNKNOWN_CHANNEL: Exit.NOT_FOUND,
    Reason.UNKNOWN_COMMAND: Exit.NOT_FOUND,
    Reason.UNKNOWN_METHOD: Exit.NOT_FOUND,
    Reason.UNKNOWN_SUBSCRIPTION: Exit.NOT_FOUND,
    Reason.AMBIGUOUS_BOARD: Exit.NOT_FOUND,
    Reason.OFFLINE: Exit.NOT_FOUND,
    Reason.NOT_ALLOWED: Exit.PERMISSION,
    Reason.TIMEOUT: Exit.TIMEOUT,
    Reason.UNKNOWN_OUTCOME: Exit.TIMEOUT,
}

# What to do where the gateway itself gives no hint.
_HINTS: Final = {
    Reason.UNKNOWN_BOARD: "look at `ardugate boards`",
    Reason.UNKNOWN_CHANNEL: "look at `ardugate info`",
    Reason.AMBIGUOUS_BOARD: "write BOARD/CHANNEL; look at `ardugate boards`",
    Reason.OFFLINE: "look at `ardugate boards`: is it plugged in?",
    Reason.OUT_OF_RANGE: "look at `ardugate info` for what the channel takes",
    Reason.WRONG_TYPE: "look at `ardugate info` for the channel's type",
    Reason.WRONG_MODE: "look at `ardugate info`, and set another mode with `ardugate mode`",
    Reason.READ_ONLY: "look at `ardugate info` for what can be set",
    Reason.STOPPED: "`ardugate stop-all --clear` lets outputs be set again",
    Reason.UNKNOWN_OUTCOME: "the board may have done it or not: read the channel before you ask again",
}
_TRY_AGAIN: Final = "look at `ardugate boards` and try again"


# What the library that reads values says, as we say it.
_SAID_OF_VALUES: Final = (
    (r"Value error, ", ""),
    (r"Input should be a valid (\w+)(, .*)?$", r"expected a \1"),
    (r"\ba integer$", "a whole number"),
    (r"Input should be greater than or equal to ", "expected at least "),
    (r"Input should be less than or equal to ", "expected at most "),
    (r"Input should be ", "expected "),
)


class CommandError(ArdugateError):
    """A command that cannot be done; what the CLI itself has to say."""

    def __init__(self, status: Exit, cause: str, remedy: str) -> None:
        super().__init__(status, cause, remedy)
        self.status = status
        self.cause = cause
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Problem:
    """What the user is told."""

    status: Exit
    cause: str
    remedy: str


def usage_cause(message: str) -> str:
    """What the command line's library says of wrong usage, as a line of ours; empty where it says nothing."""
    for theirs, ours in _SAID_OF_VALUES:
        message = re.sub(theirs, ours, message)
    message = message.rstrip(".")
    return message[:1].lower() + message[1:]


def problem_of(error: ArdugateError) -> Problem:
    """The two lines and the status of an error."""
    match error:
        case CommandError(status=status, cause=cause, remedy=remedy):
            return Problem(status, cause, remedy)
        case RequestError(reason=reason):
            status = _BY_REASON.get(reason, Exit.REFUSED)
            return Problem(status, str(error), error.hint or _HINTS.get(reason, _TRY_AGAIN))
        case PortBusy():
            return Problem(Exit.TIMEOUT, str(error), error.remedy)
        case PortDenied():
            return Problem(Exit.PERMISSION, str(error), error.remedy)
        case PortError():
            return Problem(Exit.NOT_FOUND, str(error), error.remedy)
        case ListenError():
            return Problem(Exit.OTHER, str(error), error.remedy)
        case ConfigError(source="flag", key=key):
            return Problem(
                Exit.USAGE, f"--{key.replace('_', '-')}: {error.message}", "`ardugate serve --help` shows what it takes"
            )
        case ConfigError(nearest=nearest):
            remedy = f"write {nearest!r} in its place" if nearest else "`ardugate config show --origin` shows them all"
            return Problem(Exit.CONFIG, str(error), remedy)
        case GatewayUnreachable():
            here = "start one with `ardugate serve` or `ardugate demo`"
            remedy = "is it running there? Look at --gateway and ARDUGATE_GATEWAY" if error.url else here
            return Problem(Exit.UNREACHABLE, str(error), remedy)
        case SeveralGateways():
            return Problem(Exit.USAGE, str(error), "choose one with --gateway URL")
        case LibraryInTheWay(path=path):
            return Problem(Exit.REFUSED, str(error), f"move {path} away, or choose another place")
        case ExtraMissing(remedy=remedy):
            return Problem(Exit.OTHER, str(error), remedy)
        case NotACapture(remedy=remedy):
            return Problem(Exit.USAGE, str(error), remedy)
        case FlashError(remedy=remedy):
            return Problem(_flash_status(error), str(error), remedy)
        case _:
            return Problem(Exit.OTHER, str(error), "look at `ardugate --help`")


def _flash_status(error: FlashError) -> Exit:
    match error:
        case NoBootloader():
            return Exit.TIMEOUT
        case HexInvalid():
            return Exit.USAGE
        case _:
            return Exit.REFUSED


def report(problem: Problem) -> None:
    """Say it on stderr, in two lines."""
    cause, remedy = (" ".join(text.split()) for text in (problem.cause, problem.remedy))
    sys.stderr.write(f"ardugate: {cause}\n  {remedy}\n")
    sys.stderr.flush()
