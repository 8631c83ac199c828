"""``/ardugate.js`` in a page of one's own, on a real gateway; and every example of its documentation."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, WebSocketRoute, expect

from tests.browser.holding import renewed
from tests.support.browser import Watched, watched_page
from tests.support.running import RunningGateway
from tests.support.site import examples, running_site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

WEB = Path(__file__).parents[2] / "web"
EXAMPLES = examples("reference/javascript.md", "js")
PUMP_HOLD_MS = 2_000


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    """A gateway with the greenhouse, and a blank page."""
    with running_site(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def context(browser: Browser, site: RunningGateway) -> AsyncIterator[BrowserContext]:
    """A browser that is signed in."""
    made = await browser.new_context()
    async with watched_page(made, site.signed_in_link()) as watched:
        await watched.page.wait_for_url(site.url)
    yield made
    await made.close()


@pytest_asyncio.fixture(loop_scope="session")
async def watched(context: BrowserContext, site: RunningGateway) -> AsyncIterator[Watched]:
    """A blank page of one's own that complains of nothing."""
    async with watched_page(context, f"{site.url}pages/") as watching:
        yield watching
        watching.is_quiet()


@pytest_asyncio.fixture(loop_scope="session")
async def page(watched: Watched) -> Page:
    """The page itself."""
    return watched.page


PRELUDE = """
  const { connect, ArdugateError } = await import("/ardugate.js");
  const until = async (holds) => {
    for (let left = 1200; !(await holds()); left -= 1) {
      if (left === 0) throw new Error(`not within a minute: ${holds}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
"""


async def run(page: Page, script: str, given: object = None) -> object:
    """Run the body of an async function in the page; it has ``connect``, ``ArdugateError``, ``until`` and ``given``."""
    return await page.evaluate(f"async (given) => {{{PRELUDE}{script}}}", given)


@pytest.mark.parametrize("transport", ["websocket", "sse", "poll"])
async def test_every_way_tells_the_same_values_samples_and_receipts(page: Page, transport: str) -> None:
    told = await run(
        page,
        """
        const greenhouse = await connect({ transports: [given] });
        const readings = [];
        greenhouse.on("temp", (reading) => readings.push(reading));
        const batches = [];
        const subscription = await greenhouse.subscribe({ channels: ["soil"] }, (batch) => batches.push(batch));
        const receipt = await greenhouse.set("pump", true, { ttl_ms: 1500 });
        const switched = [];
        greenhouse.on("pump", ({ value }) => switched.push(value));
        await greenhouse.set("pump", false);
        await until(() => readings.length > 1 && batches.length > 2 && switched.includes(false));
        subscription.end();
        const refused = await greenhouse.set("soil", 1).catch((error) => error);
        greenhouse.close();
        let missing = 0;
        for (let at = 1; at < batches.length; at += 1)
          missing += batches[at].seq - batches[at].lost - (batches[at - 1].seq + batches[at - 1].t_s.length);
        return {
          transport: given, way: receipt.channel, value: receipt.value, missing,
          unit: readings[0].unit, name: readings[0].channel, newer: readings[1].t_s > readings[0].t_s,
          samples: batches[0].columns["greenhouse/soil"] instanceof Float64Array,
          refused: [refused instanceof ArdugateError, refused.reason],
        };
        """,
        transport,
    )
    assert told == {
        "transport": transport,
        "way": "greenhouse/pump",
        "value": True,
        "missing": 0,
        "unit": "°C",
        "name": "greenhouse/temp",
        "newer": True,
        "samples": True,
        "refused": [True, "read_only"],
    }


async def test_it_finds_its_way_past_what_lets_nothing_through(browser: Browser, site: RunningGateway) -> None:
    async with await browser.new_context() as context:

        def swallow(_: WebSocketRoute) -> None:
            """A proxy that takes a WebSocket and lets nothing through."""

        await context.route_web_socket("**/ws", swallow)
        held = asyncio.Event()

        async def hold(_: object) -> None:
            await held.wait()

        async with watched_page(context, site.signed_in_link()) as watched:
            await watched.page.wait_for_url(site.url)
            await context.route("**/api/v1/stream*", hold)
            await watched.page.goto(f"{site.url}pages/")
            told = await run(
                watched.page,
                """
                const greenhouse = await connect();
                const { value } = await greenhouse.get("temp");
                greenhouse.close();
                return [greenhouse.state, typeof value];
                """,
            )
            held.set()
    assert told == ["lost", "number"]


async def test_what_cannot_be_is_thrown_with_a_reason_and_a_hint(context: BrowserContext, site: RunningGateway) -> None:
    page = await context.new_page()  # not watched: a browser complains of each answer that is no success
    await page.goto(f"{site.url}pages/")
    told = await run(
        page,
        """
        const greenhouse = await connect();
        const caught = [];
        for (const attempt of [
          () => greenhouse.on("tmep", () => undefined),
          () => greenhouse.get("tmep"),
          () => greenhouse.subscribe({ channels: ["tmep"] }, () => undefined),
          () => greenhouse.call("watre"),
          () => greenhouse.request("nonsense"),
          () => connect({ token: "wrong", transports: ["sse"] }),
          () => connect({ url: "http://127.0.0.1:1/", transports: ["poll"] }),
        ])
          try { await attempt(); } catch (error) { caught.push([error.name, error.reason, error.hint !== ""]); }
        greenhouse.close();
        return caught;
        """,
    )
    reasons = ["unknown_channel", "unknown_channel", "unknown_channel", "unknown_command", "unknown_method"]
    await page.close()
    assert told == [["ArdugateError", reason, True] for reason in [*reasons, "not_allowed", "lost"]]


