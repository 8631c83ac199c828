"""What ``set --hold`` lets go of, however it ends."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from ardugate.cli import driving, run
from ardugate.client import Notification
from ardugate.errors import Reason, RequestError

Call = tuple[str, dict[str, Any]]
Answer = dict[str, Any] | RequestError
LEASED = RequestError(Reason.LEASED, "driven by another")


def channel(name: str, hold_ms: int, safe: Any) -> dict[str, Any]:
    more: dict[str, Any] = {"labels": [], "unit": "", "type": "float" if hold_ms else "bool", "output": True}
    return {"channel": f"b/{name}", "name": name, "hold_ms": hold_ms, "safe": safe} | more


BOARD = {
    "id": "b",
    "descriptor": {"aliases": {"D9": "fan"}, "channels": [channel("led", 0, False), channel("fan", 2000, 0.25)]},
}


class Gateway:
    """Answers each batch by the next of ``answers``; keeps what was asked."""

    def __init__(self, *answers: Callable[[Call], Answer]) -> None:
        self._answers = list(answers)
        self.asked: list[list[Call]] = []

    def call(self, method: str, params: object = None) -> dict[str, Any]:
        assert (method, params) == ("boards", None)
        return {"boards": [BOARD]}

    def batch(self, calls: Sequence[Call]) -> list[Answer]:
        self.asked.append(list(calls))
        answer = self._answers.pop(0) if self._answers else done
        return [answer(call) for call in calls]

    def next_notification(self, timeout_s: float) -> Notification | None:
        return None


def done(call: Call) -> Answer:
    receipt = {"channel": f"b/{call[1].get('channel')}", "value": call[1].get("value")}
    return receipt | {"accepted_t_s": 1.0, "executed_t_s": 1.0, "until_s": 1.003}


def ctrl_c(call: Call) -> Answer:
    raise KeyboardInterrupt


def fan_is_leased(call: Call) -> Answer:
    return LEASED if call[1].get("channel") == "fan" or call[1].get("channels") == ["fan"] else done(call)


def nobody_knows(call: Call) -> Answer:
    return RequestError(Reason.UNKNOWN_OUTCOME, "the board was reset")


@pytest.mark.parametrize(
    ("answers", "status", "let_go"),
    [
        ([done], 0, {"led": False, "fan": 0.25}),
        ([ctrl_c], 130, {"led": False, "fan": 0.25}),
        ([nobody_knows], 5, {"led": False, "fan": 0.25}),
        ([fan_is_leased], 6, {"led": False}),
        ([done, ctrl_c], 130, {"led": False, "fan": 0.25}),
        ([done, fan_is_leased], 6, {"led": False}),
    ],
    ids=["at its end", "Ctrl-C before the receipt", "unknown outcome", "refused", "Ctrl-C", "taken over"],
)
def test_what_may_be_on_because_of_us_is_let_go(
    answers: list[Callable[[Call], Answer]],
    status: int,
    let_go: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    gateway = Gateway(*answers)

    @contextmanager
    def reach(*_: object, **__: object) -> Generator[Gateway]:
        yield gateway

    monkeypatch.setattr(driving, "gateway_or_port", reach)
    assert run(["set", "led=on", "fan=0.5", "--for", "5ms"]) == status
    sent = gateway.asked[0]
    assert [params.get("ttl_ms") for _, params in sent] == [2000, None], "each has an end, its own where it has one"
    assert {params["channel"]: params["value"] for _, params in gateway.asked[-1]} == let_go
    assert capsys.readouterr().err.count("\n") == (0 if status in (0, 130) else 2)


def test_what_the_board_s_clock_puts_before_the_question_took_no_time(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def early(call: Call) -> Answer:
        receipt = done(call)
        assert isinstance(receipt, dict)
        return receipt | {"executed_t_s": 0.9997, "until_s": None}

    @contextmanager
    def reach(*_: object, **__: object) -> Generator[Gateway]:
        yield Gateway(early)

    monkeypatch.setattr(driving, "gateway_or_port", reach)
    assert run(["set", "led=on"]) == 0
    assert capsys.readouterr().out == "b/led  on  (confirmed in 0 ms)\n"
