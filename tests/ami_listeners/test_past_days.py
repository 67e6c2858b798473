"""A day in the journal can be lived again: who called, what is known of them, and who was there."""

import datetime as dt
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest

from ami_listeners.clock import Clock
from ami_listeners.database import Database
from ami_listeners.journal import Journal
from ami_listeners.past_days import NothingHappened, past_day
from ari_apps.configuration.floor_toml import load
from ari_apps.simulation.callers import Habit, callers_again, read_journal
from ari_apps.simulation.floors import scenario_of
from queue_strategies.facts import Answered, Fact, Handled, QueueJoined, VisitEnded
from queue_strategies.figures import Figures
from queue_strategies.model import Agent, AgentId, Membership, Queue, QueueName, VisitOutcome
from queue_strategies.simulation import (
    CustomerKind,
    Day,
    Exponential,
    Habits,
    PoissonDemand,
    RateProfile,
    Scenario,
    Shift,
    Streams,
)

SALES, ANNA, BOB = QueueName("sales"), AgentId("anna"), AgentId("bob")
TODAY, HOUR = dt.date(2026, 3, 2), 3600.0
BERLIN = ZoneInfo("Europe/Berlin")
MIDNIGHT = dt.datetime.combine(TODAY, dt.time(), BERLIN)
FLOOR = Scenario(
    queues=[Queue(name=SALES, wrap_up_s=15)],
    agents=[Agent(id=name, queues={SALES: Membership()}) for name in (ANNA, BOB)],
    shifts=[
        Shift(ANNA, 9 * HOUR, 17 * HOUR),
        Shift(BOB, 9 * HOUR, 12 * HOUR),
        Shift(BOB, 13 * HOUR, 17 * HOUR),
    ],
    pauses=[Shift(ANNA, 10 * HOUR, 10.5 * HOUR)],
)
CALLERS = CustomerKind(queue=SALES, talk=Exponential(150), patience=Exponential(120))
CONFIGURATION = """
[site]
timezone = "Europe/Berlin"
[database]
url = "{url}"
[[queues]]
name = "sales"
wrap_up_s = 15
[[agents]]
id = "anna"
queues = ["sales"]
[[agents]]
id = "bob"
queues = ["sales"]
[[agents]]
id = "carla" # was not there
queues = ["sales"]
"""


def luck(seed: int) -> Streams:
    return lambda name: Random(f"{seed}/{name}")


@pytest.fixture
async def day(database: Database, tmp_path: Path) -> list[Fact]:
    """A day of two agents, in the database."""
    facts: list[Fact] = []
    demand = PoissonDemand(CALLERS, RateProfile(HOUR, [0] * 9 + [30] * 7))
    Day(FLOOR, luck(3), facts.append).live(demand.customers(luck(3)))
    journal = Journal(database, tmp_path, Clock(moment=lambda: 0.0, wall=lambda: MIDNIGHT))
    await journal.start()
    journal.write_all(facts)
    assert await journal.drained(30)
    await journal.stop()
    return facts


async def test_the_journal_tells_who_called_and_who_was_there(day: list[Fact], database: Database) -> None:
    past = await past_day(database, TODAY, BERLIN)
    told = [
        (round((one.arrived - MIDNIGHT).total_seconds(), 3), one.outcome, round(one.wait_s, 6))
        for one in past.records
    ]
    joined = {fact.visit: round(fact.moment, 3) for fact in day if isinstance(fact, QueueJoined)}
    ended = [
        (joined[fact.visit], getattr(fact, "outcome", VisitOutcome.ANSWERED), round(fact.wait_s, 6))
        for fact in day
        if isinstance(fact, Answered | VisitEnded)
    ]
    assert told == sorted(ended)
    talked = sorted(fact.talk_s for fact in day if isinstance(fact, Handled))
    assert sorted(one.talk_s for one in past.records if one.talk_s is not None) == pytest.approx(talked)
    shifts = [(one.agent, round(one.begins_s / HOUR, 1), round(one.ends_s / HOUR, 1)) for one in past.shifts]
    assert shifts == [(ANNA, 9.0, 17.0), (BOB, 9.0, 12.0), (BOB, 13.0, 17.0)]
    ((_, begins_s, ends_s),) = [(one.agent, one.begins_s, one.ends_s) for one in past.pauses]
    assert 10 * HOUR <= begins_s < ends_s == pytest.approx(10.5 * HOUR, abs=0.01)
    with pytest.raises(NothingHappened, match="no caller on 2026-03-03, choose a day with calls"):
        await past_day(database, TODAY + dt.timedelta(days=1), BERLIN)


async def test_a_day_of_the_journal_lived_again_on_the_same_floor_goes_as_it_went(
    day: list[Fact], database_url: str, tmp_path: Path
) -> None:
    (tmp_path / "floor.toml").write_text(CONFIGURATION.format(url=database_url))
    configuration = load(tmp_path / "floor.toml")
    callers = callers_again(await read_journal(configuration, TODAY), configuration, {SALES: Habit()})
    assert callers.recorded is not None
    (customers,) = [demand.customers(luck(8)) for demand in callers.demands[0]]
    figures, truth = Figures(), Figures()
    truth.add_all(day)
    floor = scenario_of(configuration, Habits(), callers.shifts, callers.pauses, callers.staff)
    Day(floor, luck(9), figures.add).live(customers)
    for told in (figures, callers.recorded):
        assert told.queue(SALES).answered == truth.queue(SALES).answered
        assert told.queue(SALES).outcomes == truth.queue(SALES).outcomes
        assert told.queue(SALES).wait_answered.sum == pytest.approx(
            truth.queue(SALES).wait_answered.sum, abs=1
        )
