"""A sketch that declares itself, in the simulated chip: what it gives back, its words and its states, to a client."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ardugate.errors import Reason, RequestError
from tests.conformance.conftest import DECLARING
from tests.e2e.gateway import Watcher
from tests.support.chip import Chip
from tests.support.firmware import build

pytestmark = pytest.mark.chip


@pytest.fixture(scope="module")
def chip() -> Iterator[Chip]:
    """In place of the shipped sketch's."""
    with Chip(build("uno", DECLARING)) as made:
        yield made


def test_a_command_gives_back_a_value_of_its_type_in_its_unit(client: Watcher) -> None:
    half = client.call("call", command="half", args={"x": 0.2})
    assert (half["result"], half["unit"]) == (0.1, "V")
    assert client.call("call", command="add", args={"a": 40, "b": 2})["result"] == 42
    assert client.call("call", command="greet", args={"name": "Zoë"})["result"] == "hello Zoë"
    assert client.call("call", command="is_odd", args={"n": 7})["result"] is True
    assert client.call("call", command="say", args={"words": "hi"})["result"] is None


def test_an_argument_beyond_its_limits_is_told_them(client: Watcher) -> None:
    with pytest.raises(RequestError) as refused:
        client.call("call", command="wait", args={"ms": 6_000})
    assert (refused.value.reason, refused.value.hint) == (Reason.OUT_OF_RANGE, "ms takes 0 to 5000 ms")


def test_its_states_are_words_and_so_are_its_words(client: Watcher) -> None:
    board = client.board["id"]
    client.call("call", command="choose", args={"n": 1})
    client.until_value(f"{board}/state", "busy")
    client.call("call", command="say", args={"words": "21 °C"})
    client.until_value(f"{board}/note", "21 °C")
    assert client.call("get", channel="state")["value"] == "busy"
    assert client.call("get", channel="note")["value"] == "21 °C"
