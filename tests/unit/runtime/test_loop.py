"""Which event loop a gateway runs in."""

from __future__ import annotations

import asyncio
import sys

import pytest
import uvloop

from ardugate.runtime import new_event_loop


def test_uvloop_is_used_where_it_is_installed() -> None:
    loop = new_event_loop()
    loop.close()
    assert isinstance(loop, uvloop.Loop)


def test_without_it_asyncios_own_loop_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    def not_there(name: str) -> None:
        """No module has this name."""

    monkeypatch.setattr("ardugate.runtime.loop.find_spec", not_there)
    loop = new_event_loop()
    loop.close()
    assert isinstance(loop, asyncio.SelectorEventLoop) or sys.platform == "win32"
