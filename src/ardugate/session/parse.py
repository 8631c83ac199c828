"""From a client's text to requests: JSON-RPC 2.0, and the params of each method."""

from __future__ import annotations

from dataclasses import dataclass, fields
from difflib import get_close_matches
from functools import cache
from typing import cast

from pydantic import TypeAdapter, ValidationError
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import ErrorDetails, from_json, to_json

from ardugate.errors import Reason, RequestError
from ardugate.session.limits import MAX_BATCH, MAX_ECHO_CHARS, MAX_KEY_CHARS
from ardugate.session.requests import METHODS, Request

# JSON-RPC's codes; every reason that is not here has -32000.
CODES = {
    Reason.BAD_REQUEST: -32600,
    Reason.UNKNOWN_METHOD: -32601,
    Reason.WRONG_TYPE: -32602,
    Reason.OUT_OF_RANGE: -32602,
    Reason.INTERNAL: -32603,
}
CODE_NO_JSON = -32700
CODE_OTHER = -32000

# pydantic's words for a value of the right type that is not allowed.
_RANGE_ERRORS = {
    *("greater_than", "greater_than_equal", "less_than", "less_than_equal", "finite_number"),
    *("too_long", "too_short", "string_too_long", "string_too_short", "int_parsing_size"),
}
_WORD_ERRORS = {"enum", "literal_error"}
_EXPECTED = {
    "bool_type": "a boolean",
    "int_type": "an integer",
    "int_from_float": "an integer",
    "float_type": "a number",
    "string_type": "a string",
    "tuple_type": "an array",
    "dict_type": "an object",
}

# What bounds a param, by JSON Schema's words for its lower and its upper end, and what is counted.
_BOUNDS = (("minimum", "maximum", ""), ("minLength", "maxLength", " characters"), ("minItems", "maxItems", " of them"))

RpcId = str | int | None


# Built when this module is imported: about 1 ms each, and a first request should not pay for it.
_ADAPTERS: dict[str, TypeAdapter[Request]] = {method: TypeAdapter(kind) for method, kind in METHODS.items()}


class NoJsonError(ValueError):
    """The text is no JSON."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a message. ``wants_answer`` False: a JSON-RPC notification. ``outcome``: what is asked, or why
    it cannot be."""

    id: RpcId
    wants_answer: bool
    outcome: Request | RequestError


def parse_json(text: bytes) -> object:
    """A JSON value; NoJsonError with a cause. Nesting is bounded (200 levels), and so are numbers (4,300 digits)."""
    try:
        return cast("object", from_json(text, allow_inf_nan=False, cache_strings="keys"))
    except ValueError as error:
        raise NoJsonError(echo(str(error), 120)) from None


def parse_calls(message: object) -> tuple[list[Call], bool]:
    """The requests of a JSON value, and whether it is a batch. A batch that is empty or too long is one bad call."""
    if not isinstance(message, list):
        return [_parse_call(message)], False
    batch = cast("list[object]", message)
    if not batch:
        return [_refused(RequestError(Reason.BAD_REQUEST, "the batch is empty", "send at least one request"))], False
    if len(batch) > MAX_BATCH:
        return [
            _refused(RequestError(Reason.TOO_LARGE, f"{len(batch)} requests in a batch", f"send at most {MAX_BATCH}"))
        ], False
    return [_parse_call(each) for each in batch], True


def _parse_call(message: object) -> Call:
    if not isinstance(message, dict):
        return _refused(bad_request("expected a JSON-RPC object", 'like {"jsonrpc":"2.0","id":1,"method":"boards"}'))
    call = cast("dict[str, object]", message)
    call_id = call.get("id")
    if isinstance(call_id, bool) or not (call_id is None or isinstance(call_id, str | int)):
        return _refused(bad_request("`id` is neither a string nor an integer nor null", "give an integer"))
    if isinstance(call_id, str) and len(call_id) > MAX_KEY_CHARS:
        return _refused(bad_request("`id` is too long", f"at most {MAX_KEY_CHARS} characters"))
    method, params = call.get("method"), call.get("params", {})
    outcome: Request | RequestError
    if call.get("jsonrpc") != "2.0":
        outcome = bad_request('`jsonrpc` is not "2.0"', 'add "jsonrpc":"2.0"')
    elif not isinstance(method, str):
        outcome = bad_request("`method` is missing", "one of: " + " ".join(METHODS))
    elif extra := sorted(call.keys() - {"jsonrpc", "id", "method", "params"}):
        outcome = bad_request(f"unknown field {echo(extra[0])}", "a request has jsonrpc, id, method, params")
    else:
        outcome = parse_request(method, params)
    # Without an id nothing is answered, except to what is no valid request at all (JSON-RPC 2.0, section 5).
    invalid = isinstance(outcome, RequestError) and not isinstance(method, str)
    return Call(call_id, "id" in call or invalid, outcome)


