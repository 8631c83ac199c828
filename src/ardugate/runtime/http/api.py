"""The HTTP API that answers once: boards, channels, JSON-RPC. Each request is one of the gateway protocol's."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any, Protocol, cast

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from ardugate.errors import Reason, RequestError
from ardugate.model import Principal
from ardugate.runtime.http.door import problem
from ardugate.runtime.recording.recorder import Recorder
from ardugate.session import rest
from ardugate.session.limits import MAX_TEXT_BYTES
from ardugate.session.parse import NoJsonError, bad_request, parse_json
from ardugate.session.shapes import Json

PROBLEM: dict[int | str, dict[str, Any]] = {"default": {"model": rest.Problem, "description": "Not done."}}


class Answers(Protocol):
    """What the gateway answers over HTTP."""

    def metrics(self) -> str:
        """What Prometheus asks for."""
        ...

    @property
    def recorder(self) -> Recorder:
        """What is kept."""
        ...

    async def rpc(self, principal: Principal, body: bytes, remote: str) -> bytes | None:
        """One JSON-RPC request or batch; None when nothing is to be answered."""
        ...


def api(answers: Answers) -> APIRouter:
    """The routes below ``/api/v1``."""
    router = APIRouter(prefix="/api/v1", responses=PROBLEM)

    @router.get("/boards", responses=_ok(rest.Boards))
    async def boards(request: Request) -> Response:
        """Every board that the gateway knows."""
        return JSONResponse(await ask(answers, request, "boards", {}))

    @router.get("/boards/{board}", responses=_ok(rest.BoardShape))
    async def board(board: str, request: Request) -> Response:
        """One board."""
        known = cast("list[Json]", (await ask(answers, request, "boards", {}))["boards"])
        found = [each for each in known if each["id"] == board]
        if not found:
            raise RequestError(Reason.UNKNOWN_BOARD, "there is no such board", "look at /api/v1/boards")
        return JSONResponse(found[0])

    @router.get("/boards/{board}/channels/{channel}", responses=_ok(rest.ValueNow))
    async def get_value(board: str, channel: str, request: Request) -> Response:
        """A channel's value, as `get`: waits 5 s for a first one."""
        return JSONResponse(await ask(answers, request, "get", {"channel": f"{board}/{channel}"}))

    @router.put(
        "/boards/{board}/channels/{channel}",
        responses=_ok(rest.ReceiptShape),
        openapi_extra=_body(rest.ValueToSet.model_json_schema()),
    )
    async def set_value(board: str, channel: str, request: Request) -> Response:
        """Write an output, as `set`; the answer says what the board really does."""
        body = await _json_body(request)
        if isinstance(body, Response):
            return body
        return JSONResponse(await ask(answers, request, "set", _params(body, {"channel": f"{board}/{channel}"})))

    @router.post(
        "/boards/{board}/commands/{name}",
        responses=_ok(rest.Called),
        openapi_extra=_body(rest.ToCall.model_json_schema()),
    )
    async def call(board: str, name: str, request: Request) -> Response:
        """Run a command that the sketch declares, as `call`; answers when it has ended."""
        body = await _json_body(request)
        if isinstance(body, Response):
            return body
        return JSONResponse(await ask(answers, request, "call", _params(body, {"board": board, "command": name})))

    @router.post(
        "/rpc",
        responses={**_ok(rest.RpcAnswer | list[rest.RpcAnswer]), 204: {"description": "Nothing is to be answered."}},
        openapi_extra=_body(rest.call_schema()),
    )
    async def rpc(request: Request) -> Response:
        """Any request of the gateway protocol, or a batch, but for `subscribe`."""
        body = await _json_body(request)
        if isinstance(body, Response):
            return body
        answer = await answers.rpc(principal_of(request), body, remote_of(request))
        if answer is None:
            return Response(status_code=HTTPStatus.NO_CONTENT)
        return Response(answer, media_type="application/json")

    return router


def principal_of(request: Request) -> Principal:
    """Who asks: the door has found out."""
    return cast("Principal", request.scope["principal"])


def remote_of(request: Request) -> str:
    """Where the request comes from."""
    return request.client.host if request.client else ""


async def ask(answers: Answers, request: Request, method: str, params: Json) -> Json:
    """One request of the gateway protocol: judged, carried out and refused like any other of its kind."""
    call = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    answer = await answers.rpc(principal_of(request), call.encode(), remote_of(request))
    assert answer is not None, "a request with an id is answered"
    message = json.loads(answer)
    if "error" in message:
        error = message["error"]
        raise RequestError(Reason(error["data"]["reason"]), error["message"], error["data"]["hint"])
    return cast("Json", message["result"])


async def _json_body(request: Request) -> bytes | Response:
    """The body of a request that may change something. A JSON content type, because a page of another site cannot send
    one without asking first."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        refusal = bad_request("expected JSON", "send Content-Type: application/json")
        return problem(refusal, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_TEXT_BYTES:
            raise RequestError(Reason.TOO_LARGE, f"expected at most {MAX_TEXT_BYTES} bytes", "send less at once")
    return body


def _params(body: bytes, named: Json) -> Json:
    """The params of a request whose address has named some already."""
    try:
        fields = parse_json(body)
    except NoJsonError as error:
        raise bad_request(f"this is no JSON: {error}", "send a JSON object") from None
    if not isinstance(fields, dict):
        raise bad_request("expected an object", "look at /openapi.json")
    if twice := sorted(named.keys() & fields.keys()):
        raise bad_request(f"unknown field {twice[0]!r}", "the address of the request says it")
    return {**named, **cast("Json", fields)}


def _ok(model: object) -> dict[int | str, dict[str, Any]]:
    return {200: {"model": model, "description": "Done."}}


def _body(schema: dict[str, object]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
