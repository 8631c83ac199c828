"""Which gateway a command speaks to, and who gets the token of this machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ardugate.client import Target, find_gateway
from ardugate.errors import GatewayUnreachable, SeveralGateways
from ardugate.runtime.state import RunningGateway, StateFolder


def started(folder: Path, *ports: int, pid: int | None = None) -> str:
    """Runtime files as of gateways that run; the token that they share."""
    state = StateFolder(folder)
    token = state.token()
    for port in ports:
        gateway = RunningGateway(
            f"http://127.0.0.1:{port}/", f"ws://127.0.0.1:{port}/ws", pid or os.getpid(), state.token_file
        )
        state.write_running(port, gateway)
    return token


def test_the_one_gateway_of_this_machine_is_found_with_its_token(tmp_path: Path) -> None:
    token = started(tmp_path, 8765)
    found = find_gateway(environ={}, state_dir=tmp_path)
    assert found == Target("http://127.0.0.1:8765/", "ws://127.0.0.1:8765/ws", token)
    assert token not in repr(found)


def test_none_is_unreachable_and_several_are_listed(tmp_path: Path) -> None:
    with pytest.raises(GatewayUnreachable) as none:
        find_gateway(environ={}, state_dir=tmp_path)
    assert none.value.url == ""
    started(tmp_path, 8765, 9000)
    with pytest.raises(SeveralGateways) as several:
        find_gateway(environ={}, state_dir=tmp_path)
    assert several.value.urls == ("http://127.0.0.1:8765/", "http://127.0.0.1:9000/")


def test_the_runtime_file_of_a_dead_process_is_no_gateway(tmp_path: Path) -> None:
    started(tmp_path, 8765, pid=2**22 + 1)  # above the largest pid there is
    with pytest.raises(GatewayUnreachable):
        find_gateway(environ={}, state_dir=tmp_path)


@pytest.mark.parametrize(
    ("given", "page", "ws"),
    [
        ("http://127.0.0.1:8765/", "http://127.0.0.1:8765/", "ws://127.0.0.1:8765/ws"),
        ("127.0.0.1:8765", "http://127.0.0.1:8765/", "ws://127.0.0.1:8765/ws"),
        ("ws://127.0.0.1:8765/ws", "http://127.0.0.1:8765/", "ws://127.0.0.1:8765/ws"),
        ("https://lab.example.org", "https://lab.example.org/", "wss://lab.example.org/ws"),
        ("http://[::1]:8765/some/page?x=1", "http://[::1]:8765/", "ws://[::1]:8765/ws"),
    ],
)
def test_a_gateway_may_be_named_in_any_usual_form(given: str, page: str, ws: str, tmp_path: Path) -> None:
    found = find_gateway(given, environ={}, state_dir=tmp_path)
    assert (found.url, found.ws) == (page, ws)


@pytest.mark.parametrize("given", ["ftp://x/", "http://", "http://x:notaport/", "http://x:99999/"])
def test_what_is_no_url_is_said(given: str, tmp_path: Path) -> None:
    with pytest.raises(GatewayUnreachable, match="expected a URL"):
        find_gateway(given, environ={}, state_dir=tmp_path)


def test_flag_before_variable_before_what_runs(tmp_path: Path) -> None:
    started(tmp_path, 8765)
    environ = {"ARDUGATE_GATEWAY": "http://127.0.0.1:9001"}
    assert find_gateway(environ=environ, state_dir=tmp_path).url == "http://127.0.0.1:9001/"
    assert find_gateway("http://127.0.0.1:9002", environ=environ, state_dir=tmp_path).url == "http://127.0.0.1:9002/"


def test_the_token_of_this_machine_never_goes_to_another(tmp_path: Path) -> None:
    token = started(tmp_path, 8765)
    for here in ("http://127.0.0.1:8765", "http://localhost:8765", "http://127.0.0.2:8765"):
        assert find_gateway(here, environ={}, state_dir=tmp_path).token == token
    for elsewhere in ("http://192.0.2.1:8765", "http://lab.example.org:8765", "http://127.0.0.1:9999"):
        assert find_gateway(elsewhere, environ={}, state_dir=tmp_path).token is None


def test_a_token_given_by_hand_goes_where_the_user_says(tmp_path: Path) -> None:
    started(tmp_path, 8765)
    environ = {"ARDUGATE_TOKEN": "secret"}
    assert find_gateway(environ=environ, state_dir=tmp_path).token == "secret"
    assert find_gateway("http://192.0.2.1:1", environ=environ, state_dir=tmp_path).token == "secret"
