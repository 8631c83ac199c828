"""An hour of a busy gateway: four boards, twenty clients, a fault every ten seconds. ``make soak`` runs it.

``SOAK_LIFE_S`` sets another length. What was measured is printed.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import secrets
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from ardugate.sim import SimBoard, SimOptions
from tests.integration.helpers import PATIENCE_S, BoardOnPty
from tests.support.running import LOG, RunningGateway, open_files, running_gateway

SECONDS = float(os.environ.get("SOAK_LIFE_S", "5400"))
FAULT_EVERY_S = 10.0
BOARDS, CLIENTS, SLOW = 4, 20, 2
# Of the time: of an hour and a half the first half an hour. The rings of ten minutes hold more or less, as streams live
# longer or shorter, and the allocator keeps the most that they ever held.
WARM_UP = 1 / 3
MIB = 1_048_576
HOUR_S = 3_600  # measured after the warm-up: less says nothing about what grows in an hour

Key = tuple[str, str, str]  # board, place, reason: what the ledger sums by


class Account:
    """What one client got of each stream, and what it was told it did not get."""

    def __init__(self) -> None:
        self.scans = 0
        self.lost = Counter[str]()
        self.told = Counter[Key]()  # every loss that it heard of, as the ledger has it
        self.began = asyncio.Event()
        self._due: dict[str, int] = {}
        self._dropped = Counter[str]()

    def begin_anew(self) -> None:
        """Another connection: where it begins is its own."""
        self._due.clear()
        self._dropped.clear()

    def hear(self, message: dict[str, Any]) -> None:
        params = message.get("params", {})
        if message.get("id") == 1:  # the subscription stands
            self.began.set()
        if message.get("method") == "loss":
            self.told[params["board"], params["place"], params["reason"]] += params["count"]
        match message.get("method"):
            case "loss" if params["stream"] in self._due:
                self.lost[params["place"]] += params["count"]
                if params["place"] == "client":
                    self._dropped[params["stream"]] += params["count"]
            case "samples":
                self._batch(params)
            case _:
                pass

    def _batch(self, batch: dict[str, Any]) -> None:
        stream, seq = batch["stream"], batch["seq"]
        if stream in self._due:
            told = batch["lost"] + self._dropped.pop(stream, 0)
            assert seq == self._due[stream] + told, f"scan {self._due[stream]} of {stream} is neither here nor lost"
        count = len(next(iter(batch["columns"].values())))
        self._due[stream] = seq + count
        self.scans += count


async def live(gateway: RunningGateway, account: Account, over: asyncio.Event, pause_s: Callable[[], float]) -> None:
    """A client that comes back whenever it is cut off; ``pause_s`` is how long it looks away before each message."""
    url = gateway.url.replace("http", "ws", 1) + "ws"
    headers = {"Authorization": f"Bearer {gateway.token}"}
    while not over.is_set():
        try:
            async with connect(
                url,
                additional_headers=headers,
                subprotocols=[Subprotocol("ardugate.v1.json")],
                compression=None,
                max_size=None,
                ping_interval=None,  # twenty clients and four boards in one process may be late for that
            ) as socket:
                await _listen(socket, account, over, pause_s)
        except (ConnectionClosed, OSError):
            account.lost["connection"] += 1
        account.begin_anew()


async def _listen(
    socket: ClientConnection, account: Account, over: asyncio.Event, pause_s: Callable[[], float]
) -> None:
    await socket.send('{"jsonrpc":"2.0","id":1,"method":"subscribe"}')
    while not over.is_set():
        if (seconds := pause_s()) > 0:
            await asyncio.sleep(seconds)
        try:
            async with asyncio.timeout(1.0):
                account.hear(json.loads(await socket.recv()))
        except TimeoutError:
            continue
    await socket.send('{"jsonrpc":"2.0","id":2,"method":"unsubscribe","params":{"subscription":"u1"}}')
    async with asyncio.timeout(PATIENCE_S):
        while (message := json.loads(await socket.recv())).get("id") != 2:
            account.hear(message)


async def trouble(chance: random.Random, boards: list[BoardOnPty], over: asyncio.Event, done: Counter[str]) -> None:
    """A fault every ten seconds: each is over before the next."""
    while not over.is_set():
        board, kind = chance.choice(boards), chance.choice(("unplugged", "silent", "garbage"))
        done[kind] += 1
        match kind:
            case "unplugged":
                board.unplug()
                await asyncio.sleep(chance.random())
                board.plug()
            case "silent":
                board.asleep = True
                await asyncio.sleep(3 * chance.random())
                board.asleep = False
            case _:
                board.say(chance.randbytes(500))
        try:
            async with asyncio.timeout(FAULT_EVERY_S):
                await over.wait()
        except TimeoutError:
            continue


def resident(gateway: RunningGateway) -> int:
    status = Path(f"/proc/{gateway.process.pid}/status").read_text("ascii")
    return next(int(line.split()[1]) * 1_024 for line in status.splitlines() if line.startswith("VmRSS:"))


def tasks(gateway: RunningGateway) -> int:
    """How many tasks the gateway has."""
    log = gateway.home / LOG
    heard = log.stat().st_size
    gateway.process.send_signal(signal.SIGUSR2)
    ends = time.monotonic() + PATIENCE_S
    while not (said := re.findall(r"^tasks (\d+)\n", log.read_text("utf-8")[heard:], re.MULTILINE)):
        assert time.monotonic() < ends, "the gateway does not answer"
        time.sleep(0.05)
    return int(said[-1])


def sums(ledger: dict[str, Any], *places: str) -> Counter[Key]:
    """What a ledger says of some places."""
    rows = ledger["losses"]
    return Counter(
        {(row["board"], row["place"], row["reason"]): row["count"] for row in rows if row["place"] in places}
    )


async def all_told(gateway: RunningGateway, witness: Account) -> dict[str, Any]:
    """The ledger, once this client was told all of it that boards and wires lost; the newest if that never comes."""
    ends_s = asyncio.get_running_loop().time() + PATIENCE_S / 2
    while True:
        ledger = await asyncio.to_thread(gateway.rpc, "ledger")
        late = asyncio.get_running_loop().time() > ends_s
        if late or witness.told == sums(ledger, "board", "wire"):
            return ledger
        await asyncio.sleep(0.1)  # the last of it is on its way


def slope_per_hour(points: list[tuple[float, int]]) -> float:
    """Least squares: bytes an hour."""
    mean_s = sum(at_s for at_s, _ in points) / len(points)
    mean = sum(size for _, size in points) / len(points)
    above = sum((at_s - mean_s) * (size - mean) for at_s, size in points)
    return 3_600 * above / sum((at_s - mean_s) ** 2 for at_s, _ in points)


@pytest.mark.timeout(SECONDS + 300)
async def test_nothing_grows_and_nothing_is_lost_in_silence(tmp_path: Path) -> None:
    seed = int(os.environ.get("SOAK_SEED", "0")) or secrets.randbits(31)
    chance = random.Random(seed)
    boards = [BoardOnPty(tmp_path / f"board{k}", SimBoard(SimOptions(name=f"b{k}", seed=k))) for k in range(BOARDS)]
    over, peace, done, accounts = asyncio.Event(), asyncio.Event(), Counter[str](), [Account() for _ in range(CLIENTS)]
    ports = [word for board in boards for word in ("--port", str(board.place))]
    loop = asyncio.get_running_loop()
    with running_gateway(tmp_path, "serve", "--wait", *ports, module="tests.support.counted") as gateway:
        clients = [
            asyncio.create_task(live(gateway, account, over, lambda: chance.random() / 5 if slow else 0.0))  # noqa: B023
            for number, account in enumerate(accounts)
            for slow in [number < SLOW]
        ]
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*(account.began.wait() for account in accounts))
        for board in boards:  # now that nothing is lost without somebody who is told
            board.plug()
        mischief = asyncio.create_task(trouble(chance, boards, peace, done))
        began_s, points = loop.time(), list[tuple[float, int]]()
        first_files = first_tasks = 0
        while (at_s := loop.time() - began_s) < SECONDS:
            await asyncio.wait([*clients, mischief], timeout=5.0, return_when=asyncio.FIRST_COMPLETED)
            assert not any(task.done() for task in (*clients, mischief)), [task for task in clients if task.done()]
            if at_s > WARM_UP * SECONDS:
                points.append((at_s, resident(gateway)))
                first_files = first_files or open_files(gateway.process.pid)
                first_tasks = first_tasks or await asyncio.to_thread(tasks, gateway)
        last_files, slope = open_files(gateway.process.pid), slope_per_hour(points)
        last_tasks = await asyncio.to_thread(tasks, gateway)
        peace.set()
        async with asyncio.timeout(PATIENCE_S):
            await mischief
            for board in boards:  # from now on nothing is lost
                board.unplug()
            ledger = await all_told(gateway, accounts[-1])
            over.set()
            await asyncio.gather(*clients)
        await asyncio.to_thread(gateway.stop)
    lost = sum((account.lost for account in accounts), Counter[str]())
    print(f"\nseed {seed}: {SECONDS:.0f} s, {sum(done.values())} faults {dict(done)}")
    print(f"{sum(account.scans for account in accounts)} scans at {CLIENTS} clients, told as lost: {dict(lost)}")
    grown = [f"{at_s:.0f} s: {size / MIB:.1f}" for at_s, size in points[:: max(1, len(points) // 12)]]
    print(f"RSS {points[-1][1] / MIB:.1f} MiB, {slope / MIB:+.2f} MiB/h ({', '.join(grown)})")
    print(f"files {first_files} -> {last_files}, tasks {first_tasks} -> {last_tasks}")
    print(f"ledger: {ledger['losses']}")
    log = (tmp_path / LOG).read_text("utf-8")
    print(f"{len(log.splitlines())} lines on stderr, the last of them:\n" + "\n".join(log.splitlines()[-5:]))
    witness = accounts[-1]
    print(f"told: {dict(witness.told)}")
    assert "never retrieved" not in log
    assert "Traceback" not in log
    assert "was destroyed" not in log
    assert last_files <= first_files + BOARDS  # a board that is away has no port open
    assert last_tasks <= first_tasks + BOARDS
    assert witness.lost["client"] == witness.lost["connection"] == 0
    assert witness.told == sums(ledger, "board", "wire")
    if lost["connection"] == 0:  # who is cut off is told nothing any more
        told = sum((account.told for account in accounts), Counter[Key]())
        assert Counter({key: n for key, n in told.items() if key[1] == "client"}) == sums(ledger, "client")
    if SECONDS * (1 - WARM_UP) >= HOUR_S:
        assert slope <= MIB
