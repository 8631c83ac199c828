"""Boards that come and go, behind real pseudo-terminals."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ardugate.errors import ListenError, PortMissing, PortNotATty
from ardugate.runtime import PortOption, ServeOptions, running, running_gateways
from ardugate.runtime.ports.listing import PortInfo, describe
from ardugate.runtime.ports.serial_port import open_serial
from ardugate.sim import SimBoard, SimOptions, SketchName
from tests.integration.helpers import PATIENCE_S, BoardOnPty, connection, gateway, talk
from tests.support.remote_board import serve

PLAIN = SimOptions(name="greenhouse", sketch=SketchName.PLAIN)


@asynccontextmanager
async def plugged(place: Path, options: SimOptions = PLAIN) -> AsyncGenerator[BoardOnPty]:
    board = BoardOnPty(place, SimBoard(options))
    board.plug()
    try:
        yield board
    finally:
        board.unplug()


async def test_an_unplugged_board_is_down_and_live_again_while_clients_stay(tmp_path: Path) -> None:
    place = tmp_path / "board"
    async with plugged(place) as board, gateway(tmp_path / "state", str(place)) as ready, talk(ready) as client:
        await client.call("subscribe", channels=["A0"])
        await client.until("samples")
        board.unplug()
        down = await client.until("board", lambda it: it.get("board", {}).get("state") == "down")
        assert down["board"]["reason"] == "unplugged"
        assert await client.reason("set", channel="D13", value=True) == "offline"
        board.plug()
        await client.until("board", lambda it: it.get("board", {}).get("state") == "live")
        await client.until("samples")
        assert (await client.call("set", channel="D13", value=True))["value"] is True


async def test_a_reset_board_is_live_again_and_its_samples_flow(tmp_path: Path) -> None:
    place = tmp_path / "board"
    options = replace(PLAIN, boot_ms=300)
    async with (
        plugged(place, options) as board,
        gateway(tmp_path / "state", str(place)) as ready,
        talk(ready) as client,
    ):
        await client.call("subscribe", channels=["A0"])
        first = await client.until("samples")
        board.board.reset(time.time_ns())
        await client.until("event", lambda it: it["kind"] == "reset")
        after = await client.until("samples", lambda it: it["stream"] != first["stream"])
        assert after["seq"] == 0


async def test_a_board_keeps_its_id_by_its_identity_wherever_it_is_plugged_in(tmp_path: Path) -> None:
    state = tmp_path / "state"
    fresh = replace(PLAIN, identity=0)
    one, other = SimBoard(fresh), SimBoard(fresh)
    ids: list[str] = []
    for board, port in ((one, "a"), (other, "b"), (one, "b"), (other, "a")):
        place = tmp_path / port
        on_pty = BoardOnPty(place, board)
        on_pty.plug()
        async with gateway(state, str(place)) as ready, talk(ready) as client:
            ids.append(ready.boards[0].id)
            async with asyncio.timeout(PATIENCE_S):
                # The identity is written while we look: it is there when the descriptor says so.
                while int((await client.call("boards"))["boards"][0]["descriptor"]["firmware"]["identity"], 16) == 0:
                    await client.until("board")
        on_pty.unplug()
    assert ids == ["greenhouse", "greenhouse-2", "greenhouse", "greenhouse-2"]


async def test_another_board_on_a_known_port_is_another_board(tmp_path: Path) -> None:
    place = tmp_path / "board"
    async with plugged(place) as board, gateway(tmp_path / "state", str(place)) as ready, talk(ready) as client:
        board.unplug()
        async with plugged(place, replace(PLAIN, name="attic")):
            await client.until("board", lambda it: it.get("board", {}).get("id") == "attic")
            boards = {each["id"]: each["state"] for each in (await client.call("boards"))["boards"]}
            assert boards == {"greenhouse": "down", "attic": "live"}
            # A command never moves to another board because one vanished.
            assert await client.reason("set", channel="greenhouse/D13", value=True) == "offline"


async def test_a_place_is_listed_until_its_board_is_known(tmp_path: Path) -> None:
    place = tmp_path / "board"
    async with plugged(place) as board:
        board.asleep = True
        async with gateway(tmp_path / "state", str(place)) as ready, talk(ready) as client:
            (at_first,) = ready.boards
            assert at_first.id.startswith("port-")
            assert at_first.state == "connecting"
            board.asleep = False
            assert await client.until("board", lambda it: "gone" in it) == {"gone": at_first.id}
            await client.until("board", lambda it: it.get("board", {}).get("state") == "live")


async def test_another_sketch_is_named_as_such(tmp_path: Path) -> None:
    place = tmp_path / "board"
    async with (
        plugged(place, replace(PLAIN, other="temperature 21.5\r\n")),
        gateway(tmp_path / "state", str(place)) as ready,
        talk(ready) as client,
    ):
        told = await client.until("board", lambda it: it["board"]["state"] == "other_sketch")
        assert "no valid frame" in told["board"]["reason"]
        assert "temperature" in (await client.until("log"))["text"]


async def test_a_busy_port_is_waited_for_and_its_holder_named(tmp_path: Path) -> None:
    place = tmp_path / "board"
    async with plugged(place):
        holder = await open_serial(str(place), 115_200, asyncio.Protocol())
        async with gateway(tmp_path / "state", str(place)) as ready, talk(ready) as client:
            (at_first,) = ready.boards
            assert at_first.state == "blocked"
            assert "in use" in at_first.reason
            holder.abort()
            await client.until("board", lambda it: it.get("board", {}).get("state") == "live")


async def test_a_named_port_that_is_missing_or_no_terminal_is_an_error_unless_waited_for(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PortMissing):
        async with gateway(tmp_path / "state", str(tmp_path / "none")):
            pass
    with pytest.raises(PortNotATty):
        async with gateway(tmp_path / "state", str(tmp_path / "file")):
            pass
    place = tmp_path / "late"
    async with gateway(tmp_path / "state", str(place), wait=True) as ready, talk(ready) as client:
        assert ready.boards[0].state == "down"
        async with plugged(place):
            await client.until("board", lambda it: it.get("board", {}).get("state") == "live")


async def test_a_socket_carries_a_board_too(tmp_path: Path) -> None:
    async with await serve(SimBoard(PLAIN)) as server:
        port = server.sockets[0].getsockname()[1]
        async with gateway(tmp_path, f"socket://127.0.0.1:{port}") as ready, talk(ready) as client:
            await client.live()
            assert (await client.call("set", channel="D13", value=True))["value"] is True
    with pytest.raises(PortMissing):
        async with gateway(tmp_path, f"socket://127.0.0.1:{port}"):
            pass


async def test_outputs_are_safe_when_the_gateway_has_ended(tmp_path: Path) -> None:
    place = tmp_path / "board"
    async with plugged(place) as board:
        async with gateway(tmp_path / "state", str(place)) as ready, talk(ready) as client:
            await client.live()
            await client.call("set", channel="D13", value=True)
            await client.call("mode", channel="D9", mode="pwm")
            await client.call("set", channel="D9", value=1.0)
            assert board.board.output("D13") == 1
        # Not by the watchdog, which needs a second: by the gateway, before it let go.
        assert board.board.output("D13") == 0
        assert board.board.output("D9") == 0


async def test_two_gateways_on_one_address_and_the_holder_is_named(tmp_path: Path) -> None:
    async with gateway(tmp_path) as ready:
        address = ready.url.removeprefix("http://").rstrip("/")
        with pytest.raises(ListenError) as caught:
            async with running(ServeOptions(ports=(), listen=address, state_dir=tmp_path)):
                pass
        assert f"({os.getpid()})" in str(caught.value)
        assert "--listen 127.0.0.1:0" in caught.value.remedy
        assert [each.url for each in running_gateways(tmp_path)] == [ready.url]
    assert running_gateways(tmp_path) == []


async def test_a_client_that_does_not_read_costs_the_others_nothing(tmp_path: Path) -> None:
    async with gateway(tmp_path, "sim://?sketch=plain") as ready, talk(ready) as client:
        await client.call("rate", channels=["A*"], hz=1000)
        async with connection(ready, "ardugate.v1.json", max_queue=1) as sleeper:
            await sleeper.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "subscribe"}))
            await client.call("subscribe", channels=["A0"])
            batches = [await client.until("samples") for _ in range(100)]
            ends = [batch["seq"] + len(batch["columns"]["demo/A0"]) for batch in batches]
            assert [batch["seq"] for batch in batches[1:]] == ends[:-1]
            entries = (await client.call("clients"))["clients"]
            assert [entry["dropped"] for entry in entries if entry["session"] == "c_1"] == [0]
            sleeper.transport.abort()  # it would read before it says goodbye


async def test_a_configured_id_holds_whatever_the_board_is_called(tmp_path: Path) -> None:
    options = ServeOptions(
        ports=(PortOption("sim://?name=other", id="attic", name="The attic", configured=True),),
        listen="127.0.0.1:0",
        state_dir=tmp_path,
    )
    async with running(options) as ready:
        assert [(board.id, board.name, board.state) for board in ready.boards] == [("attic", "The attic", "live")]


async def test_auto_opens_makers_ports_when_they_appear_and_no_converter_until_it_spoke(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uno, clone = tmp_path / "uno", tmp_path / "clone"
    present: list[PortInfo] = []
    for module in ("boards", "ports.transports"):
        monkeypatch.setattr(f"ardugate.runtime.{module}.present_ports", lambda: list(present))
    monkeypatch.setattr("ardugate.runtime.boards.AUTO_PERIOD_S", 0.02)
    converter = describe(str(clone), 0x1A86, 0x7523, None, "1-2", "")
    state = tmp_path / "state"
    async with plugged(uno), plugged(clone, replace(PLAIN, name="clone")):
        async with gateway(state, "auto") as ready, talk(ready) as client:
            assert ready.boards == ()
            present += [converter, describe(str(uno), 0x2341, 0x0043, "A1", "1-1", "")]
            known = await client.until("board", lambda it: it.get("board", {}).get("state") == "live")
            assert known["board"]["id"] == "greenhouse"
            assert len((await client.call("boards"))["boards"]) == 1
        # Named once, it is opened by itself from then on.
        async with gateway(state, str(clone)) as ready:
            assert [board.id for board in ready.boards] == ["clone"]
        async with gateway(state, "auto") as ready, talk(ready) as client:
            await client.until("board", lambda it: it.get("board", {}).get("id") == "clone")


async def test_a_port_that_is_not_served_is_listed_and_used_when_somebody_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = str(tmp_path / "clone")
    present = [describe(clone, 0x1A86, 0x7523, None, "1-2", "")]
    for module in ("boards", "ports.transports", "ports.offering"):
        monkeypatch.setattr(f"ardugate.runtime.{module}.present_ports", lambda: list(present))
    async with plugged(tmp_path / "clone"), gateway(tmp_path / "state", "auto") as ready, talk(ready) as client:
        (port,) = (await client.call("ports"))["ports"]
        assert (port["port"], port["kind"], port["description"], port["board"]) == (
            clone,
            "converter",
            "CH340 converter",
            None,
        )
        assert await client.reason("port_use", port="/dev/ttyNONE") == "unknown_board"
        used = await client.call("port_use", port=clone)
        assert used["port"] == clone
        await client.until("board", lambda it: it.get("board", {}).get("state") == "live")
        (port,) = (await client.call("ports"))["ports"]
        assert (port["board"], port["holders"]) == ("greenhouse", [])
        assert await client.call("port_use", port=clone) == {"port": clone, "board": "greenhouse"}
        assert len((await client.call("boards"))["boards"]) == 1


async def test_many_boards_are_told_apart(tmp_path: Path) -> None:
    ports = [f"sim://?name={name}&seed={name}" for name in ("11", "12", "13")]
    async with gateway(tmp_path, *ports) as ready, talk(ready) as client:
        assert [board.id for board in ready.boards] == ["11", "12", "13"]
        error = (await client.call("set", channel="D13", value=True))["error"]
        assert error["data"]["reason"] == "ambiguous_board"
        assert (await client.call("get", channel="12/A0"))["channel"] == "12/A0"
        stopped = await client.call("stop_all", board="12")
        assert set(stopped["boards"]) == {"12"}
        assert set((await client.call("stop_all"))["boards"]) == {"11", "12", "13"}


async def test_what_a_board_counts_is_told_with_how_its_link_does(tmp_path: Path) -> None:
    async with gateway(tmp_path, "sim://?name=greenhouse&sketch=plain&corrupt=0.01") as ready, talk(ready) as client:

        def has_counted(link: dict[str, Any]) -> bool:
            return (
                link["board"] == "greenhouse"
                and bool(link["link"]["counters"])
                and link["link"]["counters"]["bad_frames"] > 0
            )

        told = await client.until("link", has_counted)
        (board,) = (await client.call("boards"))["boards"]
        assert board["link"]["counters"]["bad_frames"] >= told["link"]["counters"]["bad_frames"]
        assert board["link"]["bad_frames"] > 0
