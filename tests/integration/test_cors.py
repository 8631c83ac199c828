"""Pages of another site use the API where ``--allow-origin`` names their origin, and nowhere else: by raw requests, and
by a real Chromium."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ardugate.runtime import Ready
from tests.integration.helpers import Answer, bearer, gateway, request
from tests.support.browser import running_browser

LAB = "https://lab.example.org"
LED = "/api/v1/boards/demo/channels/led"
ASKED = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "authorization,content-type"}
CORS = "access-control-"


@pytest.fixture
async def ready(tmp_path: Path) -> AsyncGenerator[Ready]:
    async with gateway(tmp_path, "sim://?name=demo", allow_origins=(LAB,)) as started:
        yield started


def said(answer: Answer) -> dict[str, str]:
    """What an answer says of other sites."""
    return {name.removeprefix(CORS): value for name, value in answer.headers.items() if name.startswith(CORS)}


async def test_a_browser_that_asks_first_is_told_what_may_be_sent_and_needs_no_secret(ready: Ready) -> None:
    answer = await request(ready, LED, {"Origin": LAB, **ASKED}, method="OPTIONS")
    assert (answer.status, answer.text) == (204, "")
    assert said(answer) == {
        "allow-origin": LAB,
        "allow-credentials": "true",
        "allow-methods": "GET, PUT, POST",
        "allow-headers": "Authorization, Content-Type, Last-Event-ID",
        "expose-headers": "Allow",
        "max-age": "600",
    }
    assert answer.headers["vary"] == "Origin"
    near = await request(
        ready, LED, {"Origin": LAB, **ASKED, "Access-Control-Request-Private-Network": "true"}, method="OPTIONS"
    )
    assert said(near)["allow-private-network"] == "true"


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example.org", "http://lab.example.org", "https://lab.example.org:8443", "null", LAB + ".evil.org"],
)
async def test_any_other_origin_is_refused_before_and_after(ready: Ready, origin: str) -> None:
    for method, headers in (("OPTIONS", ASKED), ("GET", bearer(ready))):
        answer = await request(ready, LED, {"Origin": origin, **headers}, method=method)
        assert answer.status == 403
        assert said(answer) == {}
        assert "--allow-origin" in answer.text or origin == "null"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/boards", 200),
        (LED, 200),
        ("/api/v1/nothing", 404),
        ("/api/v1/history", 200),
        ("/api/v1/poll?wait_s=0", 200),
        ("/openapi.json", 200),
        ("/asyncapi.json", 200),
        ("/healthz", 200),
    ],
)
async def test_every_answer_may_be_read_refusals_too(ready: Ready, path: str, status: int) -> None:
    answer = await request(ready, path, {"Origin": LAB, **bearer(ready)})
    assert (answer.status, said(answer)["allow-origin"], answer.headers["vary"]) == (status, LAB, "Origin")
    stranger = await request(ready, path, {"Origin": LAB})
    assert stranger.status == (200 if path == "/healthz" else 401)
    assert said(stranger)["allow-origin"] == LAB


async def test_who_asks_from_no_other_site_hears_nothing_of_it(ready: Ready) -> None:
    for origin in ({}, {"Origin": ready.url.rstrip("/")}):
        answer = await request(ready, LED, {**origin, **bearer(ready)})
        assert (answer.status, said(answer), answer.headers["vary"]) == (200, {}, "Origin")
        unasked = await request(ready, LED, {**origin, **bearer(ready), **ASKED}, method="OPTIONS")
        assert unasked.status == 405


async def test_without_the_setting_nothing_is_said(tmp_path: Path) -> None:
    async with gateway(tmp_path, "sim://?name=demo") as ready:
        answer = await request(ready, LED, bearer(ready))
        assert (answer.status, said(answer), "vary" in answer.headers) == (200, {}, False)


@contextmanager
def site(folder: Path) -> Generator[str]:
    """Another site, with an empty page; gives its origin."""
    (folder / "index.html").write_text("<!doctype html><title>another site</title>")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the name that it has)
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


_ASK = """async ([url, token]) => {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  const put = await fetch(url + "api/v1/boards/demo/channels/led",
    { method: "PUT", headers, body: JSON.stringify({ value: true }) });
  const refused = await fetch(url + "api/v1/boards");
  return [put.status, (await put.json()).value, refused.status, (await refused.json()).error.reason];
}"""
_FOLLOW = """(url) => new Promise((resolve, reject) => {
  const events = new EventSource(url + "api/v1/stream?channels=A0", { withCredentials: true });
  events.onmessage = ({ data }) => { events.close(); resolve(JSON.parse(data).method); };
  events.onerror = () => { events.close(); reject(new Error("no stream")); };
})"""
_FORBIDDEN = """(url) => fetch(url + "healthz").then(() => "read", (error) => error.name)"""


@pytest.mark.browser
async def test_in_a_real_browser_a_page_of_an_allowed_site_sets_and_follows_and_another_can_do_neither(
    tmp_path: Path,
) -> None:
    with site(tmp_path) as friend, site(tmp_path) as stranger:
        async with (
            gateway(tmp_path / "state", "sim://?name=demo", allow_origins=(friend,)) as ready,
            running_browser() as browser,
        ):
            context = await browser.new_context()
            page = await context.new_page()
            await page.goto(friend)
            assert await page.evaluate(_ASK, [ready.url, ready.token]) == [200, True, 401, "not_allowed"]
            await page.goto(ready.link)  # signed in: the cookie goes along from the same machine
            await page.wait_for_url(ready.url)
            await page.goto(friend)
            assert await page.evaluate(_FOLLOW, ready.url) == "welcome"
            await page.goto(stranger)
            assert await page.evaluate(_FORBIDDEN, ready.url) == "TypeError"
            await context.close()


_SOCKETS = """async (addresses) => Promise.all(addresses.map((address) => new Promise((resolve) => {
    const socket = new WebSocket(address);
    socket.onopen = () => resolve("open");
    socket.onerror = () => resolve("refused");
})))"""


@pytest.mark.browser
async def test_a_foreign_name_that_leads_to_this_machine_opens_no_socket_in_a_real_browser(tmp_path: Path) -> None:
    with site(tmp_path) as foreign:
        async with (
            gateway(tmp_path / "state", "sim://?name=demo") as ready,
            running_browser("--host-resolver-rules=MAP evil.example 127.0.0.1") as browser,
        ):
            context = await browser.new_context()
            page = await context.new_page()
            await page.goto(ready.link)  # signed in: the cookie is there to be misused
            await page.wait_for_url(ready.url)
            await page.goto(foreign.replace("127.0.0.1", "evil.example"))
            own = ready.ws
            names = ("127.0.0.1", "localhost", "evil.example")
            found = await page.evaluate(_SOCKETS, [own.replace("127.0.0.1", name) for name in names])
            assert found == ["refused"] * 3
            await page.goto(ready.url)
            assert await page.evaluate(_SOCKETS, [own]) == ["open"], "its own page may"
            await context.close()
