"""A class set: thirty equal boards from one shop with one sketch, no serial number, and no identity yet."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ardugate.runtime import Ready
from ardugate.sim import SimBoard, SimOptions, SketchName
from tests.integration.helpers import BoardOnPty, bearer, gateway, request

pytestmark = pytest.mark.timeout(600)

CLONES = 30
FRESH = SimOptions(name="uno", sketch=SketchName.PLAIN, identity=0)
PATIENCE_S = 240.0  # all of them and the gateway share one loop
LOOK_S = 1.0  # the answer holds thirty descriptors: asking all the time would leave the boards no time to speak


@contextmanager
def plugged(folder: Path, boards: list[SimBoard]) -> Generator[dict[str, SimBoard]]:
    """All of them in a hub, each behind a pseudo-terminal of its own; by port."""
    lines = [BoardOnPty(folder / f"port{number}", board) for number, board in enumerate(boards)]
    for line in lines:
        line.pump_s = 0.1
        line.plug()
    try:
        yield {str(line.place): line.board for line in lines}
    finally:
        for line in lines:
            line.unplug()


async def known(ready: Ready) -> dict[str, str]:
    """The port of each board by its id, when every one is live and has an identity that no other has."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            answer = await request(ready, "/api/v1/boards", bearer(ready))
            boards: list[dict[str, Any]] = json.loads(answer.text)["boards"]
            identities = {board["descriptor"]["firmware"]["identity"] for board in boards if board["descriptor"]}
            if len(identities) == CLONES and int(min(identities), 16) and all(b["state"] == "live" for b in boards):
                return {board["id"]: board["port"] for board in boards}
            await asyncio.sleep(LOOK_S)


async def test_thirty_clones_are_thirty_boards_and_a_command_reaches_its_own_alone(tmp_path: Path) -> None:
    with plugged(tmp_path, [SimBoard(FRESH) for _ in range(CLONES)]) as at:
        async with gateway(tmp_path / "state", *at) as ready:
            boards = {board_id: at[port] for board_id, port in (await known(ready)).items()}
            assert set(boards) == {"uno", *(f"uno-{number}" for number in range(2, CLONES + 1))}
            assert len(set(map(id, boards.values()))) == CLONES
            headers = {"Content-Type": "application/json", **bearer(ready)}
            for board_id in ("uno-7", "uno-30"):
                path = f"/api/v1/boards/{board_id}/channels/D13"
                assert (await request(ready, path, headers, method="PUT", body='{"value": true}')).status == 200
            lit = {board_id for board_id, board in boards.items() if board.output("D13")}
            assert lit == {"uno-7", "uno-30"}


async def test_after_a_night_in_a_drawer_each_is_itself_again_on_another_port(tmp_path: Path) -> None:
    boards = [SimBoard(FRESH) for _ in range(CLONES)]
    found: list[dict[str, int]] = []
    for order in (boards, boards[::-1]):
        with plugged(tmp_path, order) as at:
            async with gateway(tmp_path / "state", *at) as ready:
                found.append({board_id: boards.index(at[port]) for board_id, port in (await known(ready)).items()})
    assert found[0] == found[1]
