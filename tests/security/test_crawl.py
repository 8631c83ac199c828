"""Every address with every verb, and every method by every way, asked by each who may come.

They may do what the documents allow, and no more; what was heard and written meanwhile holds no secret.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import logging
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from ardugate.model import Role
from ardugate.runtime import Ready
from ardugate.session.requests import METHODS
from tests.integration.helpers import PATIENCE_S, UPGRADE, Talk, bearer, gateway, request, talk

DOCS = Path(__file__).parents[2] / "docs" / "reference"
VERBS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")
# The least role where it is not VIEW.
NEEDS = {"PUT": Role.CONTROL, "POST": Role.CONTROL}
OF_ALL_BOARDS = ("/metrics", "/api/v1/recordings", "/api/v1/recordings/battery")
NAMES = {"board": "one", "channel": "led", "name": "battery"}
OPEN = "/healthz"

# About the board that the guest of the other one may not know of; what is not here is asked without params.
PARAMS: dict[str, dict[str, Any]] = {
    "subscribe": {"channels": ["one/temp"]},
    "unsubscribe": {"subscription": "u1"},
    "get": {"channel": "one/temp"},
    "set": {"channel": "one/led", "value": False},
    "mode": {"channel": "one/D3", "mode": "input"},
    "rate": {"channels": ["one/A0"], "hz": 100},
    "call": {"board": "one", "command": "battery"},
    "lease_take": {"channels": ["one/led"], "ttl_ms": 100},
    "lease_renew": {"channels": ["one/led"], "ttl_ms": 100},
    "lease_release": {"channels": ["one/led"]},
    "stop_all": {"board": "one"},
    "clear_stop": {"board": "one"},
    "identify": {"board": "one", "for_ms": 0},
    "name": {"board": "one", "name": "one"},
    "history": {"channels": ["one/temp"]},
    "journal": {"board": "one"},
    "annotate": {"board": "one", "text": "here"},
    "save": {"last_s": 1},
    "port_lend": {"port": "nowhere"},
    "port_reclaim": {"port": "nowhere"},
    "port_use": {"port": "nowhere"},
    "share_revoke": {"share": "s0"},
}


@dataclass(slots=True)
class House:
    """A gateway with two boards, and all who may come: the headers of each."""

    ready: Ready
    state: Path
    allowed: dict[str, Role] = field(default_factory=dict[str, Role])
    headers: dict[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    secrets: list[str] = field(default_factory=list[str])
    heard: list[str] = field(default_factory=list[str])  # every answer, whole

    def let(self, name: str, role: Role, headers: Mapping[str, str]) -> None:
        """Know somebody more."""
        self.allowed[name], self.headers[name] = role, headers


async def follow(house: House, url: str) -> dict[str, str]:
    """Open a link; the cookie of who did."""
    parts = urlsplit(url)
    answer = await request(house.ready, f"{parts.path}?{parts.query}")
    assert answer.status == 200
    house.heard.append(f"{answer.text} {dict(answer.headers) | {'set-cookie': ''}}")
    house.secrets += [parts.query.partition("=")[2], answer.cookie.partition("=")[2]]
    return {"Cookie": answer.cookie}


@asynccontextmanager
async def house(folder: Path) -> AsyncGenerator[House]:
    pages = folder / "pages"
    pages.mkdir()
    (pages / "index.html").write_text("<!doctype html>mine")
    state = folder / "state"
    async with gateway(state, "sim://?name=one", "sim://?name=two", pages=pages) as ready, talk(ready) as owner:
        await owner.live()
        made = House(ready, state)
        made.secrets.append(ready.token)
        made.let("the token", Role.ADMIN, bearer(ready))
        made.let("who signed in", Role.ADMIN, await follow(made, ready.link))
        for name, role, link in (
            ("a link to view", Role.VIEW, {}),
            ("a link to control", Role.CONTROL, {"grants": "control"}),
            ("a link to the other board", Role.CONTROL, {"grants": "control", "boards": ["two"]}),
        ):
            made.let(name, role, await follow(made, (await owner.call("share_create", **link))["url"]))
        short = await owner.call("share_create", grants="control", for_s=1)
        ended = made.headers["a link that has ended"] = await follow(made, short["url"])
        revoked = await owner.call("share_create", grants="control")
        made.headers["a link that was revoked"] = await follow(made, revoked["url"])
        await owner.call("share_revoke", share=revoked["share"]["id"])
        made.headers["nobody"] = {}
        with contextlib.suppress(ConnectionClosed):
            async with asyncio.timeout(PATIENCE_S), connect(ready.ws, additional_headers=ended) as guest:
                async for _ in guest:  # until its link is over
                    pass
        yield made


@cache
def documented_routes() -> set[tuple[str, str]]:
    """Verb and path of all that the documents know, and what they mean by dots."""
    text = (DOCS / "http.md").read_text(encoding="utf-8")
    found = re.findall(r"^\| `([A-Z]+) (/[^`…]*)`", text, re.MULTILINE)
    more = ("/assets/dashboard.js", "/pages/", "/ws")
    return {(verb, filled(path)) for verb, path in found} | {("GET", path) for path in more}


def filled(path: str) -> str:
    return re.sub(r"{(\w+)(?::\w+)?}", lambda match: NAMES[match[1]], path)


async def paths_of(ready: Ready) -> list[str]:
    """All that the gateway says it has, that is documented, and that is not there."""
    told = json.loads((await request(ready, "/openapi.json", bearer(ready))).text)
    documented = {path for _, path in documented_routes()}
    return sorted(documented | {filled(path) for path in told["paths"]} | {"/nothing", "/api/v1/nothing"})


def ask(line: http.client.HTTPConnection, verb: str, path: str, headers: Mapping[str, str]) -> tuple[int, str]:
    """The status and all that was said; of a stream that does not end, the head."""
    body = {"POST": "{}", "PUT": '{"value": false}'}.get(verb)
    more = {"Content-Type": "application/json"} if body else UPGRADE if (verb, path) == ("GET", "/ws") else {}
    line.request(verb, path, body, {**headers, **more})
    answer = line.getresponse()
    if answer.status == http.client.SWITCHING_PROTOCOLS or "event-stream" in answer.headers.get("Content-Type", ""):
        line.close()
        return answer.status, str(answer.headers)
    return answer.status, f"{answer.headers} {answer.read().decode(errors='replace')}"


def should_be(verb: str, path: str, role: Role | None, *, elsewhere: bool) -> set[int]:
    """The statuses that the documents allow."""
    if path == OPEN:
        return {200} if verb == "GET" else {405}
    if role is None:
        return {401}
    known = documented_routes()
    if verb == "HEAD":  # as GET, or not at all
        return {405, 404} | (should_be("GET", path, role, elsewhere=elsewhere) if path != "/ws" else set())
    if (verb, path) not in known:
        return {404, 405}
    if elsewhere and path in OF_ALL_BOARDS:
        return {403}
    if elsewhere and "/one" in path:
        return {404}
    if path != "/api/v1/rpc" and not role.covers(NEEDS.get(verb, Role.VIEW)):
        return {403}
    if path == "/ws":
        return {101}
    return {404} if path.endswith("recordings/battery") else {200, 400, 422}


def crawl(house: House, paths: list[str]) -> dict[tuple[str, str, str], int]:
    """What was answered otherwise than it should be."""
    wrong = dict[tuple[str, str, str], int]()
    address = urlsplit(house.ready.url)
    for who, headers in house.headers.items():
        line = http.client.HTTPConnection(str(address.hostname), address.port, timeout=PATIENCE_S)
        with contextlib.closing(line):  # one for all that it asks, as far as the gateway keeps it
            for path, verb in product(paths, VERBS):
                status, said = ask(line, verb, path, headers)
                house.heard.append(said)
                elsewhere = who == "a link to the other board"
                if status not in should_be(verb, path, house.allowed.get(who), elsewhere=elsewhere):
                    wrong[who, verb, path] = status
    return wrong


def documented_methods() -> dict[str, Role]:
    text = (DOCS / "gateway.md").read_text(encoding="utf-8")
    letters = {"V": Role.VIEW, "C": Role.CONTROL, "A": Role.ADMIN}
    return {
        name: letters[letter] for name, letter in re.findall(r"^### 3\.\d+ `(\w+)` \(([VCA])\)", text, re.MULTILINE)
    }


async def over_http(house: House, who: str, method: str) -> dict[str, Any]:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": PARAMS.get(method, {})})
    headers = {**house.headers[who], "Content-Type": "application/json"}
    answer = await request(house.ready, "/api/v1/rpc", headers, method="POST", body=body)
    message: dict[str, dict[str, Any]] = json.loads(answer.text)
    return message.get("result", message)


async def methods_of(house: House, who: str) -> dict[str, list[dict[str, Any]]]:
    """Every method's answers: over a WebSocket, and over HTTP."""
    protocols = [Subprotocol("ardugate.v1.json")]
    async with connect(house.ready.ws, subprotocols=protocols, additional_headers=house.headers[who]) as socket:
        client = Talk(socket)
        return {
            method: [await client.call(method, **PARAMS.get(method, {})), await over_http(house, who, method)]
            for method in METHODS
        }