def _refused(error: RequestError) -> Call:
    return Call(None, True, error)


def parse_request(method: str, params: object) -> Request | RequestError:
    """The request of a method's params, or why there is none."""
    kind = METHODS.get(method)
    if kind is None:
        near = get_close_matches(method[:MAX_ECHO_CHARS], METHODS, n=1)
        hint = f"did you mean {near[0]}?" if near else "one of: " + " ".join(METHODS)
        return RequestError(Reason.UNKNOWN_METHOD, f"there is no method {echo(method)}", hint)
    if not isinstance(params, dict):
        return bad_request("`params` is not an object", "name the params: {...}")
    try:
        # Through text, because only there are arrays tuples and words enum members in strict mode.
        return _ADAPTERS[method].validate_json(to_json(params))
    except ValidationError as error:
        return _describe(method, kind, error.errors(include_url=False, include_context=False, include_input=False))


def _describe(method: str, kind: type[Request], errors: list[ErrorDetails]) -> RequestError:
    """pydantic's complaints as one of ours: an unknown field first, for a misspelt name is also a missing one."""
    names = [each.name for each in fields(kind)]
    for error in errors:
        if error["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
            name = str(error["loc"][0])
            near = get_close_matches(name[:MAX_ECHO_CHARS], names, n=1)
            known = "known: " + " ".join(names) if names else "this method has no params"
            return bad_request(f"unknown field {echo(name)}", f"did you mean {near[0]}?" if near else known)
    first = str(errors[0]["loc"][0])
    if errors[0]["type"] in ("missing", "missing_argument"):
        return bad_request(f"`{first}` is missing", "give " + " ".join(names))
    # The others of the same field: the branches of a union.
    mine = [error for error in errors if str(error["loc"][0]) == first]
    words = [error for error in mine if error["type"] in _WORD_ERRORS]
    wrong = [error for error in mine if error["type"] not in _RANGE_ERRORS]
    outside = [error for error in mine if error["type"] in _RANGE_ERRORS]
    # A union's other branches complain about the type of a value that one branch finds out of range; an array of
    # wrong things also complains about its length.
    if outside and not (wrong and outside[0]["type"] == "too_short"):
        return RequestError(
            Reason.OUT_OF_RANGE, f"`{first}` should {_should(outside[0]['msg'])}", _takes(method, first)
        )
    if words and len(mine) == 1:
        return RequestError(Reason.OUT_OF_RANGE, f"`{first}` should {_should(words[0]['msg'])}", _see(method))
    expected = dict.fromkeys(_EXPECTED.get(each["type"]) or _should(each["msg"]).removeprefix("be ") for each in wrong)
    if "a number" in expected:
        expected.pop("an integer", None)
    return RequestError(Reason.WRONG_TYPE, f"`{first}` should be " + " or ".join(expected), _see(method))


def _see(method: str) -> str:
    return f"docs/reference/gateway.md says what `{method}` takes"


@cache
def _takes(method: str, param: str) -> str:
    """What a param may be, as a hint: its range, its lengths, its words."""
    schema: JsonSchemaValue = _ADAPTERS[method].json_schema()["properties"][param]
    ways = list[str]()
    for way in schema.get("anyOf", [schema]):
        for least, most, unit in _BOUNDS:
            if least in way and most in way:
                ways.append(f"{way[least]} to {way[most]}{unit}")
            elif least in way or most in way:
                ways.append(f"at least {way[least]}{unit}" if least in way else f"at most {way[most]}{unit}")
        if "const" in way:
            ways.append(repr(way["const"]))
    return f"`{param}` takes " + " or ".join(ways) if ways else _see(method)


def _should(complaint: str) -> str:
    # What only a sketch can do (`declared`) is no choice of a client's.
    return complaint.partition(" should ")[2].partition(" after validation")[0].replace(" or 'declared'", "")


def bad_request(message: str, hint: str) -> RequestError:
    """A ``bad_request``."""
    return RequestError(Reason.BAD_REQUEST, message, hint)


def code_of(reason: Reason) -> int:
    """JSON-RPC's code for a reason."""
    return CODES.get(reason, CODE_OTHER)


def echo(text: str, length: int = MAX_ECHO_CHARS) -> str:
    """What a peer wrote, quoted, escaped and cut short."""
    return ascii(text if len(text) <= length else text[:length] + "...")
