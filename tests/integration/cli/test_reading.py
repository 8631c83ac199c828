"""What there is and what it measures, through a gateway: `get boards info ports tail open`."""

from __future__ import annotations

import csv
import json
import re
import signal
from itertools import pairwise

from ardugate.sim.sketches import FAN_HOLD_MS
from tests.integration.cli.shell import HARD_S, Here, Shell, line_of


def test_get_tells_value_unit_and_age(demo: Shell, here: Here) -> None:
    (temp, led) = here.object(demo, "get", "temp", "demo/led")["channels"]
    assert temp["channel"] == "demo/temp"
    assert 10 < temp["value"] < 35
    assert temp["unit"] == "°C"
    assert led["value"] is False
    done = demo.run("get", "led")
    assert (done.returncode, done.stdout, done.stderr) == (0, "demo/led  off\n", "")


def test_boards_info_and_ports_tell_what_there_is(demo: Shell, here: Here) -> None:
    (board,) = here.object(demo, "boards")["boards"]
    assert (board["id"], board["state"]) == ("demo", "live")
    told = here.object(demo, "info")
    assert {channel["name"] for channel in told["descriptor"]["channels"]} >= {"A0", "D13", "sine", "temp", "led"}
    assert isinstance(here.object(demo, "ports")["ports"], list)
    table = here.out(demo, "info")
    assert f"client {FAN_HOLD_MS} ms" in table
    assert re.search(r"round trip \d+\.\d ms, (nothing lost or damaged|[1-9])", table)


def test_tail_prints_a_scan_a_line_in_each_form(demo: Shell, here: Here) -> None:
    lines = [json.loads(line) for line in here.out(demo, "tail", "A1", "--json", "-n", "5").splitlines()]
    assert len(lines) == 5
    assert all(list(line["values"]) == ["demo/A1"] for line in lines)
    steps = {round(later["t_s"] - line["t_s"], 3) for line, later in pairwise(lines[1:])}
    assert steps == {0.01}
    table = list(csv.reader(here.out(demo, "tail", "A1", "sine", "--csv", "-n", "5").splitlines()))
    assert table[0][0] == "t_s"
    assert set(table[0][1:]) == {"demo/A1", "demo/sine"}
    assert len(table) == 6
    plot = here.out(demo, "tail", "sine", "--plot", "-n", "2").splitlines()
    assert all("|" in line and "*" in line for line in plot)


def test_tail_for_a_time_ends_by_itself(demo: Shell, here: Here) -> None:
    assert here.out(demo, "tail", "--for", "500ms", "--max-hz", "5")


def test_tail_into_a_reader_that_leaves_is_quiet(demo: Shell) -> None:
    with demo.running("tail", "--json") as process:
        line_of(process)
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(HARD_S) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_ctrl_c_ends_tail_with_130_and_without_a_word(demo: Shell) -> None:
    with demo.running("tail", "--json") as process:
        line_of(process)
        process.send_signal(signal.SIGINT)
        assert process.wait(HARD_S) == 130
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_open_prints_a_link_that_signs_in_once(demo: Shell, here: Here) -> None:
    assert "?ticket=" in here.out(demo, "open")
