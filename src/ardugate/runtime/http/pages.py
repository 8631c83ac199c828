"""``/pages/``: the user's own folder, as it is."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path

from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from ardugate.runtime.http.door import Scope

# A first page is one file with its script inside. It may use what the gateway serves, and nothing from elsewhere: a
# script of another host would have the boards in its hands.
POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Pages(StaticFiles):
    """The files of a folder; a folder's own page is its ``index.html``.

    Nothing outside is reached, by whatever path or link; names that begin with a dot (``.env``, ``.git``) are nobody's.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, html=True)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file at a path, or 404."""
        if "\0" in path or any(part.startswith(".") and part != "." for part in Path(path).parts):
            raise HTTPException(HTTPStatus.NOT_FOUND)
        response = await super().get_response(path, scope)
        response.headers["Content-Security-Policy"] = POLICY
        return response