def reason(answer: dict[str, Any]) -> str:
    return str(answer["error"]["data"]["reason"]) if isinstance(answer.get("error"), dict) else "ok"


async def test_who_comes_may_do_what_the_documents_say_and_no_more(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("ardugate", "uvicorn", "websockets.server"):  # the clients' own log has their headers
        caplog.set_level(logging.DEBUG, name)
    documented = documented_methods()
    assert documented.keys() == METHODS.keys()
    async with house(tmp_path) as here:
        wrong = await asyncio.to_thread(crawl, here, await paths_of(here.ready))
        assert not wrong, "\n".join(map(str, wrong.items()))

        for who, role in here.allowed.items():
            answers = await methods_of(here, who)
            # What a link gives is not given away by it: links and tickets are told to admins alone, as they should be.
            here.heard += [
                json.dumps(each) for method, each in answers.items() if method not in ("ticket", "share_create")
            ]
            refused = {method for method, both in answers.items() if "not_allowed" in map(reason, both)}
            denied = {method for method, both in answers.items() if {*map(reason, both)} == {"not_allowed"}}
            should = {method for method, needs in documented.items() if not role.covers(needs)}
            if who != "a link to the other board":
                assert refused == denied == should, f"{who}: a method that needs params needs an entry in PARAMS"
                continue
            assert should <= denied
            for method, both in answers.items():
                for answer in both:
                    assert '"one' not in json.dumps(answer), (method, answer)
                    if any("one" in str(value) for value in PARAMS.get(method, {}).values()):
                        expected = ("not_allowed", "unknown_board", *(["refused"] if method == "subscribe" else []))
                        assert reason(answer) in expected, (method, answer)

        here.heard.append((await request(here.ready, "/metrics", bearer(here.ready))).text)
        journal = [path.read_text(encoding="utf-8") for path in here.state.rglob("*.jsonl")]
        assert journal
        for kind, texts in (("answers", here.heard), ("log", [caplog.text]), ("journal", journal)):
            found = [secret for secret in here.secrets if any(secret in text for text in texts)]
            assert found == [], kind
