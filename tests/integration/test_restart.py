"""A client that is away while the gateway is started anew: nothing is missing, nothing comes twice."""

from __future__ import annotations

from pathlib import Path

from tests.integration.helpers import Message, gateway, talk

SIM = "sim://?name=demo&sketch=plain"


def scans(batches: list[Message]) -> list[tuple[int, int]]:
    """Each scan's number and value."""
    return [(batch["seq"] + row, value) for batch in batches for row, value in enumerate(batch["columns"]["demo/A0"])]


async def test_what_came_before_the_restart_and_what_came_after_is_there_once(tmp_path: Path) -> None:
    async with gateway(tmp_path, SIM) as ready, talk(ready) as watching:
        await watching.live()
        await watching.call("subscribe", channels=["A0"])
        seen = [await watching.until("samples") for _ in range(4)]
        cursor = seen[1]["cursor"]  # here the client goes away
    async with gateway(tmp_path, SIM) as ready, talk(ready) as client:
        await client.live()
        subscribed = await client.call("subscribe", channels=["A0"], cursor=cursor)
        batches: list[Message] = []
        ended: list[Message] = []
        while not ended or batches[-1]["stream"] == batches[0]["stream"]:
            message = await client.until_any("samples", "streams")
            if "columns" in message:
                batches.append(message)
            else:
                ended += message["ended"]
    before = [batch for batch in batches if batch["stream"] == batches[0]["stream"]]
    assert subscribed["streams"][0]["stream"] == batches[0]["stream"]
    assert [(each["stream"], each["cause"]) for each in ended] == [(batches[0]["stream"], "restart")]
    numbers = [number for number, _ in scans(before)]
    first = seen[1]["seq"] + len(seen[1]["columns"]["demo/A0"])
    assert numbers == list(range(first, numbers[-1] + 1))
    assert scans(seen[2:])[:20] == scans(before)[: len(scans(seen[2:])[:20])]
    after = next(batch for batch in batches if batch["stream"] != batches[0]["stream"])
    assert after["seq"] == after["lost"]


async def test_a_gateway_without_a_ring_says_that_it_cannot_go_on(tmp_path: Path) -> None:
    from ardugate.runtime.options import RecordOptions

    off = RecordOptions(ring_bytes=0)
    async with gateway(tmp_path, SIM, record=off) as ready, talk(ready) as watching:
        await watching.live()
        await watching.call("subscribe", channels=["A0"])
        cursor = (await watching.until("samples"))["cursor"]
    async with gateway(tmp_path, SIM, record=off) as ready, talk(ready) as client:
        assert await client.reason("subscribe", cursor=cursor) == "cursor_expired"
