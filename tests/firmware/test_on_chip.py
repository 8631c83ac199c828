"""The shipped sketch, and small ones of a maker, on a simulated ATmega328P."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from ardugate.wire import ops
from ardugate.wire.messages import (
    Answer,
    BoardHeartbeat,
    BoardHello,
    Counters,
    FromBoard,
    Heartbeat,
    Irregular,
    Log,
    Query,
    Stop,
)
from ardugate.wire.samples import Format
from tests.firmware.on_chip import BOOT, chip_board, lost_scans
from tests.support.chip import CLOCK_HZ
from tests.support.firmware import ROOT, build

pytestmark = pytest.mark.chip

OUTPUT, PWM = 4, 5
HEADER = '#include "src/ardugate/Ardugate.h"\n'


def maker(folder: Path, body: str) -> Path:
    """The ELF of a maker's sketch with this body."""
    place = folder / "maker"
    place.mkdir()
    (place / "maker.ino").write_text(HEADER + body)
    (place / "src").symlink_to(ROOT / "arduino" / "src")
    return build("uno", place / "maker.ino")


def test_it_says_hello_by_itself_until_it_is_answered() -> None:
    with chip_board() as board:
        hellos = [message for message in board.listen(1.2) if isinstance(message, BoardHello)]
        assert [hello.boot_id for hello in hellos] == [0, 0]


def test_four_channels_at_1_khz_have_no_gap_while_commands_run() -> None:
    with chip_board() as board:
        board.boot()
        board.done(ops.SetMode(13, OUTPUT))
        said: list[FromBoard] = []
        board.post(ops.SetStream(2, 1, 16_000, (14, 15, 16, 17)))
        for turn in range(100):
            board.post(ops.Set(13, 0, turn & 1))
            said += board.go(0.05)
        came, lost = lost_scans(said, 2, 4)
        assert lost == 0
        assert came == pytest.approx(5_000, abs=60)
        assert not [message for message in said if isinstance(message, Counters)]


def test_a_rate_that_the_line_cannot_keep_is_refused_and_the_best_one_has_no_gap() -> None:
    with chip_board() as board:
        board.boot()
        channels = (14, 15, 16, 17, 18, 19)
        refused = board.command(ops.SetStream(2, 1, 10_000, channels))
        assert refused.status == 7
        best = int.from_bytes(refused.data[:4], "little")
        board.post(ops.SetStream(3, 1, best, channels))
        came, lost = lost_scans(board.go(4.0), 3, 6)
        assert lost == 0
        assert came == pytest.approx(4.0 * CLOCK_HZ / best, rel=0.02)


def test_two_streams_at_once_have_no_gap() -> None:
    with chip_board() as board:
        board.boot()
        board.done(ops.SetStream(2, 1, 16_000, (14, 15, 16, 17)))
        board.post(ops.SetStream(3, 0, 32_000, tuple(range(2, 13))))
        said = board.go(4.0)
        assert lost_scans(said, 2, 4)[1] == 0
        assert lost_scans(said, 3, 11, Format.BITS)[1] == 0


