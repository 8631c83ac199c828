"""``/asyncapi.json``: the WebSocket's side of the gateway protocol for machines (AsyncAPI 3.0), from the models.

The point of view is the gateway's: it receives requests and sends answers and notifications.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Literal

from pydantic import TypeAdapter

from ardugate.session.limits import MAX_BATCH, MAX_KEY_CHARS
from ardugate.session.requests import METHODS
from ardugate.session.rest import RpcError
from ardugate.session.shapes import Json
from ardugate.session.spoken import RESULTS
from ardugate.session.told import NOTIFICATIONS, PLAIN, PlainWish

_VERSION = "3.0.0"
_ID: Json = {"type": ["string", "integer", "null"], "maxLength": MAX_KEY_CHARS}
_RPC = {"$ref": "#/channels/rpc"}
_PLAIN = {"$ref": "#/channels/plain"}


@lru_cache(maxsize=4)  # a gateway is reached by a few names
def document(version: str, host: str) -> Json:
    """The document of a gateway of this version that is reached at ``host`` (name and port). Not to be changed."""
    schemas, definitions = _schemas()
    requests = {f"{method}.request": _request(method, schemas[f"{method}.request"]) for method in METHODS}
    results = {f"{method}.result": _result(method, schemas[f"{method}.result"]) for method in METHODS}
    notifications = {
        f"{method}.notification": _notification(
            method, [schemas[f"{method}.notification.{place}"] for place in range(len(models))]
        )
        for method, models in NOTIFICATIONS.items()
    }
    others: Json = {
        "refusal": _message("refusal", _answer({"error": schemas["error"]}), "why a request was not done"),
        "batch": _batch(requests),
        "samples.binary": {
            "name": "samples.binary",
            "contentType": "application/octet-stream",
            "summary": "samples in the dialect ardugate.v1: section 6 of the gateway protocol",
            "payload": {"type": "string", "format": "binary"},
        },
    }
    plain: Json = {name: _message(name, schemas[f"plain.{name}"], "") for name in PLAIN}
    plain["wish"] = _message("wish", schemas["plain.wish"], "what a first page asks")
    return {
        "asyncapi": _VERSION,
        "info": {
            "title": "ardugate",
            "version": version,
            "description": "JSON-RPC 2.0 over a WebSocket, or plain JSON; gateway.md says what it means.",
        },
        "defaultContentType": "application/json",
        "servers": {
            "gateway": {
                "host": host,
                "protocol": "ws",
                "security": [{"$ref": f"#/components/securitySchemes/{name}"} for name in ("token", "ticket")],
            }
        },
        "channels": {
            "rpc": _channel(requests | results | notifications | others, ["ardugate.v1.json", "ardugate.v1"]),
            "plain": _channel(plain, []),
        },
        "operations": _operations(),
        "components": {
            "schemas": definitions,
            "messages": requests | results | notifications | others | plain,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "ticket": {"type": "httpApiKey", "in": "query", "name": "ticket"},
            },
        },
    }


def _schemas() -> tuple[dict[str, Json], Json]:
    """Each model by its place in the document, as a reference; and what they refer to."""
    kinds: dict[str, Any] = {"error": RpcError, "plain.wish": PlainWish}
    kinds |= {f"{method}.request": kind for method, kind in METHODS.items()}
    kinds |= {f"{method}.result": kind for method, kind in RESULTS.items()}
    kinds |= {
        f"{method}.notification.{place}": kind
        for method, several in NOTIFICATIONS.items()
        for place, kind in enumerate(several)
    }
    kinds |= {f"plain.{name}": kind for name, kind in PLAIN.items()}
    adapters: list[tuple[str, Literal["validation"], TypeAdapter[Any]]] = [
        (name, "validation", TypeAdapter(kind)) for name, kind in kinds.items()
    ]
    made, definitions = TypeAdapter.json_schemas(adapters, ref_template="#/components/schemas/{model}")
    return {str(key): schema for (key, _), schema in made.items()}, definitions["$defs"]


def _request(method: str, params: Json) -> Json:
    role = METHODS[method].role.value
    payload: Json = {
        "type": "object",
        "required": ["jsonrpc", "method"],
        "additionalProperties": False,
        "properties": {"jsonrpc": {"const": "2.0"}, "id": _ID, "method": {"const": method}, "params": params},
    }
    return _message(f"{method}.request", payload, f"needs the role {role}")


def _result(method: str, result: Json) -> Json:
    return _message(f"{method}.result", _answer({"result": result}), f"the answer to {method}")


def _answer(what: Json) -> Json:
    return {
        "type": "object",
        "required": ["jsonrpc", "id", *what],
        "properties": {"jsonrpc": {"const": "2.0"}, "id": _ID, **what},
    }


def _notification(method: str, params: list[Json]) -> Json:
    payload: Json = {
        "type": "object",
        "required": ["jsonrpc", "method", "params"],
        "properties": {
            "jsonrpc": {"const": "2.0"},
            "method": {"const": method},
            "params": params[0] if len(params) == 1 else {"oneOf": params},
        },
    }
    return _message(f"{method}.notification", payload, "")


def _batch(requests: Iterable[str]) -> Json:
    any_of = [{"$ref": f"#/components/messages/{name}/payload"} for name in requests]
    payload: Json = {"type": "array", "minItems": 1, "maxItems": MAX_BATCH, "items": {"oneOf": any_of}}
    return _message("batch", payload, "requests, begun in order, answered together")


def _message(name: str, payload: Json, summary: str) -> Json:
    return {"name": name, **({"summary": summary} if summary else {}), "payload": payload}


def _channel(messages: Json, subprotocols: list[str]) -> Json:
    headers: Json = {"type": "object", "properties": {"Sec-WebSocket-Protocol": {"enum": subprotocols}}}
    query: Json = {
        "type": "object",
        "properties": {
            "ticket": {"type": "string", "description": "a one-time ticket, for who cannot set headers"},
            **({} if subprotocols else {"channels": {"type": "string", "description": "globs, separated by commas"}}),
        },
    }
    binding: Json = {"method": "GET", "query": query, "bindingVersion": "0.1.0"}
    return {
        "address": "/ws",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
        "bindings": {"ws": binding | ({"headers": headers} if subprotocols else {})},
    }


def _operations() -> Json:
    def among(channel: str, *names: str) -> list[Json]:
        return [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in names]

    operations: Json = {
        method: {
            "action": "receive",
            "channel": _RPC,
            "messages": among("rpc", f"{method}.request"),
            "reply": {"channel": _RPC, "messages": among("rpc", f"{method}.result", "refusal")},
        }
        for method in METHODS
    }
    operations["batch"] = {"action": "receive", "channel": _RPC, "messages": among("rpc", "batch")}
    for method in NOTIFICATIONS:
        binary = ["samples.binary"] if method == "samples" else []
        operations[f"tell_{method}"] = {
            "action": "send",
            "channel": _RPC,
            "messages": among("rpc", f"{method}.notification", *binary),
        }
    operations["wish"] = {"action": "receive", "channel": _PLAIN, "messages": among("plain", "wish")}
    operations["say"] = {"action": "send", "channel": _PLAIN, "messages": among("plain", *PLAIN)}
    return operations
