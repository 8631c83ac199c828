"""The door alone, with a clock in the hand. Over real sockets: tests/integration/test_access.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from ardugate.model import Role
from ardugate.runtime.http import websocket as ws_protocol
from ardugate.runtime.http.access import COOKIE_VALID_S, MAX_TICKETS, TICKET_VALID_S, Access, Head, parse_head
from ardugate.session.limits import MAX_TEXT_BYTES

TOKEN = "t" * 43


class Door:
    """A gateway's door at 127.0.0.1:8765."""

    def __init__(self, **more: object) -> None:
        self.now_s = 1_700_000_000.0
        options = {"bind_host": "127.0.0.1", "tcp_port": 8765, **more}
        self.access = Access(token=TOKEN, now_s=lambda: self.now_s, **options)  # type: ignore[arg-type]


def head(*headers: tuple[str, str], query: str = "", local: str = "127.0.0.1") -> Head:
    return Head("/ws", query, [(name.encode(), value.encode()) for name, value in headers], local)


def test_a_ticket_is_good_once_and_for_five_minutes() -> None:
    door = Door()
    ticket = door.access.new_ticket(Role.CONTROL)
    door.now_s += TICKET_VALID_S - 1
    principal = door.access.redeem(ticket)
    assert principal is not None
    assert principal.role is Role.CONTROL
    assert door.access.redeem(ticket) is None
    late = door.access.new_ticket()
    door.now_s += TICKET_VALID_S
    assert door.access.redeem(late) is None


def test_tickets_that_wait_are_bounded() -> None:
    door = Door()
    tickets = [door.access.new_ticket() for _ in range(MAX_TICKETS + 1)]
    assert door.access.redeem(tickets[0]) is None
    assert door.access.redeem(tickets[1]) is not None


def cookie_of(door: Door) -> str:
    principal = door.access.redeem(door.access.new_ticket(Role.VIEW))
    assert principal is not None
    return door.access.sign_in(principal).cookie.partition(";")[0]


def test_a_cookie_is_good_for_thirty_days_and_keeps_its_role() -> None:
    door = Door()
    cookie = cookie_of(door)
    door.now_s += COOKIE_VALID_S - 1
    principal = door.access.identify(head(("cookie", cookie)))
    assert principal is not None
    assert principal.role is Role.VIEW
    assert principal.name.startswith("browser-")
    door.now_s += 1
    assert door.access.identify(head(("cookie", cookie))) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(".view.", ".admin.", id="more-rights"),
        pytest.param("=17", "=99", id="longer"),
        pytest.param("ardugate_8765", "ardugate_8766", id="of-another-port"),
    ],
)
def test_a_cookie_that_was_changed_is_nobodys(old: str, new: str) -> None:
    door = Door()
    cookie = cookie_of(door)
    assert old in cookie
    assert door.access.identify(head(("cookie", cookie.replace(old, new, 1)))) is None


def test_a_cookie_of_one_port_is_no_key_to_another() -> None:
    cookie = cookie_of(Door()).replace("ardugate_8765", "ardugate_9000")
    assert Door(tcp_port=9000).access.identify(head(("cookie", cookie))) is None


@pytest.mark.parametrize("cookie", ["", "ardugate_8765", "ardugate_8765=", "ardugate_8765=a.b", '"', "a=\x00", "=;=;"])
def test_nonsense_cookies_are_nobodys(cookie: str) -> None:
    assert Door().access.identify(head(("cookie", cookie))) is None


@pytest.mark.parametrize(
    ("authorization", "known"),
    [
        (f"Bearer {TOKEN}", True),
        (f"bearer {TOKEN}", True),
        (f"Bearer {TOKEN}x", False),
        (f"Bearer {TOKEN[:-1]}", False),
        ("Bearer", False),
        ("Bearer é", False),
        (f"Token {TOKEN}", False),
    ],
)
def test_a_token_is_compared_whole(authorization: str, known: bool) -> None:
    assert (Door().access.identify(head(("authorization", authorization))) is not None) is known


def test_a_wrong_token_is_not_made_good_by_a_cookie() -> None:
    door = Door()
    assert door.access.identify(head(("authorization", "Bearer x"), ("cookie", cookie_of(door)))) is None


def test_a_ticket_in_a_query_is_for_those_who_are_told_so() -> None:
    door = Door()
    query = f"ticket={door.access.new_ticket()}"
    assert door.access.identify(head(query=query)) is None
    assert door.access.identify(head(query=query), ticket=True) is not None


def test_on_every_address_the_one_it_came_in_by_is_known_and_so_is_the_hosts_own_name() -> None:
    access = Door(bind_host="0.0.0.0").access
    came_in = head(("host", "192.0.2.7:8765"), ("origin", "http://192.0.2.7:8765"), local="192.0.2.7")
    assert access.check_source(came_in) is None
    other = head(("host", "192.0.2.8:8765"), local="192.0.2.7")
    assert access.check_source(other) is not None


def test_a_refusal_repeats_a_strangers_text_cut_short_and_tame() -> None:
    refusal = Door().access.check_source(head(("host", "<script>\x1b[31m" + "x" * 500)))
    assert refusal is not None
    assert "<" not in refusal.text
    assert "\x1b" not in refusal.text
    assert len(refusal.text) < 300


def test_a_head_is_parsed_as_the_http_parser_hands_it_over() -> None:
    data = b"GET /ws?ticket=a&channels=b HTTP/1.1\r\nhost: 127.0.0.1:8765\r\nOrigin:  http://a:1 \r\n\r\nrest"
    parsed = parse_head(data)
    assert (parsed.path, parsed.query) == ("/ws", "ticket=a&channels=b")
    assert parsed.values(b"host") == ["127.0.0.1:8765"]
    assert parsed.values(b"origin") == ["http://a:1"]


def test_the_reference_names_the_limits_as_they_are() -> None:
    text = (Path(__file__).parents[4] / "docs" / "reference" / "http.md").read_text("utf-8")
    for words in (
        f"| {MAX_TEXT_BYTES:,} bytes |",
        f"ping every {ws_protocol.PING_EVERY_S:.0f} s | {ws_protocol.PONG_WITHIN_S:.0f} s |",
        f"takes no bytes | {ws_protocol.STALL_S:.0f} s |",
        f"close frame | {ws_protocol.CLOSE_WITHIN_S:.0f} s |",
        f"tickets that wait | {MAX_TICKETS} |",
        f"valid for {TICKET_VALID_S / 60:.0f} minutes",
        f"valid for {COOKIE_VALID_S / 86_400:.0f} days",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("host", "let_in"),
    [
        ("127.0.0.1:8765", True),
        ("127.0.0.1:8765:80", False),
        ("127.0.0.1.evil.example:8765", False),
        ("evil.example:8765", False),
        ("lab.example.org", True),
        ("LAB.example.org:443", True),
        ("lab.example.org:443:443", False),
        ("lab.example.org:x", False),
        ("other.example.org:9000", True),
        ("other.example.org:9001", False),
        ("", False),
        ("127.0.0.1:8765@evil.example", False),
    ],
)
def test_a_host_is_compared_whole(host: str, let_in: bool) -> None:
    access = Door(allow_hosts=("Lab.example.org", "other.example.org:9000")).access
    assert (access.check_source(head(("host", host))) is None) is let_in
