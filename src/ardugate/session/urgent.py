"""Which message may overtake those before it: a stop."""

from __future__ import annotations

from typing import cast

from pydantic_core import from_json

# An honest `stop_all` has some 100 bytes, with the longest id and board 500; what is longer waits for its turn.
_MAX_STOP_BYTES = 512


def is_stop(text: bytes) -> bool:
    """Whether a text message is one request `stop_all`. A batch is none: its order is its sender's. Never raises."""
    if len(text) > _MAX_STOP_BYTES or b'"stop_all"' not in text:
        return False
    try:
        message = cast("object", from_json(text))
    except ValueError:
        return False
    return isinstance(message, dict) and cast("dict[str, object]", message).get("method") == "stop_all"
