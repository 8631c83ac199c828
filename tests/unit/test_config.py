from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from ardugate.config import KEYS, AlarmConfig, BoardConfig, Config, RecordConfig, example, load, parse_listen, schema
from ardugate.errors import ConfigError

ROOT = Path(__file__).parents[2]


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def test_each_source_comes_before_the_next(tmp_path: Path) -> None:
    flags: dict[str, object] = {"listen": "127.0.0.1:1"}
    environ = {"ARDUGATE_LISTEN": "127.0.0.1:2", "XDG_CONFIG_HOME": str(tmp_path / "xdg")}
    named = write(tmp_path / "named.toml", 'listen = "127.0.0.1:3"')
    here = write(tmp_path / "here" / "ardugate.toml", 'listen = "127.0.0.1:4"')
    usual = write(tmp_path / "xdg" / "ardugate" / "ardugate.toml", 'listen = "127.0.0.1:5"')
    seen: list[tuple[str, str]] = []

    def look() -> None:
        settings = load(flags, config_file=named if named.exists() else None, environ=environ, cwd=here.parent)
        seen.append((settings.config.listen, settings.origins["listen"]))

    look()
    flags.clear()
    look()
    del environ["ARDUGATE_LISTEN"]
    look()
    for path in (named, here, usual):
        path.unlink()
        look()

    assert seen == [
        ("127.0.0.1:1", "flag"),
        ("127.0.0.1:2", "ARDUGATE_LISTEN"),
        ("127.0.0.1:3", str(named)),
        ("127.0.0.1:4", str(here)),
        ("127.0.0.1:5", str(usual)),
        ("127.0.0.1:8765", "default"),
    ]


def test_each_key_is_decided_by_itself(tmp_path: Path) -> None:
    write(tmp_path / "ardugate.toml", 'listen = "127.0.0.1:4"\nport = ["/dev/ttyACM0", "/dev/ttyACM1"]')
    settings = load({"port": ["sim://"], "baud": None, "allow_host": []}, environ={}, cwd=tmp_path)
    assert settings.config.port == ("sim://",)
    assert settings.config.listen == "127.0.0.1:4"
    assert settings.config.baud == 115_200
    assert settings.origins["port"] == "flag"
    assert settings.origins["allow_host"] == "default"


def test_a_variable_holds_a_list_with_commas() -> None:
    settings = load(environ={"ARDUGATE_PORT": "/dev/ttyACM0, sim://", "ARDUGATE_BAUD": "9600"}, cwd=None)
    assert settings.config.port == ("/dev/ttyACM0", "sim://")
    assert settings.config.baud == 9600


def test_a_variable_may_name_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "lab.toml", "baud = 9600")
    assert load(environ={"ARDUGATE_CONFIG": str(path)}, cwd=None).config.baud == 9600


def test_boards_have_an_id_and_a_name_by_port(tmp_path: Path) -> None:
    path = write(tmp_path / "a.toml", '[[board]]\nport = "/dev/ttyACM0"\nid = "greenhouse"\nname = "Greenhouse 1"')
    assert load(config_file=path, environ={}, cwd=None).config.board == (
        BoardConfig(port="/dev/ttyACM0", id="greenhouse", name="Greenhouse 1"),
    )