async def test_a_lease_holds_what_was_set_until_it_is_given_back(page: Page, site: RunningGateway) -> None:
    await run(
        page,
        """
        window.greenhouse = await connect();
        window.lease = await greenhouse.lease("pump");
        await greenhouse.set("pump", true);
        """,
    )
    await renewed(site, "greenhouse/pump", PUMP_HOLD_MS)
    assert site.rpc("get", channel="greenhouse/pump")["value"] is True
    await run(
        page,
        """
        await lease.release();
        await lease.over;
        await until(async () => (await greenhouse.get("pump")).value === false);
        greenhouse.close();
        """,
    )


async def test_after_a_lost_connection_samples_go_on_without_a_gap(browser: Browser, site: RunningGateway) -> None:
    async with await browser.new_context() as context:
        routes = list[WebSocketRoute]()

        def through(route: WebSocketRoute) -> None:
            route.connect_to_server()
            routes.append(route)

        async with watched_page(context, site.signed_in_link()) as watched:
            page = watched.page
            await page.wait_for_url(site.url)
            await context.route_web_socket("**/ws", through)
            await page.goto(f"{site.url}pages/")
            await run(
                page,
                """
                window.greenhouse = await connect();
                window.states = [];
                window.batches = [];
                greenhouse.listen("state", (state) => states.push(state));
                await greenhouse.subscribe({ channels: ["soil"] }, (batch) => batches.push(batch));
                await until(() => batches.length > 2);
                """,
            )
            await routes[-1].close()
            missing = await run(
                page,
                """
                await until(() => states.includes("open"));
                const before = batches.length;
                await until(() => batches.length > before + 2);
                if (states.join() !== "lost,open") throw new Error(states.join());
                let missing = 0;
                for (let at = 1; at < batches.length; at += 1)
                  missing += batches[at].seq - batches[at].lost - (batches[at - 1].seq + batches[at - 1].t_s.length);
                greenhouse.close();
                return missing;
                """,
            )
            assert missing == 0
            assert len(routes) == 2


@pytest.mark.parametrize("source", EXAMPLES, ids=[str(number) for number, _ in enumerate(EXAMPLES, 1)])
async def test_an_example_of_the_docs_works_as_written(watched: Watched, site: RunningGateway, source: str) -> None:
    script = f'<!doctype html><title>x</title><body><script type="module">\n{source}\ndocument.title = "done";</script>'
    (site.home / "site" / "example.html").write_text(script, encoding="utf-8")
    await watched.page.goto(f"{site.url}pages/example.html")
    await expect(watched.page).to_have_title("done")


def _package(folder: Path) -> Path:
    """The npm package, put together as for `npm publish`."""
    made = folder / "ardugate"
    subprocess.run(["node", "build.mjs", "--package", str(made)], cwd=WEB, check=True, capture_output=True)
    return made


def _packed(made: Path, npm: str, folder: Path) -> list[dict[str, Any]]:
    command = [npm, "pack", "--json", "--pack-destination", str(folder)]
    description: list[dict[str, Any]] = json.loads(
        subprocess.run(command, cwd=made, check=True, capture_output=True).stdout
    )
    return description


async def test_the_npm_package_is_whole_and_its_example_runs_in_node(site: RunningGateway, tmp_path: Path) -> None:
    made = _package(tmp_path)
    npm = shutil.which("npm")
    assert npm is not None
    [description] = _packed(made, npm, tmp_path)
    names = {each["path"] for each in description["files"]}
    assert {
        "package.json",
        "README.md",
        "LICENSE",
        "ardugate.js",
        "ardugate.d.ts",
        "shapes.d.ts",
        "ardugate-elements.js",
    } <= names
    assert description["version"] == json.loads((WEB / "package.json").read_text())["version"]
    assert json.loads((made / "package.json").read_text()).get("dependencies") is None
    user = tmp_path / "user"
    shutil.unpack_archive(tmp_path / description["filename"], user / "node_modules", "gztar")
    (user / "node_modules" / "package").rename(user / "node_modules" / "ardugate")
    [source] = examples("reference/javascript.md", "js node")
    (user / "script.mjs").write_text(source, encoding="utf-8")
    environment = {**os.environ, "ARDUGATE_GATEWAY": site.url, "ARDUGATE_TOKEN": site.token}
    done = await asyncio.to_thread(
        subprocess.run,
        ["node", "script.mjs"],
        cwd=user,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    float(done.stdout.splitlines()[0])
    assert done.stderr == ""
