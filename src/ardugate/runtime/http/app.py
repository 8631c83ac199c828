"""The HTTP application: the page, ``/healthz``, the API, and what says what there is; behind the door."""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from pathlib import Path
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import compile_path

from ardugate import __version__
from ardugate.errors import Reason, RequestError
from ardugate.runtime.http.access import Access
from ardugate.runtime.http.api import Answers, api, ask, principal_of, remote_of
from ardugate.runtime.http.door import App, TurnedAway, guarded, problem
from ardugate.runtime.http.fallback import Fallback
from ardugate.runtime.http.javascript import library
from ardugate.runtime.http.live import live
from ardugate.runtime.http.pages import Pages
from ardugate.runtime.http.past import past
from ardugate.runtime.http.recordings import recordings
from ardugate.runtime.watching.exposition import CONTENT_TYPE
from ardugate.session.asyncapi import document
from ardugate.session.shapes import Json

logger = logging.getLogger(__name__)

PAGE_FOLDER = Path(__file__).parents[2] / "dashboard"
_PAGE_MISSING = (
    "The page has not been built.\n"
    "Install ardugate from its wheel, or run `make demo` in its source tree, which builds the page.\n"
)


_TURNED_AWAY: dict[int | str, dict[str, Any]] = {
    "4XX": {"description": "Turned away: a line of cause, a line of remedy.", "content": {"text/plain": {}}}
}


def make_app(access: Access, answers: Answers, fallback: Fallback, pages: Path | None, turned_away: TurnedAway) -> App:
    """The HTTP application, with the door in front of it. ``pages`` is the user's own folder, if there is one;
    ``turned_away`` hears of everybody who was not let in."""
    app = _Described(title="ardugate", version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
    app.add_exception_handler(RequestError, _refuse)
    app.add_exception_handler(HTTPException, _refuse_http)
    app.add_exception_handler(ClientDisconnect, _gone)

    @app.get("/healthz", response_class=PlainTextResponse, responses=_TURNED_AWAY)
    async def healthz(request: Request) -> str:
        """Whether the gateway is there; for who is known, whether boards are, and why not."""
        if request.scope["principal"] is None:
            return "ok"
        return health(cast("list[Json]", (await ask(answers, request, "boards", {}))["boards"]))

    @app.get("/metrics", response_class=PlainTextResponse, include_in_schema=False)
    async def metrics(request: Request) -> Response:
        """What Prometheus asks for."""
        if principal_of(request).boards is not None:
            raise RequestError(Reason.NOT_ALLOWED, "this link is for some boards, not for figures of all", "")
        return Response(answers.metrics(), media_type=CONTENT_TYPE)

    @app.get("/openapi.json", include_in_schema=False)
    async def openapi() -> Response:
        """What is said over HTTP, for machines."""
        return JSONResponse(await app.schema())

    @app.get("/asyncapi.json", include_in_schema=False)
    async def asyncapi(request: Request) -> Response:
        """What is said over ``/ws``, for machines."""
        return JSONResponse(document(__version__, request.headers["host"]))

    @app.get("/", response_class=HTMLResponse, responses=_TURNED_AWAY)
    async def page() -> Response:
        """The dashboard."""
        index = PAGE_FOLDER / "index.html"
        return FileResponse(index) if index.is_file() else PlainTextResponse(_PAGE_MISSING, 404)

    if (PAGE_FOLDER / "assets").is_dir():
        app.mount("/assets", StaticFiles(directory=PAGE_FOLDER / "assets"))
    if (PAGE_FOLDER / "lib").is_dir():
        app.include_router(library(PAGE_FOLDER))
    if pages is not None:
        app.mount("/pages", Pages(pages))
    app.include_router(api(answers))
    app.include_router(live(fallback))
    app.include_router(past(answers))
    app.include_router(recordings(answers))
    return guarded(access, app, turned_away)


class _Described(FastAPI):
    """An application whose description takes some tenths of a second: it is made when it is first asked for, beside the
    loop that others wait for."""

    async def schema(self) -> dict[str, Any]:
        """What ``/openapi.json`` says: the routes, their models, and who may come in."""
        if self.openapi_schema is None:
            self.openapi_schema = await asyncio.to_thread(self.openapi)
        return self.openapi_schema

    def openapi(self) -> dict[str, Any]:
        """The same, made here and now."""
        schema = get_openapi(title=self.title, version=self.version, routes=self.routes)
        schema["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        schema["security"] = [{"token": []}]
        schema["paths"]["/healthz"]["get"]["security"] = []
        return schema


# States in which a board is as somebody wants it to be.
_WELL = {"live", "lent", "replay"}


def health(boards: list[Json]) -> str:
    """``ok`` or ``degraded``, and a line for each board: id, state, reason."""
    well = all(board["state"] in _WELL and not board["hung"] for board in boards)
    lines = list[str]()
    for board in boards:
        state = "hung" if board["hung"] else board["state"]
        lines.append(f"{board['id']} {state}" + (f": {board['reason']}" if board["reason"] else ""))
    return "\n".join(["ok" if well else "degraded", *lines])


async def _refuse(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestError)
    return problem(error)


async def _gone(request: Request, error: Exception) -> Response:
    """Who asked left in the middle of the request: nothing was done, and nobody gets this answer."""
    del error
    logger.debug("%s left in the middle of a request", remote_of(request) or "somebody")
    return Response(status_code=HTTPStatus.BAD_REQUEST)


async def _refuse_http(request: Request, error: Exception) -> Response:
    """A path or a method that there is not."""
    assert isinstance(error, HTTPException)
    if request.url.path.startswith("/api/"):
        refusal = RequestError(
            Reason.UNKNOWN_METHOD, f"there is no {request.method} of this address", "look at /openapi.json"
        )
        answer = problem(refusal, error.status_code)
    else:
        answer = PlainTextResponse(f"{error.detail}\n", error.status_code)
    answer.headers.update(error.headers or {})
    if methods := await _methods(request):
        answer.headers["Allow"] = ", ".join(methods)
    return answer


async def _methods(request: Request) -> list[str]:
    """The methods that the API has at an address. Each has a route of its own, which knows of no other."""
    app: _Described = request.app
    paths: dict[str, dict[str, Any]] = (await app.schema())["paths"]
    matching = [operations for path, operations in paths.items() if compile_path(path)[0].match(request.url.path)]
    return sorted({method.upper() for operations in matching for method in operations})
