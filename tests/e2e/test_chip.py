"""The shipped sketch in the simulated chip, the real gateway, a real WebSocket client: nothing is played."""

from __future__ import annotations

from itertools import pairwise

import pytest

from ardugate.errors import Reason, RequestError
from tests.e2e.gateway import Watcher
from tests.support.chip import CLOCK_HZ, Chip
from tests.support.machine import Waited

pytestmark = pytest.mark.chip

BOARD = "uno"


def _address(client: Watcher, channel: str) -> str:
    return f"{client.board['id']}/{channel}"


def test_a_voltage_on_a0_appears_as_its_counts(chip: Chip, client: Watcher) -> None:
    chip.set_voltage("A0", 1.25)
    name = _address(client, "A0")
    client.until(lambda: abs(client.values.get(name, -1) - 256) <= 2, "1.25 V on A0 as 256 ± 2 counts")


def test_get_answers_with_the_newest_value(chip: Chip, client: Watcher) -> None:
    chip.set_voltage("A1", 2.5)
    name = _address(client, "A1")
    client.until(lambda: abs(client.values.get(name, -1) - 512) <= 2, "2.5 V on A1")
    # The chip may be a second behind on a busy machine, and its newest value is stale then.
    client.until(lambda: not client.call("get", channel="A1")["stale"], "a value that is not stale")
    answer = client.call("get", channel="A1")
    assert (abs(answer["value"] - 512) <= 2, answer["unit"]) == (True, "count")


def test_a_set_moves_the_pin_and_is_confirmed(chip: Chip, client: Watcher) -> None:
    name = _address(client, "D13")
    for value in (True, False, True):
        before = chip.cycles()
        receipt = client.call("set", channel="D13", value=value)
        edges = [edge for edge in chip.edges("D13", since_cycle=before) if edge.level == int(value)]
        assert (receipt["asked"], receipt["value"], receipt["hold"]) == (value, value, "link")
        assert edges, "the pin has moved in the chip before the receipt came"
        client.until_value(name, value)


def test_a_press_on_an_input_is_an_edge(chip: Chip, client: Watcher) -> None:
    name = _address(client, "D2")
    for level in (True, False, True, False):
        chip.set_pin("D2", level)
        client.until_value(name, level)
    times = [t for batch in client.batches if name in batch["columns"] for t in batch["t_s"]]
    assert times == sorted(times)


def test_a_duty_is_kept_until_its_time_is_over(chip: Chip, client: Watcher) -> None:
    client.call("mode", channel="D9", mode="pwm")
    before = chip.cycles()
    receipt = client.call("set", channel="D9", value=0.5, ttl_ms=400)
    assert receipt["value"] == pytest.approx(0.5, abs=0.005)
    assert (receipt["hold"], receipt["until_s"] - receipt["executed_t_s"]) == ("client", pytest.approx(0.4, abs=0.01))
    chip.wait(0.6)
    edges = chip.edges("D9", since_cycle=before)
    on = next(edge for edge in edges if edge.level == pytest.approx(0.5, abs=0.01))
    off = next(edge for edge in edges if edge.level == 0)
    assert (off.cycle - on.cycle) / CLOCK_HZ == pytest.approx(0.4, abs=0.02)


def test_a_servo_is_driven_in_degrees_and_keeps_the_shared_timer(chip: Chip, client: Watcher) -> None:
    client.call("mode", channel="D6", mode="servo")
    assert client.call("set", channel="D6", value=90)["value"] == 90
    chip.wait(0.1)
    since = chip.cycles()
    chip.wait(0.1)
    edges = [edge for edge in chip.edges("D6", since_cycle=since) if edge.level in (0, 1)]
    widths_us = [
        (down.cycle - up.cycle) * 1e6 / CLOCK_HZ for up, down in pairwise(edges) if (up.level, down.level) == (1, 0)
    ]
    assert widths_us
    assert widths_us == pytest.approx([1_472] * len(widths_us), abs=2)
    with pytest.raises(RequestError, match="in use: servo") as refused:
        client.call("mode", channel="D11", mode="pwm")
    assert (refused.value.reason, "`ardugate mode D6 off`" in refused.value.hint) == (Reason.TIMER_IN_USE, True)
    client.call("mode", channel="D6", mode="off")
    assert client.call("mode", channel="D11", mode="pwm")["value"] == "pwm"
    client.call("mode", channel="D11", mode="input")


