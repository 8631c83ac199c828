"""Settings: what each means, where each came from.

A value is looked for in order: a flag, an ``ARDUGATE_*`` variable, the file that ``--config`` names,
``./ardugate.toml``, ``$XDG_CONFIG_HOME/ardugate/ardugate.toml``, the default. Each key is decided by itself, lists are
taken whole.
``docs/reference/config.md`` describes them for users, ``config.example.toml`` shows them.

>>> settings = load({"listen": "127.0.0.1:0"}, environ={}, cwd=None)
>>> settings.config.listen, settings.origins["listen"], settings.origins["baud"]
('127.0.0.1:0', 'flag', 'default')
"""

from __future__ import annotations

import difflib
import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from ardugate.alarms import Compare, Quiet, Rule, parse_condition
from ardugate.duration import parse_duration
from ardugate.errors import ConfigError

FLAG = "flag"
DEFAULT = "default"
FILE_NAME = "ardugate.toml"
MAX_LISTEN_PORT = 65_535


def parse_listen(text: str) -> tuple[str, int]:
    """``HOST:PORT`` as a pair, an IPv6 host without its brackets. Raises ValueError.

    >>> parse_listen("[::1]:8765")
    ('::1', 8765)
    """
    host, separator, port = text.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    if not separator or not host or not port.isascii() or not port.isdigit() or (":" in host and not bracketed):
        raise ValueError(f"expected HOST:PORT such as 127.0.0.1:8765, got {text!r}")
    if int(port) > MAX_LISTEN_PORT:
        raise ValueError(f"expected a TCP port from 0 to {MAX_LISTEN_PORT}, got {port}")
    return host.strip("[]"), int(port)


def _listen(text: str) -> str:
    parse_listen(text)
    return text


def _origin(text: str) -> str:
    scheme, separator, rest = text.partition("://")
    if scheme not in ("http", "https") or not separator or not rest or "/" in rest:
        raise ValueError(f"expected an origin such as https://lab.example.org, got {text!r}")
    return text


def _condition(text: str) -> str:
    parse_condition(text)
    return text


def _hours(text: str) -> str:
    Quiet.parse(text)
    return text


def _duration(text: str) -> str:
    parse_duration(text)
    return text


def _webhook(text: str) -> str:
    scheme, separator, rest = text.partition("://")
    if text and (scheme not in ("http", "https") or not separator or not rest):
        raise ValueError(f"expected a URL such as https://example.org/hook, got {text!r}")
    return text


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class BoardConfig(_Model):
    """One ``[[board]]``: a port, and what the board on it is called."""

    port: str = Field(min_length=1, description="a path, a USB serial number or a URL; always waited for")
    id: str | None = Field(
        default=None, pattern=r"^[a-z0-9-]{1,32}$", description="used in addresses and URLs, as in greenhouse/A0"
    )
    name: str | None = Field(default=None, min_length=1, max_length=63, description="for eyes, any text")
    baud: Literal[115_200, 250_000, 500_000, 1_000_000, 2_000_000] | None = Field(
        default=None,
        description="the line's rate, gone to at once and never exceeded; as fast as streams need if absent",
    )


class AlarmConfig(_Model):
    """One ``[[alarm]]``: when it is raised and when it is over, and who is called."""

    name: str = Field(min_length=1, max_length=63, description="for eyes; each has its own")
    when: Annotated[str, AfterValidator(_condition)] = Field(description="what raises it")
    clear: Annotated[str, AfterValidator(_condition)] | None = Field(
        default=None, description="what ends it, of the same channel; the opposite of when if absent"
    )
    quiet: Annotated[str, AfterValidator(_hours)] | None = Field(
        default=None, description="hours, local time, in which nobody is called"
    )
    again: Annotated[str, AfterValidator(_duration)] | None = Field(
        default=None, description="call again, as long as it goes on"
    )
    webhook: Annotated[str, AfterValidator(_webhook)] = Field(default="", description="a URL that gets JSON by POST")
    command: tuple[str, ...] = Field(default=(), description="a program and its arguments, run without a shell")

    @model_validator(mode="after")
    def _clears_what_it_raises(self) -> Self:
        if self.clear is None:
            return self
        when, clear = parse_condition(self.when), parse_condition(self.clear)
        if not isinstance(when, Compare) or not isinstance(clear, Compare) or when.channel != clear.channel:
            raise ValueError("expected clear to be about the channel of when")
        return self

    def rule(self) -> Rule:
        """What the engine takes."""
        clear = None if self.clear is None else parse_condition(self.clear)
        return Rule(
            self.name,
            parse_condition(self.when),
            clear if isinstance(clear, Compare) else None,
            None if self.quiet is None else Quiet.parse(self.quiet),
            None if self.again is None else parse_duration(self.again),
        )


