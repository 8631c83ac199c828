"""docs/reference/gateway.md and errors.md say what there is, and all of it."""

from __future__ import annotations

import json
import re
from dataclasses import MISSING, fields
from pathlib import Path
from typing import cast

import pytest

from ardugate.errors import Reason
from ardugate.model import (
    Board,
    BoardCounters,
    BoardState,
    Driver,
    Hold,
    Lease,
    LinkQuality,
    Loss,
    Mode,
    Receipt,
    Role,
    ValueType,
)
from ardugate.session import binary, limits, notifications, shapes
from ardugate.session.encode import Dialect
from ardugate.session.parse import CODE_NO_JSON, code_of
from ardugate.session.requests import METHODS
from tests.support.make_gateway_vectors import all_notifications
from tests.unit.session.build import DRIVER, T0, analog, view

DOCS = Path(__file__).parents[3] / "docs" / "reference"
GATEWAY = (DOCS / "gateway.md").read_text()
ERRORS = (DOCS / "errors.md").read_text()
LETTERS = {Role.VIEW: "V", Role.CONTROL: "C", Role.ADMIN: "A"}


def sections(number: str) -> dict[str, str]:
    """The subsections of a section by the name in their title."""
    parts = re.split(rf"^### {number}\.\d+ ", GATEWAY, flags=re.MULTILINE)[1:]
    return {
        cast("re.Match[str]", re.match(r"`(\w+)`", part))[1]: re.split(r"^## ", part, flags=re.MULTILINE)[0]
        for part in parts
    }


def words(text: str) -> set[str]:
    """Everything that is written as code."""
    return {word for code in re.findall(r"`([^`]+)`", text) for word in code.split()}


REQUESTS, NOTIFICATIONS = sections("3"), sections("4")


def test_every_method_is_documented_and_every_documented_method_exists() -> None:
    assert set(REQUESTS) == set(METHODS)


@pytest.mark.parametrize("method", METHODS)
def test_a_methods_role_is_the_documented_one(method: str) -> None:
    title = REQUESTS[method].splitlines()[0]
    assert title == f"`{method}` ({LETTERS[METHODS[method].role]})"


@pytest.mark.parametrize("method", METHODS)
def test_a_methods_params_are_documented(method: str) -> None:
    text = REQUESTS[method]
    for field in fields(METHODS[method]):
        assert re.search(rf'[`"]{field.name}[`"]', text), f"{method} does not say {field.name}"


@pytest.mark.parametrize("method", METHODS)
def test_a_method_whose_params_may_all_be_left_out_says_so(method: str) -> None:
    needed = [
        each.name for each in fields(METHODS[method]) if each.default is MISSING and each.default_factory is MISSING
    ]
    text = REQUESTS[method]
    if not fields(METHODS[method]):
        assert "No params." in text
    for name in needed:
        assert name in text.split("→")[0]


def test_every_notification_is_documented_and_every_documented_one_exists() -> None:
    assert set(NOTIFICATIONS) == set(notifications.METHODS)
    assert {cast("str", each["method"]) for each in all_notifications()} == set(notifications.METHODS)


@pytest.mark.parametrize("message", all_notifications(), ids=lambda each: cast("dict[str, str]", each)["method"])
def test_a_notifications_fields_are_documented(message: dict[str, object]) -> None:
    text = NOTIFICATIONS[cast("str", message["method"])]
    for name in cast("dict[str, object]", message["params"]):
        assert re.search(rf'[`"]{name}[`"]', text), name


