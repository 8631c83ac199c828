"""The Arduino library: installed, zipped, and where to."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from ardugate import library
from ardugate.cli import run
from ardugate.errors import LibraryInTheWay


def test_it_is_installed_with_everything_in_it(tmp_path: Path) -> None:
    done = library.install(tmp_path / "new" / "libraries")
    assert done == library.Installed(tmp_path / "new" / "libraries" / "Ardugate", "0.1.0", None)
    written = {path.relative_to(done.path).as_posix(): path.read_bytes() for path in done.path.rglob("*.*")}
    assert written | {"LICENSE": (done.path / "LICENSE").read_bytes()} == library.files()
    assert [path.name for path in done.path.parent.iterdir()] == ["Ardugate"]  # nothing is left beside it


def test_an_older_one_of_ours_is_replaced_whole(tmp_path: Path) -> None:
    first = library.install(tmp_path)
    (first.path / "src" / "ardugate" / "gone.cpp").touch()
    properties = first.path / "library.properties"
    properties.write_text(properties.read_text().replace("version=0.1.0", "version=0.0.9"))
    assert library.install(tmp_path).replaced == "0.0.9"
    assert not (first.path / "src" / "ardugate" / "gone.cpp").exists()


@pytest.mark.parametrize("what", ["file", "empty folder", "another library", "a working copy", "link"])
def test_what_is_not_ours_is_left_alone(tmp_path: Path, what: str) -> None:
    target = tmp_path / "Ardugate"
    match what:
        case "file":
            target.write_text("mine")
        case "empty folder":
            target.mkdir()
        case "another library":
            target.mkdir()
            (target / "library.properties").write_text("name=Other\nversion=1.0.0\n")
        case "a working copy":
            library.install(tmp_path)
            (target / ".git").mkdir()
        case _:
            (tmp_path / "elsewhere").mkdir()
            target.symlink_to(tmp_path / "elsewhere")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(LibraryInTheWay):
        library.install(tmp_path)
    assert sorted(tmp_path.rglob("*")) == before


def test_an_installation_that_fails_keeps_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = library.install(tmp_path)
    rename = Path.rename

    def fail_at_the_end(self: Path, target: Path) -> Path:
        if self.name == "new":
            raise OSError(28, "no space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail_at_the_end)
    with pytest.raises(OSError, match="no space"):
        library.install(tmp_path)
    assert (done.path / "src" / "Ardugate.h").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["Ardugate"]


def test_the_zip_has_one_folder_and_the_same_bytes_each_time(tmp_path: Path) -> None:
    for name in ("a.zip", "b.zip"):
        library.write_zip(tmp_path / name)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert {f"Ardugate/{name}" for name in library.files()} == set(archive.namelist())
        assert archive.read("Ardugate/src/Ardugate.h") == library.files()["src/Ardugate.h"]


def test_a_sketch_is_not_taken_for_an_older_zip(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sketch = tmp_path / "mine.ino"
    sketch.write_text("void setup() {}")
    assert run(["library", "zip", str(sketch)]) == 6
    assert sketch.read_text() == "void setup() {}"
    assert "no zip" in capsys.readouterr().err


def test_the_shipped_sketch_is_an_example_that_needs_the_library_only() -> None:
    shipped = library.files()["examples/Pins/Pins.ino"].decode()
    assert "#include <Ardugate.h>" in shipped
    assert "src/ardugate" not in shipped


def _book(home: Path, platform: str = "linux", **environment: str) -> tuple[Path, str]:
    found = library.sketchbook(environment, platform, home)
    return found.path, Path(found.source).name


def test_the_sketchbook_is_where_the_newest_tool_says(tmp_path: Path) -> None:
    assert _book(tmp_path) == (tmp_path / "Arduino", "the usual place")
    old = tmp_path / ".arduino15"
    old.mkdir()
    (old / "preferences.txt").write_text("editor.font=x\nsketchbook.path=/one\n", "utf-8")
    assert _book(tmp_path) == (Path("/one"), "preferences.txt")
    (old / "arduino-cli.yaml").write_text("board_manager:\n    user: no\ndirectories:\n    data: /d\n    user: /cli\n")
    assert _book(tmp_path) == (Path("/cli"), "arduino-cli.yaml")
    (tmp_path / ".arduinoIDE").mkdir()
    (tmp_path / ".arduinoIDE" / "arduino-cli.yaml").write_text('directories:\n  user: "C:\\Users\\Ada\\Sketch Book"\n')
    assert _book(tmp_path)[0] == Path("C:\\Users\\Ada\\Sketch Book")
    assert _book(tmp_path, ARDUINO_DIRECTORIES_USER="/named")[0] == Path("/named")


@pytest.mark.parametrize(
    ("platform", "settings", "usual"),
    [
        ("linux", ".arduino15", "Arduino"),
        ("darwin", "Library/Arduino15", "Documents/Arduino"),
        ("win32", "AppData/Local/Arduino15", "Documents/Arduino"),
    ],
)
def test_each_system_has_its_places(tmp_path: Path, platform: str, settings: str, usual: str) -> None:
    assert _book(tmp_path, platform)[0] == tmp_path / usual
    (tmp_path / settings).mkdir(parents=True)
    (tmp_path / settings / "arduino-cli.yaml").write_text("directories:\n    user: /sketches\n")
    assert _book(tmp_path, platform)[0] == Path("/sketches")


def test_a_settings_file_that_says_nothing_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / ".arduinoIDE").mkdir()
    (tmp_path / ".arduinoIDE" / "arduino-cli.yaml").write_text("directories:\n    user:\nuser: /no\n")
    assert _book(tmp_path)[1] == "the usual place"


def test_install_says_what_it_did_and_what_is_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ARDUINO_DIRECTORIES_USER", str(tmp_path))
    assert run(["library", "install"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert f"installed: {tmp_path / 'libraries' / 'Ardugate'}, version 0.1.0" in err
    assert "File > Examples > Ardugate" in err
    assert run(["library", "install", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "path": str(tmp_path / "libraries" / "Ardugate"),
        "version": "0.1.0",
        "replaced": "0.1.0",
        "found_by": "ARDUINO_DIRECTORIES_USER",
    }


@pytest.mark.parametrize(
    ("command", "cause", "status"),
    [
        (["install", "--into", "{0}/file/libraries"], "Not a directory", 1),
        (["install", "--into", "{0}"], "expected an older library of ours or nothing", 6),
        (["zip", "{0}/none/Ardugate.zip"], "No such file or directory", 1),
    ],
    ids=["no folder", "in the way", "no place"],
)
def test_what_cannot_be_written_is_two_lines(
    tmp_path: Path, command: list[str], cause: str, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "Ardugate").mkdir()
    assert run(["library", *(word.format(tmp_path) for word in command)]) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert cause in err
    assert len(err.splitlines()) == 2


def test_the_zip_is_named_by_its_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["library", "zip", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"path": "Ardugate-0.1.0.zip", "version": "0.1.0"}
    assert zipfile.is_zipfile("Ardugate-0.1.0.zip")
