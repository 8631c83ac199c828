"""``sim://`` URLs: a simulated board in place of a serial port.

>>> parse_sim_url("sim://?name=greenhouse&seed=7&corrupt=1e-3").name
'greenhouse'
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from ardugate.sim.options import MAX_BAUD, MIN_TEXT_BAUD, Faults, SimOptions, SketchName

SCHEME: Final = "sim"

_MAX_NAME_BYTES: Final = 63  # a name travels in one descriptor record of at most 255 bytes, beside the MCU's
_MAX_DRIFT_PPM: Final = 20_000  # a ceramic resonator is within 5,000
_MAX_BOOT_MS: Final = 60_000


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        value = int(text, 0)
        if not low <= value <= high:
            raise ValueError(f"expected {low} to {high}, got {value}")
        return value

    return read


def _seconds(text: str) -> float:
    value = float(text.removesuffix("s"))
    if not 0 < value < 1e9:
        raise ValueError(f"expected seconds above 0, got {text}")
    return value


def _name(text: str) -> str:
    if not 0 < len(text.encode()) <= _MAX_NAME_BYTES:
        raise ValueError(f"expected 1 to {_MAX_NAME_BYTES} bytes of text")
    return text


# A parameter's reader; Any, since each gives the type of its own field.
_PARAMETERS: Final[dict[str, Callable[[str], Any]]] = {
    "name": _name,
    "sketch": SketchName,
    "seed": _whole(0, 2**63),
    "identity": _whole(0, 2**64 - 1),
    "baud": _whole(MIN_TEXT_BAUD, MAX_BAUD),
    "max_baud": _whole(0, MAX_BAUD),
    "drift_ppm": _whole(-_MAX_DRIFT_PPM, _MAX_DRIFT_PPM),
    "boot_ms": _whole(0, _MAX_BOOT_MS),
    "reset_every_s": _seconds,
    "silent_every_s": _seconds,
    "silent_for_s": _seconds,
    "hang_every_s": _seconds,
    "hang_for_s": _seconds,
    "other": str,
}
_FAULTS: Final = ("corrupt", "lose", "repeat", "duplicate", "chatter", "deaf_above", "noisy_above")


def parse_sim_url(url: str) -> SimOptions:
    """The board that ``url`` asks for. Raises ValueError with one line of cause: another scheme, an unknown parameter
    (and the nearest known one), a value that cannot be."""
    parts = urlsplit(url)
    if parts.scheme != SCHEME:
        raise ValueError(f"expected {SCHEME}://, got {url[:40]!r}")
    if parts.netloc or parts.path.strip("/"):
        raise ValueError(f"expected sim://?name=…, got {url[:40]!r}")
    options: dict[str, Any] = {}
    faults: dict[str, float] = {}
    for key, text in parse_qsl(parts.query, keep_blank_values=True):
        try:
            if key in _FAULTS:
                faults[key] = float(text)
            elif key in _PARAMETERS:
                options[key] = _PARAMETERS[key](text)
            else:
                raise KeyError(key)
        except ValueError as error:
            raise ValueError(f"sim://: {key}: {error}") from None
        except KeyError:
            near = difflib.get_close_matches(key, [*_PARAMETERS, *_FAULTS], 1)
            hint = f", did you mean {near[0]!r}?" if near else ""
            raise ValueError(f"sim://: unknown parameter {key!r}{hint}") from None
    try:
        return SimOptions(faults=Faults(**faults), **options)
    except ValueError as error:
        raise ValueError(f"sim://: {error}") from None


def demo_url(number: int = 1) -> str:
    """The URL of the ``number``-th board of a demo: ``demo``, ``demo-2`` and so on, each with its own signals."""
    query = {"name": "demo" if number == 1 else f"demo-{number}", "seed": str(number)}
    return f"{SCHEME}://?{urlencode(query)}"