@pytest.mark.parametrize(
    ("text", "key", "message", "nearest"),
    [
        pytest.param("listn = 'x:1'", "listn", "unknown key", "listen", id="misspelt"),
        pytest.param("zebra = 1", "zebra", "unknown key", "", id="like-none"),
        pytest.param("[[board]]\nport = 'a'\nnam = 'b'", "board.0.nam", "unknown key", "name", id="in-a-board"),
        pytest.param("listen = '8765'", "listen", "expected HOST:PORT", "", id="listen-without-host"),
        pytest.param("listen = '127.0.0.1:99999'", "listen", "expected a TCP port", "", id="port-too-high"),
        pytest.param("baud = 'fast'", "baud", "valid integer", "", id="wrong-type"),
        pytest.param("baud = 1", "baud", "greater than", "", id="baud-too-low"),
        pytest.param("port = []", "port", "at least 1", "", id="no-port"),
        pytest.param("allow_origin = ['lab']", "allow_origin.0", "expected an origin", "", id="no-origin"),
        pytest.param("[[board]]\nport = 'a'\nid = 'No Good'", "board.0.id", "pattern", "", id="bad-id"),
        pytest.param("[[board]]\nport='a'\n[[board]]\nport='a'", "board.1.port", "there twice", "", id="port-twice"),
        pytest.param(
            "[[board]]\nport='a'\nid='x'\n[[board]]\nport='b'\nid='x'", "board.1.id", "there twice", "", id="id-twice"
        ),
        pytest.param("listen =", "", "no TOML", "", id="no-toml"),
        pytest.param("[[alarm]]\nname='a'\nwhen='hot'", "alarm.0.when", "expected one of", "", id="no-condition"),
        pytest.param(
            "[[alarm]]\nname='a'\nwhen='t > 3'\nclear='u < 3'", "alarm.0", "about the channel of when", "", id="clear"
        ),
        pytest.param("[[alarm]]\nname='a'\nwhen='t > 3'\nwebhok=''", "alarm.0.webhok", "unknown", "webhook", id="hook"),
        pytest.param(
            "[[alarm]]\nname='a'\nwhen='t > 3'\nwebhook='mail'", "alarm.0.webhook", "expected a URL", "", id="no-url"
        ),
        pytest.param(
            "[[alarm]]\nname='a'\nwhen='t > 3'\n[[alarm]]\nname='a'\nwhen='t > 4'",
            "alarm.1.name",
            "there twice",
            "",
            id="alarm-twice",
        ),
    ],
)
def test_a_bad_file_names_file_key_and_nearest_key(
    tmp_path: Path, text: str, key: str, message: str, nearest: str
) -> None:
    path = write(tmp_path / "bad.toml", text)
    with pytest.raises(ConfigError) as caught:
        load(config_file=path, environ={}, cwd=None)
    error = caught.value
    assert (error.source, error.key, error.nearest) == (str(path), key, nearest)
    assert message in error.message
    assert "\n" not in str(error)


def test_a_named_file_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file"):
        load(config_file=tmp_path / "none.toml", environ={}, cwd=None)


def test_a_bad_variable_is_named() -> None:
    with pytest.raises(ConfigError, match=r"^ARDUGATE_LISTEN: listen: expected HOST:PORT"):
        load(environ={"ARDUGATE_LISTEN": "nowhere"}, cwd=None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1:8765", ("127.0.0.1", 8765)),
        ("localhost:0", ("localhost", 0)),
        ("[::1]:80", ("::1", 80)),
    ],
)
def test_a_listen_address_is_host_and_port(text: str, expected: tuple[str, int]) -> None:
    assert parse_listen(text) == expected


@pytest.mark.parametrize("text", ["", "8765", ":8765", "::1:8765", "a:b", "a:-1", "a:65536", "a:²"])
def test_anything_else_is_no_listen_address(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        parse_listen(text)


def test_the_example_file_shows_every_setting_with_its_default() -> None:
    text = (ROOT / "config.example.toml").read_text("utf-8")
    assert text == example()
    assert Config.model_validate(tomllib.loads(text)) == Config()
    uncommented = re.sub(r"^# (\[\[\w+\]\]|\w+ = [\"\d\[])", r"\1", text, flags=re.MULTILINE)
    assert set(tomllib.loads(uncommented)) == set(KEYS)
    assert set(tomllib.loads(uncommented)["board"][0]) == set(BoardConfig.model_fields)
    assert set(tomllib.loads(uncommented)["alarm"][0]) == set(AlarmConfig.model_fields)
    assert Config.model_validate(tomllib.loads(uncommented)).alarm[0].rule().name == "too hot"


def test_every_setting_is_documented_and_nothing_else() -> None:
    text = (ROOT / "docs" / "reference" / "config.md").read_text("utf-8").partition("## Where state is kept")[0]
    documented = set(re.findall(r"^\| `([a-z_]+)` \|", text, flags=re.MULTILINE))
    tables = set(BoardConfig.model_fields) | set(AlarmConfig.model_fields) | set(RecordConfig.model_fields)
    assert documented == set(KEYS) - {"board", "alarm", "record"} | tables
    variables = set(re.findall(r"ARDUGATE_[A-Z_]+", text))
    assert variables == {f"ARDUGATE_{key.upper()}" for key in KEYS if key not in ("board", "alarm", "record")} | {
        "ARDUGATE_CONFIG"
    }


def test_the_schema_names_every_key() -> None:
    assert set(schema()["properties"]) == set(KEYS)