def test_a_counter_answers_get_with_its_edges(chip: Chip, client: Watcher) -> None:
    client.call("mode", channel="D3", mode="count", options={"edge": "both"})
    for level in (True, False, True):
        chip.set_pin("D3", level)
        chip.wait(0.01)
    assert client.call("get", channel="D3")["value"] == 3
    client.call("mode", channel="D3", mode="input")


@pytest.mark.parametrize(
    ("method", "params", "reason"),
    [
        pytest.param("set", {"channel": "D99", "value": True}, Reason.UNKNOWN_CHANNEL, id="no such channel"),
        pytest.param("set", {"channel": "nobody/D13", "value": True}, Reason.UNKNOWN_BOARD, id="no such board"),
        pytest.param("mode", {"channel": "D0", "mode": "output"}, Reason.REFUSED, id="a pin that talks to the host"),
        pytest.param("mode", {"channel": "D4", "mode": "pwm"}, Reason.REFUSED, id="a mode that the pin cannot do"),
        pytest.param("set", {"channel": "D6", "value": 0.5}, Reason.WRONG_MODE, id="a fraction for an unclaimed pin"),
        pytest.param("rate", {"channels": ["A0"], "hz": 1e6}, Reason.RATE_TOO_HIGH, id="a rate that cannot be kept"),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_reason(
    client: Watcher, method: str, params: dict[str, object], reason: Reason
) -> None:
    with pytest.raises(RequestError) as refused:
        client.connection.call(method, params)
    assert refused.value.reason is reason
    assert refused.value.message


def test_a_rate_is_confirmed_by_the_board(client: Watcher) -> None:
    answer = client.call("rate", channels=["A2", "A3"], hz=250)
    assert answer["rates"] == {_address(client, "A2"): 250.0, _address(client, "A3"): 250.0}
    name = _address(client, "A2")
    client.until(
        lambda: any(batch.get("dt_s") == 0.004 for batch in client.batches if name in batch["columns"]), "A2 at 250 Hz"
    )


def test_a_stop_holds_every_output_until_it_is_cleared(chip: Chip, client: Watcher) -> None:
    client.call("set", channel="D12", value=True)
    client.call("stop_all")
    assert chip.level("D12") == 0
    with pytest.raises(RequestError) as refused:
        client.call("set", channel="D12", value=True)
    assert refused.value.reason is Reason.STOPPED
    client.call("clear_stop")
    assert chip.level("D12") == 0
    client.call("set", channel="D12", value=True)
    assert chip.level("D12") == 1


def test_after_a_reset_samples_flow_again_within_3_s_and_no_client_is_dropped(chip: Chip, client: Watcher) -> None:
    name = _address(client, "A0")
    chip.set_voltage("A0", 3.0)
    client.until(lambda: abs(client.values.get(name, -1) - 614) <= 2, "3 V on A0")
    client.call("mode", channel="D12", mode="output")
    client.call("set", channel="D12", value=True)
    before = {batch["stream"] for batch in client.batches}
    waited, reset_at = Waited(), chip.reset()
    client.until(
        lambda: any(batch["stream"] not in before and name in batch["columns"] for batch in client.batches),
        "a new stream with A0",
    )
    assert (chip.cycles() - reset_at) / CLOCK_HZ < 3 + waited.seconds
    assert any(event["kind"] == "reset" for event in client.events)
    assert {mode["name"]: mode["mode"] for mode in client.board["descriptor"]["channels"]}["A0"] == "analog"
    client.until(lambda: chip.level("D12") is not None, "D12 is an output again")
    assert chip.level("D12") == 0, "values are never put back"
