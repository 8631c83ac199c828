"""Share links: good until their end, and then for nobody."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from ardugate.errors import Reason, RequestError
from ardugate.model import Role
from ardugate.runtime.http import shares as module
from ardugate.runtime.http.shares import Shares

URL = "http://192.0.2.7:8765/"


class Clock:
    """Time in the hand."""

    def __init__(self) -> None:
        self.now_s = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def secret_of(url: str) -> str:
    return url.removeprefix(f"{URL}?share=")


async def test_a_link_is_found_by_its_secret_and_says_what_it_allows(clock: Clock) -> None:
    shares = Shares(None, URL, clock)
    made, url = shares.create(Role.CONTROL, ("uno",), None)
    found = shares.by_secret(secret_of(url))
    assert found == made
    principal = made.principal("n1")
    assert (principal.role, principal.boards, principal.share) == (Role.CONTROL, ("uno",), made.id)
    assert made.principal("n2").name != principal.name
    assert shares.by_secret("another") is None


async def test_it_is_over_at_its_end_and_whoever_came_by_it_is_named_once(clock: Clock) -> None:
    shares = Shares(None, URL, clock)
    over = list[str]()
    shares.on_end = over.append
    made, url = shares.create(Role.VIEW, None, 60)
    clock.now_s += 59
    assert shares.by_id(made.id) is not None
    clock.now_s += 1
    assert shares.by_secret(secret_of(url)) is None
    assert shares.listed() == []
    assert over == [made.id]


async def test_an_end_comes_by_itself(clock: Clock) -> None:
    shares = Shares(None, URL, clock)
    over = asyncio.Event()
    shares.on_end = lambda _: over.set()
    shares.create(Role.VIEW, None, 0.01)
    clock.now_s += 1
    async with asyncio.timeout(60):
        await over.wait()
    shares.close()


async def test_a_revoked_link_is_good_no_more_and_cannot_be_revoked_twice(clock: Clock) -> None:
    shares = Shares(None, URL, clock)
    over = list[str]()
    shares.on_end = over.append
    made, url = shares.create(Role.VIEW, None, None)
    shares.revoke(made.id)
    assert over == [made.id]
    assert shares.by_secret(secret_of(url)) is None
    with pytest.raises(RequestError) as caught:
        shares.revoke(made.id)
    assert caught.value.reason is Reason.REFUSED


async def test_links_outlive_a_restart_and_the_file_holds_no_secret(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "shares-8765.json"
    shares = Shares(path, URL, clock)
    made, url = shares.create(Role.CONTROL, ("uno", "attic"), 3600)
    assert secret_of(url) not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    again = Shares(path, URL, clock)
    assert again.by_secret(secret_of(url)) == made
    shares.close()
    again.close()


@pytest.mark.parametrize("text", ["", "[{}]", '[{"id": "s1"}]', "nonsense", '{"a": 1}'])
async def test_a_file_that_cannot_be_read_holds_no_links(
    tmp_path: Path, clock: Clock, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "shares-8765.json"
    path.write_text(text)
    assert Shares(path, URL, clock).listed() == []
    assert "good no more" in caplog.text


async def test_there_is_an_end_to_how_many(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_SHARES", 2)
    shares = Shares(None, URL, clock)
    shares.create(Role.VIEW, None, None)
    shares.create(Role.VIEW, None, None)
    with pytest.raises(RequestError) as caught:
        shares.create(Role.VIEW, None, None)
    assert caught.value.reason is Reason.TOO_MANY


async def test_what_is_kept_can_be_read_by_eyes(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "shares-8765.json"
    Shares(path, URL, clock).create(Role.VIEW, None, None)
    [kept] = json.loads(path.read_text())
    assert set(kept) == {"id", "role", "boards", "created_s", "until_s", "digest"}
