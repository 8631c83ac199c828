"""``/ardugate.js`` and ``/ardugate-elements.js``: what a page of one's own imports; and its icon."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response
from fastapi.staticfiles import StaticFiles

FILES = ("ardugate.js", "ardugate-elements.js")


def library(dashboard: Path) -> APIRouter:
    """The modules in ``dashboard / "lib"``, each at its name. A cache may keep them if it asks whether they changed: a
    gateway that was updated must not talk with the client of the one before."""
    router = APIRouter(include_in_schema=False)
    files = StaticFiles(directory=dashboard / "lib")
    for name in FILES:
        router.add_api_route(f"/{name}", partial(_file, files, name))

    @router.get("/favicon.ico")
    async def icon() -> Response:
        """What a browser asks for where a page names no icon."""
        return FileResponse(dashboard / "assets" / "favicon.svg", media_type="image/svg+xml")

    return router


async def _file(files: StaticFiles, name: str, request: Request) -> Response:
    return await files.get_response(name, request.scope)
