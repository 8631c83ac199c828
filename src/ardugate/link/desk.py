"""What was asked of the board and is not answered: jobs, questions and stops, with their deadlines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ardugate.errors import Reason, RequestError
from ardugate.link.events import LinkEvent, RequestDone, RequestFailed
from ardugate.link.faults import Faults
from ardugate.link.jobs import ALL, PLAN, Ask, GoTo, Job, Jobs, Plan, Refusal, keys, outcome_unknown
from ardugate.link.line import Line
from ardugate.link.outbox import PENDING_REPEAT_MS, Entry, Outbox
from ardugate.model import Receipt
from ardugate.wire.limits import QUERY_REPEAT_MS
from ardugate.wire.messages import Answer, Fault, Query, Reply, Status
from ardugate.wire.ops import ClearStop, Done, SetLine, parse_done

_MS: Final = 1_000_000

# A command of the sketch may run as long as the board goes on saying so: this is three times as often as it is asked.
PENDING_PATIENCE_MS: Final = 3 * PENDING_REPEAT_MS
# A change of the line's rate that fails three times takes so long; what asked for it goes on afterwards.
LINE_PATIENCE_MS: Final = 3_000
# The link's own jobs: putting back modes and rates after a reset takes some ten commands.
OWN_JOB_MS: Final = 10_000
# Requests that wait: more than this is a caller that does not wait for answers.
MAX_JOBS: Final = 256
_STOP_HINT: Final = "clear it first: `ardugate stop-all --clear`"


class Desk:
    """Leads jobs through the outbox. Ends of requests go to ``emit``, bad answers to ``faults``; ``baud`` and
    ``switched`` are the line's ``fixed`` and ``switched``."""

    def __init__(
        self,
        first_id: int,
        emit: Callable[[LinkEvent], None],
        faults: Faults,
        baud: int | None,
        switched: Callable[[int, str], None],
    ) -> None:
        self.outbox = Outbox(next_id=first_id)
        self.line = Line(self.outbox, baud, switched, self._line_done)
        self._emit = emit
        self._faults = faults
        self._jobs = Jobs(self._ask, self._finish)
        self._queries: dict[tuple[int, int], tuple[Job, int]] = {}  # by what and arg: owner, time of repetition
        self._stops: list[tuple[int, int, int]] = []  # handle, accepted and deadline in ns
        self._follow: Job | None = None  # of ``follow``
        self.now_ns = 0  # set by the owner before each call

    def add(self, job: Job) -> None:
        """Take a job. Raises RequestError ``too_many`` for a request more than :data:`MAX_JOBS`."""
        if job.handle is not None and len(self._jobs.all()) >= MAX_JOBS:
            raise RequestError(Reason.TOO_MANY, f"{MAX_JOBS} requests wait for this board already", "wait for answers")
        self._jobs.add(job)

    def own(self, plan: Plan, *, harmless: bool, within_ms: int = OWN_JOB_MS) -> Job:
        """Take a job of the link's: it has the board for itself."""
        job = Job(None, plan, keys([], ALL, PLAN), self.now_ns + within_ms * _MS, harmless)
        self._jobs.add(job)
        return job

    def follow(self, plan: Callable[[], Plan]) -> None:
        """Lead the line to the rate that it should have by such a plan, unless that is under way."""
        if self.line.unsettled and not self._has(self._follow):
            self._follow = self.own(plan(), harmless=False)

    def stop(self, handle: int, deadline_ns: int) -> None:
        """Send a STOP before everything else. What was not sent yet fails as ``stopped``; a clear_stop on its way is
        not repeated, or it would undo the stop."""
        self._stops.append((handle, self.now_ns, deadline_ns))
        self.outbox.stop()
        for job in self._jobs.all():
            entry = self.outbox.find(job)
            unsent = not self._moved(job, entry)
            if job.handle is not None and (unsent or (entry and isinstance(entry.arguments, ClearStop))):
                self.outbox.take(job)
                stopped = RequestError(Reason.STOPPED, "a stop came first", _STOP_HINT)
                self._jobs.fail(job, stopped if unsent else outcome_unknown("a stop came in between"))

    def tick(self) -> list[Job]:
        """Repeat questions and give up what is late; gives the jobs that were given up after something of them was
        sent."""
        now_ns = self.now_ns
        for (what, arg), (job, repeat_ns) in list(self._queries.items()):
            if now_ns >= repeat_ns:
                self._query(job, Query(what, arg))
        late = [job for job in self._jobs.all() if job.deadline_ns <= now_ns]
        doubtful = [job for job in late if self._fail(job, "the board did not answer in time", Reason.TIMEOUT)]
        for stop in [stop for stop in self._stops if stop[2] <= now_ns]:
            self._stops.remove(stop)
            self._emit(RequestFailed(stop[0], outcome_unknown("the board did not answer in time")))
            if not self._stops:
                self.outbox.drop_stop()
        return doubtful

    def fail_all(self, cause: str, *, stops: bool) -> None:
        """The boot is over, or the pipe is gone: nothing is asked again. ``stops`` False lets a STOP go on."""
        self.outbox.forget_questions()
        self.line.close()
        for job in self._jobs.all():
            self._fail(job, cause, Reason.OFFLINE)
        if stops:
            for handle, _, _ in self._stops:
                self._emit(RequestFailed(handle, outcome_unknown(cause)))
            self._stops.clear()
            self.outbox.drop_stop()

    def advance(self) -> None:
        """Start the jobs that nothing holds back."""
        self._jobs.advance()

    def next_deadline(self) -> int | None:
        """When :meth:`tick` or the outbox has something to do."""
        times = [self.outbox.next_deadline(), self._jobs.next_deadline(), self.line.next_deadline()]
        times += [repeat_ns for _, repeat_ns in self._queries.values()]
        times += [deadline_ns for _, _, deadline_ns in self._stops]
        return min((time for time in times if time is not None), default=None)

    def answer(self, message: Answer) -> None:
        """An ANSWER came."""
        key = (message.what, message.arg)
        self.outbox.answered(("query", *key))
        waiting = self._queries.pop(key, None)
        if waiting is None:
            self._faults.add(Fault("unasked_answer", f"answer about {message.what}, {message.arg}"))
        else:
            self._jobs.done(waiting[0], message.data)

    def find(self, message: Reply) -> Entry | None:
        """What this REPLY belongs to; otherwise it is counted. The end of what the board says that it runs is waited
        for."""
        entry = self.outbox.reply(message.id, pending=message.status == Status.PENDING)
        if entry is None:
            kind = "duplicate_reply" if self.outbox.was_answered(message.id) else "unasked_reply"
            self._faults.add(Fault(kind, f"reply to {message.id}"))
        elif entry.pending and isinstance(entry.tag, Job):
            entry.tag.deadline_ns = max(entry.tag.deadline_ns, self.now_ns + PENDING_PATIENCE_MS * _MS)
        return entry

    def settle(self, entry: Entry, message: Reply, executed_ns: Callable[[int], int]) -> None:
        """A final REPLY came for this entry; ``executed_ns`` maps board time."""
        if isinstance(entry.arguments, SetLine):
            self.line.replied(message, self.now_ns)
            return
        data: object = Refusal(message.status, message.data)
        if message.status == Status.OK:
            data = parse_done(entry.op, message.data)
            if isinstance(data, Fault):
                self._faults.add(data)
                data = RequestError(Reason.INTERNAL, "the board's reply is too short", "its firmware may be faulty")
        if entry.op is None:
            stops, self._stops = self._stops, []
            for handle, accepted_ns, _ in stops:
                if isinstance(data, RequestError):
                    self._emit(RequestFailed(handle, data))
                elif isinstance(data, Done):
                    receipt = Receipt(accepted_ns=accepted_ns, executed_ns=executed_ns(data.executed_us))
                    self._emit(RequestDone(handle, receipt))
        elif isinstance(entry.tag, Job):
            if isinstance(data, RequestError):
                self._jobs.refused(entry.tag, data)
            else:
                self._jobs.done(entry.tag, data)  # type: ignore[arg-type]

    def _has(self, job: Job | None) -> bool:
        return any(job is other for other in self._jobs.all())

    def _ask(self, job: Job, ask: Ask) -> None:
        match ask:
            case Query():
                self._query(job, ask)
            case GoTo(baud):
                job.deadline_ns = max(job.deadline_ns, self.now_ns + LINE_PATIENCE_MS * _MS)
                self.line.begin(job, baud, self.now_ns)
            case _:
                self.outbox.command(job, ask)

    def _line_done(self, owner: object, ok: bool) -> None:
        # Its job may have been given up meanwhile.
        if isinstance(owner, Job) and self._has(owner):
            self._jobs.done(owner, ok)

    def _query(self, job: Job, query: Query) -> None:
        self._queries[query.what, query.arg] = (job, self.now_ns + QUERY_REPEAT_MS * _MS)
        self.outbox.ask(("query", query.what, query.arg), query)

    def _moved(self, job: Job, entry: Entry | None) -> bool:
        """Whether the board may have done anything of this job."""
        return not job.harmless and (job.steps > 0 or (entry is not None and entry.tries > 0))

    def _fail(self, job: Job, cause: str, otherwise: Reason) -> bool:
        """End a job; True when the board may have done something of it."""
        moved = self._moved(job, self.outbox.take(job))
        self._queries = {key: waiting for key, waiting in self._queries.items() if waiting[0] is not job}
        self._jobs.fail(job, outcome_unknown(cause) if moved else RequestError(otherwise, cause, "ask again"))
        return moved

    def _finish(self, job: Job, outcome: Receipt | RequestError) -> None:
        if job.handle is None:
            return
        if isinstance(outcome, RequestError):
            self._emit(RequestFailed(job.handle, outcome))
        else:
            self._emit(RequestDone(job.handle, outcome))
