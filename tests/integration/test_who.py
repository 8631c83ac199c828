"""A board's name, showing itself, a sketch that hangs and commands that give something back, through a gateway."""

from __future__ import annotations

import json
from pathlib import Path

from ardugate.runtime import PortOption, ServeOptions, running
from ardugate.session.rest import Called
from tests.integration.helpers import bearer, connection, gateway, request, talk

BOARD = "sim://?name=greenhouse&sketch=declaring"


async def test_a_new_name_is_told_at_once_and_the_id_stays(tmp_path: Path) -> None:
    async with gateway(tmp_path, BOARD) as ready, talk(ready) as client, talk(ready) as other:
        named = await client.call("name", name="Greenhouse 2")
        assert (named["board"], named["name"]) == ("greenhouse", "Greenhouse 2")
        told = await other.until("board", lambda params: params["board"]["name"] != "greenhouse")
        assert (told["board"]["id"], told["board"]["name"]) == ("greenhouse", "Greenhouse 2")
        assert await client.reason("name", name="x" * 33) == "out_of_range"


async def test_a_board_that_the_config_names_is_named_there(tmp_path: Path) -> None:
    options = ServeOptions(ports=(PortOption(BOARD, name="shed"),), listen="127.0.0.1:0", state_dir=tmp_path)
    async with running(options) as ready, talk(ready) as client:
        error = (await client.call("name", name="b"))["error"]
        assert (error["data"]["reason"], "'shed'" in error["message"]) == ("refused", True)


async def test_a_board_shows_itself(tmp_path: Path) -> None:
    async with gateway(tmp_path, BOARD) as ready, talk(ready) as client:
        assert (await client.call("identify"))["for_ms"] == 5_000
        assert (await client.call("identify", board="greenhouse", for_ms=0))["board"] == "greenhouse"
        assert await client.reason("identify", for_ms=-1) == "out_of_range"
        await client.call("mode", channel="D13", mode="output")
        refused = (await client.call("identify"))["error"]
        assert (refused["data"]["reason"], "LED's pin" in refused["message"]) == ("refused", True)


async def test_a_command_gives_its_result_in_every_way_to_speak(tmp_path: Path) -> None:
    async with gateway(tmp_path, BOARD) as ready, talk(ready) as client:
        half = await client.call("call", command="half", args={"x": 0.2})
        assert (half["result"], half["unit"]) == (0.1, "V")
        assert (await client.call("call", command="greet", args={"name": "Zoë"}))["result"] == "hello Zoë"
        assert (await client.call("call", command="is_odd", args={"n": 4}))["result"] is False
        assert (await client.call("call", command="say", args={"words": "hi"}))["result"] is None
        path, headers = "/api/v1/boards/greenhouse/commands/add", {**bearer(ready), "Content-Type": "application/json"}
        done = await request(ready, path, headers, method="POST", body=json.dumps({"args": {"a": 2, "b": 3}}))
        assert Called.model_validate_json(done.text).result == 5
        async with connection(ready) as socket:
            await socket.send('{"call": {"add": {"a": 1, "b": 1}}}')
            while "result" not in (message := json.loads(await socket.recv())):
                pass
            assert (message["board"], message["result"]) == ("greenhouse", {"add": 2})


async def test_limits_of_an_argument_are_in_the_hint_and_nothing_is_sent(tmp_path: Path) -> None:
    async with gateway(tmp_path, BOARD) as ready, talk(ready) as client:
        error = (await client.call("call", command="wait", args={"ms": 9_000}))["error"]
        assert (error["data"]["reason"], error["data"]["hint"]) == ("out_of_range", "ms takes 0 to 5000 ms")


async def test_a_sketch_that_hangs_is_a_flag_and_a_line_of_the_journal(tmp_path: Path) -> None:
    async with gateway(tmp_path, f"{BOARD}&hang_every_s=1&hang_for_s=0.5") as ready, talk(ready) as client:
        assert (await client.until("board", lambda params: params["board"]["hung"]))["board"]["state"] == "live"
        told = await client.until("event", lambda params: params["kind"] == "hung")
        assert "has not come round for 2 s; its outputs were made safe" in told["text"]
        assert not (await client.until("board", lambda params: not params["board"]["hung"]))["board"]["hung"]
