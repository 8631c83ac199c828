"""What happens to outputs and links when something dies: judged by the chip's own clock and pins."""

from __future__ import annotations

import math
from itertools import groupby
from pathlib import Path

import pytest

from ardugate.wire import ops
from ardugate.wire.framing import Decoder, Frame
from ardugate.wire.messages import Command, parse_to_board
from tests.e2e.gateway import watching
from tests.e2e.tally import count_scans
from tests.support.chip import CLOCK_HZ, Chip, Edge, build_optiboot
from tests.support.machine import Waited
from tests.support.pty_relay import PtyRelay
from tests.support.running import running_gateway

pytestmark = pytest.mark.chip

_COMMANDS = 500
_PERIOD_CYCLES = 4_000  # of D9's PWM, beside the sampler


def test_a_killed_gateway_leaves_its_outputs_safe_in_time(chip: Chip, tmp_path: Path) -> None:
    with running_gateway(tmp_path, "serve", "--port", chip.port) as gateway, watching(gateway) as client:
        client.call("set", channel="D12", value=True)
        client.call("mode", channel="D9", mode="pwm")
        before = chip.cycles()
        client.call("set", channel="D9", value=0.5, ttl_ms=800)
        gateway.kill()
        killed = chip.cycles()
    chip.wait(1.5)
    on = next(edge for edge in chip.edges("D9", since_cycle=before) if edge.level and edge.level > 0.4)
    off = next(edge for edge in chip.edges("D9", since_cycle=on.cycle) if edge.level == 0)
    assert 0.7 < (off.cycle - on.cycle) / CLOCK_HZ <= 0.9
    # What the link holds falls with the watchdog: a second after the last heartbeat, which came before the kill.
    link = next(edge for edge in chip.edges("D12", since_cycle=before) if edge.level == 0)
    assert (link.cycle - killed) / CLOCK_HZ <= 1.1


def test_a_gateway_that_ends_leaves_its_outputs_safe(chip: Chip, tmp_path: Path) -> None:
    """It says so itself, whatever the board's watchdog would do a second later: the line is the witness."""
    with (
        PtyRelay(chip.port, tmp_path / "tty") as relay,
        running_gateway(tmp_path, "serve", "--port", relay.path) as gateway,
    ):
        with watching(gateway) as client:
            client.call("set", channel="D12", value=True)
        gateway.stop()
        assert gateway.process.returncode == 0
        said = [
            parse_to_board(item.body) for item in Decoder(48).receive(bytes(relay.to_port)) if isinstance(item, Frame)
        ]
        sets = [message.arguments for message in said if isinstance(message, Command) and message.op == ops.Op.SET]
        assert sets[-1] == ops.serialize_arguments(ops.Set(12, 0, 0))
        chip.wait(1.3)
        assert chip.level("D12") == 0


def test_with_a_bootloader_in_front_the_board_is_live_3_5_s_after_it_was_opened(
    sketch_elf: Path, tmp_path: Path
) -> None:
    waited = Waited()
    with (
        Chip(sketch_elf, bootloader=build_optiboot(), reset_on_open=True) as chip,
        running_gateway(tmp_path, "serve", "--port", chip.port) as gateway,
        watching(gateway) as client,
    ):
        client.call("subscribe")
        client.until(lambda: any(name.endswith("/A0") for name in client.values), "samples")
        opened = chip.resets()[1]
        assert (chip.cycles() - opened) / CLOCK_HZ < 3.5 + waited.seconds


def duties_of(edges: list[Edge]) -> list[int]:
    """What a PWM output was told, as bytes; 0 is the board's own, which lets go where the computer stands still for a
    second. Nor did anybody ask for what lasts less than a period: the compare register is double-buffered, so a timer
    that is connected again ends its period with the duty before; and it begins anew with each stream of samples."""
    laters = [*(edge.cycle for edge in edges[1:]), math.inf]
    lasting = [edge for edge, later in zip(edges, laters, strict=True) if later - edge.cycle >= _PERIOD_CYCLES]
    return [duty for duty, _ in groupby(round((edge.level or 0) * 255) for edge in lasting) if duty]


def test_commands_over_a_bad_cable_are_done_once_and_in_order(sketch_elf: Path, tmp_path: Path) -> None:
    """One byte in a thousand is wrong, both ways; the pin's own history is the witness."""
    with (
        Chip(sketch_elf) as chip,
        PtyRelay(chip.port, tmp_path / "tty", damage=1e-3, seed=7) as relay,
        running_gateway(tmp_path, "serve", "--port", relay.path) as gateway,
        watching(gateway) as client,
    ):
        client.call("mode", channel="D9", mode="pwm")
        before = chip.cycles()
        duties = [1 + k * 7 % 250 for k in range(_COMMANDS)]
        for duty in duties:
            receipt = client.call("set", channel="D9", value=duty / 255)
            assert receipt["value"] == pytest.approx(duty / 255, abs=1e-6)
        assert duties_of(chip.edges("D9", since_cycle=before)) == duties
        # The cable was as bad as it should be: how many bytes passed depends on the machine's speed.
        assert relay.damaged > 5e-4 * relay.passed > 5


def test_four_channels_at_1_khz_lose_nothing(chip: Chip, tmp_path: Path) -> None:
    with running_gateway(tmp_path, "serve", "--port", chip.port) as gateway, watching(gateway) as client:
        tally = count_scans(chip, client, seconds=5)
    assert tally.made >= 5_000
