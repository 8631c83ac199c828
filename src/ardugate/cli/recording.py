"""``record`` and ``save``: what boards send, as a capture."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from ardugate.cli import options as opt
from ardugate.cli.output import progress, put, put_json, say
from ardugate.cli.problems import CommandError, Exit
from ardugate.cli.reach import gateway, gateway_or_port
from ardugate.cli.values import format_size
from ardugate.errors import ArdugateError

if TYPE_CHECKING:
    from ardugate.client import Connection

Json = dict[str, Any]

SUFFIX: Final = ".ardcap"
_LOOK_S: Final = 1.0  # how often a terminal is told how it goes


def record(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The capture to write, such as night.ardcap.")],
    for_s: opt.For = None,
    port: opt.Ports = None,
    url: opt.Gateway = None,
    json: opt.Json = False,
) -> None:
    """Record all that boards send, as they send it, until Ctrl-C.

    A gateway that runs does it (and keeps a copy in its own folder), else the port is opened for this command.
    """
    target = _new_file(file)
    with gateway_or_port(url, port or [], recordings=target.parent) as connection:
        # In this process the file itself is written; a gateway elsewhere gives it to us at the end.
        own = not connection.target.published
        begun = connection.call("record_start")
        try:
            with suppress(KeyboardInterrupt):
                say(
                    "recording; Ctrl-C ends it"
                    if own
                    else f"recording on the gateway, as {begun['name']}; Ctrl-C ends it"
                )
                _until(connection, begun["name"], for_s)
        finally:
            ended = connection.call("record_stop", {"name": begun["name"]})
            if own:
                target.with_name(ended["name"]).rename(target)
            else:
                fetch(connection, ended["name"], target)
    _tell(ended, target, json=json)


def save(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The capture to write, such as bang.ardcap.")],
    last_s: Annotated[
        float, typer.Option("--last", metavar="TIME", parser=opt.duration, help="How far back: 30s, 5m, 1h.")
    ],
    url: opt.Gateway = None,
    json: opt.Json = False,
) -> None:
    """Save what has just happened: the last minutes of the ring that a gateway always keeps."""
    target = _new_file(file)
    with gateway(url) as connection:
        saved = connection.call("save", {"last_s": last_s}, timeout_s=None)
        fetch(connection, saved["name"], target)
    _tell(saved, target, json=json)


def fetch(connection: Connection, name: str, target: Path) -> None:
    """Get a recording from the gateway. Raises CommandError."""
    from ardugate.client.download import download

    try:
        download(connection.target, name, target)
    except (ArdugateError, OSError) as error:
        raise CommandError(
            Exit.OTHER, f"{target} is not written: {error}", f"the recording is on the gateway, as {name}"
        ) from error


def _new_file(file: Path) -> Path:
    target = file if file.suffix == SUFFIX else file.with_name(file.name + SUFFIX)
    if target.exists():
        raise CommandError(Exit.OTHER, f"{target} exists", "choose another name: recordings are never written over")
    if not target.parent.is_dir():
        raise CommandError(Exit.OTHER, f"there is no folder {target.parent}", "make it first")
    return target.resolve()


def _until(connection: Connection, name: str, for_s: float | None) -> None:
    """Wait for the end of the time or Ctrl-C, and say how it goes."""
    began_s, state = monotonic(), "recording"
    with progress() as tell:
        while for_s is None or monotonic() < began_s + for_s:
            left_s = _LOOK_S if for_s is None else min(_LOOK_S, began_s + for_s - monotonic())
            notification = connection.next_notification(max(0.0, left_s))
            if notification is not None:
                told = notification.params.get("recording", {})
                if told.get("name") == name and told["state"] != state:
                    state = told["state"]
                    say(
                        "it is recorded again" if state == "recording" else f"nothing is recorded now: {told['reason']}"
                    )
                continue
            if tell.wanted:
                found = [each for each in connection.call("recordings")["recordings"] if each["name"] == name]
                size = found[0]["size_bytes"] if found else 0
                tell(f"{monotonic() - began_s:.0f} s, {format_size(size)}")


def _tell(told: Json, target: Path, *, json: bool) -> None:
    if json:
        put_json({**told, "file": str(target)})
    else:
        lasted_s = max(0.0, told["until_t_s"] - told["began_t_s"])
        put(f"{target}  {lasted_s:.0f} s, {format_size(told['size_bytes'])}")
