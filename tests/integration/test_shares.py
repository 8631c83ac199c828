"""Share links over real sockets: what each role and each choice of boards may see and do, and their end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from ardugate.runtime import PortOption, Ready, ServeOptions, running
from tests.integration.helpers import PATIENCE_S, Talk, bearer, gateway, request, talk

ONE, TWO = "sim://?name=one", "sim://?name=two"


async def follow(ready: Ready, url: str, **headers: str) -> str:
    """Open a link as a browser does; gives the cookie."""
    parts = urlsplit(url)
    answer = await request(ready, f"{parts.path}?{parts.query}", headers)
    assert answer.status == 200, answer.text
    assert 'location.replace("/")' in answer.text
    assert parts.query.removeprefix("share=") not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    cookie = answer.headers.get("set-cookie", "")
    assert not cookie or ("HttpOnly" in cookie and "SameSite=Strict" in cookie)
    return cookie.partition(";")[0]


@asynccontextmanager
async def guest(ready: Ready, cookie: str) -> AsyncGenerator[Talk]:
    """A client that came by a link."""
    headers = {"Cookie": cookie}
    async with connect(ready.ws, subprotocols=[Subprotocol("ardugate.v1.json")], additional_headers=headers) as socket:
        yield Talk(socket)


async def code_of_close(client: Talk) -> int | None:
    """Wait until the gateway closes a connection; with which code it does."""
    async with asyncio.timeout(PATIENCE_S):
        await client.connection.wait_closed()
    return client.connection.close_code


@asynccontextmanager
async def shared(tmp_path: Path, **link: Any) -> AsyncGenerator[tuple[Ready, Talk, Talk, str]]:
    """A gateway with two boards, its owner, and a guest by such a link, with the cookie."""
    async with gateway(tmp_path, ONE, TWO) as ready, talk(ready) as owner:
        await owner.live()
        made = await owner.call("share_create", **link)
        cookie = await follow(ready, made["url"])
        async with guest(ready, cookie) as other:
            yield ready, owner, other, cookie


async def test_view_sees_everything_stops_and_changes_nothing(tmp_path: Path) -> None:
    async with shared(tmp_path) as (_, _, other, _):
        welcome = await other.until("welcome")
        assert welcome["role"] == "view"
        assert [board["id"] for board in welcome["boards"]] == ["one", "two"]
        assert (await other.call("get", channel="one/temp"))["unit"] == "°C"
        for method, params in (
            ("set", {"channel": "one/led", "value": True}),
            ("mode", {"channel": "one/D3", "mode": "output"}),
            ("rate", {"channels": ["one/A0"], "hz": 1}),
            ("call", {"board": "one", "command": "battery"}),
            ("lease_take", {"channels": ["one/led"], "ttl_ms": 1000}),
            ("clear_stop", {}),
            ("record_start", {}),
            ("share_create", {}),
            ("share_list", {}),
            ("ticket", {}),
        ):
            assert await other.reason(method, **params) == "not_allowed"
        assert set((await other.call("stop_all"))["boards"]) == {"one", "two"}


async def test_control_drives_and_gives_nothing_away(tmp_path: Path) -> None:
    async with shared(tmp_path, grants="control") as (_, _, other, _):
        assert (await other.call("set", channel="one/led", value=True))["value"] is True
        for method in ("share_create", "share_list", "ticket"):
            assert await other.reason(method) == "not_allowed"
        assert await other.reason("name", board="one", name="x") == "not_allowed"


async def test_a_link_for_one_board_knows_of_no_other(tmp_path: Path) -> None:
    async with shared(tmp_path, grants="control", boards=["two"]) as (ready, owner, other, cookie):
        welcome = await other.until("welcome")
        assert [board["id"] for board in welcome["boards"]] == ["two"]
        assert [board["id"] for board in (await other.call("boards"))["boards"]] == ["two"]
        # The one board that there is for it need not be named.
        assert (await other.call("get", channel="temp"))["channel"] == "two/temp"
        for method, params in (
            ("get", {"channel": "one/temp"}),
            ("set", {"channel": "one/led", "value": True}),
            ("subscribe", {"channels": ["one/temp"]}),
            ("history", {"channels": ["one/temp"]}),
            ("call", {"board": "one", "command": "battery"}),
            ("lease_take", {"channels": ["one/led"], "ttl_ms": 1000}),
            ("stop_all", {"board": "one"}),
            ("journal", {"board": "one"}),
        ):
            assert await other.reason(method, **params) == "unknown_board", method
        for method, params in (("recordings", {}), ("record_start", {}), ("history", {"recording": "melting"})):
            assert await other.reason(method, **params) == "not_allowed"
        for everything in ({}, {"channels": ["*/temp"]}):
            streams = (await other.call("subscribe", **everything))["streams"]
            assert {stream["board"] for stream in streams} == {"two"}
        assert {part["board"] for part in (await other.call("history"))["streams"]} == {"two"}
        assert {each["board"] for each in (await other.call("journal"))["entries"]} <= {"two"}
        assert len((await other.call("clients"))["clients"]) == 1
        other.told.clear()
        await owner.call("lease_take", channels=["one/led", "two/led"], ttl_ms=5_000)
        assert [each["channel"] for each in (await other.until("lease"))["leases"]] == ["two/led"]
        for channel in ("one/led", "two/led"):
            await owner.call("set", channel=channel, value=True)
            assert {each["channel"] for each in (await other.call("clients"))["drivers"]} <= {"two/led"}
        driven = await other.until("driven")
        assert [each["channel"] for each in driven["drivers"]] == ["two/led"]
        assert set((await other.call("stop_all"))["boards"]) == {"two"}
        assert (await other.until("driven"))["ended"] == ["two/led"]
        told = [each["params"] for each in other.told if each["method"] in ("stop", "event", "log", "link", "board")]
        assert all(each.get("board") in ("two", None) or each["board"]["id"] == "two" for each in told)
        for path, status in (
            ("/api/v1/boards/two", 200),
            ("/api/v1/boards/one", 404),
            ("/api/v1/boards/one/channels/temp", 404),
            ("/api/v1/history?channels=one/temp", 404),
            ("/api/v1/recordings", 403),
            ("/api/v1/recordings/x", 403),
            ("/metrics", 403),
        ):
            assert (await request(ready, path, {"Cookie": cookie})).status == status, path


async def test_a_revoked_link_shows_out_whoever_came_by_it(tmp_path: Path) -> None:
    async with shared(tmp_path) as (ready, owner, other, cookie):
        [listed] = (await owner.call("share_list"))["shares"]
        assert (listed["grants"], listed["boards"], listed["until_s"], listed["clients"]) == ("view", None, None, 1)
        await owner.call("share_revoke", share=listed["id"])
        assert await code_of_close(other) == 1008
        assert (await request(ready, "/api/v1/boards", {"Cookie": cookie})).status == 401
        with pytest.raises(InvalidStatus):
            async with guest(ready, cookie):
                pass
        assert await owner.reason("share_revoke", share=listed["id"]) == "refused"
        assert (await owner.call("boards"))["boards"]


async def test_an_end_shows_out_whoever_came_by_it(tmp_path: Path) -> None:
    async with shared(tmp_path, for_s=2) as (ready, _, other, cookie):
        assert await code_of_close(other) == 1008
        assert (await request(ready, "/", {"Cookie": cookie})).status == 401


async def test_a_link_is_good_for_many_and_after_a_restart(tmp_path: Path) -> None:
    async with gateway(tmp_path, ONE) as ready, talk(ready) as owner:
        await owner.live()
        url = str((await owner.call("share_create"))["url"])
        cookies = {await follow(ready, url) for _ in range(3)}
        assert len(cookies) == 3
    port = urlsplit(url).port
    options = ServeOptions(ports=(PortOption(ONE),), listen=f"127.0.0.1:{port}", state_dir=tmp_path)
    async with running(options) as ready:
        assert await follow(ready, url)
        for cookie in cookies:
            assert (await request(ready, "/api/v1/boards", {"Cookie": cookie})).status == 200


async def test_who_may_do_more_already_stays_who_he_is(tmp_path: Path) -> None:
    async with gateway(tmp_path, ONE) as ready, talk(ready) as owner:
        await owner.live()
        ticket = str((await owner.call("ticket"))["url"])
        signed_in = await request(ready, "/?" + urlsplit(ticket).query)
        cookie = signed_in.headers["set-cookie"].partition(";")[0]
        view, control = [str((await owner.call("share_create", grants=role))["url"]) for role in ("view", "control")]
        assert await follow(ready, view, Cookie=cookie) == ""
        mere = await follow(ready, view)
        assert await follow(ready, control, Cookie=mere) != ""


@pytest.mark.parametrize("secret", ["", "x", "%00", "x" * 5_000])
async def test_a_link_that_never_was_is_refused(tmp_path: Path, secret: str) -> None:
    async with gateway(tmp_path) as ready:
        assert (await request(ready, f"/?share={secret}")).status == 401


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"grants": "admin"}, "out_of_range"),
        ({"boards": []}, "out_of_range"),
        ({"boards": ["three"]}, "unknown_board"),
        ({"for_s": 0}, "out_of_range"),
    ],
)
async def test_what_cannot_be_given_away_is_refused(tmp_path: Path, params: dict[str, Any], reason: str) -> None:
    async with gateway(tmp_path, ONE) as ready, talk(ready) as owner:
        await owner.live()
        assert await owner.reason("share_create", **params) == reason
        assert await owner.call("share_list") == {"shares": []}


async def test_only_the_page_s_own_address_takes_a_link(tmp_path: Path) -> None:
    async with gateway(tmp_path, ONE) as ready, talk(ready) as owner:
        await owner.live()
        made = await owner.call("share_create")
        assert "url" in made, made
        query = urlsplit(str(made["url"])).query
        assert (await request(ready, f"/api/v1/boards?{query}")).status == 401
        assert (await request(ready, f"/?{query}", {"Host": "evil.example"})).status == 403
        assert (await request(ready, "/api/v1/boards", bearer(ready))).status == 200