class RecordConfig(_Model):
    """``[record]``: what is kept on disk."""

    folder: str = Field(default="", description="the folder of recordings; empty: in the state folder")
    ring_mb: int = Field(
        default=64, ge=0, le=1_048_576, description="the newest MiB, always kept for `ardugate save`; 0: none"
    )
    always: bool = Field(default=False, description="record without being asked, a file a day")
    keep_days: int = Field(default=30, ge=1, le=36_500, description="days of these files that are kept")
    keep_mb: int = Field(
        default=16_384, ge=1, le=1_073_741_824, description="MiB of these files that are kept, the newest"
    )
    keep_free_mb: int = Field(
        default=64, ge=0, le=1_073_741_824, description="MiB of the disk that recordings leave to others"
    )


class Config(_Model):
    """Every setting of a gateway."""

    listen: Annotated[str, AfterValidator(_listen)] = Field(
        default="127.0.0.1:8765", description="the TCP address; port 0 takes any free one"
    )
    port: tuple[str, ...] = Field(
        default=("auto",),
        min_length=1,
        description="serial ports: paths, USB serial numbers, sim://, socket://HOST:PORT, rfc2217://HOST:PORT, auto",
    )
    baud: int = Field(
        default=115_200,
        ge=300,
        le=12_000_000,
        description="bits per second; other rates are for sketches that only print",
    )
    allow_host: tuple[str, ...] = Field(
        default=(), description="more names by which browsers may reach the gateway (a proxy's, say)"
    )
    allow_origin: tuple[Annotated[str, AfterValidator(_origin)], ...] = Field(
        default=(), description="other sites whose pages may connect, as https://lab.example.org"
    )
    tls_cert: str = Field(
        default="", description="serve over TLS: a file with the certificate (PEM), any intermediate ones after it"
    )
    tls_key: str = Field(default="", description="the file with its private key, which has no password")
    lend: Literal["auto", "never"] = Field(
        default="auto",
        description="whether a port is lent by itself to a program that uploads to it (on Linux); never: by hand alone",
    )
    pages: str = Field(default="", description="a folder of your own, served at /pages/; empty: none")
    board: tuple[BoardConfig, ...] = Field(
        default=(), description="boards by port, with an id and a name of your choice"
    )
    record: RecordConfig = Field(default=RecordConfig(), description="what is kept on disk")
    alarm: tuple[AlarmConfig, ...] = Field(default=(), description="alarms; docs/how-to/alarms.md says more")

    @model_validator(mode="after")
    def _certificate_and_key(self) -> Self:
        if bool(self.tls_cert) != bool(self.tls_key):
            raise ValueError("expected tls_cert and tls_key, or none of them")
        return self


KEYS = tuple(Config.model_fields)
_LISTS = {"port", "allow_host", "allow_origin"}
# A list of tables has no form in one variable.
_TABLES: dict[str, type[BaseModel]] = {"board": BoardConfig, "alarm": AlarmConfig}
_SECTIONS: dict[str, type[BaseModel]] = {"record": RecordConfig}
_VARIABLES = {key: f"ARDUGATE_{key.upper()}" for key in KEYS if key not in _TABLES and key not in _SECTIONS}


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings in force. ``origins`` has for each key ``flag``, the variable, the file's path or ``default``."""

    config: Config
    origins: dict[str, str]


def load(
    flags: Mapping[str, object] | None = None,
    *,
    config_file: Path | None = None,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = Path(),
) -> Settings:
    """Put the settings together. ``flags``: only those that were given (None and empty lists count as not given).

    ``config_file`` is ``--config``'s; ``ARDUGATE_CONFIG`` stands in for it. ``cwd`` None: no ``./ardugate.toml``.
    Raises ConfigError with the source, the key and the nearest valid key.
    """
    environ = os.environ if environ is None else environ
    named = config_file or (Path(environ["ARDUGATE_CONFIG"]) if environ.get("ARDUGATE_CONFIG") else None)
    layers: list[tuple[str, dict[str, Any]]] = []
    if flags:
        layers.append((FLAG, {key: value for key, value in flags.items() if value not in (None, (), [])}))
    layers += [(name, {key: _from_text(key, environ[name])}) for key, name in _VARIABLES.items() if environ.get(name)]
    if named is not None:
        layers.append((str(named), _read(named, required=True)))
    layers += [(str(path), _read(path, required=False)) for path in _usual_files(environ, cwd)]
    values: dict[str, Any] = {}
    origins = dict.fromkeys(KEYS, DEFAULT)
    for origin, layer in layers:
        _validate(layer, origin)
        for key, value in layer.items():
            if origins[key] == DEFAULT:
                values[key], origins[key] = value, origin
    config = _validate(values, "settings")
    _check_boards(config, origins["board"])
    _check_alarms(config, origins["alarm"])
    return Settings(config, origins)


