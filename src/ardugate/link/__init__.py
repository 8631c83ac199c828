"""One board's conversation (docs/reference/wire.md, 3): pure, the time is a parameter.

:class:`~ardugate.link.board_link.BoardLink` is the whole of it for others; :mod:`ardugate.link.events` are the values
that it hands out.
"""

from ardugate.link.board_link import BoardLink

__all__ = ["BoardLink"]
