"""Every address of a gateway, asked by who may not: forged sources, strangers, those who try tokens."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import re
from collections.abc import AsyncGenerator, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from ardugate.runtime import Ready
from ardugate.runtime.http.attempts import MAX_WRONG
from tests.integration.helpers import UPGRADE, bearer, gateway, request

OPEN_TO_ALL = {("GET", "/healthz")}
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    path: str

    @property
    def headers(self) -> Mapping[str, str]:
        return UPGRADE if self.path == "/ws" else JSON if self.method != "GET" else {}


async def routes_of(ready: Ready) -> list[Route]:
    """All that the gateway says it has, and what it does not say."""
    told = json.loads((await request(ready, "/openapi.json", bearer(ready))).text)
    names = {"board": "demo", "channel": "A0", "name": "water"}
    found = [
        Route(method.upper(), re.sub(r"{(\w+)(?::\w+)?}", lambda match: names.get(match[1], "x"), path))
        for path, operations in told["paths"].items()
        for method in operations
    ]
    others = ("/", "/ws", "/metrics", "/openapi.json", "/asyncapi.json", "/assets/dashboard.js", "/pages/", "/nothing")
    return [*found, *(Route("GET", path) for path in others)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ready(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Ready]:
    pages = tmp_path_factory.mktemp("site")
    (pages / "index.html").write_text("<!doctype html>mine")
    async with gateway(tmp_path_factory.mktemp("state"), "sim://", pages=pages) as ready:
        yield ready


def forged() -> Iterator[Mapping[str, str]]:
    """What a foreign page, a rebound name or a program that lies may send: each is wrong in one place at least."""
    hosts = ("evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:{port}")
    origins = ("http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1:{port}", "file://")
    sites = ("cross-site", "same-site")
    for host in hosts:
        yield {"Host": host}
    for origin in origins:
        yield {"Origin": origin}
    for host, origin in product(hosts, origins):
        yield {"Host": host, "Origin": origin}
    for host in hosts[:2]:
        yield {"Host": host, "Origin": f"http://{host}"}
    for site, (mode, dest) in product(
        sites, (("no-cors", "image"), ("no-cors", "script"), ("navigate", "iframe"), ("websocket", "websocket"))
    ):
        yield {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}


def ask_all(ready: Ready, routes: list[Route], asked: list[dict[str, str]]) -> dict[tuple[str, str], set[int]]:
    """Every route with every set of headers, and the statuses of its answers. One connection as far as it lasts."""
    address = urlsplit(ready.url)
    found: dict[tuple[str, str], set[int]] = {}
    for route in routes:
        with contextlib.closing(http.client.HTTPConnection(str(address.hostname), address.port, timeout=60)) as line:
            for headers in asked:
                line.putrequest(route.method, route.path, skip_host=True, skip_accept_encoding=True)
                body = b"{}" if route.method != "GET" else b""
                sent = {"Host": address.netloc, **route.headers, **headers, "Content-Length": str(len(body))}
                for name, value in sent.items():
                    line.putheader(name, value.replace("{port}", str(address.port)))
                line.endheaders(body)
                answer = line.getresponse()
                found.setdefault((route.method, route.path), set()).add(answer.status)
                answer.read() if answer.status != http.client.SWITCHING_PROTOCOLS else line.close()
    return found


@pytest.mark.asyncio(loop_scope="module")
async def test_no_forged_source_gets_anything_anywhere_even_with_the_token(ready: Ready) -> None:
    asked = [{**bearer(ready), **headers} for headers in forged()]
    assert len(asked) >= 40
    found = await asyncio.to_thread(ask_all, ready, await routes_of(ready), asked)
    assert len(found) > 15
    assert {path: statuses for path, statuses in found.items() if statuses != {403}} == {}


@pytest.mark.asyncio(loop_scope="module")
async def test_without_a_secret_there_is_nothing_but_ok(ready: Ready) -> None:
    cookie = f"ardugate_{urlsplit(ready.url).port}"
    asked = [{}, {"Cookie": f"{cookie}=1.admin.x.y"}, {"Cookie": f"{cookie}="}, {"Cookie": f"{cookie}=99999999999"}]
    found = await asyncio.to_thread(ask_all, ready, await routes_of(ready), asked)
    let_in = {route for route, statuses in found.items() if statuses != {401}}
    assert let_in == OPEN_TO_ALL
    assert (await request(ready, "/healthz")).text == "ok"


@pytest.mark.asyncio(loop_scope="module")
async def test_links_of_other_sites_lead_to_the_page_and_our_own_page_may_ask(ready: Ready) -> None:
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    own = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
    typed = {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    for headers in (link, own, typed):
        assert (await request(ready, "/", {**bearer(ready), **headers})).status == 200


async def test_who_tries_tokens_gets_429_and_the_owner_is_let_in_all_the_same(tmp_path: Path) -> None:
    async with gateway(tmp_path) as ready:
        wrong = {"Authorization": "Bearer " + "x" * 43}
        statuses = [(await request(ready, "/api/v1/boards", wrong)).status for _ in range(MAX_WRONG + 2)]
        assert statuses == [401] * MAX_WRONG + [429, 429]
        assert (await request(ready, "/ws", {**UPGRADE, **wrong})).status == 429
        assert (await request(ready, "/api/v1/boards", bearer(ready))).status == 200
        assert (await request(ready, "/api/v1/boards")).status == 401, "who shows nothing is only asked who he is"


async def test_a_foreign_page_cannot_use_up_the_attempts(tmp_path: Path) -> None:
    async with gateway(tmp_path) as ready:
        wrong = {"Authorization": "Bearer wrong"}
        for _ in range(2 * MAX_WRONG):
            assert (await request(ready, "/ws", {**UPGRADE, **wrong, "Origin": "http://evil.example"})).status == 403
            assert (await request(ready, "/?ticket=wrong")).status == 401
        assert (await request(ready, "/api/v1/boards", wrong)).status == 401


async def test_nothing_is_believed_of_what_a_proxy_may_say(tmp_path: Path) -> None:
    forwarded = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    forwarded |= {"Forwarded": "for=203.0.113.9;host=evil.example;proto=https", "X-Real-IP": "203.0.113.9"}
    async with gateway(tmp_path) as ready:
        wrong = {"Authorization": "Bearer wrong"}
        for number in range(MAX_WRONG):
            await request(ready, "/api/v1/boards", {**wrong, **forwarded, "X-Forwarded-For": f"203.0.113.{number}"})
        assert (await request(ready, "/api/v1/boards", {**wrong, **forwarded})).status == 429
        told = json.loads((await request(ready, "/openapi.json", {**bearer(ready), **forwarded})).text)
        assert "evil.example" not in json.dumps(told)
