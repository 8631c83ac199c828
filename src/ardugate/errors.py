"""The one error tree of ardugate.

Whose fault decides the kind: a peer's bad input is a counted fault, never an exception; a user's or caller's mistake is
one of these; a dead peer is an event. Each carries data, and its sentence is built in ``__str__``::

    ArdugateError
    ├── RequestError         a request that was not done: closed ``reason``, sentence, hint
    ├── PortError            a serial port that cannot be used
    │   ├── PortMissing      it is not there
    │   ├── PortBusy         somebody else holds it
    │   ├── PortDenied       no permission
    │   └── PortNotATty      it is something else
    ├── ListenError          the gateway's TCP address cannot be listened on
    ├── ConfigError          file, key and the nearest valid key
    ├── GatewayUnreachable   no gateway answers
    ├── SeveralGateways      more than one runs, and none was chosen
    ├── LibraryInTheWay      what has the Arduino library's name is not ours to replace
    ├── ExtraMissing         a library that only some need is not installed
    ├── NotACapture          a file that holds no recording
    └── FlashError           a program that was not put onto a board
        ├── HexInvalid           the file is no program
        ├── ProgramTooLarge      the board has no room for it
        ├── NoBootloader         nothing answered
        ├── WrongProcessor       another board than the one that was named
        ├── FlashRefused         the bootloader did not do it
        ├── FlashMismatch        what was read back is not what was written
        ├── NoFirmware           this installation brings no sketch for the board
        ├── NoSketchTools        nothing here compiles a sketch
        └── SketchDoesNotCompile
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a request was not done: the closed list of docs/reference/errors.md."""

    BAD_REQUEST = "bad_request"
    UNKNOWN_METHOD = "unknown_method"
    UNKNOWN_BOARD = "unknown_board"
    UNKNOWN_CHANNEL = "unknown_channel"
    UNKNOWN_COMMAND = "unknown_command"
    UNKNOWN_SUBSCRIPTION = "unknown_subscription"
    AMBIGUOUS_BOARD = "ambiguous_board"
    WRONG_MODE = "wrong_mode"
    WRONG_TYPE = "wrong_type"
    OUT_OF_RANGE = "out_of_range"
    RATE_TOO_HIGH = "rate_too_high"
    TIMER_IN_USE = "timer_in_use"
    READ_ONLY = "read_only"
    LEASED = "leased"
    NOT_ALLOWED = "not_allowed"
    OFFLINE = "offline"
    STOPPED = "stopped"
    TIMEOUT = "timeout"
    REFUSED = "refused"
    UNKNOWN_OUTCOME = "unknown_outcome"
    KEY_REUSED = "key_reused"
    CURSOR_EXPIRED = "cursor_expired"
    TOO_MANY = "too_many"
    TOO_LARGE = "too_large"
    INTERNAL = "internal"


class ArdugateError(Exception):
    """Anything that ardugate raises on purpose."""


class RequestError(ArdugateError):
    """A request that was not done.

    ``message`` is one line of cause, lower case; ``hint`` one line of remedy, or empty.
    """

    def __init__(self, reason: Reason, message: str, hint: str = "") -> None:
        super().__init__(reason, message, hint)
        self.reason = reason
        self.message = message
        self.hint = hint
        if hint:
            self.add_note(hint)  # so that a script that does not catch it says what to do

    def __str__(self) -> str:
        return f"{self.message} ({self.reason})"


class PortError(ArdugateError):
    """A serial port that cannot be used. ``detail`` is the system's own word."""

    cause = "the port cannot be used"
    remedy = "look at `ardugate ports`"

    def __init__(self, port: str, detail: str = "", remedy: str = "") -> None:
        super().__init__(port, detail)
        self.port = port
        self.detail = detail
        if remedy:
            self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.port}: {self.cause}" + (f" ({self.detail})" if self.detail else "")


class PortMissing(PortError):
    """The port is not there."""

    cause = "there is no such port"
    remedy = "plug the board in and look at `ardugate ports`; `ardugate serve --wait` waits for it"


