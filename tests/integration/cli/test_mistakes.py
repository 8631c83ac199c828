"""What cannot be done is two lines and a status."""

from __future__ import annotations

import fcntl
import os
import time

import pytest

from tests.integration.cli.shell import Here, Shell, two_lines


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["get", "nosuch"], 3, "unknown_channel"),
        (["get", "attic/A0"], 3, "unknown_board"),
        (["info", "attic"], 3, "boards: demo"),
        (["tail", "nosuch"], 3, "unknown_channel"),
        (["set", "nosuch=1"], 3, "unknown_channel"),
        (["rate", "nosuch", "10"], 3, "unknown_channel"),
        (["mode", "nosuch", "pwm"], 3, "unknown_channel"),
        (["stop-all", "--board", "attic"], 3, "unknown_board"),
        (["set", "fan=7"], 6, "out_of_range"),
        (["set", "led=maybe"], 6, "wrong_type"),
        (["set", "temp=1"], 6, "read_only"),
        (["set", "A3=512"], 6, "wrong_mode"),
        (["set", "D7=0.5"], 6, "wrong_mode"),
        (["mode", "D7", "pwm"], 6, "refused"),
        (["mode", "D0", "output"], 6, "refused"),
        (["mode", "D5", "output"], 6, "wrong_mode"),
        (["mode", "D7", "disco"], 6, "the modes: off input"),
        (["rate", "A*", "100000"], 6, "rate_too_high"),
        (["rate", "A0", "1e9"], 6, "`hz` takes 0 to 10000000 or 'max'"),
    ],
    ids=str,
)
def test_a_refusal_is_two_lines_and_a_status(
    demo: Shell, here: Here, arguments: list[str], status: int, said: str
) -> None:
    done, out, err = here.run(demo, *arguments)
    assert (done, out) == (status, ""), err
    assert said in two_lines(err)


def test_with_several_gateways_the_list_is_status_2(demo: Shell, here: Here) -> None:
    with demo.ready("serve", "--port", "sim://?name=other", "--listen", "127.0.0.1:0") as (_, ready):
        status, _, err = here.run(demo, "boards")
        assert status == 2
        assert "--gateway URL" in two_lines(err)
        assert ready["url"] in err
        chosen = here.object(demo, "boards", "--gateway", ready["url"])
    assert [board["name"] for board in chosen["boards"]] == ["other"]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["open"], 8, "ardugate serve"),
        (["boards", "--gateway", "http://127.0.0.1:1"], 8, "connection refused"),
        (["set", "fan", "9"], 2, "write fan=9"),
        (["flash", "/dev/nowhere"], 3, "no such port"),
        (["mode", "D9", "pwm", "--port", "sim://"], 8, "--for 5s"),
        (["rate", "A0", "10", "--port", "sim://"], 8, "--hold"),
        (["serve", "--port", "/dev/nowhere", "--listen", "127.0.0.1:0"], 3, "no such port"),
        (["serve", "--port", "sim://?corupt=1", "--listen", "127.0.0.1:0"], 3, "did you mean 'corrupt'"),
        (["serve", "--config", "bad.toml"], 7, "did you mean 'listen'"),
        (["serve", "--config", "missing.toml"], 7, "no such file"),
        (["serve", "--pages", "nowhere", "--listen", "127.0.0.1:0"], 2, "nowhere"),
        (["demo", "--config", "pages.toml", "--listen", "127.0.0.1:0"], 7, "there is no folder 'nowhere'"),
        (["config", "check", "bad.toml"], 7, "bad.toml: lisen"),
        (["config", "init", "bad.toml"], 7, "there already"),
    ],
    ids=str,
)
def test_without_a_gateway_a_mistake_is_two_lines_and_a_status(
    alone: Shell, here: Here, arguments: list[str], status: int, said: str
) -> None:
    (alone.folder / "bad.toml").write_text('lisen = "127.0.0.1:0"\n')
    (alone.folder / "pages.toml").write_text('pages = "nowhere"\n')
    done, out, err = here.run(alone, *arguments)
    assert (done, out) == (status, ""), err
    assert said in two_lines(err)


@pytest.mark.parametrize(
    ("arguments", "status"),
    [(["get", "nosuch"], 3), (["set", "fan=7"], 6), (["rate", "100"], 2)],
    ids=str,
)
def test_a_real_process_ends_with_that_status(demo: Shell, arguments: list[str], status: int) -> None:
    done = demo.run(*arguments)
    assert (done.returncode, done.stdout) == (status, "")
    two_lines(done.stderr)


def test_a_busy_port_is_waited_for_5_s_and_then_status_5(alone: Shell, here: Here) -> None:
    master, slave = os.openpty()
    try:
        fcntl.flock(slave, fcntl.LOCK_EX)  # as whoever has the port open takes it
        began = time.monotonic()
        status, _, err = here.run(alone, "get", "A0", "--port", os.ttyname(slave))
        assert status == 5
        assert time.monotonic() - began >= 5.0
        said = two_lines(err)
        assert "the port is in use" in said
        assert said.count("(") == said.count(")")
    finally:
        os.close(master)
        os.close(slave)
