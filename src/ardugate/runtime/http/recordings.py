"""``GET /api/v1/recordings`` and ``/api/v1/recordings/{name}``: the list, and a capture as a file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import BinaryIO, Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.concurrency import run_in_threadpool

from ardugate.errors import RequestError
from ardugate.runtime.http.api import PROBLEM, Answers, ask, principal_of
from ardugate.runtime.http.door import problem
from ardugate.runtime.recording.keeping import check_whole
from ardugate.session import spoken

# A disk is read in pieces that neither fill the memory nor cost a thread's turn for nothing.
_PIECE_BYTES: Final = 262_144


def recordings(answers: Answers) -> APIRouter:
    """The routes below ``/api/v1``."""
    router = APIRouter(prefix="/api/v1", responses=PROBLEM)

    @router.get("/recordings", responses={200: {"model": spoken.RecordingList, "description": "All there are."}})
    async def listed(request: Request) -> Response:
        """Every recording, as `recordings`."""
        return JSONResponse(await ask(answers, request, "recordings", {}), headers={"Cache-Control": "no-store"})

    @router.get(
        "/recordings/{name}",
        response_class=StreamingResponse,
        responses={
            200: {
                "description": "The capture, as far as it is written.",
                "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
            }
        },
    )
    async def download(name: str, request: Request) -> Response:
        """A recording as a file (docs/reference/capture.md)."""
        check_whole(principal_of(request))
        try:
            file, size = await run_in_threadpool(answers.recorder.open, name)
        except RequestError as error:
            return problem(error, HTTPStatus.NOT_FOUND)
        path = answers.recorder.file_name(name)
        headers = {
            "Content-Length": str(size),
            "Content-Disposition": f'attachment; filename="{path}"',
            "Cache-Control": "no-store",
        }
        return StreamingResponse(_pieces(file, size), headers=headers, media_type="application/octet-stream")

    return router


async def _pieces(file: BinaryIO, size: int) -> AsyncIterator[bytes]:
    """So much of a file, which may grow meanwhile."""
    with file:
        while size > 0 and (piece := await run_in_threadpool(file.read, min(size, _PIECE_BYTES))):
            size -= len(piece)
            yield piece
