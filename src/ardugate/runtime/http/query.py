"""Words of a query as the numbers that they stand for, and as OpenAPI draws them."""

from __future__ import annotations

from math import isfinite
from typing import Any

from ardugate.errors import Reason, RequestError
from ardugate.session.limits import MAX_ADDRESS_CHARS, MAX_GLOBS


def number(text: str) -> float | str:
    """A number; what is none stays as it is, for what it should be is said where it is judged. Raises RequestError
    (``out_of_range``) for those that JSON does not have."""
    try:
        value = float(text)
    except ValueError:
        return text
    if not isfinite(value):
        raise RequestError(Reason.OUT_OF_RANGE, f"expected a finite number, got {value}", "give one in digits")
    return value


def integer(text: str) -> int | str:
    """The same for an integer."""
    return int(text) if text.isascii() and text.isdecimal() else text


GLOBS: dict[str, Any] = {
    "type": "array",
    "minItems": 1,
    "maxItems": MAX_GLOBS,
    "items": {"type": "string", "maxLength": MAX_ADDRESS_CHARS, "pattern": "^[^/,]+(/[^,]+)?$"},
}
"""Addresses or globs, as OpenAPI draws them: separated by commas."""


def parameter(
    name: str, description: str, schema: dict[str, Any] | None = None, *, place: str = "query"
) -> dict[str, Any]:
    """A parameter that may be left out."""
    return {
        "name": name,
        "in": place,
        "required": False,
        "description": description,
        "schema": schema or {"type": "string"},
        **({"style": "form", "explode": False} if schema is GLOBS else {}),
    }
