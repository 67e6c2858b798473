"""What call records tell of customers: when they come, how long they talk, how long they wait at most."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from queue_strategies.model import QueueName, VisitOutcome
from queue_strategies.simulation.call_records import CallRecord
from queue_strategies.simulation.chance import Chance, Streams
from queue_strategies.simulation.customers import Customer, CustomerKind, PoissonDemand, RateProfile
from queue_strategies.simulation.distributions import (
    NEVER,
    Distribution,
    DistributionError,
    Empirical,
    Exponential,
)


@dataclass(frozen=True, slots=True)
class RecordedDemand:
    """The callers of one day again, at the moments at which they came.

    What is known of them stays: how long those talked who were answered, and when those hung up who were not.
    What is not known is drawn from the others: the talk of somebody who hung up, and how much longer somebody
    would have waited who was answered.
    """

    day: dt.date
    records: Sequence[CallRecord]
    kinds: Mapping[QueueName, CustomerKind]
    zone: dt.tzinfo

    @property
    def opens_s(self) -> float:
        """Return when the first of them came."""
        return since_midnight(self.records[0].arrived, self.day, self.zone)

    def customers(self, streams: Streams) -> Sequence[Customer]:
        """Draw the customers of the day."""
        talks, patiences = streams("recorded/talk"), streams("recorded/patience")
        skills = streams("recorded/skills")
        customers = []
        for number, record in enumerate(self.records, 1):
            kind = self.kinds[record.queue]
            drawn_talk_s = kind.talk.draw(talks)
            longer_s = above(kind.patience, record.wait_s, patiences)
            customers.append(
                Customer(
                    number=number,
                    kind=kind,
                    arrives_s=since_midnight(record.arrived, self.day, self.zone),
                    talk_s=drawn_talk_s if record.talk_s is None else record.talk_s,
                    patience_s=record.wait_s if record.outcome is VisitOutcome.ABANDONED else longer_s,
                    priority=record.priority,
                    skills=kind.draw_skills(skills),
                )
            )
        return customers


@dataclass(frozen=True, slots=True)
class History:
    """Call records of one or more days."""

    records: Sequence[CallRecord]
    """The earliest first."""
    zone: dt.tzinfo
    """Where days begin and end."""

    @property
    def kinds(self) -> Mapping[QueueName, CustomerKind]:
        """Learn what the customers of each queue are like; raises DistributionError where nobody talked."""
        by_queue = defaultdict(list)
        for record in self.records:
            by_queue[record.queue].append(record)
        return {
            queue: CustomerKind(queue=queue, talk=talks(records, queue), patience=patience(records))
            for queue, records in by_queue.items()
        }

    def days_again(self) -> list[RecordedDemand]:
        """Return each recorded day, to be lived again."""
        kinds = self.kinds
        days = groupby(self.records, key=lambda record: record.arrived.astimezone(self.zone).date())
        return [RecordedDemand(day, list(records), kinds, self.zone) for day, records in days]

    def days_like_these(self, interval_s: float) -> list[PoissonDemand]:
        """Return a Poisson demand for each queue, in each interval as busy as the days were on average."""
        days = self.days_again()
        counts: dict[QueueName, Counter[int]] = defaultdict(Counter)
        for day in days:
            for record in day.records:
                moment = since_midnight(record.arrived, day.day, self.zone)
                counts[record.queue][int(moment // interval_s)] += 1
        hours = interval_s / 3600 * len(days)
        return [
            PoissonDemand(
                kind, RateProfile(interval_s, [counted[place] / hours for place in range(max(counted) + 1)])
            )
            for kind in self.kinds.values()
            if (counted := counts[kind.queue])
        ]


def talks(records: Sequence[CallRecord], queue: QueueName) -> Empirical:
    """Learn how long talks last."""
    seen = sorted(record.talk_s for record in records if record.talk_s is not None)
    if not seen:
        raise DistributionError(
            f"no call of the queue {queue} has a talk_s, so nobody knows how long talks are"
        )
    return Empirical(seen)


def patience(records: Sequence[CallRecord]) -> Distribution:
    """Learn from those who hung up and from those who were served first, who would have waited longer.

    The estimate is Kaplan and Meier's (Nonparametric Estimation from Incomplete Observations, 1958); past the
    last who hung up it goes on with the mean rate of hanging up. Nobody hung up: nobody ever does.
    """
    ended = sorted((record.wait_s, record.outcome is not VisitOutcome.ABANDONED) for record in records)
    values, weights, staying, left = [], [], 1.0, len(ended)
    for wait_s, served in ended:
        if not served:
            values.append(wait_s)
            weights.append(staying / left)
            staying -= staying / left
        left -= 1
    if not values:
        return NEVER
    mean_s = max(sum(wait_s for wait_s, _ in ended) / len(values), 1.0)
    return Empirical(values, weights, Exponential(mean_s))


def above(patience: Distribution, lasted_s: float, chance: Chance) -> float:
    """Draw the patience of one who has waited for so long and was still there."""
    if isinstance(patience, Empirical):
        return patience.draw_above(lasted_s, chance)
    return max(lasted_s, patience.draw(chance))


def since_midnight(moment: dt.datetime, day: dt.date, zone: dt.tzinfo) -> float:
    """Return the seconds from the day's local midnight, also on days of 23 and 25 hours."""
    midnight = dt.datetime.combine(day, dt.time(), zone)
    return (moment.astimezone(dt.UTC) - midnight.astimezone(dt.UTC)).total_seconds()