def test_edges_carry_the_time_of_their_tick() -> None:
    with chip_board() as board:
        board.boot()
        board.go(0.5)
        at = board.chip.cycles() + CLOCK_HZ // 100
        for turn, level in enumerate((True, False)):
            board.chip.set_pin("D7", level=level, at_cycle=at + turn * CLOCK_HZ // 20)
        edges = [m for m in board.go(0.1) if isinstance(m, Irregular) and m.channel == 7]
        rise, fall = [int.from_bytes(edge.records[:4], "little") for edge in edges][-2:]
        assert fall - rise == pytest.approx(50_000, abs=1_100)


def test_twelve_inputs_that_change_at_once_lose_no_edge() -> None:
    with chip_board() as board:
        board.boot()
        board.go(0.5)
        at = board.chip.cycles() + CLOCK_HZ // 100
        for pin in range(2, 14):
            board.chip.set_pin(f"D{pin}", level=True, at_cycle=at)
        high = {m.channel for m in board.go(0.2) if isinstance(m, Irregular) and m.records[4] == 1}
        assert high == set(range(2, 14))


def test_without_heartbeats_outputs_are_safe_in_a_second_and_samples_pause() -> None:
    with chip_board() as board:
        board.boot()
        board.send(Heartbeat(BOOT, 0))
        board.done(ops.SetMode(8, OUTPUT))
        board.done(ops.Set(8, 0, 1))
        silent_since = board.chip.cycles()
        board.listen(1.3)
        fall = board.chip.edges("D8")[-1]
        assert fall.level == 0
        assert (fall.cycle - silent_since) / CLOCK_HZ == pytest.approx(1.0, abs=0.15)
        said = board.go(0.5)
        assert [m.flags for m in said if isinstance(m, BoardHeartbeat)][-1] == 2
        assert board.chip.level("D8") == 0


def test_a_stop_acts_within_two_milliseconds_and_outlives_a_reset() -> None:
    with chip_board() as board:
        board.boot()
        board.done(ops.SetMode(8, OUTPUT))
        board.done(ops.Set(8, 0, 1))
        board.listen(0.05)
        sent = board.chip.cycles()
        board.send(Stop(99))
        board.listen(0.05)
        nine_bytes = 9 * board.chip.line().byte_cycles
        assert board.chip.edges("D8")[-1].level == 0
        assert board.chip.edges("D8")[-1].cycle - sent <= nine_bytes + 0.002 * CLOCK_HZ
        board.chip.reset()
        board.listen(0.1)
        board.boot()
        board.done(ops.SetMode(8, OUTPUT))
        assert board.command(ops.Set(8, 0, 1)).status == 10
        board.done(ops.ClearStop())
        board.done(ops.Set(8, 0, 1))


def test_the_identity_outlives_a_reset() -> None:
    with chip_board() as board:
        board.boot()
        board.done(ops.SetIdentity(0x0123456789ABCDEF))
        board.listen(0.1)
        board.chip.reset()
        hellos = [message for message in board.listen(0.1) if isinstance(message, BoardHello)]
        assert [hello.identity for hello in hellos] == [0x0123456789ABCDEF]


@pytest.mark.parametrize("pin", [3, 5, 6, 9, 10, 11])
def test_pwm_has_its_duty_beside_the_sampler(pin: int) -> None:
    with chip_board() as board:
        board.boot()
        board.done(ops.SetMode(pin, PWM))
        board.done(ops.Set(pin, 1_000, 51))
        assert board.chip.level(f"D{pin}") == pytest.approx(0.2, abs=0.005)
        board.done(ops.SetStream(2, 1, 17_000, (14,)))
        assert board.chip.level(f"D{pin}") == pytest.approx(0.2, abs=0.005)
        board.go(1.2)
        assert board.chip.level(f"D{pin}") == 0


DELAYS = """
void setup() { Ardugate.sampleAnalog(500); Ardugate.begin(); }
void loop() { delay(5000); Ardugate.run(); }
"""
PRINTS = """
void setup() {
  Ardugate.begin("talker");
  Serial.begin(9600);
  delay(100);
  Serial.println("ready, and more than one piece");
}
void loop() { Ardugate.run(); }
"""
READS = """
void setup() { Ardugate.sampleAnalog(1000); Ardugate.begin(); }
void loop() {
  for (uint8_t i = 0; i < 200; i++) {
    int value = analogRead(A3);
    if (value < 500 || value > 524) Serial.println(value);
  }
  Serial.println("done");
  Ardugate.run();
}
"""


def test_a_delay_of_five_seconds_changes_nothing(tmp_path: Path) -> None:
    with chip_board(maker(tmp_path, DELAYS)) as board:
        board.boot()
        said = board.go(3.0)
        assert lost_scans(said, 1, 6)[1] == 0
        answers = [m for m in said if isinstance(m, BoardHeartbeat)]
        assert len(answers) == 15
        assert [m.starved_loops for m in said if isinstance(m, Counters)][-1] >= 2


def test_what_the_sketch_prints_becomes_log_text(tmp_path: Path) -> None:
    with chip_board(maker(tmp_path, PRINTS)) as board:
        text = b"".join(m.text for m in board.listen(0.3) if isinstance(m, Log))
        assert text == b"ready, and more than one piece\r\n"


def test_the_sketchs_own_analog_read_is_right_beside_the_sampler(tmp_path: Path) -> None:
    with chip_board(maker(tmp_path, READS)) as board:
        board.chip.set_voltage("A3", 2.5)
        board.boot()
        board.done(ops.SetStream(2, 1, 20_000, (14, 15, 17)))
        board.listen(0.1)
        text = b"".join(m.text for m in board.go(0.6) if isinstance(m, Log))
        assert b"done" in text
        assert not [word for word in text.split() if word.isdigit()]


def test_a_descriptor_is_the_one_that_hello_announced() -> None:
    with chip_board() as board:
        hello = next(m for m in board.boot() if isinstance(m, BoardHello))
        data = b""
        while len(data) < hello.descriptor_bytes:
            board.send(Query(0, len(data)))
            data += next(m.data for m in board.listen(0.05) if isinstance(m, Answer))
        assert zlib.crc32(data) == hello.descriptor_crc
