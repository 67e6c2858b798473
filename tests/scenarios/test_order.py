"""Two hundred callers for five agents: served in order, and told the same by everybody who counts.

What the SIP side saw is the witness: the outside world's own log of its calls. Durations of the floor begin
with the caller's joining and the bridging, those of the SIP side with the INVITE and the agent's 200 OK; they
agree within TOLERANCE_S. What PostgreSQL and /metrics say of the same calls agrees exactly.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from statistics import fmean
from typing import Any

import pytest

from ari_apps.ari import AriError
from ari_apps.outside_world import CallRecord, OutsideCall, OutsideWorldError
from tests.floor_lab import Floor, until

CALLERS = 200
AGENTS = ("anna", "bob", "carl", "dora", "emil")
ARRIVALS_A_SECOND = 16
HURRIED = 0.3
"""Of all callers, who hang up after a while, wherever they are by then."""
REFUSED = 0.08
TOLERANCE_S = 2.5
"""Of one duration. Measured: 0.05 s on an idle machine, 1.7 s on one with fifteen times as much to do."""
MEAN_TOLERANCE_S = 0.2
IN_DOUBT_S = 0.4
PLAIN, PRECIOUS = "+4930100", "+4930109"

FLOOR = f"""
[site]
name = "order"

[[queues]]
name = "sales"
wrap_up_s = 0.2
rest_s = 0.5
short_abandon_s = 2
service_level_s = 10

[[routes]]
to = "{PLAIN}"
destination = "queue:sales"

[[routes]]
to = "{PRECIOUS}"
destination = "queue:sales"
priority = 5
""" + "".join(f'[[agents]]\nid = "{agent}"\nqueues = ["sales"]\n' for agent in AGENTS)


@dataclass(slots=True)
class Customer:
    """One caller as the SIP side saw it."""

    line: CallRecord
    rings: list[CallRecord] = field(default_factory=list)
    """The INVITEs to agents on this caller's behalf, in their order."""

    @property
    def number(self) -> str:
        return self.line.from_number

    @property
    def priority(self) -> int:
        return 5 if self.line.number == PRECIOUS else 0

    @property
    def talk(self) -> CallRecord | None:
        """The call of the agent who picked up; the last, should one have gone before the bridge stood."""
        return next((ring for ring in reversed(self.rings) if ring.answered_at is not None), None)

    @property
    def in_doubt(self) -> bool:
        """Whether the caller hung up while the agent picked up or hung up: either may have been first."""
        if self.talk is None or self.line.ended_by != "outside":
            return False
        return self.talk.ended_by == "outside" or self.talk_s < IN_DOUBT_S

    @property
    def parted_at(self) -> float:
        assert self.line.ended_at is not None
        ends = [self.line.ended_at]
        if self.talk is not None and self.talk.ended_at is not None:
            ends.append(self.talk.ended_at)
        return min(ends)

    @property
    def wait_s(self) -> float:
        return (answered_at(self.talk) if self.talk else self.parted_at) - self.line.dialled_at

    @property
    def talk_s(self) -> float:
        return self.parted_at - answered_at(self.talk) if self.talk else 0.0


@dataclass(frozen=True, slots=True)
class Day:
    """Everything that is known of the two hundred when the last has gone."""

    customers: dict[str, Customer]
    phones: dict[str, list[CallRecord]]
    facts: list[tuple[Any, ...]]
    """kind, visit, offer, outcome: in the order in which they were told."""
    contacts: list[dict[str, Any]]
    visits: dict[str, dict[str, Any]]
    """By the caller's number."""
    offers: list[dict[str, Any]]
    figures: dict[str, Any]
    metrics: dict[tuple[str, ...], float]
    calls_of_asterisk: int


@pytest.fixture(scope="module")
async def day(floor_of_file: Floor) -> Day:
    """The two hundred have called, and the last of them has gone."""
    floor, rng = floor_of_file, Random(20)
    await floor.come_to_work(*AGENTS)
    staff = [asyncio.create_task(work(floor, agent, Random(index))) for index, agent in enumerate(AGENTS)]
    try:
        await call_one_after_the_other(floor, rng)
        await until(lambda: nobody_is_left(floor), "the last caller has gone", 80)
    finally:
        for one in staff:
            one.cancel()
        await asyncio.gather(*staff, return_exceptions=True)
    return await look_back(floor)


# -- the people ---------------------------------------------------------------------------------------------


async def work(floor: Floor, agent: str, rng: Random) -> None:
    """Take calls as an agent does, refusing one now and then."""
    phone = floor.world.phone(agent)
    while True:
        call = await phone.rings(None)
        with suppress(AriError, OutsideWorldError):  # a caller who hangs up meanwhile
            await asyncio.sleep(rng.uniform(0.0, 0.1))
            if rng.random() < REFUSED:
                await call.decline()
                continue
            await call.answer()
            await asyncio.sleep(rng.uniform(0.4, 0.9))
            await call.hang_up()


