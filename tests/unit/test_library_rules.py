"""Arduino's rules for libraries (its library specification, and what its own linter looks at), as far as they can be
checked without a network."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

import pytest

import ardugate
from ardugate import library

ROOT = Path(__file__).resolve().parents[2]
FILES = library.files()
FIELDS = library.properties(FILES["library.properties"].decode())
HEADERS = {name: content.decode() for name, content in FILES.items() if name.endswith(".h")}

CATEGORIES = {
    *("Display", "Communication", "Sensors", "Timing", "Other"),
    *("Signal Input/Output", "Device Control", "Data Storage", "Data Processing"),
}
# What a library of sources needs; a spelling mistake is an unknown field.
NEEDED = {
    *("name", "version", "author", "maintainer", "sentence", "paragraph"),
    *("category", "url", "architectures", "includes"),
}
# The reference in a keywords.txt may stay empty; the kinds are the IDE's.
KEYWORD = re.compile(r"[A-Za-z_]\w*\t(KEYWORD[123]|LITERAL1)")


def test_the_fields_are_all_there_and_known() -> None:
    assert set(FIELDS) == NEEDED
    assert all(FIELDS.values())


def test_the_name_is_one_that_arduino_takes() -> None:
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_.-]{0,15}", FIELDS["name"])  # spaces and more letters are frowned upon
    assert not re.search("arduino|library", FIELDS["name"], re.IGNORECASE)
    assert f"src/{FIELDS['name']}.h" in FILES
    for field in ("author", "maintainer"):
        assert not FIELDS[field].startswith("Arduino")


def test_one_version_for_package_firmware_and_library() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", FIELDS["version"])
    link = FILES["src/ardugate/link.h"].decode()
    firmware = [re.findall(rf"k{part} = (\d+);", link)[0] for part in ("Major", "Minor", "Patch")]
    assert FIELDS["version"] == ".".join(firmware) == ardugate.__version__


def test_what_the_library_manager_shows() -> None:
    assert FIELDS["category"] in CATEGORIES
    assert FIELDS["sentence"].endswith(".")
    assert not FIELDS["paragraph"].startswith(FIELDS["sentence"])  # they are shown one after the other
    assert re.fullmatch(r"https://[\w.-]+/\S*", FIELDS["url"])
    assert not re.search(r"\.(example|invalid|test|localhost)/", FIELDS["url"])  # names that never lead anywhere
    assert re.fullmatch(r"\*|\w+(, ?\w+)*", FIELDS["architectures"])
    for header in FIELDS["includes"].split(","):
        assert f"src/{header}" in FILES


def test_the_layout_is_the_recursive_one_and_nothing_else_is_there() -> None:
    for name in FILES:
        path = PurePosixPath(name)
        match path.parts:
            case ("src", *_):
                assert path.suffix in {".h", ".cpp"}, name
            case ("examples", folder, file):
                assert file == f"{folder}.ino", name
            case (file,):
                assert file in {"library.properties", "keywords.txt", "README.md", "LICENSE"}, name
            case _:
                pytest.fail(f"{name}: no place for a file")
        # Names that every system, and the IDE, take.
        assert all(re.fullmatch(r"[A-Za-z0-9][\w.-]{0,62}", part) for part in path.parts), name
    assert len({name.casefold() for name in FILES}) == len(FILES)


def test_each_example_includes_the_library_and_nothing_beside_it() -> None:
    sketches = {name: content.decode() for name, content in FILES.items() if name.endswith(".ino")}
    assert len(sketches) >= 2
    for name, text in sketches.items():
        assert re.findall(r"#include (.*)", text)[0] == "<Ardugate.h>", name
        assert '#include "' not in text, name


def test_files_are_utf8_with_unix_ends_and_end_with_a_line() -> None:
    for name, content in FILES.items():
        text = content.decode("utf-8")
        assert "\r" not in text, name
        assert text.endswith("\n"), name
        assert not text.startswith("\ufeff"), name


def test_every_header_can_be_included_twice() -> None:
    for name, content in FILES.items():
        if name.endswith(".h"):
            assert content.decode().count("#pragma once") == 1, name


def test_keywords_are_parted_by_tabs_and_each_stands_once() -> None:
    lines = [line for line in FILES["keywords.txt"].decode().splitlines() if line and not line.startswith("#")]
    assert all(KEYWORD.fullmatch(line) for line in lines)
    words = [line.split("\t")[0] for line in lines]
    assert len(set(words)) == len(words)


def _keywords(kind: str) -> set[str]:
    return set(re.findall(rf"^(\w+)\t{kind}$", FILES["keywords.txt"].decode(), re.MULTILINE))


def _classes(text: str) -> dict[str, str]:
    """What each class shows to a sketch: public, and before what is there for the table of its kind."""
    shown = re.compile(r" public:\n(.*?)(?= p\w+:\n|  // Of its Kind|\Z)", re.DOTALL)
    found = re.findall(r"^class (\w+)[^{;]*\{\n(.*?)^\};", text, re.MULTILINE | re.DOTALL)
    return {name: "".join(shown.findall(body)) for name, body in found}


def test_the_keywords_are_what_a_sketch_may_write() -> None:
    parts: dict[str, str] = {}
    for text in HEADERS.values():
        for inside in re.findall(r"^namespace gate \{$(.*?)^\}  // namespace gate", text, re.MULTILINE | re.DOTALL):
            parts |= _classes(inside)
    made = {name for name, public in parts.items() if re.search(rf"^  (explicit )?{name}\(", public, re.MULTILINE)}
    assert _keywords("KEYWORD1") == made | {"Ardugate", "gate"}
    board = _classes(HEADERS["src/ardugate/Ardugate.h"])["Board"]
    methods = set[str]()
    for public in (board, *parts.values()):
        methods |= set(re.findall(r"^  void (\w+)\(", public, re.MULTILINE))
    for name in made:
        methods |= set(re.findall(rf"^  {name}& (\w+)\(", parts[name], re.MULTILINE))
    assert _keywords("KEYWORD2") == methods
