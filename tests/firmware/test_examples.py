"""The examples: each builds as an Arduino library's, fits an Uno, and does what it is for on a simulated ATmega328P."""

from __future__ import annotations

import struct
from math import isnan, pi, sin

import pytest

from ardugate.wire import ops
from ardugate.wire.messages import FromBoard, Irregular, Reply, Samples, Status
from ardugate.wire.samples import Format, unpack_scans
from tests.firmware.on_chip import ChipBoard, chip_board, described
from tests.support.chip import CLOCK_HZ, Chip
from tests.support.firmware import BOARDS, ROOT, build, memory, symbols, warnings

pytestmark = pytest.mark.chip

EXAMPLES = ROOT / "arduino" / "examples"
NAMES = tuple(sorted(path.name for path in EXAMPLES.iterdir()))
# Bytes on an Uno. The aim is 22,528 of flash and 1,350 of RAM.
FLASH_BUDGET = 26_200
RAM_BUDGET = 1_345
STACK_RESERVE = 300

TMP36_V = 0.01  # per degree, from -50


def latest(said: list[FromBoard], channel: int) -> bytes:
    """The newest value of an irregular stream."""
    return [m.records[4:] for m in said if isinstance(m, Irregular) and m.channel == channel][-1]


def number(data: bytes) -> float:
    """A value or a result that is an f32."""
    (value,) = struct.unpack("<f", data)
    return float(value)


def ids(board: ChipBoard) -> dict[str, int]:
    """The channels by name."""
    return {channel.name: channel.channel for channel in described(board).channels}


def degrees(chip: Chip, celsius: float) -> None:
    """What a TMP36 on A0 says."""
    chip.set_voltage("A0", (celsius + 50) * TMP36_V)


@pytest.mark.parametrize("name", NAMES)
def test_an_example_builds_without_a_warning(name: str) -> None:
    assert build("uno", EXAMPLES / name).exists()
    assert warnings("uno", EXAMPLES / name) == ()


@pytest.mark.parametrize("board", [board for board in BOARDS if board != "uno"])
def test_the_greenhouse_builds_for_other_boards_too(board: str) -> None:
    assert build(board, EXAMPLES / "greenhouse").exists()
    assert warnings(board, EXAMPLES / "greenhouse") == ()


@pytest.mark.parametrize("name", NAMES)
def test_an_example_says_how_it_is_wired(name: str) -> None:
    text = (EXAMPLES / name / f"{name}.ino").read_text(encoding="utf-8")
    assert "// Wiring:" in text
    assert "D13" in text


@pytest.mark.parametrize("name", NAMES)
def test_an_uno_has_room_for_it(name: str) -> None:
    elf = build("uno", EXAMPLES / name)
    used = memory(elf)
    assert used.flash <= FLASH_BUDGET
    assert used.ram <= RAM_BUDGET
    with chip_board(elf) as board:
        board.boot()
        descriptor = described(board)
        for command in descriptor.commands:
            board.post(ops.Call(command.command, bytes(4 * len(command.arguments))))
        board.go(0.5)
        assert board.chip.stack()[0] >= STACK_RESERVE


def test_what_a_sketch_does_not_declare_links_to_nothing() -> None:
    shipped, scope = symbols(build("uno")), symbols(build("uno", EXAMPLES / "oscilloscope"))
    assert not [name for name in shipped if "gate::" in name.replace("ardugate::", "") or "read_part" in name]
    assert [name for name in scope if "gate::Pwm" in name]
    unused = ("gate::Output", "gate::Servo", "gate::Number", "gate::Input", "gate::Text", "read_part", "Counting")
    assert not [name for name in scope if any(word in name for word in unused)]


# --- the heater