class PortBusy(PortError):
    """Somebody else holds the port; ``detail`` says who, where the system tells."""

    cause = "the port is in use"
    remedy = "close the other program (the Arduino IDE's serial monitor?) or stop the other gateway"


class PortDenied(PortError):
    """No permission to open the port."""

    cause = "no permission to open the port"
    remedy = "add yourself to the port's group (`sudo usermod -aG dialout $USER`) and sign in again"


class PortNotATty(PortError):
    """The path exists and is no serial port."""

    cause = "this is not a serial port"
    remedy = "look at `ardugate ports` for the paths of serial ports"


class ListenError(ArdugateError):
    """The TCP address ``listen`` cannot be listened on; ``detail`` says why, and who holds it where that is known."""

    remedy = "choose another: `--listen 127.0.0.1:0` takes any free port"

    def __init__(self, listen: str, detail: str) -> None:
        super().__init__(listen, detail)
        self.listen = listen
        self.detail = detail

    def __str__(self) -> str:
        return f"cannot listen on {self.listen}: {self.detail}"


class ConfigError(ArdugateError):
    """A configuration that cannot be used. ``nearest`` is the closest valid key, or empty."""

    def __init__(self, source: str, key: str, message: str, nearest: str = "") -> None:
        super().__init__(source, key, message, nearest)
        self.source = source
        self.key = key
        self.message = message
        self.nearest = nearest

    def __str__(self) -> str:
        where = f"{self.source}: {self.key}: " if self.key else f"{self.source}: "
        return where + self.message + (f", did you mean {self.nearest!r}?" if self.nearest else "")


class GatewayUnreachable(ArdugateError):
    """No gateway answers at ``url`` (empty: none was found)."""

    def __init__(self, url: str, detail: str = "") -> None:
        super().__init__(url, detail)
        self.url = url
        self.detail = detail

    def __str__(self) -> str:
        where = f"the gateway at {self.url} does not answer" if self.url else "no gateway is running"
        return where + (f" ({self.detail})" if self.detail else "")


class SeveralGateways(ArdugateError):
    """More than one gateway runs on this machine, and none was chosen. ``urls`` are theirs."""

    def __init__(self, urls: tuple[str, ...]) -> None:
        super().__init__(urls)
        self.urls = urls

    def __str__(self) -> str:
        return "several gateways are running: " + ", ".join(self.urls)


class LibraryInTheWay(ArdugateError):
    """The Arduino library's place is taken: ``what`` is at ``path``, and not ours to replace."""

    def __init__(self, path: str, what: str) -> None:
        super().__init__(path, what)
        self.path = path
        self.what = what

    def __str__(self) -> str:
        return f"{self.path}: expected an older library of ours or nothing, got {self.what}"


class ExtraMissing(ArdugateError):
    """``what`` needs a library that is not installed; ``extra`` is its name, and that of ardugate's extra that
    brings it."""

    def __init__(self, extra: str, what: str) -> None:
        super().__init__(extra, what)
        self.extra = extra
        self.what = what

    @property
    def remedy(self) -> str:
        """What to type."""
        return f"pip install {self.extra}"

    def __str__(self) -> str:
        return f"{self.what} need {self.extra}, which is not installed: {self.remedy}"


class NotACapture(ArdugateError):
    """The file at ``path`` holds no recording."""

    remedy = "give a file that `ardugate record` or `ardugate save` has made (NAME.ardcap)"

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path

    def __str__(self) -> str:
        return f"{self.path}: this is no recording, or nothing is in it"


class FlashError(ArdugateError):
    """A program that was not put onto a board."""

    remedy = "look at `ardugate flash --help`"


class HexInvalid(FlashError):
    """A file that is no program. ``line`` counts from 1; 0: the file as a whole."""

    remedy = "give a sketch's folder, or a .hex file as the Arduino tools write it"

    def __init__(self, line: int, detail: str) -> None:
        super().__init__(line, detail)
        self.line = line
        self.detail = detail

    def __str__(self) -> str:
        return f"line {self.line}: {self.detail}" if self.line else self.detail


