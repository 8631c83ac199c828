"""A gateway with a folder of pages of one's own, for the client and the components that such pages import."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.support.running import RunningGateway, running_gateway

DOCS = Path(__file__).parents[2] / "docs"
# The board of docs/ and of the board library's example: soil, temp, pump, and the command water.
BOARD = "sim://?sketch=greenhouse&name=greenhouse"
BLANK = '<!doctype html><meta charset="utf-8"><title>Blank</title><body></body>'


@contextmanager
def running_site(home: Path, board: str = BOARD) -> Generator[RunningGateway]:
    """A gateway that serves ``home / "site"``, with a blank page at ``/pages/``; tests put theirs beside it."""
    site = home / "site"
    site.mkdir()
    (site / "index.html").write_text(BLANK)
    with running_gateway(home, "serve", "--port", board, "--pages", str(site)) as gateway:
        yield gateway


def examples(page: str, language: str) -> list[str]:
    """The blocks of code of a page of the docs in one language, as ``js`` or ``js node``."""
    text = (DOCS / page).read_text()
    return re.findall(rf"^```{re.escape(language)}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
