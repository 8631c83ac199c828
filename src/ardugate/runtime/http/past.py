"""``GET /api/v1/history``: what was, as JSON or as a table."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from ardugate.errors import Reason, RequestError
from ardugate.runtime.http.api import PROBLEM, Answers, ask, principal_of
from ardugate.runtime.http.door import problem
from ardugate.runtime.http.query import GLOBS, integer, number, parameter
from ardugate.runtime.recording.keeping import check_whole
from ardugate.session import rest
from ardugate.session.limits import MAX_POINTS
from ardugate.session.past import as_csv
from ardugate.session.shapes import Json

_FORMATS = ("json", "csv")
_TIME = {"type": "number", "minimum": 0, "maximum": 10_000_000_000}


def past(answers: Answers) -> APIRouter:
    """The route below ``/api/v1``."""
    router = APIRouter(prefix="/api/v1", responses=PROBLEM)

    @router.get(
        "/history",
        responses={
            200: {
                "model": rest.History,
                "description": "What is in memory of this time.",
                "content": {"text/csv": {"schema": {"type": "string"}}},
            }
        },
        openapi_extra={"parameters": _PARAMETERS},
    )
    async def history(request: Request) -> Response:
        """What was, as `history`: whole, or an envelope of so many points."""
        params: Json = dict(request.query_params)
        form = params.pop("format", "json")
        if form not in _FORMATS:
            raise RequestError(Reason.OUT_OF_RANGE, "`format` should be json or csv", "leave it out for JSON")
        if "channels" in params:
            params["channels"] = str(params["channels"]).split(",")
        params |= {name: number(str(params[name])) for name in ("from_s", "to_s") if name in params}
        params |= {name: integer(str(params[name])) for name in ("points",) if name in params}
        if "recording" in params:
            check_whole(principal_of(request))
            try:
                file, _ = await run_in_threadpool(answers.recorder.open, str(params["recording"]))
            except RequestError as error:
                return problem(error, HTTPStatus.NOT_FOUND)
            file.close()
        result = await ask(answers, request, "history", params)
        headers = {"Cache-Control": "no-store"}
        if form == "csv":
            table = await run_in_threadpool(as_csv, result)
            return Response(table, media_type="text/csv", headers=headers)
        return JSONResponse(result, headers=headers)

    return router


# As runtime/recording/shelves.py has it.
_NAME = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]*$"}
_PARAMETERS = [
    parameter("channels", "globs, separated by commas; absent: every channel", GLOBS),
    parameter("from_s", "Unix seconds; absent: as far back as memory goes", _TIME),
    parameter("to_s", "Unix seconds; absent: until now", _TIME),
    parameter("points", "at most so many of each stream", {"type": "integer", "minimum": 1, "maximum": MAX_POINTS}),
    parameter("recording", "of this recording; absent: of what the gateway has", _NAME),
    parameter("format", "`json` (the default) or `csv`", {"type": "string", "enum": list(_FORMATS)}),
]
