from __future__ import annotations

import pytest

from ardugate.model import BoardCounters, LinkQuality
from ardugate.runtime.state import place_of
from ardugate.runtime.telling import is_visible


@pytest.mark.parametrize(
    ("now", "told"),
    [
        pytest.param(LinkQuality(10.0, 5.0, 0, 0), False, id="the-same"),
        pytest.param(LinkQuality(12.0, 9.0, 0, 0), False, id="a-little-slower"),
        pytest.param(LinkQuality(13.0, 5.0, 0, 0), True, id="much-slower"),
        pytest.param(LinkQuality(7.0, 5.0, 0, 0), True, id="much-quicker"),
        pytest.param(LinkQuality(10.0, 2.4, 0, 0), True, id="a-clock-known-better"),
        pytest.param(LinkQuality(10.0, 10.1, 0, 0), True, id="a-clock-known-worse"),
        pytest.param(LinkQuality(10.0, 5.0, 0, 0, baud=500_000), True, id="another-rate"),
        pytest.param(LinkQuality(10.0, 5.0, 1, 0), True, id="damage"),
        pytest.param(LinkQuality(10.0, 5.0, 0, 1), True, id="a-resend"),
        pytest.param(LinkQuality(10.0, 5.0, 0, 0, BoardCounters(edges_lost=1)), True, id="the-board-counted"),
    ],
)
def test_clients_are_told_of_a_links_quality_when_they_would_see_it(now: LinkQuality, told: bool) -> None:
    assert is_visible(LinkQuality(10.0, 5.0, 0, 0), now) is told
    assert is_visible(None, now)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("/dev/ttyACM0", "port-ttyacm0"),
        ("COM12", "port-com12"),
        ("/dev/serial/by-id/usb-Arduino_Uno-if00", "port-serial-by-id-usb-arduino-un"),
        ("socket://127.0.0.1:9000", "port-socket-127-0-0-1-9000"),
        ("sim://?name=a", "port-sim"),
    ],
)
def test_a_place_is_called_after_its_port(address: str, place: str) -> None:
    assert place_of(address) == place


def test_two_ports_never_share_a_place() -> None:
    assert place_of("sim://?name=b", ["port-sim"]) == "port-sim-2"
