"""What ends a block of ``record`` or ``lend``, and what then is raised."""

from __future__ import annotations

from typing import Any, cast

import pytest

from ardugate.client.asking import AsyncGateway
from ardugate.client.line import Line
from ardugate.errors import Reason, RequestError


class Stubborn:
    """Lends, and takes nothing back."""

    async def ask(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        if method == "port_reclaim":
            raise RequestError(Reason.REFUSED, "not now", "")
        return params


class Asking(AsyncGateway):
    """With that in place of a connection."""

    def __init__(self) -> None:
        self._line = cast("Line", Stubborn())


async def test_an_error_in_the_block_is_raised_though_its_end_is_refused() -> None:
    with pytest.raises(ZeroDivisionError):
        async with Asking().lend("/dev/one"):
            raise ZeroDivisionError


async def test_a_refused_end_is_raised_where_nothing_else_is() -> None:
    with pytest.raises(RequestError, match="not now"):
        async with Asking().lend("/dev/one"):
            pass
