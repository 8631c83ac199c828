"""Which tests run after one another when several workers share them."""

from __future__ import annotations

from xdist.scheduler.loadfile import LoadFileScheduling

_WITH_A_BROWSER = ("tests/browser/", "tests/e2e/test_page.py", "tests/e2e/test_tutorials.py")


class Turns(LoadFileScheduling):
    """A file's tests stay together, for they share a board. Browsers take turns: each wants more than a core, and what
    a page holds ends when it starves."""

    def _split_scope(self, nodeid: str) -> str:
        return "browser" if nodeid.startswith(_WITH_A_BROWSER) else super()._split_scope(nodeid)