async def call_one_after_the_other(floor: Floor, rng: Random) -> None:
    """Let everybody call, and the hurried hang up when they have had enough."""
    async with asyncio.TaskGroup() as hurried:
        for index in range(CALLERS):
            to = PRECIOUS if rng.random() < 0.2 else PLAIN
            caller = await floor.world.call(to, from_number=f"+49170{index:04}")
            if rng.random() < HURRIED:
                hurried.create_task(give_up(caller, rng.uniform(0.2, 25.0)))
            await asyncio.sleep(rng.expovariate(ARRIVALS_A_SECOND))


async def give_up(caller: OutsideCall, patience_s: float) -> None:
    await asyncio.sleep(patience_s)
    with suppress(AriError, OutsideWorldError):
        await caller.hang_up()


async def nobody_is_left(floor: Floor) -> bool:
    settled = all(agent["state"] in ("ready", "resting") for agent in await floor.get("agents"))
    return settled and not floor.world.calls and not await floor.get("calls")


# -- the witnesses ------------------------------------------------------------------------------------------


async def look_back(floor: Floor) -> Day:
    customers = {
        line.from_number: Customer(line)
        for line in floor.world.log.begun_by("outside")
        if line.number in (PLAIN, PRECIOUS)
    }
    for ring in floor.world.log.begun_by("floor"):
        customers[ring.from_number].rings.append(ring)
    visits = await table(
        floor, "SELECT v.*, c.caller_number FROM visits v JOIN contacts c USING (contact) ORDER BY joined_at"
    )
    (figures,) = await table(floor, "SELECT * FROM queue_figures")
    (calls,) = await floor.rows(
        "SELECT count(*) FROM calls WHERE context = 'from-trunk' AND ended_at IS NOT NULL"
    )
    return Day(
        customers=customers,
        phones={agent: floor.world.log.of(agent) for agent in AGENTS},
        facts=await floor.rows(
            "SELECT kind, visit, body->>'offer', body->>'outcome', body->>'priority' FROM facts ORDER BY id"
        ),
        contacts=await table(floor, "SELECT * FROM contacts"),
        visits={visit["caller_number"]: visit for visit in visits},
        offers=await table(floor, "SELECT * FROM offers"),
        figures=figures,
        metrics=await floor.metrics(),
        calls_of_asterisk=calls[0],
    )


async def table(floor: Floor, sql: str) -> list[dict[str, Any]]:
    """Ask PostgreSQL; each row by the names of its columns."""
    rows = await floor.rows(f"SELECT to_jsonb(t) FROM ({sql}) t")
    return [row[0] for row in rows]


def answered_at(call: CallRecord) -> float:
    assert call.answered_at is not None
    return call.answered_at


# -- what has to be true ------------------------------------------------------------------------------------


def test_a_phone_only_ever_rings_for_the_caller_whose_turn_it_is(day: Day) -> None:
    """As told: by priority, then by the time of joining, which is the order of the facts."""
    waiting: dict[str, tuple[int, int]] = {}
    ringing: dict[str, str] = {}
    ranks: dict[str, tuple[int, int]] = {}
    for number, (kind, visit, offer, outcome, priority) in enumerate(day.facts):
        match kind:
            case "queue_joined":
                waiting[visit] = ranks[visit] = (-int(priority), number)
            case "offer_made":
                assert waiting.pop(visit) == min([ranks[visit], *waiting.values()])
                ringing[offer] = visit
            case "offer_ended":
                del ringing[offer]
                if outcome in ("declined", "rang_out", "unreachable", "failed"):
                    waiting[visit] = ranks[visit]
            case "visit_ended":
                waiting.pop(visit, None)
    assert (len(ranks), waiting, ringing) == (CALLERS, {}, {})


def test_phones_are_seen_to_ring_for_one_caller_after_the_other(day: Day) -> None:
    """As seen from outside: nobody is rung for while somebody waits who comes first."""
    for one in day.customers.values():
        for other in day.customers.values():
            if one.rings and comes_first(other, one):
                rang_at = one.rings[0].dialled_at
                waited_then = (
                    other.line.dialled_at < rang_at - TOLERANCE_S < other.parted_at - 2 * TOLERANCE_S
                )
                served_then = other.rings and other.rings[0].dialled_at < rang_at + TOLERANCE_S
                assert served_then or not waited_then, f"{one.number} was served before {other.number}"


def comes_first(one: Customer, other: Customer) -> bool:
    if one.priority != other.priority:
        return one.priority > other.priority
    return one.line.dialled_at < other.line.dialled_at - TOLERANCE_S


def test_no_agent_has_two_calls_at_once(day: Day) -> None:
    for calls in day.phones.values():
        for before, after in pairwise(calls):
            assert before.ended_at is not None
            assert before.ended_at <= after.dialled_at


