"""The board library as an Arduino library: what is in it, a zip of it, and the folder that Arduino tools look into.

The sources are those that the shipped sketch uses: a checkout's ``arduino/``, or its copy inside the installed package.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ardugate.errors import LibraryInTheWay

# The library's name in library.properties, and its folder's.
NAME = "Ardugate"
# How the shipped sketch, which lies beside its sources, includes the library; and how one does that has it installed.
_BESIDE = '#include "src/ardugate/Ardugate.h"'
_INSTALLED = "#include <Ardugate.h>"
# The shipped sketch's name among the examples.
_SHIPPED = "Pins"
# Zips of the same sources are the same bytes: this is the earliest time that the format knows.
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_READABLE_FILE = 0o100644 << 16  # where a zip keeps a file's mode


@dataclass(frozen=True, slots=True)
class Installed:
    """``install``'s answer: the library's folder, its version, and the version it replaced (None: there was none)."""

    path: Path
    version: str
    replaced: str | None


@dataclass(frozen=True, slots=True)
class Sketchbook:
    """The folder where Arduino tools keep a user's sketches, and what said so."""

    path: Path
    source: str


def sources() -> Path:
    """The folder ``arduino/`` with the library's sources.

    :raises FileNotFoundError: this installation has none.
    """
    here = Path(__file__).resolve().parent
    for folder in (here / "arduino", here.parents[1] / "arduino"):
        if (folder / "library" / "library.properties").is_file():
            return folder
    raise FileNotFoundError(2, "this installation of ardugate has no board library", str(here / "arduino"))


def files(arduino: Path | None = None) -> dict[str, bytes]:
    """Every file of the library: its path within the library's folder (with slashes), and its bytes, sorted by path."""
    arduino = arduino or sources()
    found = {
        f"src/ardugate/{path.name}": path.read_bytes()
        for path in (arduino / "src" / "ardugate").iterdir()
        if path.suffix in {".h", ".cpp"}
    }
    for path in (arduino / "library").iterdir():
        found[f"src/{path.name}" if path.suffix == ".h" else path.name] = path.read_bytes()
    if "LICENSE" not in found:  # a checkout has one for everything
        found["LICENSE"] = (arduino.parent / "LICENSE").read_bytes()
    for path in (arduino / "examples").rglob("*"):
        if path.is_file():
            found[path.relative_to(arduino).as_posix()] = path.read_bytes()
    shipped = (arduino / "sketch.ino").read_text("utf-8").replace(_BESIDE, _INSTALLED)
    found[f"examples/{_SHIPPED}/{_SHIPPED}.ino"] = shipped.encode()
    return dict(sorted(found.items()))


def properties(text: str) -> dict[str, str]:
    """The fields of a ``library.properties``."""
    lines = (line.partition("=") for line in text.splitlines() if not line.lstrip().startswith("#"))
    return {key.strip(): value.strip() for key, separator, value in lines if separator}


def version(library: Mapping[str, bytes]) -> str:
    """The version of a library's files."""
    return properties(library["library.properties"].decode())["version"]


def write_zip(target: Path) -> None:
    """Write the library as the zip that the Arduino IDE takes (Sketch, Include Library, Add .ZIP Library), in place of
    an older zip.

    :raises LibraryInTheWay: there is a file that is no zip.
    :raises OSError: it cannot be written.
    """
    if target.exists() and not zipfile.is_zipfile(target):
        raise LibraryInTheWay(str(target), "something that is no zip")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files().items():
            entry = zipfile.ZipInfo(f"{NAME}/{name}", _ZIP_TIME)
            entry.external_attr = _READABLE_FILE
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)


def install(libraries: Path) -> Installed:
    """Put the library into the folder ``libraries``, which is made if need be, in place of an older one of ours.

    It comes whole or not at all: the files are written beside the old ones, which go when all are there.

    :raises LibraryInTheWay: something else has that name.
    :raises OSError: it cannot be written.
    """
    library = files()
    target = libraries / NAME
    replaced = _ours(target)
    libraries.mkdir(parents=True, exist_ok=True)
    # A folder that begins with a dot is none to Arduino tools.
    with tempfile.TemporaryDirectory(prefix=f".{NAME}-", dir=libraries) as folder:
        fresh, old = Path(folder) / "new", Path(folder) / "old"
        for name, content in library.items():
            path = fresh / PurePosixPath(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        if replaced is not None:
            target.rename(old)
        try:
            fresh.rename(target)
        except OSError:
            if replaced is not None:
                old.rename(target)
            raise
    return Installed(target, version(library), replaced)


def _ours(target: Path) -> str | None:
    """The version of our library at ``target``; None when nothing is there. Raises LibraryInTheWay."""
    if target.is_symlink():
        raise LibraryInTheWay(str(target), "a link to somewhere else")
    if not target.exists():
        return None
    if not target.is_dir():
        raise LibraryInTheWay(str(target), "no folder")
    try:
        fields = properties((target / "library.properties").read_text("utf-8", "replace"))
    except OSError:
        raise LibraryInTheWay(str(target), "a folder without a library.properties") from None
    if fields.get("name") != NAME or not (target / "src" / "ardugate").is_dir():
        raise LibraryInTheWay(str(target), f"a library named {fields.get('name', '')!r}")
    for mark in (".git", ".development"):
        if (target / mark).exists():
            raise LibraryInTheWay(str(target), f"somebody's working copy, with a {mark}")
    return fields.get("version", "?")


def sketchbook(environment: Mapping[str, str], platform: str, home: Path) -> Sketchbook:
    """Where the user's Arduino tools keep sketches, and therefore libraries.

    The newest tools are asked first: Arduino IDE 2, arduino-cli, IDE 1; else it is where they all begin.
    ``platform`` is ``sys.platform``.
    """
    if named := environment.get("ARDUINO_DIRECTORIES_USER"):
        return Sketchbook(Path(named), "ARDUINO_DIRECTORIES_USER")
    data = _data_folder(environment, platform, home)
    for config in (home / ".arduinoIDE" / "arduino-cli.yaml", data / "arduino-cli.yaml"):
        if user := _user_directory(_read(config)):
            return Sketchbook(Path(user), str(config))
    preferences = data / "preferences.txt"
    if old := properties(_read(preferences)).get("sketchbook.path"):
        return Sketchbook(Path(old), str(preferences))
    usual = home / "Arduino" if platform.startswith("linux") else home / "Documents" / "Arduino"
    return Sketchbook(usual, "the usual place")


def _data_folder(environment: Mapping[str, str], platform: str, home: Path) -> Path:
    """Where arduino-cli and IDE 1 keep their settings."""
    match platform:
        case "darwin":
            return home / "Library" / "Arduino15"
        case "win32":
            return Path(environment.get("LOCALAPPDATA", home / "AppData" / "Local")) / "Arduino15"
        case _:
            return home / ".arduino15"


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""  # it is not there, or not for us: the next one is asked


def _user_directory(yaml: str) -> str:
    """``directories.user`` of an arduino-cli.yaml, as arduino-cli itself writes that file; empty when it says none."""
    section = ""
    for line in yaml.splitlines():
        key, _, value = line.partition(":")
        if not key.startswith((" ", "\t", "#")):
            section = key
        elif section == "directories" and key.strip() == "user":
            return value.strip().strip("\"'")
    return ""
