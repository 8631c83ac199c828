"""Results as a table for eyes, or as JSON Lines."""

from __future__ import annotations

from typing import Any

from benchmarks.measure import Fact, LeftOut, Result, Row, Tail, percentile, quartiles

_HEAD = ("", "median", "quartiles", "p99", "max", "unit", "n", "compared")


def table(results: list[Result]) -> str:
    """Lines of a Markdown table."""
    rows = [_HEAD, *(_cells(result) for result in results)]
    widths = [max(len(row[k]) for row in rows) for k in range(len(_HEAD))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def as_json(question: str, result: Result) -> dict[str, Any]:
    """One result; single values are kept, so that others can reckon with them."""
    told: dict[str, Any] = {"question": question, "what": result.what}
    match result:
        case Row(_, unit, values, against, ratio):
            told |= {"unit": unit, "median": quartiles(values)[1], "values": list(values)}
            if against:
                told |= {"ratio_of_medians_to": ratio, "ratio": _ratio(result)[1]}
        case Tail(_, unit, values):
            told |= {
                "unit": unit,
                "median": quartiles(values)[1],
                "p99": percentile(values, 0.99),
                "max": max(values),
                "n": len(values),
            }
        case Fact(_, unit, value, quoted):
            told |= {"unit": unit, "value": value, "quoted": quoted}
        case LeftOut(_, why):
            told |= {"left_out": why}
    return told


def _cells(result: Result) -> tuple[str, ...]:
    match result:
        case Row(what, unit, values, _, ratio):
            low, middle, high = quartiles(values)
            compared = "{1} ({0} – {2}) × ".format(*map(_number, _ratio(result))) + ratio if ratio else ""
            spread = f"{_number(low)} – {_number(high)}"
            return (what, _number(middle), spread, "", "", unit, str(len(values)), compared)
        case Tail(what, unit, values):
            low, middle, high = quartiles(values)
            spread = f"{_number(low)} – {_number(high)}"
            tail = (_number(percentile(values, 0.99)), _number(max(values)))
            return (what, _number(middle), spread, *tail, unit, str(len(values)), "")
        case Fact(what, unit, value, quoted):
            return (what, _number(value), "", "", "", unit, "", "quoted, not measured here" if quoted else "")
        case LeftOut(what, why):
            return (what, "–", "", "", "", "", "", f"left out: {why}")


def _ratio(row: Row) -> tuple[float, float, float]:
    """Quartiles of the ratios within each repetition."""
    return quartiles([own / other for own, other in zip(row.values, row.against, strict=True)])


def _number(value: float) -> str:
    if value == int(value) and abs(value) < 1e6:
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.3g}"
