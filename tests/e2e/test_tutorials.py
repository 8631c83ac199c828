"""The tutorials' own lines, run as they stand beside the demo: those of a shell, of Python, of Node, of a browser's
console."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ardugate import cli
from tests.support.browser import running_browser
from tests.support.running import RunningGateway, running_gateway
from tests.support.site import examples

HARD_S = 60.0
COMMANDS = [line for code in examples("tutorial/first-board.md", "sh") for line in code.splitlines()]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    with running_gateway(tmp_path_factory.mktemp("demo"), "demo") as found:
        yield found


def run(demo: RunningGateway, *command: str, code: str = "") -> str:
    """What a program prints in a reader's home, the page's address in place of the one that the tutorials write."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ARDUGATE_", "XDG_"))}
    tools = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        command,
        input=here(demo, code),
        cwd=demo.home,
        env=kept | {"HOME": str(demo.home), "PATH": tools},
        capture_output=True,
        text=True,
        timeout=HARD_S,
        check=False,
    )
    assert done.returncode == 0, f"{code}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def here(demo: RunningGateway, code: str) -> str:
    return code.replace("127.0.0.1:8765", demo.url.removeprefix("http://").rstrip("/"))


def test_the_first_board_s_commands_work_in_their_order(
    demo: RunningGateway, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in os.environ if name.startswith(("ARDUGATE_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(demo.home))
    assert len(COMMANDS) >= 10
    for line in COMMANDS:
        program, *arguments = shlex.split(line)
        assert program == "ardugate"
        status = cli.run(arguments)  # in this process: a shell would start one a line
        out, err = capsys.readouterr()
        assert status == 0, f"{line}\n{err}"
        assert out, line


def test_the_clients_do_what_the_tutorial_says(demo: RunningGateway) -> None:
    api, events, websockets = (run(demo, "sh", "-eu", code=code) for code in examples("tutorial/clients.md", "sh"))
    assert '"channel":"demo/temp"' in api
    assert '"asked":true,"value":true' in api
    assert '"method":"welcome"' in events
    assert '"values":{' in websockets
    (code,) = examples("tutorial/clients.md", "python")
    temp, receipt, value = run(demo, sys.executable, "-", code=code).splitlines()
    assert temp
    assert "True" in receipt
    assert value.isdigit()


@pytest.mark.node
def test_a_client_in_node_needs_nothing_installed(demo: RunningGateway) -> None:
    node = shutil.which("node")
    assert node is not None
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    # From 22 on it is there without being asked for.
    flags = [] if int(version[1:].partition(".")[0]) >= 22 else ["--experimental-websocket"]
    (code,) = examples("tutorial/clients.md", "js node")
    assert '"led":true' in run(demo, node, *flags, "--input-type=module", "-", code=code)


@pytest.mark.browser
async def test_the_lines_for_a_browser_s_console_read_and_set(demo: RunningGateway) -> None:
    (code,) = examples("tutorial/clients.md", "js")
    async with running_browser() as browser:
        page = await browser.new_page()
        await page.goto(demo.signed_in_link())
        async with page.expect_console_message(lambda message: '"led":true' in message.text, timeout=HARD_S * 1000):
            await page.evaluate(f"() => {{ {code} }}")
