"""What every request's params have in common."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from ardugate.model import Role
from ardugate.session.limits import MAX_ADDRESS_CHARS

Address = Annotated[str, Field(min_length=1, max_length=MAX_ADDRESS_CHARS)]


class Params:
    """Base of every request: strict parsing. ``role`` is the least that may ask."""

    __slots__ = ()
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
    role: ClassVar[Role] = Role.VIEW
