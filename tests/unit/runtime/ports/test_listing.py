from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest
import serial.tools.list_ports

from ardugate.errors import PortError
from ardugate.runtime.options import PortOption, options_from
from ardugate.runtime.ports.listing import PortKind, describe, is_auto, list_ports, real_path
from ardugate.runtime.ports.transports import Rfc2217Port, SerialPort, SimPort, SocketPort, port_of
from ardugate.runtime.state import StateFolder


@pytest.mark.parametrize(
    ("vid", "pid", "kind", "board"),
    [
        (0x2341, 0x0043, PortKind.BOARD, "Arduino Uno"),
        (0x2341, 0xFFFF, PortKind.BOARD, "Arduino board"),
        (0x2E8A, 0x000A, PortKind.BOARD, "Raspberry Pi board"),
        (0x1A86, 0x7523, PortKind.CONVERTER, None),
        (0x0403, 0x6001, PortKind.CONVERTER, None),
        (0x1234, 0x5678, PortKind.OTHER, None),
        (None, None, PortKind.OTHER, None),
    ],
)
def test_usb_ids_say_what_a_port_is(vid: int | None, pid: int | None, kind: PortKind, board: str | None) -> None:
    port = describe("/dev/ttyX", vid, pid, None, None, "n/a")
    assert (port.kind, port.board) == (kind, board)
    assert port.description != "n/a"


def test_auto_opens_makers_ports_and_those_that_spoke_our_wire() -> None:
    uno = describe("/dev/ttyACM0", 0x2341, 0x0043, "A1", "1-1", "")
    clone = describe("/dev/ttyUSB0", 0x1A86, 0x7523, None, "1-2", "")
    assert is_auto(uno, frozenset())
    assert not is_auto(clone, frozenset())
    assert is_auto(clone, frozenset({clone.key}))


def test_a_port_is_known_by_its_device_else_by_its_place() -> None:
    assert describe("/dev/ttyACM0", 0x2341, 0x43, "A1", "1-1", "").key == "usb:2341:0043:A1"
    assert describe("/dev/ttyACM1", 0x2341, 0x43, "A1", "1-2", "").key == "usb:2341:0043:A1"
    assert describe("/dev/ttyUSB0", 0x1A86, 0x7523, None, "1-2", "").key == "path:1-2"
    assert describe("/dev/ttyS0", None, None, None, None, "").key == "path:/dev/ttyS0"


def test_ports_are_listed_by_path_without_opening_any(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [
        SimpleNamespace(device=path, vid=vid, pid=pid, serial_number=None, location=place, description="n/a")
        for path, vid, pid, place in (("/dev/ttyUSB0", 0x1A86, 0x7523, "1-2"), ("/dev/ttyACM0", 0x2341, 0x43, "1-1"))
    ]
    monkeypatch.setattr(serial.tools.list_ports, "comports", lambda: found)
    monkeypatch.setattr(serial, "Serial", None)
    state = Path(str(tmp_path))
    assert [(port.path, port.auto) for port in list_ports(state)] == [("/dev/ttyACM0", True), ("/dev/ttyUSB0", False)]
    StateFolder(state).remember_port("path:1-2")
    assert [port.auto for port in list_ports(state)] == [True, True]


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        ("/dev/ttyACM0", SerialPort),
        ("COM12", SerialPort),
        ("sim://", SimPort),
        ("socket://a:1", SocketPort),
        ("rfc2217://a:1", Rfc2217Port),
    ],
)
def test_a_port_may_be_named_in_several_ways(spec: str, kind: type) -> None:
    assert isinstance(port_of(spec, 115_200, lambda: 0), kind)


@pytest.mark.parametrize(
    "spec",
    ["mqtt://a", "socket://", "rfc2217://a", "socket://[a", "socket://a", "socket://a:b", "sim://?nam=a", "sim://x"],
)
def test_a_url_that_cannot_be_is_said_before_anything_is_opened(spec: str) -> None:
    with pytest.raises(PortError) as caught:
        port_of(spec, 115_200, lambda: 0)
    assert "\n" not in str(caught.value)
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("port", "origin", "expected"),
    [
        pytest.param(("auto",), "default", ["/dev/a*"], id="boards-in-place-of-the-default"),
        pytest.param(("sim://",), "flag", ["sim://"], id="a-flag-is-all"),
        pytest.param(("/dev/a", "sim://"), "ARDUGATE_PORT", ["/dev/a*", "sim://"], id="a-variable-is-all"),
        pytest.param(("auto", "sim://"), "/etc/x.toml", ["auto", "sim://", "/dev/a*"], id="a-file-adds"),
    ],
)
def test_settings_say_which_ports_are_opened(port: tuple[str, ...], origin: str, expected: list[str]) -> None:
    from ardugate.config import BoardConfig, Config, Settings

    config = Config(port=port, board=(BoardConfig(port="/dev/a", id="attic"),))
    options = options_from(Settings(config, {"port": origin}))
    assert [each.port + "*" * each.configured for each in options.ports] == expected
    assert all((each.id == "attic") == each.configured for each in options.ports)


def test_without_settings_auto_is_all() -> None:
    from ardugate.config import load

    assert options_from(load(environ={}, cwd=None)).ports == (PortOption("auto"),)


def test_a_path_that_cannot_be_followed_at_this_moment_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def replaced_just_now(path: object, *_: object, **__: object) -> str:
        raise FileNotFoundError(2, "No such file or directory", str(path))

    assert real_path("/dev/../dev/null") == Path("/dev/null")
    # Between a look at a link and its reading lie microseconds: made certain here.
    monkeypatch.setattr(os.path, "realpath", replaced_just_now)
    assert real_path("/dev/ttyACM0") == Path("/dev/ttyACM0")
