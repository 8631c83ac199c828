"""Without a gateway: commands that open the port themselves, and those that are the gateway."""

from __future__ import annotations

import json
import signal
import urllib.request
from pathlib import Path

import pytest

from tests.integration.cli.shell import HARD_S, Here, Shell, two_lines


def test_a_folder_of_ones_own_is_served(alone: Shell) -> None:
    (alone.folder / "www").mkdir()
    (alone.folder / "www" / "mine.html").write_text("mine")
    arguments = ["demo", "--pages", "www", "--print-token", "--listen", "127.0.0.1:0"]
    with alone.ready(*arguments) as (_, ready):
        headers = {"Authorization": f"Bearer {ready['token']}"}
        with urllib.request.urlopen(urllib.request.Request(f"{ready['url']}pages/mine.html", headers=headers)) as page:
            assert page.read() == b"mine"


def test_get_tail_info_and_stop_all_open_the_port_themselves_and_say_so(alone: Shell, here: Here) -> None:
    status, out, err = here.run(alone, "get", "temp", "--port", "sim://")
    assert status == 0
    assert out.startswith("demo/temp  ")
    assert "opening sim:// for this command (this may reset the board)" in err
    assert len(here.run(alone, "tail", "A0", "-n", "3", "--port", "sim://")[1].splitlines()) == 3
    assert here.run(alone, "info", "--port", "sim://")[0] == 0
    assert here.run(alone, "stop-all", "--port", "sim://")[1] == "demo  stopped\n"


def test_set_keeps_the_port_for_as_long_as_it_is_told(alone: Shell, here: Here) -> None:
    assert here.out(alone, "set", "led=on", "--for", "500ms", "--port", "sim://").startswith("demo/led  on")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["is_odd", "n=7"], "b/is_odd  yes  (done in "),
        (["greet", "name=Zoë"], "b/greet  hello Zoë  (done in "),
        (["half", "x=0.2"], "b/half  0.1 V  (done in "),
        (["say", "words=hi"], "b/say  done in "),
    ],
    ids=["bool", "text", "float", "nothing"],
)
def test_call_says_what_comes_back_by_its_type(alone: Shell, here: Here, words: list[str], said: str) -> None:
    board = "sim://?sketch=declaring&name=b"
    assert here.out(alone, "call", *words, "--port", board, "--for", "10ms").startswith(said)


def test_another_sketch_is_told_from_ours(alone: Shell, here: Here) -> None:
    status, _, err = here.run(alone, "get", "A0", "--port", "sim://?other=temp=21.5")
    assert status == 3
    assert "its sketch prints text" in two_lines(err)


def test_demo_prints_one_ready_line_and_ends_after_its_time(alone: Shell) -> None:
    done = alone.run("demo", "--boards", "2", "--json", "--for", "500ms", "--listen", "127.0.0.1:0", "--print-token")
    assert done.returncode == 0
    (line,) = done.stdout.splitlines()
    ready = json.loads(line)
    assert ready["event"] == "ready"
    assert ready["ws"] == ready["url"].replace("http", "ws") + "ws"
    assert ready["token"] == Path(ready["token_file"]).read_text().strip()
    assert {board["id"] for board in ready["boards"]} == {"demo", "demo-2"}


def test_serve_prints_the_link_on_stdout_and_never_the_token_unasked(alone: Shell) -> None:
    done = alone.run("demo", "--for", "500ms", "--listen", "127.0.0.1:0")
    (link,) = done.stdout.splitlines()
    assert "?ticket=" in link
    token = (alone.state / "token").read_text().strip()
    assert token not in done.stdout + done.stderr


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_a_gateway_cleanly(alone: Shell, number: signal.Signals, status: int) -> None:
    with alone.ready("demo", "--listen", "127.0.0.1:0") as (process, _):
        process.send_signal(number)
        assert process.wait(HARD_S) == status
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()
    assert list((alone.state / "gateways").iterdir()) == []


def test_a_simulated_board_on_a_pty_is_served_like_a_real_one(alone: Shell) -> None:
    port = str(alone.folder / "board")
    with alone.ready("sim", "sim://?name=bench", "--pty", port) as (process, ready):
        assert ready["port"] == port
        with alone.ready("serve", "--port", port, "--listen", "127.0.0.1:0"):
            done = alone.run("set", "led=on")
            assert done.stdout.startswith("bench/led  on"), done.stderr
        process.send_signal(signal.SIGTERM)
        assert process.wait(HARD_S) == 0
    assert not Path(port).is_symlink()


def test_config_init_show_and_schema(alone: Shell, here: Here) -> None:
    here.out(alone, "config", "init")
    here.out(alone, "config", "check", "ardugate.toml")
    shown = alone.run("config", "show", "--origin", ARDUGATE_LISTEN="127.0.0.1:9000").stdout
    assert 'listen = "127.0.0.1:9000"  # ARDUGATE_LISTEN' in shown
    assert "baud = 115200  # ardugate.toml" in shown
    assert "properties" in json.loads(here.out(alone, "config", "schema"))
