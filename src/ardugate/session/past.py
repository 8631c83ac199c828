"""The answer to ``history``: as JSON, made piece by piece, and as CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from io import StringIO
from typing import cast

from ardugate.model import Delivery
from ardugate.session import shapes
from ardugate.session.encode import samples
from ardugate.session.shapes import Json


class Past:
    """Streams, then their scans, as the notifications ``streams`` and ``samples`` draw them; ``cursor`` is the place
    after all that was published so far."""

    def __init__(self, cursor: str) -> None:
        self._cursor = cursor
        self._streams: dict[str, Json] = {}
        self._samples: list[Json] = []

    def add(self, part: Delivery) -> None:
        """The next piece."""
        self._streams.setdefault(part.view.id, shapes.stream(part.view, ()))
        self._samples.append(samples(part))

    def result(self) -> Json:
        """The answer."""
        return {"streams": list(self._streams.values()), "samples": self._samples, "cursor": self._cursor}


def as_csv(result: Json) -> str:
    """An answer as a table (RFC 4180): ``t_s`` and a column for each channel, of an envelope two, named by address with
    `` min`` and `` max``. A row has the scans of one time; what has none then is empty, and so is a missing value."""
    rows: dict[float, dict[str, object]] = {}
    names: dict[str, None] = {}
    for part in cast("list[Json]", result["samples"]):
        columns = _columns(cast("Json", part["columns"]))
        names.update(dict.fromkeys(columns))
        for row, t_s in enumerate(cast("list[float]", part["t_s"])):
            rows.setdefault(t_s, {}).update({name: column[row] for name, column in columns.items()})
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(["t_s", *names])
    writer.writerows([f"{t_s:.6f}", *_cells(rows[t_s].get(name) for name in names)] for t_s in sorted(rows))
    return text.getvalue()


def _columns(columns: Json) -> dict[str, list[object]]:
    flat: dict[str, list[object]] = {}
    for name, column in columns.items():
        if isinstance(column, dict):
            flat |= {f"{name} {end}": values for end, values in cast("dict[str, list[object]]", column).items()}
        else:
            flat[name] = cast("list[object]", column)
    return flat


def _cells(values: Iterable[object]) -> list[str]:
    return ["" if value is None else str(value).lower() if isinstance(value, bool) else str(value) for value in values]
