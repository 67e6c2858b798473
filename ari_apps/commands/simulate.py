"""`callfloor simulate`: live days on the floor before they come, and compare floors on the same days."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ari_apps.commands.routes import only_warnings
from ari_apps.configuration.floor_toml import FloorConfiguration, load
from ari_apps.ivr.opening_hours import time_zone
from ari_apps.progress import shown_progress
from ari_apps.simulation import picture as drawing
from ari_apps.simulation.answer import Answer
from ari_apps.simulation.callers import (
    Callers,
    Habit,
    Past,
    callers_again,
    callers_by_rate,
    callers_like,
    read_journal,
    read_records,
)
from ari_apps.simulation.days import Days, live_days, processors
from ari_apps.simulation.errors import SimulationError
from ari_apps.simulation.floors import scenario_of
from ari_apps.simulation.habits import (
    AgentsSaid,
    CallersSaid,
    habit_of_each,
    habits_of_agents,
    rates,
)
from ari_apps.simulation.tables import show
from ari_apps.simulation.what_if import WhatIf, floors_compared
from queue_strategies.model import QueueName
from queue_strategies.simulation import Experiment, Habits, Scenario

MOST_DAYS = 100_000


def simulate(
    calls: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RATE",
            help="How many call: 60/h, or sales=60/h for one of several queues; 30/h,90/h,60/h changes "
            "in equal parts of the day.",
        ),
    ] = None,
    aht: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TIME",
            help="How long they talk: 180s (exponential), lognormal:180s:90s (mean, standard deviation), "
            "gamma:180s:90s, constant:180s; sales=180s for one queue. Wrap-up is added by the floor.",
        ),
    ] = None,
    patience: Annotated[
        list[str] | None,
        typer.Option(metavar="TIME", help="How long they wait before they hang up, written likewise."),
    ] = None,
    redial: Annotated[
        str, typer.Option(metavar="SHARE", help="Of those not served, how many call again: 30%.")
    ] = "",
    redial_after: Annotated[str, typer.Option(metavar="TIME", help="After how long they do.")] = "5min",
    asks: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SKILL", help="What some ask of the agent: spanish:30%, or sales=spanish:2:30% (level 2)."
        ),
    ] = None,
    transfers: Annotated[
        list[str] | None,
        typer.Option(
            metavar="QUEUE",
            help="Of those answered, how many are passed on: sales=support:10%, or support:10% for all.",
        ),
    ] = None,
    hours: Annotated[float, typer.Option(min=0.01, max=24, help="How long a day of --calls is.")] = 8.0,
    records: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv",
            help="Live the days of a file again: columns arrived, queue, outcome, wait_s, perhaps talk_s, "
            "priority.",
        ),
    ] = None,
    journal: Annotated[
        str, typer.Option(metavar="DAY", help="Live a day of the journal again: 2026-11-20, or yesterday.")
    ] = "",
    anew: Annotated[
        bool, typer.Option("--anew", help="Draw days that are as busy as those recorded, hour by hour.")
    ] = False,
    ring: Annotated[
        str, typer.Option(metavar="TIME", help="How long agents let it ring; else they pick up at once.")
    ] = "",
    declined: Annotated[str, typer.Option(metavar="SHARE", help="Of offers, how many agents refuse.")] = "",
    rung_out: Annotated[str, typer.Option(metavar="SHARE", help="Of offers, how many nobody takes.")] = "",
    unreachable: Annotated[
        str, typer.Option(metavar="SHARE", help="Of offers, how many find the phone dead.")
    ] = "",
    pace: Annotated[
        list[str] | None,
        typer.Option(metavar="AGENT", help="How slow an agent is: anna=1.3 takes 30 % longer. Repeatable."),
    ] = None,
    agents: Annotated[str, typer.Option(metavar="+N", help="What if: agents more or fewer: +2.")] = "",
    queue: Annotated[str, typer.Option(metavar="QUEUE", help="The queue that --agents serve.")] = "",
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="SETTING", help="What if: queues.sales.strategy=ring-all. Repeatable."),
    ] = None,
    instead: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="What if: this floor.toml. Repeatable.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=MOST_DAYS, help="How many days are lived.")] = 20,
    seed: Annotated[int, typer.Option(help="The same number gives the same days.")] = 1,
    processes: Annotated[
        int, typer.Option(min=0, max=1024, help="How many days are lived at a time; 0: one a processor.")
    ] = 0,
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw it: a file that ends in .svg, .png or .pdf.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
    config: Annotated[Path, typer.Option("--config", "-c", help="The configuration.")] = Path("floor.toml"),
) -> None:
    """Live days on the floor before they come, and say what other agents or rules would change."""
    if picture is not None:
        drawing.check_place(picture)
    configuration = load(config)
    said = CallersSaid(aht or [], patience or [], asks or [], transfers or [], redial, redial_after)
    habit = habit_of_each(configuration, said)
    if sum(map(bool, (records, journal, calls))) != 1:
        raise SimulationError("who calls? Give one of --calls 60/h, --records FILE.csv, --journal yesterday")
    if calls:
        callers = callers_by_rate(rates(configuration, calls), habit, hours * 3600)
    else:
        callers = _recorded(configuration, records, journal, habit, anew=anew)
    agents_said = AgentsSaid(ring, declined, rung_out, unreachable, pace or [])
    phones = habits_of_agents(configuration, agents_said)
    wanted = WhatIf(agents=agents, queue=queue, settings=changes or [], instead=instead or [])
    variants = floors_compared(configuration, wanted, partial(_floor, callers=callers, phones=phones))
    experiment = Experiment(variants=variants, demands=callers.demands)
    lived = _live(experiment, days, seed, processes or processors())
    answer = Answer(experiment, callers, lived, seed)
    if as_json:
        typer.echo(json.dumps(answer.data, indent=2, allow_nan=False))
    else:
        show(Console(highlight=False), answer)
    if picture is not None:
        drawing.draw(picture, answer)


def _live(experiment: Experiment, days: int, seed: int, processes: int) -> Days:
    with shown_progress() as tell:
        return live_days(
            experiment,
            days,
            seed,
            processes,
            lambda done: tell(f"Living day {min(int(done) + 1, days)} of {days}", done / days),
        )


def _floor(configuration: FloorConfiguration, *, callers: Callers, phones: Habits) -> Scenario:
    scenario = scenario_of(configuration, phones, callers.shifts, callers.pauses, callers.staff)
    return replace(scenario, opens_s=callers.opens_s, strangers=callers.strangers)


def _recorded(
    configuration: FloorConfiguration,
    file: Path | None,
    day: str,
    habit: Mapping[QueueName, Habit],
    *,
    anew: bool,
) -> Callers:
    if file is not None:
        past = Past(read_records(file, configuration.site.timezone), source=file.name)
    else:
        wanted = _day(day, configuration.site.timezone)
        with only_warnings():
            past = asyncio.run(read_journal(configuration, wanted))
    if anew:
        return callers_like(past, configuration, habit)
    if any(replace(one, asks=[]) != Habit(asks=[]) for one in habit.values()):
        raise SimulationError(
            "recorded days are lived again with their own callers: add --anew, or leave "
            "--aht, --patience, --redial and --transfers out"
        )
    return callers_again(past, configuration, habit)


def _day(text: str, timezone: str) -> dt.date:
    today = dt.datetime.now(time_zone(timezone)).date()
    if text in ("today", "yesterday"):
        return today - dt.timedelta(days=text == "yesterday")
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise SimulationError(f"--journal: {text!r} is no day, write 2026-11-20 or yesterday") from None