def test_nobody_is_lost_and_nobody_is_served_twice(day: Day) -> None:
    assert len(day.customers) == len(day.contacts) == len(day.visits) == day.calls_of_asterisk == CALLERS
    assert {contact["caller_number"] for contact in day.contacts} == set(day.customers)
    for customer in day.customers.values():
        picked_up = [ring for ring in customer.rings if ring.answered_at is not None]
        assert all((ring.talked_s or 0) < IN_DOUBT_S + 0.2 for ring in picked_up[:-1]), (
            f"{customer.number} twice"
        )
        if not customer.talk:
            assert customer.line.ended_by == "outside", f"{customer.number} was sent away"


def test_each_call_is_remembered_as_it_was_seen(day: Day) -> None:
    contacts = {contact["caller_number"]: contact for contact in day.contacts}
    for number, customer in day.customers.items():
        visit, contact = day.visits[number], contacts[number]
        assert visit["outcome"] in outcomes(customer), number
        assert visit["wait_s"] == pytest.approx(customer.wait_s, abs=TOLERANCE_S)
        assert visit["talk_s"] == pytest.approx(customer.talk_s, abs=TOLERANCE_S)
        assert customer.line.ended_at is not None
        assert contact["duration_s"] == pytest.approx(
            customer.line.ended_at - customer.line.dialled_at, abs=TOLERANCE_S
        )
        if not customer.in_doubt:
            by = "caller" if customer.line.ended_by == "outside" else "agent"
            assert contact["ended_by"] == by
            assert visit["ended_by"] == (by if customer.talk else None)
            assert visit["agent"] == (customer.talk.party if customer.talk else None)


def outcomes(customer: Customer) -> tuple[str, ...]:
    """Say how the visit may have ended."""
    if customer.in_doubt:
        return ("answered", "abandoned")
    return ("answered",) if customer.talk else ("abandoned",)


def test_each_ringing_of_a_phone_is_an_offer_and_each_offer_rang_a_phone(day: Day) -> None:
    """But where the caller hung up before the phone was dialled."""
    seen = Counter((ring.from_number, ring.party) for calls in day.phones.values() for ring in calls)
    numbers = {contact["contact"]: contact["caller_number"] for contact in day.contacts}
    made = Counter((numbers[offer["contact"]], offer["agent"]) for offer in day.offers)
    too_late = Counter(
        (numbers[offer["contact"]], offer["agent"])
        for offer in day.offers
        if (offer["outcome"], offer["rang_s"]) == ("caller_left", 0.0)
    )
    assert seen <= made
    assert made - seen <= too_late
    declined = [ring for calls in day.phones.values() for ring in calls if ring.cause == 21]
    assert len([offer for offer in day.offers if offer["outcome"] == "declined"]) == len(declined) > 0
    assert all(offer["ended_at"] for offer in day.offers)


def test_the_figures_of_sip_database_and_metrics_are_the_same(day: Day) -> None:
    sales = ("sales",)
    told = {name[0]: value for name, value in day.metrics.items() if name[1:] == sales}
    kept = day.figures
    for name in ("offered", "answered", "abandoned", "short_abandoned", "handled"):
        assert told[f"callfloor_queue_{name}_total"] == kept.get(name, None), name
    assert told["callfloor_queue_asa_seconds"] == pytest.approx(kept["average_speed_of_answer_s"])
    assert told["callfloor_queue_aht_seconds"] == pytest.approx(kept["average_handle_time_s"])
    assert told["callfloor_queue_abandonment_ratio"] == pytest.approx(kept["abandonment_rate"])
    assert kept["offered"] == kept["answered"] + kept["abandoned"] == CALLERS
    assert told["callfloor_queue_callers_waiting"] == 0


def test_the_figures_are_what_a_stop_watch_on_the_line_would_say(day: Day) -> None:
    kept = day.figures
    answered = [one for one in day.customers.values() if day.visits[one.number]["outcome"] == "answered"]
    abandoned = [one for one in day.customers.values() if one not in answered]
    in_doubt = sum(one.in_doubt for one in day.customers.values())
    surely = [one for one in answered if one.talk and not one.in_doubt]
    assert in_doubt < CALLERS / 20
    assert len(surely) <= kept["answered"] <= len(surely) + in_doubt
    assert kept["abandonment_rate"] == pytest.approx(len(abandoned) / CALLERS)
    assert kept["average_speed_of_answer_s"] == pytest.approx(
        fmean(one.wait_s for one in answered), abs=MEAN_TOLERANCE_S
    )
    talked_s = fmean(one.talk_s for one in answered)
    wrapped_up_s = kept["wrap_up_s"] / kept["handled"]
    assert wrapped_up_s == pytest.approx(0.2, abs=MEAN_TOLERANCE_S)
    assert kept["average_handle_time_s"] == pytest.approx(talked_s + 0.2, abs=MEAN_TOLERANCE_S)
