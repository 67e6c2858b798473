"""Where the callers of simulated days come from: rates, a file of call records, or the journal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ari_apps.configuration.floor_toml import FloorConfiguration
from ari_apps.ivr.opening_hours import time_zone
from ari_apps.simulation.errors import SimulationError
from ari_apps.simulation.floors import find_queue, queues_of
from queue_strategies.figures import Figures
from queue_strategies.model import Queue, QueueName, VisitOutcome
from queue_strategies.simulation import (
    Asked,
    CustomerKind,
    Demand,
    Distribution,
    History,
    PoissonDemand,
    RateProfile,
    Shift,
    read_call_records,
)
from queue_strategies.simulation.call_records import CallRecord

MOST_CALLS_A_DAY = 5_000_000
HOUR_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Callers:
    """Who calls, and what is known besides."""

    demands: Sequence[Sequence[Demand]]
    told: str
    """Where they come from, for people."""
    recorded: Figures | None = None
    """What became of them in truth."""
    recorded_days: int = 1
    opens_s: float = 0.0
    shifts: Sequence[Shift] | None = None
    pauses: Sequence[Shift] = ()
    staff: Collection[str] = ()
    """Of whom shifts and pauses are known."""
    strangers: Mapping[QueueName, CustomerKind] = field(default_factory=dict)
    """What those are like who are passed on to a queue; where nothing is said, they are like before."""


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of past days."""

    records: Sequence[CallRecord]
    shifts: Sequence[Shift] | None = None
    pauses: Sequence[Shift] = ()
    source: str = ""
    """Where from, for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """What is asked to go for all callers, or for those of one queue."""

    talk: Distribution | None = None
    patience: Distribution | None = None
    redial_share: float = 0.0
    redial_after: Distribution | None = None
    asks: Sequence[Asked] = ()
    transfer_share: float = 0.0
    transfer_to: QueueName | None = None

    def taken_on(self, kind: CustomerKind) -> CustomerKind:
        """Return customers who are like this."""
        return replace(
            kind,
            talk=self.talk or kind.talk,
            patience=self.patience or kind.patience,
            redial_share=self.redial_share,
            redial_after=self.redial_after or kind.redial_after,
            asks=self.asks,
            transfer_share=self.transfer_share,
            transfer_to=self.transfer_to,
        )


def callers_by_rate(
    rates: Mapping[QueueName, Sequence[float]], habits: Mapping[QueueName, Habit], lasts_s: float
) -> Callers:
    """Let callers come for so long, at rates an hour each of which holds for an equal part of it."""
    demands = []
    for queue, an_hour in rates.items():
        if max(an_hour) * lasts_s / 3600 > MOST_CALLS_A_DAY:
            raise SimulationError(f"--calls: a day has at most {MOST_CALLS_A_DAY} calls here, give fewer")
        talk = habits[queue].talk
        if talk is None:
            raise SimulationError(f"--aht: how long do the callers of {queue} talk? Give --aht 180s")
        kind = habits[queue].taken_on(CustomerKind(queue=queue, talk=talk))
        demands.append(PoissonDemand(kind, RateProfile(lasts_s / len(an_hour), an_hour)))
    told = ", ".join(
        f"{','.join(f'{one:g}/h' for one in an_hour)} for {queue}" for queue, an_hour in rates.items()
    )
    return Callers(
        demands=[demands], told=f"{told}, {lasts_s / 3600:g} h a day", strangers=_strangers(habits)
    )


def _strangers(habits: Mapping[QueueName, Habit]) -> Mapping[QueueName, CustomerKind]:
    """Let whoever is passed on to a queue talk and wait as is said of its callers."""
    return {
        queue: habit.taken_on(CustomerKind(queue=queue, talk=habit.talk))
        for queue, habit in habits.items()
        if habit.talk is not None
    }


def read_records(path: Path, timezone: str) -> list[CallRecord]:
    """Read a file of call records; raises SimulationError or CallRecordError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return read_call_records(file, path.name, time_zone(timezone))
    except UnicodeDecodeError:
        raise SimulationError(f"{path}: is not UTF-8, save the file as CSV in UTF-8") from None
    except OSError as error:
        raise SimulationError(f"{path}: cannot be read ({error.strerror}), name a CSV of calls") from None


def callers_again(
    past: Past, configuration: FloorConfiguration, habits: Mapping[QueueName, Habit]
) -> Callers:
    """Let recorded days be lived again; of habits only what callers ask of agents is heeded."""
    history = _history(past, configuration)
    kinds = {queue: replace(kind, asks=habits[queue].asks) for queue, kind in history.kinds.items()}
    days = [[replace(day, kinds=kinds)] for day in history.days_again()]
    return _told(past, configuration, history, days, "lived again")


def callers_like(past: Past, configuration: FloorConfiguration, habits: Mapping[QueueName, Habit]) -> Callers:
    """Let days come that are as busy as those recorded, hour by hour, with callers who are like theirs."""
    history = _history(past, configuration)
    demands = [
        replace(demand, kind=habits[demand.kind.queue].taken_on(demand.kind))
        for demand in history.days_like_these(HOUR_S)
    ]
    callers = _told(past, configuration, history, [demands], "in days as busy")
    return replace(callers, strangers={demand.kind.queue: demand.kind for demand in demands})


def _history(past: Past, configuration: FloorConfiguration) -> History:
    for name in {record.queue for record in past.records}:
        find_queue(configuration.queues, name, past.source)
    return History(past.records, time_zone(configuration.site.timezone))


def _told(
    past: Past,
    configuration: FloorConfiguration,
    history: History,
    demands: Sequence[Sequence[Demand]],
    how: str,
) -> Callers:
    days = history.days_again()
    span = f"{days[0].day}" if len(days) == 1 else f"{days[0].day} to {days[-1].day}"
    rules = {queue.name: queue for queue in queues_of(configuration)}
    return Callers(
        demands=demands,
        told=f"{len(past.records)} calls of {span} from {past.source}, {how}",
        recorded=figures_of(past.records, rules),
        recorded_days=len(days),
        opens_s=min(day.opens_s for day in days) // HOUR_S * HOUR_S,
        shifts=past.shifts,
        pauses=past.pauses,
        staff=() if past.shifts is None else [agent.id for agent in configuration.agents],
    )


def figures_of(records: Sequence[CallRecord], rules: Mapping[QueueName, Queue]) -> Figures:
    """Count what became of the callers in truth."""
    figures = Figures()
    for record in records:
        rule, queue = rules[record.queue], figures.queue(record.queue)
        within = record.wait_s <= rule.service_level_s
        if record.outcome is VisitOutcome.ANSWERED:
            queue.answer(record.wait_s, within=within)
        else:
            short = record.outcome is VisitOutcome.ABANDONED and record.wait_s <= rule.short_abandon_s
            queue.end(record.outcome, record.wait_s, within=within, short=short)
    return figures


async def read_journal(configuration: FloorConfiguration, day: dt.date) -> Past:
    """Read who called on a day, who worked when, and who was away; raises DatabaseUnreachable."""
    from ami_listeners.clock import Clock
    from ami_listeners.database import Database
    from ami_listeners.local_postgres import database_url
    from ami_listeners.past_days import past_day
    from ari_apps.configuration.secret_files import SecretFiles
    from ari_apps.running import database_settings

    settings = database_settings(configuration, SecretFiles(configuration.secrets_dir()))
    async with database_url(settings) as url:
        database = Database(url, settings, Clock())
        try:
            past = await past_day(database, day, time_zone(configuration.site.timezone))
        finally:
            await database.stop()
    return Past(past.records, past.shifts, past.pauses, source="the journal")
