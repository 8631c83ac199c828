"""Each thing that can be wrong is named by its check, with what to do; without it, nothing is."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from ardugate.doctor import CHECKS, BoardFacts, Facts, Level, PortFacts, SpeedFacts, UsbDevice, examine, redacted

UNO = PortFacts("/dev/ttyACM0", "board", "Arduino Uno", 0x2341, 0x43, "85735313932351E0C191", group="dialout")
FTDI = PortFacts("/dev/ttyUSB0", "converter", "FTDI converter", 0x0403, 0x6001, latency_timer_ms=16)
BOARD = BoardFacts(
    "/dev/ttyACM0",
    "greenhouse",
    "greenhouse",
    "live",
    seconds=3.0,
    hello_s=0.2,
    identity="00c0ffee00c0ffee",
    firmware="1.0.0",
    wire=1,
    round_trip_ms=2.0,
    drift_ppm=120.0,
)
GOOD = Facts(
    version="0.1.0",
    python="3.11.7",
    system="Linux",
    user_groups=("dialout", "maker"),
    listed_groups=("dialout",),
    processes=frozenset(),
    ports=(UNO,),
    usb=(UsbDevice(0x2341, 0x43, "Arduino Uno", has_port=True),),
    kernel_log=(),
    listen="127.0.0.1:8765",
    state_folder="/home/maker/.local/state/ardugate",
    token_mode=0o600,
    free_bytes=10**10,
    boards=(BOARD,),
)


def ports(**more: Any) -> Facts:
    return replace(GOOD, ports=(replace(UNO, **more),))


def boards(**more: Any) -> Facts:
    return replace(GOOD, boards=(replace(BOARD, **more),))


FAULTS = [
    pytest.param("config", replace(GOOD, config_error="ardugate.toml: listn: unknown key", config_hint="'listen'")),
    pytest.param("port", replace(GOOD, ports=(), usb=(), boards=()), id="nothing-appeared"),
    pytest.param("port", replace(GOOD, wanted="/dev/ttyUSB7"), id="another-port"),
    pytest.param("driver", replace(GOOD, ports=(), usb=(UsbDevice(0x1A86, 0x7523),)), id="no-driver"),
    pytest.param("brltty", replace(GOOD, processes=frozenset({"brltty"}), usb=(UsbDevice(0x1A86, 0x7523, "", True),))),
    pytest.param("modemmanager", replace(GOOD, processes=frozenset({"ModemManager"}))),
    pytest.param("permission", ports(openable=False), id="signed-in-before"),
    pytest.param("permission", ports(openable=False, group="uucp"), id="no-group"),
    pytest.param("terminal", replace(ports(is_tty=False), wanted=UNO.path)),
    pytest.param("holder", ports(holders=("arduino-ide (4711)",))),
    pytest.param("latency", replace(GOOD, ports=(FTDI,))),
    pytest.param("autosuspend", replace(GOOD, usb=(UsbDevice(0x2341, 0x43, "Uno", True, autosuspend=True),))),
    pytest.param("usb", replace(GOOD, kernel_log=("usb 1-1: reset full-speed USB device number 5 using xhci_hcd",))),
    pytest.param("listen", replace(GOOD, listen_holder="address already in use, held by foxglove (12)")),
    pytest.param("names", replace(GOOD, listen="0.0.0.0:8765")),
    pytest.param("origin", replace(GOOD, allow_origin=("http://lab.example.org",))),
    pytest.param("page", replace(GOOD, page_built=False)),
    pytest.param("state", replace(GOOD, state_error="it cannot be written"), id="state-folder"),
    pytest.param("state", replace(GOOD, token_mode=0o644), id="token-for-all"),
    pytest.param("disk", replace(GOOD, free_bytes=10**8)),
    pytest.param("clock", replace(GOOD, year=1970)),
    pytest.param("firmware", boards(state="other_sketch", wire=None, text="hello"), id="other-sketch"),
    pytest.param("firmware", boards(state="connecting", wire=None), id="nothing-answers"),
    pytest.param("firmware", boards(state="blocked", wire=None, reason="no permission"), id="blocked"),
    pytest.param("wire", boards(state="blocked", wire=None, reason="the board speaks wire version 9, this gateway 1")),
    pytest.param("same name", replace(GOOD, boards=(BOARD, replace(BOARD, id="greenhouse-2", port="/dev/ttyACM1")))),
    pytest.param("line", boards(bad_frames=12, lost=40), id="from-the-board"),
    pytest.param("line", boards(counters={"bad_frames": 3}), id="to-the-board"),
    pytest.param("overrun", boards(counters={"rx_overruns": 3})),
    pytest.param(
        "speed", boards(speeds=(SpeedFacts(115_200, True, 2.0, 400), SpeedFacts(500_000, True, 2.0, 9, 9, 9)))
    ),
    pytest.param("speed", boards(speeds=(SpeedFacts(1_000_000, reached=False),)), id="not-so-fast"),
    pytest.param("round trip", boards(round_trip_ms=31.0)),
    pytest.param("drift", boards(drift_ppm=-15_000.0)),
    pytest.param("reset", boards(hello_s=1.8)),
    pytest.param("resets", boards(resets=3)),
    pytest.param("silence", boards(silences=1)),
    pytest.param("sketch", boards(counters={"starved_loops": 12})),
    pytest.param("stop", boards(stopped=True)),
]


@pytest.mark.parametrize(("check", "facts"), FAULTS)
def test_a_fault_is_named_and_comes_with_what_to_do(check: str, facts: Facts) -> None:
    wrong = [finding for finding in examine(facts) if finding.level not in (Level.OK, Level.SKIPPED)]
    assert check in {finding.check for finding in wrong}
    assert all(finding.fix and finding.text for finding in wrong)


def test_a_port_that_is_not_there_is_not_among_those_that_are() -> None:
    gone = PortFacts("/dev/ttyUSB7", "named", exists=False)
    found = examine(replace(GOOD, ports=(gone, *GOOD.ports), wanted=gone.path))
    (fix,) = (each.fix for each in found if each.check == "port" and each.level is Level.PROBLEM)
    assert UNO.path in fix
    assert gone.path not in fix


def test_where_nothing_is_wrong_nothing_is_found() -> None:
    findings = examine(GOOD)
    assert {finding.level for finding in findings} == {Level.OK}
    assert len(CHECKS) >= 18
    assert {check for check, *_ in (param.values for param in FAULTS)} >= {
        finding.check for finding in findings if finding.check != "version"
    }


def test_what_cannot_be_seen_is_skipped_and_said() -> None:
    blind = replace(GOOD, usb=None, processes=None, kernel_log=None, boards=(replace(BOARD, drift_ppm=None),))
    skipped = {finding.check for finding in examine(blind) if finding.level is Level.SKIPPED}
    assert skipped == {"driver", "brltty", "modemmanager", "usb", "drift"}


def test_a_report_has_everything_but_what_is_somebodys_own() -> None:
    facts = replace(
        GOOD,
        boards=(replace(BOARD, name="maker's pump"),),
        wanted="/home/maker/board",
        listen="attic.local:8765",
        config_error="/etc/attic.toml: listn: unknown key",
        allow_host=("pump.example.org",),
        allow_origin=("http://lab.example.org",),
    )
    told = redacted(facts, examine(facts), "/home/maker", "maker", "attic.example.org")
    for secret in ("85735313932351E0C191", "00c0ffee00c0ffee", "/home/maker", "maker", "attic", "example.org"):
        assert secret not in told
    assert "pages of http://HOST may connect" in told
    assert json.loads(told)["facts"]["wanted"] == "~/board"
    assert "firmware" in {finding["check"] for finding in json.loads(told)["findings"]}
