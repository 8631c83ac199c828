"""Frozen values as JSON and back: what a capture keeps of boards and streams (docs/reference/capture.md, 3)."""

from __future__ import annotations

import types
import typing
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any


def to_plain(value: object) -> Any:
    """A value of the model as what JSON has: dataclasses become objects, tuples and sets arrays, enums their value."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    inside: Any = value
    if isinstance(value, frozenset):
        return sorted(to_plain(each) for each in inside)
    if isinstance(value, tuple | list):
        return [to_plain(each) for each in inside]
    if isinstance(value, dict):
        return {str(key): to_plain(each) for key, each in inside.items()}
    return inside


def from_plain(kind: Any, data: Any) -> Any:
    """The value of a type that ``to_plain`` made this of. What a newer version added is left out; what an older one did
    not have gets its default. Raises ValueError and TypeError for anything else."""
    origin = typing.get_origin(kind)
    arguments = typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return _of_union(arguments, data)
    if origin is tuple:
        return tuple(from_plain(arguments[0], each) for each in _list(data))
    if origin is frozenset:
        return frozenset(from_plain(arguments[0], each) for each in _list(data))
    if origin is dict:
        return {str(key): from_plain(arguments[1], each) for key, each in _object(data).items()}
    if is_dataclass(kind):
        given = _object(data)
        hints = _hints(typing.cast("type", kind))
        known = {name: from_plain(hint, given[name]) for name, hint in hints.items() if name in given}
        return typing.cast("Any", kind)(**known)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(data)
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if not isinstance(data, kind) or (kind is int and isinstance(data, bool)):
        raise TypeError(f"expected {kind.__name__}, got {data!r:.60}")
    return data


def _of_union(arguments: tuple[Any, ...], data: Any) -> Any:
    if data is None and type(None) in arguments:
        return None
    # A value of a channel keeps the type that it has.
    if type(data) in arguments:
        return data
    rest = [each for each in arguments if each is not type(None)]
    if len(rest) != 1:
        raise TypeError(f"expected one of {rest}, got {data!r:.60}")
    return from_plain(rest[0], data)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _object(data: Any) -> dict[str, Any]:
    found: dict[str, Any] = data
    if not isinstance(data, dict):
        raise TypeError(f"expected an object, got {data!r:.60}")
    return found


def _list(data: Any) -> list[Any]:
    found: list[Any] = data
    if not isinstance(data, list):
        raise TypeError(f"expected an array, got {data!r:.60}")
    return found
