"""Faults on demand: seeded, countable, and survivable."""

from __future__ import annotations

from random import Random

import pytest

from ardugate.sim import Faults, SimBoard, SimOptions, SketchName, demo_url, parse_sim_url
from ardugate.sim.line import ByteFaults
from ardugate.wire import messages as msg
from tests.unit.sim.bench import BOOT, MS, Bench, only


def run(options: SimOptions, ms: float = 3_000) -> Bench:
    bench = Bench(SimBoard(options))
    bench.boot()
    for _ in range(20):  # the hello may be lost
        bench.say(msg.Hello(BOOT))
    bench.wait(ms)
    return bench


def lossy(**faults: float) -> SimOptions:
    return SimOptions(sketch=SketchName.PLAIN, seed=1, faults=Faults(**faults))


@pytest.mark.parametrize("kind", ["corrupt", "lose", "repeat"])
def test_a_damaged_byte_costs_its_frame_or_two_and_never_more(kind: str) -> None:
    bench = run(lossy(**{kind: 2e-3}), 20_000)
    good = run(lossy(), 20_000)
    assert bench.damaged
    # Each damage costs at most two frames of this end, and a heartbeat lost on the way costs its answer.
    missing = len(good.heard) - len(bench.heard)
    assert 0 < missing <= 3 * len(bench.damaged) + 20
    assert len(bench.heard) > 0.8 * len(good.heard)


@pytest.mark.parametrize("size", [1, 7, 1_000], ids="in pieces of {}".format)
def test_faults_come_as_often_as_they_were_asked_for_however_the_bytes_are_split(size: int) -> None:
    def told(faults: Faults) -> bytes:
        line = ByteFaults(faults, Random(1))
        return b"".join(line.apply(bytes(size)) for _ in range(100_000 // size))

    count = 100_000 // size * size
    assert 900 < count - told(Faults(corrupt=0.01)).count(0) < 1_100
    assert 900 < count - len(told(Faults(lose=0.01))) < 1_100
    assert 900 < len(told(Faults(repeat=0.01))) - count < 1_100
    assert told(Faults(lose=1.0)) == b""
    assert told(Faults()) == bytes(count)


def test_duplicated_frames_come_twice_and_run_once() -> None:
    bench = run(lossy(duplicate=1.0), 100)
    replies = only(msg.Reply, bench.say(msg.Command(BOOT, 1, 5, b"")))
    assert len(replies) == 4
    assert len(bench.board.executions) == 1


def test_the_same_seed_gives_the_same_bytes_and_another_one_others() -> None:
    def told(seed: int) -> bytes:
        board = SimBoard(SimOptions(seed=seed, faults=Faults(corrupt=0.01, chatter=5)))
        out = board.data_to_send(0)
        for step in range(100):
            out += board.data_to_send(step * 10 * MS)
        return out

    assert told(3) == told(3)
    assert told(3) != told(4)


def test_a_faultless_line_draws_nothing_so_signals_do_not_depend_on_faults() -> None:
    clean = run(SimOptions(seed=5), 500)
    lost = run(SimOptions(seed=5, faults=Faults(duplicate=1e-9)), 500)
    assert only(msg.Samples, clean.heard) == only(msg.Samples, lost.heard)


def test_chatter_costs_frames_and_never_the_link() -> None:
    bench = run(lossy(chatter=20), 5_000)
    assert bench.damaged
    assert len(only(msg.Samples, bench.heard)) > 60


def test_a_bootloader_talks_and_is_deaf_and_then_the_board_says_hello() -> None:
    bench = Bench(SimBoard(SimOptions(boot_ms=1_000)))
    for _ in range(9):
        bench.say(msg.Hello(BOOT))
        bench.wait(100, beat=False)
    assert bench.heard == []
    bench.wait(100, beat=False)
    assert [type(message) for message in bench.heard] == [msg.BoardHello]
    assert bench.damaged
    bench.say(msg.Hello(BOOT))
    assert only(msg.Log, bench.heard)[0].text == b"simulated board, seed 0\n"


def test_a_silence_cuts_the_line_both_ways_and_the_watchdog_acts_meanwhile() -> None:
    bench = run(lossy(), 100)
    bench.board.silence(bench.now_ns, 1_500 * MS)
    assert bench.wait(1_400) == []
    bench.wait(400)
    assert only(msg.BoardHeartbeat, bench.heard)[-1].flags & msg.FLAG_WATCHDOG


def test_resets_and_silences_come_by_the_clock() -> None:
    bench = Bench(SimBoard(SimOptions(reset_every_s=2.0)))
    bench.boot()
    bench.wait(2_000)
    assert only(msg.BoardHello, bench.heard)[-1].reset_cause == 2
    quiet = Bench(SimBoard(SimOptions(silent_every_s=1.0, silent_for_s=0.5)))
    quiet.boot()
    quiet.wait(1_000)
    assert quiet.wait(480) == []


def test_another_sketch_prints_its_text_and_knows_no_wire() -> None:
    bench = Bench(SimBoard(SimOptions(other="temp=21.5")))
    bench.boot()
    bench.wait(1_700, beat=False)
    assert bench.heard == []
    bench.now_ns += 1_000 * MS
    assert bench.board.data_to_send(bench.now_ns) == b"temp=21.5\r\n" * 2


def test_a_url_says_everything_that_a_board_can_be() -> None:
    options = parse_sim_url("sim://?name=greenhouse&seed=7&corrupt=1e-3&lose=0.5&baud=115200&sketch=plain&boot_ms=5")
    assert options == SimOptions(
        name="greenhouse",
        sketch=SketchName.PLAIN,
        seed=7,
        baud=115_200,
        boot_ms=5,
        faults=Faults(corrupt=1e-3, lose=0.5),
    )
    assert parse_sim_url("sim://") == SimOptions()


@pytest.mark.parametrize(
    ("url", "cause"),
    [
        ("sim://?corupt=1", "unknown parameter 'corupt', did you mean 'corrupt'?"),
        ("sim://?zzz=1", "unknown parameter 'zzz'"),
        ("sim://?corrupt=2", "expected corrupt from 0 to 1, got 2"),
        ("sim://?corrupt=nan", "expected corrupt from 0 to 1, got nan"),
        ("sim://?corrupt=x", "could not convert"),
        ("sim://?seed=-1", "expected 0 to"),
        ("sim://?baud=300", "expected a baud rate of 57600 or more"),
        ("sim://?name=", "expected 1 to 63 bytes"),
        ("sim://?sketch=blink", "'blink' is not a valid SketchName"),
        ("sim://?reset_every_s=0", "expected seconds above 0"),
        ("sim://host/path", "expected sim://?name="),
        ("tcp://x", "expected sim://"),
    ],
    ids=lambda text: text,
)
def test_a_url_that_says_nothing_useful_is_refused_in_words(url: str, cause: str) -> None:
    with pytest.raises(ValueError) as refused:
        parse_sim_url(url)
    assert cause in str(refused.value)


def test_boards_of_a_demo_have_names_identities_and_signals_of_their_own() -> None:
    boards = [SimBoard(parse_sim_url(demo_url(number))) for number in (1, 2, 3)]
    assert [board.options.name for board in boards] == ["demo", "demo-2", "demo-3"]
    assert len({board.options.eeprom_identity for board in boards}) == 3
    assert SimOptions(name="demo").eeprom_identity == boards[0].options.eeprom_identity
