"""docs/reference/http.md and errors.md say what there is over HTTP, and all of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from ardugate.errors import Reason
from ardugate.model import Board, BoardState, Hold, LinkQuality, Receipt
from ardugate.runtime.http.door import STATUS
from ardugate.session import rest, shapes
from tests.unit.hub.build import T0, board

DOCS = Path(__file__).parents[3] / "docs" / "reference"


def test_every_reason_has_its_documented_status() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| [-\d, ]+ \| \d+ \| (\d+) \|", (DOCS / "errors.md").read_text(), flags=re.MULTILINE
    )
    assert {Reason(reason): int(status) for reason, status in rows} == STATUS


@pytest.mark.parametrize(
    ("model", "made"),
    [
        (rest.BoardShape, shapes.board(board())),
        (rest.BoardShape, shapes.board(Board("a", "a", "", BoardState.LIVE, link=LinkQuality(1, 1, 1, 1)))),
        (rest.ReceiptShape, shapes.receipt("a", "b", Receipt(True, True, T0, T0, Hold.CLIENT, T0))),
        (rest.ReceiptShape, shapes.receipt("a", "b", Receipt())),
        (rest.Called, shapes.called("a", "water", Receipt())),
        (rest.ValueNow, shapes.value_now("a", "b", None, "V", T0, T0, stale=True)),
    ],
    ids=["a board", "a board without a descriptor", "a receipt with an end", "a receipt", "a call", "a value"],
)
def test_a_model_is_what_is_made(model: type[BaseModel], made: shapes.Json) -> None:
    model.model_validate(made)
    assert set(made) <= set(model.model_fields)
