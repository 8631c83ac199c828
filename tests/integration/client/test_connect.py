"""The client that scripts use: what it asks, what it gets, and what happens when connections end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing, asynccontextmanager
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest

from ardugate import AsyncGateway, Batch, Gateway, GatewayUnreachable, Reason, RequestError, connect
from ardugate.runtime import PortOption, Ready, ServeOptions
from ardugate.runtime import running as running_here
from ardugate.runtime.options import RecordOptions
from tests.integration.helpers import PATIENCE_S, gateway
from tests.support.running import RunningGateway, running_gateway

GREENHOUSE = "sim://?name=greenhouse&sketch=greenhouse"


class Relay:
    """Stands between a client and a gateway; what passes can be cut."""

    def __init__(self) -> None:
        self.count = 0
        self.host = ""
        self.port = 0
        self._writers = list[asyncio.StreamWriter]()

    def cut(self) -> None:
        """End every connection, without a word."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    @asynccontextmanager
    async def listening(self) -> AsyncGenerator[str]:
        """The URL that a client is given."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        async with server:
            self.host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
            yield f"http://{self.host}/"
            self.cut()

    @asynccontextmanager
    async def gateway(self, state: Path) -> AsyncGenerator[Ready]:
        """A gateway behind it."""
        async with gateway(state, GREENHOUSE, allow_hosts=(self.host,)) as ready:
            self.port = int(ready.url.rstrip("/").rpartition(":")[2])
            yield ready

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.count += 1
        there, back = await asyncio.open_connection("127.0.0.1", self.port)
        self._writers += [writer, back]
        await asyncio.gather(self._pass(reader, back), self._pass(there, writer), return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()


async def batches(greenhouse: AsyncGateway, *channels: str) -> AsyncGenerator[Batch]:
    async with asyncio.timeout(PATIENCE_S), aclosing(greenhouse.subscribe(*channels)) as found:
        async for batch in found:
            yield batch


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Generator[RunningGateway]:
    with running_gateway(tmp_path_factory.mktemp("running"), "serve", "--port", GREENHOUSE) as found:
        yield found


@pytest.fixture
def greenhouse(running: RunningGateway) -> Generator[Gateway]:
    with connect(running.url, token=running.token) as found:
        yield found


def test_a_row_has_every_channel_and_a_time(greenhouse: Gateway) -> None:
    rows = list(islice(greenhouse.stream("soil", "temp", "pump", every="50ms"), 3))
    for row in rows:
        assert set(row) == {"greenhouse/soil", "greenhouse/temp", "greenhouse/pump"}
        assert 0 <= row["soil"] <= 100
        assert row["pump"] is False
        assert row.time.tzinfo is not None
    assert [row.t_s for row in rows] == sorted(row.t_s for row in rows)


def test_every_scan_is_a_row_where_no_beat_is_asked_for(greenhouse: Gateway) -> None:
    rows = list(islice(greenhouse.stream("soil"), 5))
    # In steps of a scan; more where the simulated board lost some, for it had no time.
    steps = [round(later.t_s - row.t_s, 3) for row, later in pairwise(rows)]
    assert steps == [round(0.1 * (1 + row.lost), 3) for row in rows[1:]]


def test_arrays_come_with_their_times(greenhouse: Gateway) -> None:
    for batch in islice(greenhouse.subscribe("soil"), 2):
        assert batch["soil"].dtype == np.float64
        assert len(batch["soil"]) == len(batch.time) == len(batch)
        assert batch.unit("soil") == "%"


def test_set_waits_for_the_board_and_says_what_it_does(greenhouse: Gateway) -> None:
    receipts = greenhouse.set({"greenhouse/pump": np.True_}, D13=True, ttl="1s")
    assert receipts["greenhouse/pump"].value is True
    until = receipts["greenhouse/pump"].until
    assert until is not None
    assert (until - receipts["greenhouse/pump"].executed).total_seconds() == pytest.approx(1.0)
    assert greenhouse.get("pump").value is True
    assert greenhouse.set(D13=False)["D13"].asked is False


def test_a_refusal_is_raised_with_its_reason_and_says_what_to_do(greenhouse: Gateway) -> None:
    with pytest.raises(RequestError) as refused:
        greenhouse.set(pumb=True)
    assert refused.value.reason is Reason.UNKNOWN_CHANNEL
    assert refused.value.__notes__ == [refused.value.hint] == ["did you mean pump?"]
    with pytest.raises(RequestError, match="there is no board 'nothing'"):
        next(greenhouse.stream("soil", "nothing/soil"))


def test_everything_else_that_a_gateway_does(greenhouse: Gateway) -> None:
    assert greenhouse.call("water", seconds=0).command == "water"
    assert greenhouse.call("greenhouse/water", seconds=0).value is None
    assert greenhouse.rate("soil", hz=20) == {"greenhouse/soil": 20.0}
    assert greenhouse.rate("soil", hz=10) == {"greenhouse/soil": 10.0}
    assert greenhouse.mode("D2", "count", edge="both").value == "count"
    assert greenhouse.get("D2").value == 0
    assert [board["id"] for board in greenhouse.boards()] == ["greenhouse"]
    assert greenhouse.journal(last=1)
    assert "losses" in greenhouse.ask("ledger")
    assert next(greenhouse.events()).method == "welcome"
    assert "executed_t_s" in greenhouse.stop_all()["greenhouse"]
    with pytest.raises(RequestError, match="stopped"):
        greenhouse.set(pump=True)
    assert "executed_t_s" in greenhouse.clear_stop("greenhouse")["greenhouse"]


def test_a_lease_keeps_others_out_and_holds_what_was_set(running: RunningGateway, greenhouse: Gateway) -> None:
    with connect(running.url, token=running.token, board="greenhouse") as other:
        with greenhouse.lease("pump", ttl="300ms"):
            held = greenhouse.set(pump=True, ttl="300ms")["pump"]
            assert held.until is not None
            with pytest.raises(RequestError) as refused:
                other.set(pump=False)
            assert refused.value.reason is Reason.LEASED
            for row in other.stream("soil", "pump"):
                if row.time > held.until:
                    assert row["pump"] is True
                    break
        assert other.set(pump=False)["pump"].value is False


async def test_what_follows_a_cut_goes_on_where_it_was_without_a_gap_or_a_double(tmp_path: Path) -> None:
    relay = Relay()
    async with (
        relay.listening() as url,
        relay.gateway(tmp_path) as ready,
        connect(url, token=ready.token) as greenhouse,
    ):
        await greenhouse.rate("A1", hz=200)
        seen = list[Batch]()
        async for batch in batches(greenhouse, "A1"):
            assert (batch.dropped, batch.broken) == (0, False)
            seen.append(batch)
            if len(seen) in (3, 6):
                relay.cut()
            if len(seen) == 8:
                break
        assert relay.count >= 1 + 3
        assert len({batch.stream for batch in seen}) == 1
        assert [batch.seq + len(batch) for batch in seen[:-1]] == [batch.seq - batch.lost for batch in seen[1:]]


@pytest.mark.parametrize("ring_bytes", [0, 1_048_576], ids=["nothing-kept", "a-ring-on-disk"])
async def test_after_a_restart_it_goes_on_and_says_where_more_may_be_missing(tmp_path: Path, ring_bytes: int) -> None:
    record = RecordOptions(ring_bytes=ring_bytes)
    async with gateway(tmp_path, GREENHOUSE, record=record) as first:
        listen = first.url.removeprefix("http://").rstrip("/")
        greenhouse = connect(first.url, token=first.token)
        found = await greenhouse.__aenter__()
        batch = batches(found, "soil")
        before = await anext(batch)
        assert not before.broken
    async with running_here(ServeOptions((PortOption(GREENHOUSE),), listen, state_dir=tmp_path, record=record)):
        # What the ring still has of the first gateway's comes first, if there is one.
        while (after := await anext(batch)).stream == before.stream:
            assert not after.broken
        assert after.broken is (ring_bytes == 0)
        assert after.values("soil")
        await batch.aclose()
        await greenhouse.__aexit__(None, None, None)


async def test_a_board_is_reached_without_a_gateway_by_the_same_calls() -> None:
    async with connect(port=GREENHOUSE) as greenhouse:
        async with asyncio.timeout(PATIENCE_S), aclosing(greenhouse.stream("soil", every="20ms")) as rows:
            assert 0 <= (await anext(rows))["soil"] <= 100
        assert (await greenhouse.set(pump=True))["pump"].value is True


def test_what_cannot_be_reached_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with pytest.raises(GatewayUnreachable, match="no gateway is running"), connect():
        pass
    with pytest.raises(GatewayUnreachable), connect("http://127.0.0.1:1/", token="t"):
        pass
    with pytest.raises(ValueError, match="got both"):
        connect("http://127.0.0.1:1/", port="sim://")
