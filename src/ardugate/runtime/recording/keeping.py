"""Requests about recordings, carried out."""

from __future__ import annotations

from typing import Protocol, assert_never

from ardugate.errors import Reason, RequestError
from ardugate.model import Principal
from ardugate.runtime.client import Client
from ardugate.runtime.recording.recorder import Recorder
from ardugate.session.requests import Annotate, ListRecordings, SaveRing, StartRecording, StopRecording
from ardugate.session.shapes import Json, seconds


class World(Protocol):
    """What this needs of the gateway."""

    @property
    def recorder(self) -> Recorder:
        """What is kept."""
        ...

    def now_ns(self) -> int:
        """Gateway time."""
        ...

    def mark(self, text: str, board: str | None, at_ns: int) -> None:
        """Somebody noted something."""


def check_whole(principal: Principal) -> None:
    """Recordings hold all boards: they are for who may see all. Raises ``not_allowed``."""
    if principal.boards is not None:
        raise RequestError(Reason.NOT_ALLOWED, "this link is for some boards, not for recordings of all", "")


async def keep_record(
    world: World, client: Client, request: StartRecording | StopRecording | ListRecordings | Annotate | SaveRing
) -> Json:
    """Do it; the result as docs/reference/gateway.md draws it. Raises RequestError."""
    if not isinstance(request, Annotate):
        check_whole(client.principal)
    match request:
        case StartRecording(name, for_s):
            return world.recorder.start(name, for_s)
        case StopRecording(name):
            return await world.recorder.stop(name)
        case ListRecordings():
            return await world.recorder.listed()
        case SaveRing(last_s, name):
            return await world.recorder.save(last_s, name)
        case Annotate(text, t_s, board_id):
            if board_id is not None or client.principal.boards is not None:
                board_id = client.resolver.board(board_id).id
            at_ns = world.now_ns() if t_s is None else round(t_s * 1e9)
            world.mark(text, board_id, at_ns)
            return {"text": text, "board": board_id, "t_s": seconds(at_ns)}
        case _:
            assert_never(request)
