"""A report as JSON, for programs: seconds, shares from 0 to 1, times with their offset."""

from __future__ import annotations

import json
from datetime import datetime
from typing import IO, Any
from urllib.parse import urlencode

from ami_listeners.reports.answer import Answer, Cell, Column, Row
from ami_listeners.reports.question import Question

CONTACTS = "/api/v1/reports/{subject}/contacts"
"""Where the REST API lists what a figure is made of."""


def write(answer: Answer, out: IO[bytes]) -> None:
    """Write a report."""
    out.write(json.dumps(data(answer), ensure_ascii=False, allow_nan=False).encode())


def data(answer: Answer) -> dict[str, Any]:
    """Give a report as JSON-able data."""
    question, zone = answer.question, answer.question.zone
    return {
        "report": question.subject,
        **({"by": question.step} if isinstance(question, Question) else {"measure": question.measure}),
        "from": question.since.astimezone(zone).isoformat(),
        "to": question.until.astimezone(zone).isoformat(),
        "timezone": zone.key,
        "quality": _quality(answer),
        "service_level_formulas": dict(answer.formulas),
        "columns": [_column(column) for column in (*answer.keys, *answer.columns)],
        "rows": [_row(answer, row) for row in answer.rows],
        "totals": [_row(answer, row) for row in answer.totals],
        "cut": answer.cut,
    }


def _quality(answer: Answer) -> dict[str, Any]:
    told, zone = answer.quality, answer.question.zone
    since = told.heard_since or answer.question.since
    return {
        "badge": told.badge,
        "heard_ratio": told.heard_ratio,
        "heard_since": since.astimezone(zone).isoformat(),
        "gap_s": told.gap_s,
        "concluded": told.concluded,
        "corrected": told.corrected,
        "mismatches": told.mismatches,
        "worst_offset_s": told.worst_offset_s,
        "gaps": [
            {
                "from": gap.began.astimezone(zone).isoformat(),
                "to": gap.ended.astimezone(zone).isoformat(),
                "reason": gap.reason,
            }
            for gap in told.gaps
        ],
    }


def _column(column: Column) -> dict[str, Any]:
    return {
        "name": column.name,
        "title": column.title,
        "text": column.text,
        "unit": column.unit,
        "good": column.good,
        "measure": column.opens,
    }


def _row(answer: Answer, row: Row) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if row.span is not None:
        told = {
            "span": row.span.label,
            "from": row.span.begins.astimezone(answer.question.zone).isoformat(),
            "to": row.span.ends.astimezone(answer.question.zone).isoformat(),
            "heard": row.span not in answer.quality.touched,
            "contacts": contacts_of(answer, row),
        }
    told |= {column.name: value for column, value in zip(answer.keys, row.key, strict=False)}
    told |= {column.name: _cell(answer, cell) for column, cell in zip(answer.columns, row.cells, strict=True)}
    return told


def contacts_of(answer: Answer, row: Row) -> str:
    """Say where the REST API lists a row's contacts; a column's `measure` completes it."""
    if row.span is None:
        return ""
    asked = [("from", row.span.begins.isoformat()), ("to", row.span.ends.isoformat())]
    asked += [("tz", answer.question.zone.key)]
    asked += [("key", value) for value in row.key]
    asked += [("name", name) for name in answer.question.names if not row.key]
    return f"{CONTACTS.format(subject=answer.question.subject)}?{urlencode(asked)}"


def _cell(answer: Answer, cell: Cell) -> Any:
    return cell.astimezone(answer.question.zone).isoformat() if isinstance(cell, datetime) else cell
