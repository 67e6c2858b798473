"""`callfloor staff`: how many agents a promise takes, and what to expect of so many."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console, RenderableType

from ari_apps.progress import progress_of_what_lasts
from ari_apps.staffing.answer import answer, answer_as_data, plan_as_data
from ari_apps.staffing.interval_file import EveryInterval, read_intervals
from ari_apps.staffing.tables import show_answer, show_plan
from queue_strategies.staffing import Goals, Interval, StaffingError, Traffic, plan
from queue_strategies.staffing.expected import FORMULAS, USUAL_FORMULA
from queue_strategies.staffing.notation import (
    read_duration,
    read_rate,
    read_service_level,
    read_share,
    read_whole_number,
)

T = TypeVar("T")

USUAL_INTERVAL = "30min"
USUAL_SERVICE_LEVEL = "80/20"
UNBOUND_WIDTH = 1000
"""A file or a pipe has no right edge at which columns would have to be cut."""


def staff(
    calls: Annotated[str, typer.Option(metavar="RATE", help="How many call: 1000/h, 4/min, 200/30min.")] = "",
    aht: Annotated[str, typer.Option(metavar="TIME", help="Mean handle time, wrap-up included: 3min.")] = "",
    sl: Annotated[
        str, typer.Option(metavar="LEVEL", help="80/20: of all calls 80 % are answered within 20 s.")
    ] = "",
    asa: Annotated[
        str, typer.Option(metavar="TIME", help="The longest mean wait of the answered: 15s.")
    ] = "",
    abandonment: Annotated[str, typer.Option(metavar="SHARE", help="The most who may hang up: 3%.")] = "",
    blocking: Annotated[str, typer.Option(metavar="SHARE", help="The most who may find no line: 1%.")] = "",
    occupancy: Annotated[
        str, typer.Option(metavar="SHARE", help="The most that agents may be busy: 85%.")
    ] = "",
    agents: Annotated[str, typer.Option(metavar="NUMBER", help="What to expect of so many agents.")] = "",
    patience: Annotated[
        str, typer.Option(metavar="TIME", help="Mean patience of callers: 2min. Left out: nobody hangs up.")
    ] = "",
    lines: Annotated[
        str, typer.Option(metavar="NUMBER", help="Callers who can talk or wait at once. Left out: no bound.")
    ] = "",
    redial: Annotated[
        str, typer.Option(metavar="SHARE", help="Of those who hung up or found no line, who call again: 40%.")
    ] = "",
    shrinkage: Annotated[
        str,
        typer.Option(metavar="SHARE", help="Of the time agents are scheduled, how much they are away: 30%."),
    ] = "",
    formula: Annotated[
        str, typer.Option(metavar="NAME", help=f"Of the service level: {', '.join(FORMULAS)}.")
    ] = USUAL_FORMULA,
    intervals: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv", help="A day: columns interval, calls, perhaps aht, patience, agents."
        ),
    ] = None,
    every: Annotated[
        str, typer.Option(metavar="TIME", help="How long each interval lasts; 30min where nothing is said.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Say how many agents a promise takes (Erlang B, C, A, X), and what a few more or fewer would do."""
    wanted = _read("--agents", read_whole_number, agents)
    goals = _goals(sl, asa, abandonment, blocking, occupancy, formula, is_wanted=wanted is None)
    same = EveryInterval(
        lasts_s=_read("--every", read_duration, every or USUAL_INTERVAL) or 0.0,
        aht_s=_read("--aht", read_duration, aht),
        patience_s=_read("--patience", read_duration, patience),
        lines=_read("--lines", read_whole_number, lines),
        redial=_read("--redial", read_share, redial) or 0.0,
    )
    away = _read("--shrinkage", read_share, shrinkage) or 0.0
    if intervals is not None:
        if calls or agents:
            raise StaffingError(
                f"{'--calls' if calls else '--agents'}: {intervals} says it, leave one of them out"
            )
        _answer_day(read_intervals(intervals, same), goals, away, as_json=as_json)
        return
    if every:
        raise StaffingError("--every: there are no intervals, give --intervals FILE.csv or leave it out")
    traffic = _traffic(_read("--calls", read_rate, calls), same)
    with progress_of_what_lasts() as tell:
        given = answer(traffic, goals, wanted, away, lambda looked: tell(f"Trying {looked} agents", None))
    _say(answer_as_data(given) if as_json else show_answer(given))


def _goals(
    sl: str, asa: str, abandonment: str, blocking: str, occupancy: str, formula: str, *, is_wanted: bool
) -> Goals:
    """Read what is promised: 80/20 when the fewest agents are asked for, and nothing else is said."""
    share, within_s = _read("--sl", read_service_level, sl or USUAL_SERVICE_LEVEL) or (0.0, 0.0)
    is_usual = is_wanted and not (asa or abandonment or blocking or occupancy)
    return Goals(
        service_level=share if sl or is_usual else None,
        within_s=within_s,
        formula=formula,
        asa_s=_read("--asa", read_duration, asa),
        abandoned=_read("--abandonment", read_share, abandonment),
        blocked=_read("--blocking", read_share, blocking),
        occupancy=_read("--occupancy", read_share, occupancy),
    )


def _traffic(calls_per_s: float | None, same: EveryInterval) -> Traffic:
    if calls_per_s is None:
        raise StaffingError("--calls: there are none, give --calls 1000/h or --intervals FILE.csv")
    if same.aht_s is None:
        raise StaffingError("--aht: there is none, give --aht 180s")
    return Traffic(calls_per_s, same.aht_s, same.patience_s, same.lines, same.redial)


def _answer_day(intervals: list[Interval], goals: Goals, shrinkage: float, *, as_json: bool) -> None:
    with progress_of_what_lasts() as tell:
        day = plan(
            intervals,
            goals,
            shrinkage=shrinkage,
            tell=lambda name, looked: tell(f"Trying {looked} agents at {name}", None),
        )
    _say(plan_as_data(day, goals) if as_json else show_plan(day, goals, shrinkage))


def _read(option: str, read: Callable[[str], T], text: str) -> T | None:
    """Read an option; None when it was left out."""
    if not text:
        return None
    try:
        return read(text)
    except StaffingError as error:
        raise StaffingError(f"{option}: {error}") from None


def _say(told: dict[str, Any] | RenderableType) -> None:
    if isinstance(told, dict):
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False))
    else:
        Console(highlight=False, width=None if sys.stdout.isatty() else UNBOUND_WIDTH).print(told)
