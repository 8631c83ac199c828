"""Checks of a board that was watched for a while. Each is a function of the facts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from ardugate.doctor.facts import BoardFacts, Facts, Finding, Level

Check = Callable[[Facts], Iterator[Finding]]

# Of a board on a line of its own; through a hub, or with an FTDI converter at its default, it is 20 ms and more.
_SLOW_MS: Final = 20.0
# A ceramic resonator's bound: 0.5 %; a quartz has 0.01 %.
_DRIFT_PPM: Final = 5_000.0
# Damaged frames a second at one rate: a good line has none for hours.
_PER_S: Final = 0.5
# From opening a port that resets its board until its bootloader is done.
_RESET_S: Final = 1.0
# What a gateway says of a board whose wire is another one.
_OTHER_WIRE: Final = "wire version"
_CABLE: Final = "another cable (short, with a shield), a steady supply, wires of motors away from those of the signals"
_OFF: Final = "on a test, leave D0 and D1 unconnected"


def answers(facts: Facts) -> Iterator[Finding]:
    """Whether our firmware is on the board, and at which rate it talks."""
    for board in facts.boards:
        match board.state:
            case "live" | "lent":
                yield Finding("firmware", Level.OK, f"{board.port}: {board.name} runs ardugate {board.firmware}")
            case "other_sketch":
                said = f", it says {board.text[:40]!r}" if board.text else ""
                fix = "`ardugate flash`, or add the library to that sketch; a sketch that only prints: give its --baud"
                yield Finding("firmware", Level.PROBLEM, f"{board.port}: another sketch is on the board{said}", fix)
            case "blocked" if _OTHER_WIRE in board.reason:
                pass
            case "blocked":
                fix = "see the checks permission and holder"
                yield Finding("firmware", Level.PROBLEM, f"{board.port}: {board.reason}", fix)
            case _ if board.silences:
                pass
            case _:
                fix = f"is our sketch on it (`ardugate flash`)? Press its reset button; {_OFF}"
                yield Finding("firmware", Level.PROBLEM, f"{board.port}: nothing answers ({board.state})", fix)


def wire(facts: Facts) -> Iterator[Finding]:
    """Whether both speak the same version."""
    for board in facts.boards:
        if board.wire is not None:
            yield Finding("wire", Level.OK, f"{board.name} speaks wire {board.wire}, as this ardugate does")
        elif _OTHER_WIRE in board.reason:
            fix = "update ardugate, or bring the board up to date with `ardugate flash`"
            yield Finding("wire", Level.PROBLEM, f"{board.port}: {board.reason}", fix)


def names(facts: Facts) -> Iterator[Finding]:
    """Boards that cannot be told apart by eyes."""
    for name, count in Counter(board.name for board in _met(facts)).items():
        if count > 1:
            fix = "`ardugate name BOARD NEW`; `ardugate identify BOARD` shows which is which"
            yield Finding("same name", Level.WARNING, f"{count} boards are called {name!r}", fix)


def line(facts: Facts) -> Iterator[Finding]:
    """What was damaged on the way."""
    for board in _met(facts):
        counts = {
            "came damaged from the board": board.bad_frames,
            "came damaged to the board": board.counters.get("bad_frames", 0),
            "had to be sent again": board.resends,
        }
        told = [f"{count} {what}" for what, count in counts.items() if count]
        if told:
            text = f"{board.name}: the line is bad: in {board.seconds:.0f} s {', '.join(told)}; {board.lost} scans lost"
            yield Finding("line", Level.WARNING, text, _CABLE)
        else:
            yield Finding("line", Level.OK, f"{board.name}: nothing was damaged in {board.seconds:.0f} s")


def overruns(facts: Facts) -> Iterator[Finding]:
    """What the board could not take or keep."""
    for board in _met(facts):
        if count := board.counters.get("rx_overruns", 0):
            fix = "keep interrupts short in the sketch: no noInterrupts() and no long ISR"
            yield Finding("overrun", Level.WARNING, f"{board.name} could not take {count} bytes in time", fix)


def speeds(facts: Facts) -> Iterator[Finding]:
    """How the line does at each rate."""
    for board in _met(facts):
        good = [each.baud for each in board.speeds if each.reached and not _noisy(each.bad_frames, each.seconds)]
        for each in board.speeds:
            if not each.reached:
                fix = "a limit of the board or its converter: it stays below by itself, or set `baud` in its [[board]]"
                text = f"{board.name}: the line does not go to {each.baud} baud"
                yield Finding("speed", Level.NOTE, text, fix)
            elif _noisy(each.bad_frames, each.seconds):
                best = f"set `baud = {max(good)}` in its [[board]], or " if good else ""
                text = (
                    f"{board.name}: at {each.baud} baud {each.bad_frames} frames were damaged in {each.seconds:.0f} s"
                )
                yield Finding("speed", Level.WARNING, text, best + _CABLE)
        if good:
            yield Finding("speed", Level.OK, f"{board.name}: the line is clean at {', '.join(map(str, good))} baud")


def round_trip(facts: Facts) -> Iterator[Finding]:
    """How long an answer takes."""
    for board in _met(facts):
        if board.round_trip_ms is None:
            continue
        text = f"{board.name} answers within {board.round_trip_ms:.1f} ms"
        if board.round_trip_ms > _SLOW_MS:
            fix = "see the check latency; no hub in between; is this computer busy?"
            yield Finding("round trip", Level.WARNING, text, fix)
        else:
            yield Finding("round trip", Level.OK, text)


def clock(facts: Facts) -> Iterator[Finding]:
    """How fast the board's clock runs."""
    for board in _met(facts):
        if board.drift_ppm is None:
            yield Finding("drift", Level.SKIPPED, f"{board.name}: no stream ran long enough to see its clock")
        elif abs(board.drift_ppm) > _DRIFT_PPM:
            way = "fast" if board.drift_ppm > 0 else "slow"
            text = f"{board.name}: its clock runs {abs(board.drift_ppm) / 10_000:.1f} % {way}"
            fix = "samples have right times all the same; a board that runs on its internal oscillator needs a crystal"
            yield Finding("drift", Level.WARNING, text, fix)
        else:
            text = f"{board.name}: its clock is within {_DRIFT_PPM / 10_000:.1f} %"
            yield Finding("drift", Level.OK, text)


