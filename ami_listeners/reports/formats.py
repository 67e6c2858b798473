"""The forms in which reports are written to files, and by which name the web knows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import IO

from ami_listeners.reports import as_csv, as_html, as_json, as_xlsx
from ami_listeners.reports.answer import Answer


class Format(StrEnum):
    """A form for files."""

    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"
    HTML = "html"


WRITERS: Mapping[Format, Callable[[Answer, IO[bytes]], None]] = {
    Format.CSV: as_csv.write,
    Format.XLSX: as_xlsx.write,
    Format.JSON: as_json.write,
    Format.HTML: as_html.write,
}
MEDIA_TYPES: Mapping[Format, str] = {
    Format.CSV: "text/csv",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.JSON: "application/json",
    Format.HTML: "text/html",
}
