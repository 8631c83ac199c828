"""Which tests run after one another when several workers share them."""

from __future__ import annotations

import pytest
from xdist.scheduler.loadfile import LoadFileScheduling

_WITH_A_BROWSER = ("tests/browser/", "tests/e2e/test_page.py", "tests/e2e/test_tutorials.py")


class Turns(LoadFileScheduling):
    """A file's tests stay together, for they share a board. Browsers take turns: each wants more than a core, and what
    a page holds ends when it starves."""

    def _split_scope(self, nodeid: str) -> str:
        return "browser" if nodeid.startswith(_WITH_A_BROWSER) else super()._split_scope(nodeid)


def mix(items: list[pytest.Item]) -> None:
    """Put the files of all folders in turn, browsers first. Tests of the chip keep a core busy and those of a running
    gateway mostly wait: beside one another they take less time, and starve less, than each kind by itself."""
    folders: dict[str, dict[str, None]] = {}
    for item in items:
        file = item.nodeid.partition("::")[0]
        folder = "" if file.startswith(_WITH_A_BROWSER) else file.split("/")[1]
        folders.setdefault(folder, {})[file] = None
    place = {file: at / len(files) for files in folders.values() for at, file in enumerate(files)}
    place |= dict.fromkeys(folders.get("", {}), -1.0)
    items.sort(key=lambda item: place[item.nodeid.partition("::")[0]])
