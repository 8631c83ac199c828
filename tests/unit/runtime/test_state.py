from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ardugate.runtime.identities import Identities
from ardugate.runtime.state import RunningGateway, StateFolder, free_id, running_gateways


def test_a_token_is_made_once(tmp_path: Path) -> None:
    token = StateFolder(tmp_path).token()
    assert len(token) >= 43
    assert StateFolder(tmp_path).token() == token
    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600


def test_an_empty_token_file_is_filled(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("\n")
    assert StateFolder(tmp_path).token()


def test_the_folder_is_its_owners_alone(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path / "a" / "b")
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"XDG_STATE_HOME": "/elsewhere"}, "/elsewhere/ardugate"),
        ({"XDG_STATE_HOME": "relative", "HOME": "/home/me"}, "/home/me/.local/state/ardugate"),
        ({"HOME": "/home/me"}, "/home/me/.local/state/ardugate"),
    ],
    ids=["xdg", "relative-is-ignored", "home"],
)
def test_the_usual_place_follows_xdg(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], expected: str) -> None:
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    def make_nothing(*_: object, **__: object) -> None:
        pass

    monkeypatch.setattr(Path, "mkdir", make_nothing)
    assert str(StateFolder().path) == expected


@pytest.mark.parametrize(
    ("name", "taken", "expected"),
    [
        ("Greenhouse", (), "greenhouse"),
        ("Green House #1", (), "green-house-1"),
        ("greenhouse", ("greenhouse",), "greenhouse-2"),
        ("greenhouse", ("greenhouse", "greenhouse-2"), "greenhouse-3"),
        ("Ärger", (), "rger"),
        ("中文", (), "board"),
        ("", ("board",), "board-2"),
        ("x" * 60, (), "x" * 32),
        ("x" * 60, ("x" * 32,), "x" * 30 + "-2"),
        ("-a-", (), "a"),
    ],
)
def test_an_id_is_the_name_as_a_slug(name: str, taken: tuple[str, ...], expected: str) -> None:
    assert free_id(name, taken) == expected


def test_an_id_stays_bound_to_its_identity(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)
    assert folder.bind_board("eeprom:1", "uno") == "uno"
    assert folder.bind_board("eeprom:2", "uno") == "uno-2"
    assert StateFolder(tmp_path).bind_board("eeprom:1", "renamed") == "uno"


def test_an_id_of_the_config_is_never_given_to_another_board(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)
    assert folder.bind_board("eeprom:1", "uno") == "uno"
    assert folder.bind_board("eeprom:1", "uno", reserved=["uno"]) == "uno-2"


def test_a_board_that_gets_an_identity_keeps_its_id(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)
    assert folder.bind_board("path:1-1", "uno") == "uno"
    folder.rebind_board("uno", "eeprom:7")
    assert folder.bind_board("eeprom:7", "uno") == "uno"
    assert folder.bind_board("path:1-1", "uno") == "uno-2"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"boards": 1, "ports": []}', '{"boards": {}}'])
def test_a_file_that_cannot_be_read_is_begun_afresh_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    (tmp_path / "known.json").write_text(text)
    assert StateFolder(tmp_path).bind_board("eeprom:1", "uno") == "uno"
    assert "known.json" in caplog.text
    assert json.loads((tmp_path / "known.json").read_text())["boards"] == {"uno": "eeprom:1"}


def test_gateways_that_share_a_folder_lose_nothing(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from ardugate.runtime.state import StateFolder;"
        "[StateFolder(Path(sys.argv[1])).bind_board(f'{sys.argv[2]}:{n}', 'uno') for n in range(20)]"
    )
    processes = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path), name]) for name in "abc"]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    assert len(StateFolder(tmp_path).known().boards) == 60


def test_only_gateways_that_are_alive_are_found(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)
    token_file = folder.token_file
    folder.token()
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    folder.write_running(9000, RunningGateway("http://127.0.0.1:9000/", "ws://127.0.0.1:9000/ws", gone.pid, token_file))
    alive = RunningGateway("http://127.0.0.1:8765/", "ws://127.0.0.1:8765/ws", os.getpid(), token_file)
    folder.write_running(8765, alive)
    (tmp_path / "gateways" / "1.json").write_text("{}")
    assert running_gateways(tmp_path) == [alive]
    assert alive.read_token() == folder.token()
    assert running_gateways(tmp_path / "none") == []


def test_two_boards_with_one_identity_get_two_ids(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    identities = Identities(StateFolder(tmp_path))
    one, other = object(), object()
    assert identities.recognize(one, 7, "path:1", "uno") == "uno"
    assert identities.recognize(one, 7, "path:1", "uno") == "uno"
    assert identities.recognize(other, 7, "path:2", "uno") == "uno-2"
    assert "two boards" in caplog.text


def test_a_folder_that_cannot_be_written_costs_the_memory_and_not_the_board(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    identities = Identities(StateFolder(tmp_path))
    for name in ("bind_board", "rebind_board", "remember_port"):
        monkeypatch.setattr(StateFolder, name, full)
    assert identities.recognize(object(), 7, "path:1", "uno") == "uno"
    identities.settle("uno", 8)
    identities.spoke("usb:1")
    assert caplog.text.count("No space left") == 3
