"""What moves something, through a gateway: `set call mode rate name identify stop-all`."""

from __future__ import annotations

import json
import re
import signal
import time
from typing import Any

import pytest

from ardugate.cli.tailing import rows
from ardugate.client import connect, find_gateway
from ardugate.sim.sketches import FAN_HOLD_MS
from tests.integration.cli.shell import HARD_S, Here, Shell, line_of, two_lines
from tests.support.machine import Waited


def test_set_waits_for_the_board_and_says_what_it_really_does(demo: Shell, here: Here) -> None:
    led, fan = here.object(demo, "set", "led=on", "fan=0.5")["receipts"]
    assert (led["value"], led["hold"]) == (True, "link")
    assert fan["value"] == 0.5
    assert fan["until_s"] == pytest.approx(fan["executed_t_s"] + FAN_HOLD_MS / 1000, abs=0.05)
    assert here.object(demo, "get", "led")["channels"][0]["value"] is True
    assert demo.run("set", "led=off").stdout.startswith("demo/led  off  (confirmed in ")


def test_call_runs_a_command_of_the_sketch_and_waits_for_its_end(demo: Shell, here: Here) -> None:
    assert "blink    times int 1 to 20" in here.out(demo, "info")
    result = here.object(demo, "call", "blink", "times=2")
    assert (result["board"], result["command"]) == ("demo", "blink")
    assert 0.5 < result["executed_t_s"] - result["accepted_t_s"] < 2.0
    # Off already, so that no hold of an earlier test ends meanwhile, which the board's status would tell.
    assert here.run(demo, "set", "fan=0")[0] == 0
    assert here.run(demo, "call", "demo/say", "text=on time")[1].startswith("demo/say  done in ")
    assert here.object(demo, "get", "status")["channels"][0]["value"] == "on time"


def test_call_prints_what_the_command_gives_back_in_its_unit(demo: Shell, here: Here) -> None:
    assert re.search(r"battery +float V\n", here.out(demo, "info"))
    assert re.fullmatch(r"demo/battery  1\.\d+ V  \(done in 0\.\d s\)\n", here.out(demo, "call", "battery"))
    result = here.object(demo, "call", "battery")
    assert (1.1 < result["result"] < 1.4, result["unit"]) == (True, "V")


def test_a_board_is_named_and_shows_itself(demo: Shell, here: Here) -> None:
    assert here.out(demo, "name", "demo", "Bench 7") == "demo  is called Bench 7\n"
    assert re.search(r"^demo +live +\S+ +Bench 7 *$", here.out(demo, "boards"), re.MULTILINE)
    assert here.object(demo, "name", "demo", "demo")["name"] == "demo"
    code, _, said = here.run(demo, "name", "demo", "ä" * 17)
    assert (code, "34 bytes" in said) == (6, True)
    assert here.out(demo, "identify", "demo", "--for", "500ms") == "demo  blinks for 0.5 s\n"
    assert here.run(demo, "identify", "attic")[0] == 3


def test_pins_are_put_to_other_uses_and_say_what_holds_a_timer(demo: Shell, here: Here) -> None:
    assert here.out(demo, "mode", "D10", "servo") == "demo/D10  servo\n"
    assert here.out(demo, "set", "D10=90").startswith("demo/D10  90°  (confirmed in ")
    code, _, said = here.run(demo, "mode", "D11", "pwm")
    assert (code, "in use: servo" in said, "`ardugate mode D10 off`" in said) == (6, True, True)
    code, out, said = here.run(demo, "mode", "D2", "count", "edge=both")
    assert (code, out, "ardugate rate D2 10" in said) == (0, "demo/D2  count\n", True)
    assert here.out(demo, "rate", "D2", "10") == "demo/D2  10 Hz\n"
    rows = [json.loads(line) for line in here.out(demo, "tail", "D2", "--json", "-n", "3").splitlines()]
    assert {type(row["values"]["demo/D2"]) for row in rows} == {int}
    for pin in ("D2", "D10"):
        here.run(demo, "mode", pin, "off")


