"""From what a client wrote to a board and a channel."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ardugate.errors import Reason, RequestError
from ardugate.hub import Address, Directory, Resolver
from ardugate.model import Board, BoardState
from tests.unit.hub.build import board


def resolver(*boards: Board) -> Resolver:
    return Resolver(directory(*boards))


def directory(*boards: Board) -> Directory:
    known = Directory()
    for each in boards:
        known.put(each)
    return known


def found(texts: list[str], *boards: Board) -> list[Address]:
    return [Address(each.id, channel.name) for each, channel in resolver(*boards).channels(texts)]


def refusal(text: str, *boards: Board) -> RequestError:
    with pytest.raises(RequestError) as caught:
        resolver(*boards).channels([text])
    return caught.value


@pytest.mark.parametrize(
    ("texts", "names"),
    [
        (["greenhouse/A0"], ["greenhouse/A0"]),
        (["A0"], ["greenhouse/A0"]),
        (["D9"], ["greenhouse/pump"]),
        (["A*"], ["greenhouse/A0", "greenhouse/A1"]),
        (["*/A0", "A0", "A1"], ["greenhouse/A0", "greenhouse/A1"]),
        (["green*/[AD]?"], ["greenhouse/A0", "greenhouse/A1", "greenhouse/D2"]),
    ],
    ids=["whole", "without a board", "alias", "glob", "each once", "globs in both parts"],
)
def test_addresses_and_globs_find_channels(texts: list[str], names: list[str]) -> None:
    assert ["/".join(each) for each in found(texts, board())] == names


def test_a_glob_does_not_match_an_alias() -> None:
    assert refusal("D9*", board()).reason is Reason.UNKNOWN_CHANNEL


@pytest.mark.parametrize(
    ("text", "reason", "hint"),
    [
        ("greenhouse/pmup", Reason.UNKNOWN_CHANNEL, "did you mean pump?"),
        ("grenhouse/A0", Reason.UNKNOWN_BOARD, "did you mean greenhouse?"),
        ("zzz/A0", Reason.UNKNOWN_BOARD, "boards: greenhouse"),
        ("zzz", Reason.UNKNOWN_CHANNEL, "channels: A0 A1 D2 pump D9"),
        ("/A0", Reason.BAD_REQUEST, "look at `boards`"),
        ("greenhouse/", Reason.BAD_REQUEST, "look at `boards`"),
        ("Q*", Reason.UNKNOWN_CHANNEL, "look at `boards`"),
    ],
    ids=["channel", "board", "no board alike", "no channel alike", "no board", "no channel", "glob"],
)
def test_a_refusal_names_what_is_nearest(text: str, reason: Reason, hint: str) -> None:
    error = refusal(text, board())
    assert (error.reason, error.hint) == (reason, hint)


def test_the_board_may_be_left_out_only_while_one_is_known() -> None:
    error = refusal("A0", board(), board("attic"))
    assert (error.reason, error.hint) == (Reason.AMBIGUOUS_BOARD, "say board/channel; boards: attic greenhouse")


def test_a_connection_keeps_the_board_it_first_resolved_to() -> None:
    known = directory(board())
    old, new = Resolver(known), Resolver(known)
    old.channel("A0")
    known.put(board("attic"))
    assert old.channel("A1")[0].id == "greenhouse"
    with pytest.raises(RequestError):
        new.channel("A1")


def test_a_place_without_a_board_is_not_meant_by_an_address_without_one() -> None:
    known = directory(board())
    known.put(replace(board("port-ttyacm0"), info=None, state=BoardState.CONNECTING), known=False)
    assert Resolver(known).channel("A0")[0].id == "greenhouse"
    known.forget("port-ttyacm0")
    assert [each.id for each in known.boards()] == ["greenhouse"]


def test_without_any_board_an_address_says_so() -> None:
    assert refusal("A0").reason is Reason.UNKNOWN_BOARD


def test_a_board_that_has_not_said_hello_is_offline_for_requests_and_waited_for_by_subscriptions() -> None:
    silent = replace(board(), info=None, state=BoardState.CONNECTING)
    assert refusal("A0", silent).reason is Reason.OFFLINE
    assert resolver(silent).pattern("A0").literal == "A0"


def test_a_peers_text_is_escaped_and_cut_short() -> None:
    error = refusal("greenhouse/\x1b[31m" + "x" * 1_000, board())
    assert "\x1b" not in str(error)
    assert len(str(error)) < 150
