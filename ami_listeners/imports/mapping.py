"""Read how call records of another system are to be understood: a small TOML.

```toml
[columns]                  # ours = theirs; arrived, queue, outcome and wait_s have to be there
arrived = "Start"
queue = "Skill"
outcome = "Result"
wait_s = "Wait"            # seconds, or 1:05, or 0:01:05
talk_s = "Talk"
[outcomes]                 # theirs = ours
"Handled" = "answered"
"Hung up" = "abandoned"
[time]
zone = "Europe/Berlin"
format = "%d.%m.%Y %H:%M:%S"
```
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ami_listeners.imports.errors import HistoryError
from ami_listeners.reports import asked
from ami_listeners.reports.errors import QuestionError
from queue_strategies.model import VisitOutcome
from queue_strategies.simulation.call_records import NEEDED

MORE = (
    "talk_s", "hold_s", "wrap_up_s", "priority", "agent", "call", "number", "name", "called",
    "transferred_to",
)  # fmt: skip
COLUMNS = (*NEEDED, *MORE)
SECTIONS = ("columns", "outcomes", "time")
TIME = ("zone", "format")
OUTCOMES = tuple(outcome.value for outcome in VisitOutcome)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """What the columns of another system mean."""

    columns: Mapping[str, str]
    """From our name to theirs."""
    outcomes: Mapping[str, str] = field(default_factory=dict)
    """From their word to ours."""
    zone: ZoneInfo | None = None
    form: str = ""
    """Of times, as strptime has it; empty: ISO 8601, or seconds since 1970."""


def read_mapping(path: Path) -> Mapped:
    """Read a mapping; raises HistoryError with the place and the remedy."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except OSError as failure:
        raise HistoryError(
            f"{path} cannot be read ({failure.strerror}): name a mapping that is there"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as failure:
        raise HistoryError(f"{path} is no TOML ({failure}): correct it") from None
    for section in data:
        known(path, section, SECTIONS, "section")
    columns, outcomes, time = (table(path, data, section) for section in SECTIONS)
    for name in columns:
        known(path, f"columns.{name}", [f"columns.{each}" for each in COLUMNS], "column")
    for name in NEEDED:
        if name not in columns:
            raise HistoryError(f"{path}: columns.{name} is missing: say which column it is")
    for name in set(columns.values()):
        if list(columns.values()).count(name) > 1:
            raise HistoryError(f"{path}: columns: {name!r} is named twice, a column means one thing")
    for theirs, ours in outcomes.items():
        if ours not in OUTCOMES:
            near = get_close_matches(ours, OUTCOMES, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(OUTCOMES)}"
            raise HistoryError(f"{path}: outcomes.{theirs!r} is {ours!r}, {hint}")
    for name in time:
        known(path, f"time.{name}", [f"time.{each}" for each in TIME], "setting")
    return Mapped(
        columns=columns, outcomes=outcomes, form=time.get("format", ""), zone=zone(path, time.get("zone", ""))
    )


def table(path: Path, data: Mapping[str, Any], section: str) -> dict[str, str]:
    """Give a section, in which all are texts; raises HistoryError."""
    found = data.get(section, {})
    if not isinstance(found, dict):
        raise HistoryError(f"{path}: {section} is no section, write [{section}]")
    for name, value in found.items():
        if not isinstance(value, str):
            raise HistoryError(f"{path}: {section}.{name} is {value!r}, write a text in quotation marks")
    return found


def known(path: Path, name: str, names: list[str] | tuple[str, ...], what: str) -> None:
    """Refuse a name that is none, with the nearest that is one."""
    if name not in names:
        near = get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(names)}"
        raise HistoryError(f"{path}: {name} is no {what}, {hint}")


def zone(path: Path, name: str) -> ZoneInfo | None:
    """Read a time zone; raises HistoryError."""
    try:
        return asked.zone(name, f"{path}: time.zone") if name else None
    except QuestionError as why:
        raise HistoryError(str(why)) from None
