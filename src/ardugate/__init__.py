"""ardugate: the bridge between Arduinos and browsers."""

from __future__ import annotations

__version__ = "0.1.0"