def _usual_files(environ: Mapping[str, str], cwd: Path | None) -> list[Path]:
    files = [] if cwd is None else [cwd / FILE_NAME]
    base = environ.get("XDG_CONFIG_HOME") or (f"{environ['HOME']}/.config" if environ.get("HOME") else "")
    return [*files, Path(base) / "ardugate" / FILE_NAME] if base else files


def _from_text(key: str, text: str) -> object:
    return [part.strip() for part in text.split(",") if part.strip()] if key in _LISTS else text


def _read(path: Path, *, required: bool) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        if required:
            raise ConfigError(str(path), "", "there is no such file") from None
        return {}
    except OSError as error:
        raise ConfigError(str(path), "", error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise ConfigError(str(path), "", "expected UTF-8 text") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(path), "", f"no TOML: {error}") from error


def _validate(values: Mapping[str, Any], source: str) -> Config:
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        parts = [str(part) for part in first["loc"]]
        path = ".".join(parts)
        if first["type"] == "extra_forbidden":
            model = (_TABLES | _SECTIONS)[parts[0]] if len(parts) > 1 else Config
            near = difflib.get_close_matches(parts[-1], model.model_fields, 1)
            raise ConfigError(source, path, "unknown key", near[0] if near else "") from None
        message = first["msg"].removeprefix("Value error, ")
        raise ConfigError(source, path, message[:1].lower() + message[1:]) from None


def _check_boards(config: Config, source: str) -> None:
    seen: set[tuple[str, str]] = set()
    for index, board in enumerate(config.board):
        for key, value in (("port", board.port), ("id", board.id)):
            if value is None:
                continue
            if (key, value) in seen:
                raise ConfigError(source, f"board.{index}.{key}", f"{value!r} is there twice")
            seen.add((key, value))


def _check_alarms(config: Config, source: str) -> None:
    seen: set[str] = set()
    for index, alarm in enumerate(config.alarm):
        if alarm.name in seen:
            raise ConfigError(source, f"alarm.{index}.name", f"{alarm.name!r} is there twice")
        seen.add(alarm.name)


_SAMPLES: dict[str, dict[str, object]] = {
    "board": {"port": "/dev/ttyACM0", "id": "greenhouse", "name": "The greenhouse", "baud": 1_000_000},
    "alarm": {
        "name": "too hot",
        "when": "temp > 30 for 10s",
        "clear": "temp < 28",
        "quiet": "22:00-07:00",
        "again": "1h",
        "webhook": "https://example.org/hook",
        "command": ["notify-send", "{name}", "{text}"],
    },
}


def example() -> str:
    """The text of ``config.example.toml``: every setting, with its default, in comments only where it has none."""
    lines = [
        "# Every setting of ardugate, with its default. Flags and ARDUGATE_* variables come before this file.",
        "# Put it at ./ardugate.toml or ~/.config/ardugate/ardugate.toml; docs/reference/config.md says more.",
    ]
    for key, field in Config.model_fields.items():
        if key not in _TABLES and key not in _SECTIONS:
            lines += ["", f"# {field.description}", f"{key} = {json.dumps(field.default)}"]
    for section, model in _SECTIONS.items():
        lines += ["", f"# {Config.model_fields[section].description}", f"[{section}]"]
        assigned = {key: f"{key} = {json.dumps(field.default)}" for key, field in model.model_fields.items()}
        width = max(map(len, assigned.values()))
        lines += [f"{assigned[key]:<{width}}  # {field.description}" for key, field in model.model_fields.items()]
    for table, model in _TABLES.items():
        lines += ["", f"# {Config.model_fields[table].description}", f"# [[{table}]]"]
        assignments = {key: f"{key} = {json.dumps(value)}" for key, value in _SAMPLES[table].items()}
        width = max(map(len, assignments.values()))
        for key, field in model.model_fields.items():
            lines.append(f"# {assignments[key]:<{width}}  # {field.description}")
    return "\n".join(lines) + "\n"


def schema() -> dict[str, Any]:
    """The JSON Schema of the file, for editors."""
    return Config.model_json_schema()