class ProgramTooLarge(FlashError):
    """A program that the board has no room for; ``room_bytes`` is what it has."""

    remedy = "leave something out, or take a larger board"

    def __init__(self, board: str, room_bytes: int, got_bytes: int) -> None:
        super().__init__(board, room_bytes, got_bytes)
        self.board = board
        self.room_bytes = room_bytes
        self.got_bytes = got_bytes

    def __str__(self) -> str:
        return f"expected at most {self.room_bytes} bytes for the {self.board}, got {self.got_bytes}"


class NoBootloader(FlashError):
    """Nothing answered that speaks ``dialect``."""

    remedy = (
        "is it the board that --board names? Press its reset button right after the command starts, "
        "and unplug what hangs on D0 and D1"
    )

    def __init__(self, dialect: str) -> None:
        super().__init__(dialect)
        self.dialect = dialect

    def __str__(self) -> str:
        return f"no bootloader answered in {self.dialect}"


class WrongProcessor(FlashError):
    """The board has another processor than ``expected``; ``got`` is its signature."""

    remedy = "choose the board that it is with --board"

    def __init__(self, expected: str, signature: bytes, got: bytes) -> None:
        super().__init__(expected, signature, got)
        self.expected = expected
        self.signature = signature
        self.got = got

    def __str__(self) -> str:
        return f"expected an {self.expected} ({self.signature.hex()}), got a processor that says {self.got.hex()}"


class FlashRefused(FlashError):
    """The bootloader did not do ``what`` it was asked."""

    remedy = "try again; unplug what hangs on D0 and D1, and use another cable or USB port if it stays so"

    def __init__(self, what: str, detail: str) -> None:
        super().__init__(what, detail)
        self.what = what
        self.detail = detail

    def __str__(self) -> str:
        return f"the bootloader was asked {self.what}: {self.detail}"


class FlashMismatch(FlashError):
    """What was read back at ``address`` is not what was written."""

    remedy = "the sketch on the board is not whole: try again, with another cable or USB port if it stays so"

    def __init__(self, address: int, expected: int, got: int) -> None:
        super().__init__(address, expected, got)
        self.address = address
        self.expected = expected
        self.got = got

    def __str__(self) -> str:
        return f"read back at {self.address}: expected 0x{self.expected:02x}, got 0x{self.got:02x}"


class NoFirmware(FlashError):
    """This installation was built without the shipped sketch for ``board``."""

    remedy = (
        "`ardugate library install`, then upload File > Examples > Ardugate > Pins from the Arduino IDE "
        "(in a checkout: `make firmware`)"
    )

    def __init__(self, board: str) -> None:
        super().__init__(board)
        self.board = board

    def __str__(self) -> str:
        return f"this installation of ardugate has no sketch for the {self.board} inside"


class NoSketchTools(FlashError):
    """There is none of ``tools``, which ``sketch`` needs."""

    remedy = "install one (https://arduino.github.io/arduino-cli), or upload from the Arduino IDE: `ardugate lend PORT`"

    def __init__(self, tools: str, sketch: str) -> None:
        super().__init__(tools, sketch)
        self.tools = tools
        self.sketch = sketch

    def __str__(self) -> str:
        return f"{self.sketch}: nothing here compiles it, expected {self.tools}"


class SketchDoesNotCompile(FlashError):
    """``tool`` could not compile ``sketch``; ``said`` is all that it printed."""

    remedy = (
        "mend what the compiler names; a core that is missing is installed with `arduino-cli core install arduino:avr`"
    )

    def __init__(self, sketch: str, tool: str, said: str) -> None:
        super().__init__(sketch, tool, said)
        self.sketch = sketch
        self.tool = tool
        self.said = said

    def __str__(self) -> str:
        return f"{self.sketch} does not compile with {self.tool}"