def test_a_heater_that_is_too_hot_is_off_whatever_a_client_sets() -> None:
    with chip_board(build("uno", EXAMPLES / "heater")) as board:
        degrees(board.chip, 20)
        board.boot()
        channels = ids(board)
        heater = channels["heater"]
        board.done(ops.Set(heater, 0, 1))
        assert board.chip.level("D8") == 1
        degrees(board.chip, 61)
        said = board.go(0.02)
        assert board.chip.level("D8") == 0
        for _ in range(3):
            refused = board.command(ops.Set(heater, 0, 1))
            assert (refused.status, refused.data) == (Status.REFUSED, b"blocked")
        said += board.go(0.2)
        assert not [e for e in board.chip.edges("D8", board.chip.cycles() - CLOCK_HZ // 10) if e.level != 0]
        assert latest(said, channels["state"])[0] == 3
        degrees(board.chip, 57)  # cooler, but not yet cool
        board.go(0.02)
        assert board.command(ops.Set(heater, 0, 1)).status == Status.REFUSED
        degrees(board.chip, 54)
        board.go(0.02)
        assert board.chip.level("D8") == 0, "it does not come on by itself"
        board.done(ops.Set(heater, 0, 1))
        assert board.chip.level("D8") == 1


def test_a_heater_without_its_sensor_is_off() -> None:
    with chip_board(build("uno", EXAMPLES / "heater")) as board:
        degrees(board.chip, 20)
        board.boot()
        channels = ids(board)
        board.done(ops.Set(channels["heater"], 0, 1))
        board.chip.set_voltage("A0", 0)
        said = board.go(0.02)
        assert board.chip.level("D8") == 0
        assert board.command(ops.Set(channels["heater"], 0, 1)).status == Status.REFUSED
        said += board.go(0.1)
        assert latest(said, channels["state"])[0] == 4


def test_a_heater_holds_a_temperature_and_says_how_warm_it_is() -> None:
    with chip_board(build("uno", EXAMPLES / "heater")) as board:
        degrees(board.chip, 20)
        board.boot()
        board.post(ops.Call(0, struct.pack("<i", 25)))
        (done,) = [m for m in board.go(0.1) if isinstance(m, Reply) and m.status == Status.OK]
        assert number(done.data[4:]) == pytest.approx(20, abs=0.5)
        assert board.chip.level("D8") == 1
        degrees(board.chip, 26)
        board.go(0.02)
        assert board.chip.level("D8") == 0
        degrees(board.chip, 24)
        board.go(0.02)
        assert board.chip.level("D8") == 1
        assert board.command(ops.Call(0, struct.pack("<i", 51))).status == Status.OUT_OF_RANGE


# --- the motor


def motor(board: ChipBoard) -> dict[str, int]:
    """Between its limit switches, which are closed there."""
    for pin in ("D7", "D8"):
        board.chip.set_pin(pin, level=False)
    board.boot()
    board.go(0.5)
    return ids(board)


def duty(chip: Chip) -> float:
    """What the motor gets."""
    return chip.level("D5") or 0


def test_a_motor_comes_up_slowly_and_stops_at_once_at_its_limit_switch() -> None:
    with chip_board(build("uno", EXAMPLES / "motor")) as board:
        channels = motor(board)
        assert board.command(ops.Set(channels["speed"], 0, 255)).status == Status.OUT_OF_RANGE
        board.done(ops.Set(channels["speed"], 0, 204))
        board.go(0.4)
        assert duty(board.chip) == pytest.approx(0.23, abs=0.03)  # 0.46 s after it was set
        board.done(ops.Set(channels["speed"], 0, 204))
        said = board.go(0.4)
        assert duty(board.chip) == pytest.approx(0.46, abs=0.06)
        assert struct.unpack("<i", latest(said, channels["speed"]))[0] / 255 == pytest.approx(0.46, abs=0.06)
        board.chip.set_pin("D7", level=True)
        board.go(0.01)
        assert duty(board.chip) == 0
        assert board.command(ops.Set(channels["speed"], 0, 100)).status == Status.REFUSED
        assert duty(board.chip) == 0
        board.done(ops.Set(channels["down"], 0, 1))
        board.go(0.4)  # it stands still before it turns round
        board.done(ops.Set(channels["speed"], 0, 100))
        board.go(0.3)
        assert duty(board.chip) > 0.1


def test_a_motor_whose_driver_goes_silent_stops() -> None:
    with chip_board(build("uno", EXAMPLES / "motor")) as board:
        channels = motor(board)
        board.done(ops.Set(channels["speed"], 0, 204))
        board.go(0.9)
        assert duty(board.chip) > 0.4
        board.go(0.2)
        assert duty(board.chip) == 0


def test_a_motor_that_a_command_runs_tells_how_long_it_ran() -> None:
    with chip_board(build("uno", EXAMPLES / "motor")) as board:
        motor(board)
        board.post(ops.Call(0, struct.pack("<iBi", 50, 0, 5)))
        board.go(1.2)
        assert duty(board.chip) == pytest.approx(0.5, abs=0.01)
        board.chip.set_pin("D7", level=True)
        (done,) = [m for m in board.go(0.1) if isinstance(m, Reply) and m.status == Status.OK]
        assert number(done.data[4:]) == pytest.approx(1.2, abs=0.05)
        assert duty(board.chip) == 0


# --- the oscilloscope


def test_an_oscilloscope_shows_a_sine_without_a_gap() -> None:
    period = 16_000_000 // 2_000
    with chip_board(build("uno", EXAMPLES / "oscilloscope")) as board:
        board.chip.set_sine("A0", 2.5, 2.0, 0.02)
        board.boot()
        signal = ids(board)["signal"]
        board.done(ops.SetStream(3, 2, period, (signal,)))
        frames = [m for m in board.go(0.5) if isinstance(m, Samples) and m.stream == 3]
        values: list[float] = []
        for frame in frames:
            assert frame.seq == frames[0].seq + len(values)
            columns = unpack_scans(Format.U10, frame.packed, 1)
            assert columns is not None
            (column,) = columns
            values += [raw * 5 / 1023 for raw in column]
        assert len(values) >= 900
        # Its phase is that at which most values fit.
        turn = 2 * pi * period / 16e6 / 0.02
        phase = max(
            (step * 0.01 for step in range(628)),
            key=lambda offset: sum(value * sin(turn * at + offset) for at, value in enumerate(values[:400])),
        )
        assert all(
            value == pytest.approx(2.5 + 2 * sin(turn * at + phase), abs=0.06) for at, value in enumerate(values)
        )


# --- the weather station


class Module:
    """A Si7021 on A4 and A5, as far as the example uses it: listens to the lines and pulls one of them."""

    def __init__(self, chip: Chip, words: dict[int, int]) -> None:
        self.chip = chip
        self.words = words  # what it measures, by command
        self.spoils = False
        self._lines = {"A4": True, "A5": True}
        self._seen = 0
        self._bits: list[bool] = []
        self._sending: list[bool] = []
        self._asked = 0
        self._addressed: bool | None = None  # to be read from
        for pin in self._lines:
            chip.set_pin(pin, level=True)

    def look(self) -> None:
        """Act on what the board did since the last look."""
        changes = [(e.cycle, pin, e.level is None) for pin in self._lines for e in self.chip.edges(pin, self._seen)]
        for cycle, pin, high in sorted(changes):
            self._seen = cycle + 1
            before = dict(self._lines)
            self._lines[pin] = high
            if pin == "A4" and self._lines["A5"] and before["A4"] != high:
                self._bits, self._sending, self._addressed = [], [], None  # begin or end
            elif pin == "A5" and high and not before["A5"]:
                self._bits.append(self._lines["A4"])
            elif pin == "A5" and not high and before["A5"]:
                self._clock_fell()

    def _clock_fell(self) -> None:
        pull = False
        if self._sending:
            if len(self._bits) % 9 != 8:
                pull = not self._sending[len(self._bits) // 9 * 8 + len(self._bits) % 9]
        elif len(self._bits) % 9 == 8:
            pull = self._hear(sum(bit << (7 - at) for at, bit in enumerate(self._bits[-8:])))
        elif len(self._bits) % 9 == 0 and self._addressed and self._bits:
            word = self.words[self._asked]
            data = bytes([word >> 8, word & 0xFF, checksum(word) ^ self.spoils])
            self._sending = [bool(byte >> (7 - at) & 1) for byte in data for at in range(8)] + [True] * 8
            self._bits = []
            pull = not self._sending[0]
        self.chip.set_pin("A4", level=not pull)

    def _hear(self, byte: int) -> bool:
        """A byte for it; whether it acknowledges."""
        if self._addressed is None:
            self._addressed = bool(byte & 1)
            return byte >> 1 == 0x40
        self._asked = byte
        return byte in self.words


def checksum(word: int) -> int:
    """CRC-8 of a measurement, as the sensor's data sheet says (0x31, from 0)."""
    value = 0
    for byte in word.to_bytes(2, "big"):
        value ^= byte
        for _ in range(8):
            value = (value << 1 ^ 0x31) & 0xFF if value & 0x80 else value << 1
    return value


def listen_to(board: ChipBoard, module: Module, seconds: float) -> list[FromBoard]:
    """Let time pass in steps that are shorter than the example's clock."""
    found: list[FromBoard] = []
    for _ in range(round(seconds / 20e-6)):
        found += board.listen(20e-6)
        module.look()
    return found


def test_a_weather_station_reads_its_module_and_says_when_it_is_wrong_or_gone() -> None:
    temp_raw, humid_raw = round((21.5 + 46.85) * 65_536 / 175.72) & ~3, round((70 + 6) * 65_536 / 125) & ~3 | 2
    with Chip(build("uno", EXAMPLES / "weather"), pace="stepped") as chip:
        board = ChipBoard(chip)
        module = Module(chip, {0xF3: temp_raw, 0xF5: humid_raw})
        listen_to(board, module, 0.2)
        said = board.boot() + board.go(0.2)
        channels = ids(board)
        assert number(latest(said, channels["temp"])) == pytest.approx(21.5, abs=0.01)
        assert number(latest(said, channels["humidity"])) == pytest.approx(70, abs=0.01)
        assert latest(said, channels["air"])[0] == 3
        assert latest(said, channels["sensor"]) == b"\x02ok"
        labels = next(channel.labels for channel in described(board).channels if channel.name == "air")
        assert [label.name for label in labels] == ["unknown", "dry", "fine", "humid"]
        chip.set_pin("A4", level=True)  # it lets go of the lines for good
        said = board.go(2.2)
        assert latest(said, channels["sensor"]) == b"\x0fdoes not answer"
        assert isnan(number(latest(said, channels["temp"])))
        assert latest(said, channels["air"])[0] == 0
