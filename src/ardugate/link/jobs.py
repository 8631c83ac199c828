"""Requests as plans: generators that yield commands and are given what the board answered."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from ardugate.errors import Reason, RequestError
from ardugate.model import Receipt
from ardugate.wire.messages import Query, Status
from ardugate.wire.ops import Arguments, DoneData, RateOffer, parse_offer


@dataclass(frozen=True, slots=True)
class GoTo:
    """Bring the line to another rate; the plan is given whether that was possible."""

    baud: int


# What a plan asks of the board next: a command, a question that changes nothing, or another line rate.
Ask: TypeAlias = Arguments | Query | GoTo
# What it is given: the data of the command's `ok`, that of the question's ANSWER, or whether the rate was changed.
Got: TypeAlias = DoneData | bytes | bool

# A part of a plan: yields one ask after the other; a Refusal is thrown in where the answer is not `ok`.
_R = TypeVar("_R")
StepsTo: TypeAlias = Generator[Ask, Got, _R]
# A whole one returns the receipt.
Plan: TypeAlias = Generator[Ask, Got, Receipt]

# Stands for every channel: nothing else runs beside it.
ALL = "*"
# Stands for the sketch's commands, which run one at a time.
COMMANDS = "commands"
# Stands for the sampled streams, which are planned together.
PLAN = "plan"

Key = int | str

_REASONS: dict[int, tuple[Reason, str, str]] = {
    Status.BAD_REQUEST: (Reason.BAD_REQUEST, "the board does not understand these arguments", ""),
    Status.UNKNOWN_CHANNEL: (Reason.UNKNOWN_CHANNEL, "the board has no such channel", "`ardugate info` lists them"),
    Status.UNKNOWN_COMMAND: (Reason.UNKNOWN_COMMAND, "the board has no such command", "its firmware may be older"),
    Status.WRONG_MODE: (Reason.WRONG_MODE, "the pin's mode cannot do that", "`ardugate mode` changes it"),
    Status.OUT_OF_RANGE: (Reason.OUT_OF_RANGE, "the board says: out of range", "`ardugate info` shows the limits"),
    Status.RATE_TOO_HIGH: (Reason.RATE_TOO_HIGH, "the board cannot sample that fast", ""),
    Status.TOO_MANY: (Reason.TOO_MANY, "the board has no room for another sampled stream", "give channels equal rates"),
    Status.TIMER_IN_USE: (Reason.TIMER_IN_USE, "the timer of this pin is in use", "choose another pin"),
    Status.STOPPED: (Reason.STOPPED, "the board is stopped", "clear it first: `ardugate stop-all --clear`"),
    Status.REFUSED: (Reason.REFUSED, "the board refuses", ""),
    Status.STALE: (Reason.UNKNOWN_OUTCOME, "the board does not remember whether it did this", "look and ask again"),
    Status.WRONG_BOOT: (Reason.UNKNOWN_OUTCOME, "the board was reset meanwhile", "look and ask again"),
    Status.READ_ONLY: (Reason.READ_ONLY, "this channel cannot be set", ""),
    Status.INTERNAL: (Reason.INTERNAL, "the board reports a fault of its own", ""),
}


# What can be done where our own firmware refuses in these few words (a reply has little room).
_REMEDIES = {
    "LED's pin": "the light's pin was put to use: after a reset the board can blink again, unless the sketch has it",
    "host's pin": "take another pin: this one talks to the computer",
}


class Refusal(RequestError):
    """The board answered with another status than ``ok``; ``text`` is what it says of that, in words.
    ``offer`` comes with ``rate_too_high`` only."""

    def __init__(self, status: int, data: bytes) -> None:
        unknown = (Reason.INTERNAL, f"the board answers with the unknown status {status}", "")
        reason, message, hint = _REASONS.get(status, unknown)
        worded = status in (Status.REFUSED, Status.TIMER_IN_USE)
        self.status = status
        self.text = "".join(filter(str.isprintable, data.decode(errors="replace"))) if worded else ""
        hint = hint or _REMEDIES.get(self.text, "")
        super().__init__(reason, f"{message}: {self.text}" if self.text else message, hint)
        self.offer: RateOffer | None = parse_offer(data) if status == Status.RATE_TOO_HIGH else None


def outcome_unknown(cause: str) -> RequestError:
    """What was sent may have been done."""
    return RequestError(Reason.UNKNOWN_OUTCOME, f"{cause}; it may have been done or not", "look, and ask again if not")


@dataclass(slots=True, eq=False)
class Job:
    """A request that is not done yet. ``handle`` None: the link's own. ``harmless``: it changes nothing, so that its
    outcome is never unknown. ``steps`` counts what the board did of it."""

    handle: int | None
    plan: Plan
    keys: frozenset[Key]
    deadline_ns: int
    harmless: bool = False
    started: bool = False
    steps: int = 0


class Jobs:
    """Starts plans in order: one waits for those before it that touch the same channels.

    ``ask`` takes a job's next ask to the board; ``finish`` tells a job's end, by a receipt or an error.
    """

    def __init__(self, ask: Callable[[Job, Ask], None], finish: Callable[[Job, Receipt | RequestError], None]) -> None:
        self._ask = ask
        self._finish = finish
        self._jobs: list[Job] = []

    def add(self, job: Job) -> None:
        """Put a job behind the others; :meth:`advance` starts it."""
        self._jobs.append(job)

    def advance(self) -> None:
        """Start what nothing before it holds back."""
        ended = True
        while ended:
            ended = False
            taken = set[Key]()
            for job in list(self._jobs):
                # A command of the sketch may run for minutes: it holds back nothing but the next one.
                others = bool(taken - {COMMANDS}) and ALL in job.keys
                held = bool(taken & job.keys) or ALL in taken or others
                taken |= job.keys
                if not held and not job.started:
                    job.started = True
                    ended |= self._step(job, None)

    def done(self, job: Job, got: Got) -> None:
        """The board did, or answered, what the job asked."""
        job.steps += 1
        self._step(job, got)

    def refused(self, job: Job, error: RequestError) -> None:
        """The board refused the job's command; its plan may still mend something."""
        self._step(job, error)

    def fail(self, job: Job, error: RequestError) -> None:
        """End a job where it stands."""
        self._jobs.remove(job)
        job.plan.close()
        self._finish(job, error)

    def all(self) -> list[Job]:
        """Every job, in order."""
        return list(self._jobs)

    def next_deadline(self) -> int | None:
        """The earliest deadline."""
        return min((job.deadline_ns for job in self._jobs), default=None)

    def _step(self, job: Job, got: Got | RequestError | None) -> bool:
        """Lead a plan on to what it asks next; True when it ended instead."""
        outcome: Receipt | RequestError
        try:
            if got is None:
                ask = next(job.plan)
            elif isinstance(got, RequestError):
                ask = job.plan.throw(got)
            else:
                ask = job.plan.send(got)
        except StopIteration as end:
            outcome = end.value
        except RequestError as error:
            outcome = error
        else:
            self._ask(job, ask)
            return False
        self._jobs.remove(job)
        self._finish(job, outcome)
        return True


def keys(numbers: Iterable[int], *others: str) -> frozenset[Key]:
    """The channels that a job touches, and what else."""
    return frozenset[Key]({*numbers, *others})
