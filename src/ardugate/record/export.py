"""Captures as other programs want them: CSV for spreadsheets, Parquet for data frames, MCAP for Foxglove."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any, Final

from ardugate.model import Value, ValueType
from ardugate.record.rows import Column, Row

# A spreadsheet takes a text that begins so for a formula, which a board could write as well as anybody.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
# Rows that are turned into columns at once.
_GROUP_ROWS: Final = 65_536

Done = Callable[[int], None]
"""Hears up to which time (Unix ns) rows are written."""


def to_csv(found: Iterable[Row], columns: Sequence[Column], target: Path, zone: tzinfo | None, done: Done) -> int:
    """A wide table: time (ISO 8601 in ``zone``, None: this computer's), a column for each channel with its unit, then
    what is missing, and marks. Gives the number of rows. Raises OSError."""
    count = 0
    # With a byte order mark, by which a spreadsheet knows UTF-8: degrees stay degrees.
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        heads = [f"{column.name} [{column.unit}]" if column.unit else column.name for column in columns]
        writer.writerow(["time", *heads, "gap", "mark"])
        names = [column.name for column in columns]
        for row in found:
            cells = [_cell(row.values.get(name)) for name in names]
            writer.writerow([_iso(row.at_ns, zone), *cells, row.gap, _safe(row.mark)])
            count += 1
            if count % _GROUP_ROWS == 0:
                done(row.at_ns)
    return count


def to_parquet(found: Iterable[Row], columns: Sequence[Column], target: Path, done: Done) -> int:
    """The same table with times in ns and types of their own; the unit is in each field's metadata. Needs pyarrow
    (ImportError)."""
    # It has no types.
    pa: Any = import_module("pyarrow")
    pq: Any = import_module("pyarrow.parquet")

    types = {
        ValueType.BOOL: pa.bool_(),
        ValueType.INT: pa.float64(),
        ValueType.FLOAT: pa.float64(),
        ValueType.ENUM: pa.string(),
        ValueType.TEXT: pa.string(),
    }
    fields: list[Any] = [pa.field("time", pa.timestamp("ns", tz="UTC"))]
    fields += [pa.field(each.name, types[each.type], metadata={"unit": each.unit}) for each in columns]
    fields += [pa.field("gap", pa.string()), pa.field("mark", pa.string())]
    schema = pa.schema(fields)
    count = 0
    with pq.ParquetWriter(str(target), schema) as writer:
        for group in _groups(found):
            table: list[Any] = [[row.at_ns for row in group]]
            for column in columns:
                values = [row.values.get(column.name) for row in group]
                texts = column.type in (ValueType.ENUM, ValueType.TEXT)
                table.append([None if each is None else str(each) for each in values] if texts else values)
            table += [[row.gap or None for row in group], [row.mark or None for row in group]]
            arrays = [pa.array(each, kind.type) for each, kind in zip(table, fields, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            count += len(group)
            done(group[-1].at_ns)
    return count


def to_mcap(found: Iterable[Row], columns: Sequence[Column], target: Path, done: Done) -> int:
    """A topic for each channel (``/board/channel``), messages in JSON with a ``value``, what is missing and marks on
    ``/gap`` and ``/mark``. Needs the library ``mcap`` (ImportError)."""
    from mcap.writer import Writer

    kinds = {ValueType.BOOL: "boolean", ValueType.INT: "number", ValueType.FLOAT: "number"}
    count = 0
    with target.open("wb") as file:
        writer: Any = Writer(file)  # not all of it has types
        writer.start(profile="", library="ardugate")
        topics: dict[str, int] = {}

        def topic(name: str, kind: str, unit: str) -> int:
            schema = {
                "type": "object",
                "title": name,
                "properties": {"value": {"type": kind, "description": unit}},
            }
            schema_id = writer.register_schema(name=name, encoding="jsonschema", data=json.dumps(schema).encode())
            channel_id: int = writer.register_channel(
                topic=f"/{name}", message_encoding="json", schema_id=schema_id, metadata={"unit": unit}
            )
            return channel_id

        for column in columns:
            topics[column.name] = topic(column.name, kinds.get(column.type, "string"), column.unit)
        topics |= {name: topic(name, "string", "") for name in ("gap", "mark")}
        for row in found:
            values: dict[str, Value] = {**row.values, "gap": row.gap or None, "mark": row.mark or None}
            for name, value in values.items():
                if value is not None and name in topics:
                    data = json.dumps({"value": value}).encode()
                    writer.add_message(topics[name], log_time=row.at_ns, data=data, publish_time=row.at_ns)
            count += 1
            if count % _GROUP_ROWS == 0:
                done(row.at_ns)
        writer.finish()
    return count


def _groups(found: Iterable[Row]) -> Iterator[list[Row]]:
    rows = iter(found)
    while group := list(islice(rows, _GROUP_ROWS)):
        yield group


def _cell(value: Value) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "1" if value else "0"
        case str():
            return _safe(value)
        case _:
            return repr(value)


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _iso(at_ns: int, zone: tzinfo | None) -> str:
    seconds, rest_ns = divmod(at_ns, 10**9)
    at = datetime.fromtimestamp(seconds, UTC).astimezone(zone)
    return at.replace(microsecond=rest_ns // 1_000).isoformat(timespec="microseconds")