def dtr_reset(facts: Facts) -> Iterator[Finding]:
    """Whether opening the port resets the board."""
    for board in _met(facts):
        if board.hello_s is not None and board.hello_s > _RESET_S:
            text = f"{board.name} took {board.hello_s:.1f} s to answer: opening its port resets it"
            fix = (
                "usual for an Uno; to prevent it, 10 µF between RESET and GND (take it out for uploading). Pins float "
                "meanwhile: what is dangerous needs a pull-down resistor"
            )
            yield Finding("reset", Level.NOTE, text, fix)
        elif board.hello_s is not None:
            yield Finding("reset", Level.OK, f"{board.name} answered {board.hello_s:.1f} s after its port was opened")


def resets(facts: Facts) -> Iterator[Finding]:
    """A board that starts anew while nobody asked it to."""
    for board in facts.boards:
        if board.resets:
            cause = f" ({board.reset_cause})" if board.reset_cause else ""
            text = f"{board.name} was reset {board.resets} times in {board.seconds:.0f} s{cause}"
            fix = "its supply breaks down (a motor, a servo, too long a cable), or its sketch crashes (too little RAM)"
            yield Finding("resets", Level.PROBLEM, text, fix)


def silences(facts: Facts) -> Iterator[Finding]:
    """A board that says nothing for a while."""
    for board in facts.boards:
        if board.silences:
            text = f"{board.name} fell silent {board.silences} times in {board.seconds:.0f} s"
            fix = f"a loose plug or a bad contact: {_CABLE}"
            yield Finding("silence", Level.PROBLEM, text, fix)


def hangs(facts: Facts) -> Iterator[Finding]:
    """A sketch whose loop() does not come round."""
    for board in _met(facts):
        starved_s = board.counters.get("starved_loops", 0)
        if board.hangs or starved_s:
            text = f"{board.name}: its sketch hangs: loop() did not come round for {starved_s} s"
            fix = "look for while (…) and delay() in the sketch; commands and values wait for Ardugate.run()"
            yield Finding("sketch", Level.WARNING, text, fix)


def stopped(facts: Facts) -> Iterator[Finding]:
    """A stop that is still latched."""
    for board in _met(facts):
        if board.stopped:
            fix = "`ardugate stop-all --clear` when it is safe"
            yield Finding("stop", Level.NOTE, f"{board.name} is stopped: no output moves", fix)


def _met(facts: Facts) -> list[BoardFacts]:
    return [board for board in facts.boards if board.wire is not None]


def _noisy(bad_frames: int, seconds: float) -> bool:
    """More than one now and then."""
    return bad_frames > max(1.0, _PER_S * seconds)


BOARD_CHECKS: Final[tuple[Check, ...]] = (
    answers,
    wire,
    names,
    line,
    overruns,
    speeds,
    round_trip,
    clock,
    dtr_reset,
    resets,
    silences,
    hangs,
    stopped,
)
