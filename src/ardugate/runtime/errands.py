"""Requests from asked to answered: each key once, each answered once, each counted."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from ardugate.errors import Reason, RequestError
from ardugate.model import Role
from ardugate.runtime.client import Client
from ardugate.runtime.pauses import Pauses
from ardugate.session.keys import Done, Fresh, KeyStore, Waiting
from ardugate.session.port_requests import PortLend
from ardugate.session.requests import Asked, ClearStop, StopAll, Subscribe, Unsubscribe
from ardugate.session.shapes import Json

logger = logging.getLogger(__name__)

Outcome = Json | RequestError

_STOOD_STILL = "the gateway stood still, and nobody knows how long ago this was asked"


class Errands:
    """What is being carried out. Needs a running loop; ``stop`` at the end.

    ``carry_out`` does what is asked and may raise RequestError, at once or when it is awaited; a stop is on its way
    when it returns. ``find`` gives the client of a session, None once it has left; ``answered`` hears of each answer,
    before the client does.
    """

    def __init__(
        self,
        carry_out: Callable[[Client, Asked], Awaitable[Json]],
        find: Callable[[str], Client | None],
        answered: Callable[[Asked, Client | None, Outcome], None],
        now_ns: Callable[[], int],
    ) -> None:
        self.failures = 0  # our own mistakes that the boundary caught
        self._do = carry_out
        self._find = find
        self._answered = answered
        self._now_ns = now_ns
        self._keys = KeyStore()
        self.pauses = Pauses()
        self._running: set[asyncio.Future[Json] | asyncio.Future[None]] = set()
        self._stops = 0  # asked for

    def begin(self, client: Client, asked: Asked, *, lasts: bool, late: bool = False) -> asyncio.Task[None]:
        """Do what is asked, then answer it. Requests begin in the order in which they came, all but a stop in the
        loop's next round: a stop is on its way to its boards when this returns, and is not cleared by what was asked
        before it. ``lasts``: the client's connection does, so what is bound to one may be asked. ``late``: it may have
        been sent long ago."""
        begun: asyncio.Future[Json] | None = None
        if isinstance(asked.request, StopAll):
            self._stops += 1
            begun = self._at_once(client, asked)
        late = (late or self.pauses.stood_still()) and asked.request.role is not Role.VIEW
        run = self._run(client, asked, begun, self._stops, lasts=lasts, late=late)
        task = asyncio.get_running_loop().create_task(run, name=f"request of {client.id}")
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    def stop(self) -> None:
        """Carry on with none of them."""
        self.pauses.stop()
        for task in self._running:
            task.cancel()

    def _at_once(self, client: Client, asked: Asked) -> asyncio.Future[Json]:
        begun: asyncio.Future[Json]
        try:
            begun = asyncio.ensure_future(self._do(client, asked))
        except RequestError as error:
            begun = _failed(error)
        except Exception:
            logger.exception("not carried out: %.200r", asked.request)
            begun = _failed(self._mistake())
        self._running.add(begun)
        begun.add_done_callback(self._running.discard)
        return begun

    async def _run(
        self, client: Client, asked: Asked, begun: asyncio.Future[Json] | None, stops: int, *, lasts: bool, late: bool
    ) -> None:
        outcome: Outcome
        try:
            match self._keys.begin(asked, self._now_ns()):
                case Fresh():
                    if not lasts and (what := _bound_to_a_connection(asked)):
                        raise RequestError(Reason.REFUSED, f"{what} needs a connection that lasts", "use /ws")
                    if late:
                        raise RequestError(Reason.TIMEOUT, _STOOD_STILL, "look at what there is now, and ask again")
                    if isinstance(asked.request, ClearStop) and stops != self._stops:
                        raise RequestError(Reason.STOPPED, "a stop was asked for after this", "clear it once more")
                    outcome = await (begun or self._do(client, asked))
                case Waiting():
                    return
                case Done(result):
                    outcome = result
        except RequestError as error:
            outcome = error
        except Exception:
            logger.exception("not carried out: %.200r", asked.request)
            outcome = self._mistake()
        for each in self._keys.finish(asked, outcome):
            whose = self._find(each.session)
            self._answered(each, whose, outcome)
            self._answer(each, whose, outcome)

    def _mistake(self) -> RequestError:
        """The boundary: a mistake of ours is answered, logged and counted."""
        self.failures += 1
        return RequestError(Reason.INTERNAL, "the gateway made a mistake", "look at its log")

    def _answer(self, asked: Asked, client: Client | None, outcome: Outcome) -> None:
        if client is None:
            return  # it left; what it asked is done all the same
        if isinstance(outcome, RequestError):
            client.session.fail(asked.handle, outcome)
        else:
            client.session.reply(asked.handle, outcome)
        client.flush()


def _failed(error: RequestError) -> asyncio.Future[Json]:
    future = asyncio.get_running_loop().create_future()
    future.set_exception(error)
    return future


def _bound_to_a_connection(asked: Asked) -> str:
    match asked.request:
        case Subscribe() | Unsubscribe():
            return "a subscription"
        case PortLend(while_connected=True):
            return "a port that is lent for as long as you are connected"
        case _:
            return ""