@pytest.mark.parametrize(
    ("arguments", "status", "cause"),
    [
        (["blnk"], 3, "no command blnk"),
        (["blink", "times=many"], 6, "times: expected a whole number"),
        (["blink", "times=21"], 6, "times takes 1 to 20"),
        (["blink", "time=1"], 6, "no argument 'time'"),
        (["attic/blink", "times=1"], 3, "no board 'attic'"),
    ],
    ids=["unknown", "wrong type", "out of range", "another argument", "another board"],
)
def test_a_call_that_cannot_be_says_why(demo: Shell, here: Here, arguments: list[str], status: int, cause: str) -> None:
    code, _, said = here.run(demo, "call", *arguments)
    assert code == status
    assert cause in said


def test_set_for_a_time_holds_longer_than_the_board_would_and_then_lets_go(demo: Shell) -> None:
    with connect(find_gateway(state_dir=demo.state)) as gateway:
        gateway.call("set", {"channel": "fan", "value": 0})  # a test before this one may hold it still
        gateway.call("subscribe", {"channels": ["fan"]})
        changes = list[tuple[float, Any]]()
        with demo.running("set", "fan=1", "--for", "5s") as process:
            while len(changes) < 2:
                notification = gateway.next_notification(HARD_S)
                assert notification is not None
                for t_s, values in rows(notification):
                    if values["demo/fan"] != (changes[-1][1] if changes else 0.0):
                        changes.append((t_s, values["demo/fan"]))
            assert process.wait(HARD_S) == 0
    (began_s, full), (ended_s, off) = changes
    assert (full, off) == (1.0, 0.0)
    assert ended_s - began_s > FAN_HOLD_MS / 1000 + 0.5


def test_hold_ends_with_ctrl_c_and_the_output_is_safe_at_once(demo: Shell, here: Here) -> None:
    with demo.running("set", "led=on", "--hold") as process:
        assert line_of(process).endswith(", held until this command ends)\n")
        process.send_signal(signal.SIGINT)
        assert process.wait(HARD_S) == 130
    assert here.object(demo, "get", "led")["channels"][0]["value"] is False


def test_a_killed_hold_leaves_nothing_on(demo: Shell) -> None:
    with (
        connect(find_gateway(state_dir=demo.state)) as gateway,
        demo.running("set", "led=on", "D11=on", "--hold") as process,
    ):
        line_of(process)
        gateway.call("subscribe", {"channels": ["led", "D11", "A0"]})
        on = {"demo/led": True, "demo/D11": True}
        offs = dict[str, float]()
        began_s = killed_s = time.time()
        waited = Waited()
        while on.keys() - offs.keys():
            notification = gateway.next_notification(HARD_S)
            assert notification is not None
            for t_s, values in rows(notification):
                offs |= {address: t_s for address in on.keys() & values.keys() if not values[address]}
            if killed_s == began_s and time.time() > began_s + 2.5:
                assert not offs, "renewed beyond its time"
                process.kill()
                killed_s = time.time()
    assert all(0 < off_s - killed_s < 2.1 + waited.seconds for off_s in offs.values())


def test_an_unclaimed_pin_becomes_an_output_and_modes_and_rates_change(demo: Shell, here: Here) -> None:
    assert here.object(demo, "set", "D12=on")["receipts"][0]["value"] is True
    assert here.object(demo, "mode", "D10", "pwm")["value"] == "pwm"
    assert here.object(demo, "rate", "A0", "50")["rates"] == {"demo/A0": 50.0}


def test_stop_all_latches_and_clear_lets_go(demo: Shell, here: Here) -> None:
    try:
        assert "executed_t_s" in here.object(demo, "stop-all")["boards"]["demo"]
        status, _, err = here.run(demo, "set", "led=on")
        assert status == 6
        assert "stop-all --clear" in two_lines(err)
    finally:
        assert here.out(demo, "stop-all", "--clear") == "demo  cleared\n"
    assert here.run(demo, "set", "led=on")[0] == 0
