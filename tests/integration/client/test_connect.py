"""The client that scripts use: what it asks, what it gets, and what happens when connections end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest

from ardugate import Alarm, AsyncGateway, Batch, Gateway, GatewayUnreachable, Reason, RequestError, connect
from ardugate.record.rows import rows
from ardugate.runtime import PortOption, Ready, ServeOptions
from ardugate.runtime import running as running_here
from ardugate.runtime.options import RecordOptions
from tests.integration.helpers import PATIENCE_S, gateway
from tests.support.running import RunningGateway, running_gateway

GREENHOUSE = "sim://?name=greenhouse&sketch=greenhouse"
FIRST = 2  # connections: one for requests, one for a subscription


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
    home = tmp_path_factory.mktemp("running")
    settings = home / "settings.toml"
    settings.write_text('[[alarm]]\nname = "pump runs"\nwhen = "pump == on"\n')
    with running_gateway(home, "serve", "--port", GREENHOUSE, "--config", str(settings)) as found:
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


def test_what_was_is_read_as_what_comes(greenhouse: Gateway) -> None:
    seen = next(greenhouse.subscribe("soil"))
    past = greenhouse.history("soil", "pump", since=datetime.fromtimestamp(seen.seconds()[0], UTC))
    soil = [batch for batch in past if batch.unit(batch.channels[0]) == "%"]
    assert list(zip(soil[0].seconds(), soil[0].values("soil"), strict=True))[: len(seen)] == list(
        zip(seen.seconds(), seen.values("soil"), strict=True)
    )
    assert greenhouse.history("soil", since="1h", until=datetime.fromtimestamp(1.0, UTC)) == []
    (bucket, *_) = greenhouse.history("soil", since="1h", points=1)
    assert bucket.minima("soil")[0] <= bucket.maxima("soil")[0]


def test_a_block_is_recorded_marked_and_taken_home(greenhouse: Gateway, tmp_path: Path) -> None:
    with greenhouse.record("melting") as begun:
        assert (begun.name, begun.state) == ("melting.ardcap", "recording")
        next(greenhouse.subscribe("soil"))
        greenhouse.annotate("door opened")
    with pytest.raises(RuntimeError, match="oven"), greenhouse.record("burnt"):
        raise RuntimeError("the oven is on")
    states = {each.name: each.state for each in greenhouse.recordings()}
    assert states == {"melting.ardcap": "whole", "burnt.ardcap": "whole"}
    file = greenhouse.download("melting.ardcap", tmp_path / "home.ardcap")
    assert any(row.mark == "door opened" for row in rows(file))
    saved = greenhouse.save("5s", "bang")
    assert saved.began is not None
    assert saved.until is not None
    assert saved.began <= saved.until
    with pytest.raises(RequestError, match="no such recording"):
        greenhouse.download("nothing.ardcap", tmp_path / "nothing")


async def test_an_alarm_is_heard_when_it_is_raised_and_when_it_is_over(running: RunningGateway) -> None:
    seen = list[Alarm]()
    async with (
        connect(running.url, token=running.token) as greenhouse,
        asyncio.timeout(PATIENCE_S),
        aclosing(greenhouse.alarms()) as alarms,
    ):
        while {each.raised for each in seen} != {True, False}:
            heard = asyncio.ensure_future(anext(alarms))
            # Who does not listen yet hears nothing: so it is switched on and off until that one does.
            while not heard.done():
                for value in (True, False):
                    await greenhouse.set(pump=value)
                    await asyncio.wait([heard], timeout=0.1)
            seen.append(heard.result())
    assert {(each.name, each.board, each.channel) for each in seen} == {("pump runs", "greenhouse", "greenhouse/pump")}
    assert all(each.time.tzinfo for each in seen)


def test_a_port_is_lent_for_the_length_of_a_block(greenhouse: Gateway) -> None:
    with greenhouse.lend("greenhouse") as path:
        assert path == GREENHOUSE
        assert greenhouse.boards()[0]["state"] == "lent"
    until_live(greenhouse)
    greenhouse.name("Greenhouse 2")
    assert greenhouse.boards()[0]["name"] == "Greenhouse 2"
    greenhouse.name("greenhouse")
    assert isinstance(greenhouse.ports(), list)
    with pytest.raises(RequestError) as missing:
        greenhouse.use("/dev/nowhere")
    assert missing.value.reason is Reason.UNKNOWN_BOARD
    assert len(greenhouse.clients()["clients"]) >= 1
    assert "losses" in greenhouse.ledger()


def until_live(greenhouse: Gateway) -> None:
    for told in greenhouse.events():
        boards = told.params["boards"] if told.method == "welcome" else [told.params.get("board")]
        if told.method in ("welcome", "board") and any(board and board["state"] == "live" for board in boards):
            return


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
        seen, cuts, more = list[Batch](), 0, 0
        async for batch in batches(greenhouse, "A1"):
            assert (batch.dropped, batch.broken) == (0, False)
            seen.append(batch)
            # What had come before a cut is still read after it: so the next cut waits for the next connection.
            if cuts < 2 and relay.count >= FIRST + cuts:
                relay.cut()
                cuts += 1
            elif relay.count == FIRST + cuts:
                more += 1
            if more == 8:
                break
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
        assert (await greenhouse.history("soil"))[0].values("soil")
        assert (await greenhouse.call("water", seconds=0)).value is None
        async with greenhouse.lease("pump"):
            await greenhouse.set(pump=True)
            assert (await greenhouse.get("pump")).value is True
        assert (await greenhouse.mode("D2", "count")).value == "count"
        await greenhouse.identify(ttl="100ms")
        assert [board["state"] for board in await greenhouse.boards()] == ["live"]


def test_what_cannot_be_reached_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with pytest.raises(GatewayUnreachable, match="no gateway is running"), connect():
        pass
    with pytest.raises(GatewayUnreachable), connect("http://127.0.0.1:1/", token="t"):
        pass
    with pytest.raises(ValueError, match="got both"):
        connect("http://127.0.0.1:1/", port="sim://")