@pytest.mark.parametrize(
    ("shape", "made"),
    [
        ("CHANNEL", shapes.channel("greenhouse", analog("A0"))),
        ("STREAM", shapes.stream(view(analog("A0")), ["u1"])),
        ("LOSS", shapes.loss(Loss("wire", "damaged", "s1", 1, 0, T0, "greenhouse"))),
        ("LEASE", shapes.lease(Lease("greenhouse", "pump", "c_1", DRIVER, T0))),
        ("DRIVER", shapes.driver(Driver("greenhouse", "pump", "c_1", DRIVER, T0, None))),
        ("BOARD", shapes.board(Board("a", "a", "", BoardState.LIVE, link=LinkQuality(1, 1, 1, 1, BoardCounters())))),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_shape_is_drawn_as_it_is_made(shape: str, made: dict[str, object]) -> None:
    (drawing,) = re.findall(rf"^    {shape} = (.*?)\n\n", GATEWAY, flags=re.MULTILINE | re.DOTALL)
    drawn = cast("dict[str, object]", json.loads(drawing.replace("[CHANNEL, ...]", "[]").replace(", ...]", "]")))
    assert list(drawn) == list(made)
    for name, value in made.items():
        if isinstance(value, dict) and value:
            assert list(cast("dict[str, object]", drawn[name])) == list(cast("dict[str, object]", value)), name


def test_the_receipt_is_drawn_as_it_is_made() -> None:
    drawing = re.search(r'^    (\{"channel": "greenhouse/pump", "asked".*\})$', REQUESTS["set"], flags=re.MULTILINE)
    assert drawing is not None
    made = shapes.receipt("greenhouse", "pump", Receipt(True, True, T0, T0, Hold.CLIENT, T0))
    assert list(json.loads(drawing[1])) == list(made)


def test_reasons_are_documented_with_their_codes_and_nothing_else_is() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([-\d, ]+) \| (\d+) \|", ERRORS, flags=re.MULTILINE)
    assert [reason for reason, _, _ in rows] == [reason.value for reason in Reason]
    for reason, codes, _ in rows:
        expected = {code_of(Reason(reason)), CODE_NO_JSON if reason == "bad_request" else code_of(Reason(reason))}
        assert {int(code) for code in codes.split(",")} == expected, reason


def test_the_page_names_only_reasons_that_exist() -> None:
    known = {reason.value for reason in Reason}
    assert {
        word for word in words(GATEWAY) if re.fullmatch(r"(unknown|too|out|wrong|not|cursor|key)_\w+", word)
    } <= known


@pytest.mark.parametrize(
    ("intro", "known"),
    [
        ("Kinds: ", set(notifications.EVENT_KINDS)),
        ("Causes: ", set(notifications.LEASE_CAUSES)),
        ("Modes: ", {mode.value for mode in Mode} - {"declared"}),
        ("`state`: ", {state.value for state in BoardState}),
    ],
    ids=["event kinds", "lease causes", "modes", "states"],
)
def test_a_closed_list_is_the_documented_one(intro: str, known: set[str]) -> None:
    found = re.search(rf"{intro}(`[^`]+`)", GATEWAY)
    assert found is not None
    assert words(found[1]) == known


def test_dialects_and_dtypes_are_the_documented_ones() -> None:
    table = re.findall(r"^\| `(ardugate[^`]+)` \|", GATEWAY, flags=re.MULTILINE)
    assert sorted(table) == sorted(dialect.value for dialect in Dialect if dialect.value)
    row = re.search(r"\| dtype of every column: (.*) \|", GATEWAY)
    assert row is not None
    assert {name: int(code) for code, name in re.findall(r"(\d) `(\w+)`", row[1])} == binary.DTYPES


@pytest.mark.parametrize(
    "limit",
    [limits.MAX_TEXT_BYTES, limits.MAX_BATCH, limits.MAX_PENDING, limits.MAX_GLOBS, limits.MAX_QUEUE_FRAMES],
)
def test_limits_are_the_documented_ones(limit: int) -> None:
    section = GATEWAY.split("Limits (constants")[1].split("\n\n")[0]
    assert re.search(rf"\b{limit:,}\b", section)


def test_value_types_are_all_described() -> None:
    line = next(line for line in GATEWAY.splitlines() if line.startswith("* **Values**"))
    assert {kind.value for kind in ValueType} - {"int", "float"} <= words(line)
