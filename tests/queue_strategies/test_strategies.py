"""Every strategy rings the agents in the order its sentence says, whatever the penalties."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_strategies.events import (
    AgentLoggedIn,
    AgentLoggedOut,
    AgentPaused,
    AgentUnpaused,
    FloorConfigured,
)
from queue_strategies.floor import Floor
from queue_strategies.model import Agent, AgentId, OfferOutcome, Widening
from queue_strategies.strategies import STRATEGIES
from tests.queue_strategies.floor_story import (
    ANNA,
    BOB,
    CARL,
    DORA,
    SUPPORT,
    Story,
    agent,
    sales,
    support,
)

Call = tuple[AgentId, str, float]
"""An agent's earlier call: who, of which queue, how long they talked."""
EVERYBODY_AT_ONCE = ("ringall", "ring-all", "ring-progressively")
STRICT = sorted(set(STRATEGIES) - {"wrandom", *EVERYBODY_AT_ONCE})


def after_work(strategy: str, calls: Sequence[Call], agents: Sequence[Agent], **rules: object) -> Story:
    """Return a floor on which these calls were had, and everybody has come to work anew, in order."""
    queues = sales(strategy=strategy, rest_s=1000, **rules), support(strategy=strategy)
    story = Story(*queues, agents=agents, present=False)
    for number, (who, queue, talk_s) in enumerate(calls):
        story.after(1).happen(AgentLoggedIn(who))
        story.join(f"earlier-{number}", sales().name if queue == "sales" else SUPPORT)
        story.talk(who).after(talk_s).part(f"earlier-{number}").happen(AgentLoggedOut(who))
    for someone in agents:
        story.after(1).happen(AgentLoggedIn(someone.id))
    return story


def rung_in_turn(story: Story, name: str = "eva", *, at_most: int = 10) -> list[AgentId]:
    """Return who is rung for one caller whom nobody takes, one after the other."""
    story.join(name)
    rung: list[AgentId] = []
    while story.ringing and len(rung) < at_most:
        (who,) = story.ringing
        rung.append(who)
        story.rang(who).fail(who, OfferOutcome.DECLINED)
    return rung


def rung_first(story: Story, callers: int) -> list[AgentId]:
    """Return who is rung for each of these callers, everybody being ready again for the next."""
    rung = []
    for number in range(callers):
        story.after(1).join(f"caller-{number}")
        (who,) = story.ringing
        rung.append(who)
        story.talk(who).after(1).part(f"caller-{number}")
    return rung


@dataclass(frozen=True)
class Situation:
    strategy: str
    expected: Sequence[AgentId]
    calls: Sequence[Call] = ()
    penalties: Sequence[int] = (0, 0, 0)


SITUATIONS = [
    Situation("longest_idle", [ANNA, BOB, CARL], [(ANNA, "sales", 9)]),
    Situation("longest-idle-agent", [ANNA, BOB, CARL]),
    Situation("longest_idle", [BOB, ANNA, CARL], penalties=(1, 0, 1)),
    Situation("leastrecent", [CARL, BOB, ANNA], [(ANNA, "sales", 1), (BOB, "sales", 1), (ANNA, "sales", 1)]),
    Situation("leastrecent", [ANNA, CARL, BOB], [(BOB, "sales", 1), (ANNA, "support", 1)]),
    Situation("leastrecent", [BOB, CARL, ANNA], [(BOB, "sales", 1)], penalties=(2, 0, 1)),
    Situation("fewestcalls", [BOB, CARL, ANNA], [(ANNA, "sales", 1), (ANNA, "sales", 1), (CARL, "sales", 9)]),
    Situation(
        "fewestcalls", [ANNA, BOB, CARL], [(ANNA, "support", 1), (BOB, "sales", 1), (CARL, "sales", 1)]
    ),
    Situation("agent-with-fewest-calls", [CARL, BOB, ANNA], [(ANNA, "support", 1)] * 2 + [(BOB, "sales", 1)]),
    Situation("agent-with-fewest-calls", [ANNA, BOB, CARL], [(CARL, "sales", 1), (BOB, "support", 1)]),
    Situation(
        "agent-with-least-talk-time",
        [CARL, ANNA, BOB],
        calls=[(BOB, "support", 40), (BOB, "sales", 40), (ANNA, "sales", 70)],
    ),
    Situation("agent-with-least-talk-time", [BOB, ANNA, CARL], [(BOB, "sales", 9)], penalties=(1, 0, 2)),
    Situation("linear", [ANNA, BOB, CARL], [(ANNA, "sales", 1)]),
    Situation("linear", [CARL, ANNA, BOB], penalties=(1, 1, 0)),
    Situation("sequentially-by-agent-order", [ANNA, BOB, CARL], [(BOB, "sales", 1)]),
    Situation("sequentially-by-agent-order", [CARL, BOB, ANNA], penalties=(2, 1, 0)),
    Situation("top-down", [ANNA, BOB, CARL], [(ANNA, "sales", 1)]),
    Situation("top-down", [BOB, CARL, ANNA], penalties=(1, 0, 0)),
    Situation("rrmemory", [BOB, CARL, ANNA], [(ANNA, "sales", 1)]),
    Situation("rrordered", [ANNA, BOB, CARL], [(CARL, "sales", 1)]),
    Situation("rrmemory", [BOB, ANNA, CARL], [(CARL, "sales", 1)], penalties=(1, 0, 1)),
    Situation("round-robin", [CARL, ANNA, BOB], [(BOB, "sales", 1)]),
    Situation("round-robin", [CARL, ANNA, BOB], [(ANNA, "sales", 1)], penalties=(1, 1, 0)),
    Situation("best-skill", [CARL, BOB, ANNA]),
    Situation("best-skill", [ANNA, CARL, BOB], penalties=(0, 1, 1)),
    Situation(
        "predicted-best",
        [BOB, CARL, ANNA],
        calls=[(ANNA, "sales", 900), (BOB, "sales", 5), (BOB, "sales", 5)],
    ),
]


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda s: f"{s.strategy}-{'-'.join(s.expected)}")
def test_the_agents_are_rung_in_the_order_of_the_strategy(situation: Situation) -> None:
    levels = dict(zip((ANNA, BOB, CARL), (1, 3, 5), strict=True))
    agents = [
        Agent(id=who, queues=agent(who, SUPPORT, sales=penalty).queues, skills={"spanish": levels[who]})  # type: ignore[dict-item]
        for who, penalty in zip((ANNA, BOB, CARL), situation.penalties, strict=True)
    ]
    skills = {"spanish": 1} if situation.strategy == "best-skill" else {}
    story = after_work(situation.strategy, situation.calls, agents, skills=skills)
    assert rung_in_turn(story) == situation.expected


def test_every_strategy_is_in_the_table_or_has_a_story_of_its_own() -> None:
    elsewhere = {"random", "wrandom", *EVERYBODY_AT_ONCE}
    assert {situation.strategy for situation in SITUATIONS} | elsewhere == set(STRATEGIES)


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("rrmemory", [ANNA, BOB, CARL, ANNA]),
        ("rrordered", [ANNA, BOB, CARL, ANNA]),
        ("round-robin", [ANNA, BOB, CARL, ANNA]),
        ("linear", [ANNA, ANNA, ANNA, ANNA]),
        ("top-down", [ANNA, ANNA, ANNA, ANNA]),
        ("sequentially-by-agent-order", [ANNA, ANNA, ANNA, ANNA]),
        ("longest_idle", [ANNA, BOB, CARL, ANNA]),
        ("fewestcalls", [ANNA, BOB, CARL, ANNA]),
    ],
)
def test_caller_after_caller_comes_to_the_agent_whose_turn_it_is(
    strategy: str, expected: Sequence[AgentId]
) -> None:
    story = Story(sales(strategy=strategy), agents=[agent(ANNA), agent(BOB), agent(CARL)]).at(10)
    assert rung_first(story, 4) == expected


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("linear", [ANNA, BOB, CARL, ANNA]),
        ("top-down", [ANNA, BOB, CARL, ANNA]),
        ("sequentially-by-agent-order", [ANNA, ANNA, ANNA, ANNA]),
    ],
)
def test_for_one_caller_the_way_down_the_list_goes_on_where_the_strategy_remembers_it(
    strategy: str, expected: Sequence[AgentId]
) -> None:
    story = Story(sales(strategy=strategy, rest_s=0), agents=[agent(ANNA), agent(BOB), agent(CARL)]).at(10)
    assert rung_in_turn(story, at_most=4) == expected


# -- everybody at once --------------------------------------------------------------------------------------


def test_ring_all_rings_everybody_and_ringall_those_of_the_lowest_penalty_first() -> None:
    agents = [agent(ANNA), agent(BOB, sales=1), agent(CARL), agent(DORA, sales=1)]
    assert set(Story(sales(strategy="ring-all"), agents=agents).at(9).join("eva").ringing) == {
        ANNA,
        BOB,
        CARL,
        DORA,
    }
    story = Story(sales(strategy="ringall"), agents=agents).at(9).join("eva")
    assert set(story.ringing) == {ANNA, CARL}
    story.rang(ANNA).fail(ANNA, OfferOutcome.DECLINED)
    assert set(story.ringing) == {CARL}
    story.fail(CARL, OfferOutcome.DECLINED)
    assert set(story.ringing) == {BOB, DORA}
    story.talk(DORA)
    assert story.talking == {DORA: "eva"}
    assert not story.ringing


def test_while_a_caller_rings_the_lowest_penalty_the_next_caller_has_the_others() -> None:
    agents = [agent(ANNA), agent(BOB, sales=1)]
    story = Story(sales(strategy="ringall"), agents=agents).at(9).join("eva").join("fay")
    assert story.ringing == {ANNA: "eva", BOB: "fay"}


def test_ringall_rings_everybody_for_the_first_caller_before_anybody_for_the_next() -> None:
    story = Story(sales(strategy="ringall"), agents=[agent(ANNA), agent(BOB), agent(CARL)], present=False)
    story.at(10).happen(AgentLoggedIn(ANNA)).join("eva").talk(ANNA).join("fay").join("gil")
    for who in (BOB, CARL):
        story.happen(AgentLoggedIn(who))
    assert story.ringing == {BOB: "fay", CARL: "fay"}


@pytest.mark.parametrize("strategy", ["round-robin", "top-down", "rrmemory", "rrordered", "linear"])
def test_a_turn_comes_to_everybody_also_where_a_rule_raises_penalties(strategy: str) -> None:
    rule = (Widening(after_s=0, raise_penalty=1),)
    agents = [agent(ANNA), agent(BOB, sales=1), agent(CARL)]
    story = Story(sales(strategy=strategy, rule=rule, rest_s=0), agents=agents).at(10)
    assert rung_in_turn(story, at_most=6) == [ANNA, BOB, CARL, ANNA, BOB, CARL]


def test_one_phone_more_rings_after_each_delay_and_the_others_ring_on() -> None:
    queue = sales(strategy="ring-progressively", ring_progressively_delay_s=4)
    story = Story(queue, agents=[agent(ANNA), agent(BOB), agent(CARL)]).at(10).join("eva").rang(ANNA)
    assert list(story.ringing) == [ANNA]
    assert list(story.at(13.9).ringing) == [ANNA]
    assert list(story.at(14).ringing) == [ANNA, BOB]
    story.rang(BOB)
    assert list(story.at(18).ringing) == [ANNA, BOB, CARL]
    story.rang(CARL).answer(BOB).connect(BOB)
    assert story.talking == {BOB: "eva"}
    assert not story.ringing


# -- chance -------------------------------------------------------------------------------------------------


def draws(strategy: str, penalties: Sequence[int], number: int, seed: int = 11) -> Counter[str]:
    """Count whom a strategy draws among agents of these penalties who are all ready, time after time."""
    agents = [agent(AgentId(f"a{n}"), sales=penalty) for n, penalty in enumerate(penalties)]
    story = Story(sales(strategy=strategy), agents=agents)
    story.floor = Floor(story.floor._hall.new_id, chance=Random(seed).random)
    story.happen(FloorConfigured([sales(strategy=strategy)], agents))
    for one in agents:
        story.happen(AgentLoggedIn(one.id))
    return Counter(rung_first(story, number))


def chi_square(seen: Counter[str], shares: Sequence[float]) -> float:
    total = sum(seen.values())
    return sum((seen[f"a{n}"] - share * total) ** 2 / (share * total) for n, share in enumerate(shares))


CHI_SQUARE_4_DF = 23.51
"""Exceeded by chance once in 10,000 times."""


def test_lots_are_drawn_evenly_and_repeat_with_the_seed() -> None:
    seen = draws("random", [0] * 5, 2_000)
    assert chi_square(seen, [1 / 5] * 5) < CHI_SQUARE_4_DF
    assert seen == draws("random", [0] * 5, 2_000)
    assert seen != draws("random", [0] * 5, 2_000, seed=12)
    assert set(draws("random", [0, 1, 0], 100)) == {"a0", "a2"}


def test_a_penalty_makes_a_lot_less_likely_as_app_queue_draws_it() -> None:
    penalties, rng = [0, 0, 1, 3, 3], Random(5)
    wins: Counter[int] = Counter()
    for _ in range(400_000):
        drawn = [rng.random() * (1 + penalty) for penalty in penalties]
        wins[drawn.index(min(drawn))] += 1
    shares = [wins[n] / 400_000 for n in range(5)]
    assert chi_square(draws("wrandom", penalties, 2_000), shares) < CHI_SQUARE_4_DF


# -- whatever happens ---------------------------------------------------------------------------------------


@given(
    strategy=st.sampled_from(STRICT),
    penalties=st.lists(st.integers(0, 2), min_size=2, max_size=6),
    away=st.lists(st.sets(st.integers(0, 5)), min_size=1, max_size=8),
)
def test_a_higher_penalty_is_never_rung_while_a_lower_one_is_ready(
    strategy: str, penalties: Sequence[int], away: Sequence[set[int]]
) -> None:
    agents = [agent(AgentId(f"a{n}"), sales=penalty) for n, penalty in enumerate(penalties)]
    story = Story(sales(strategy=strategy), agents=agents)
    for number, missing in enumerate(away):
        here = [n for n in range(len(agents)) if n not in missing]
        for n, one in enumerate(agents):
            story.after(1).happen(AgentPaused(one.id, "") if n in missing else AgentUnpaused(one.id))
        if here:
            story.join(f"caller-{number}")
            (who,) = story.ringing
            assert penalties[int(who[1:])] == min(penalties[n] for n in here)
            story.talk(who).after(1).part(f"caller-{number}")


@given(
    strategy=st.sampled_from(
        ["rrmemory", "rrordered", "round-robin", "longest_idle", "leastrecent", "fewestcalls"]
    ),
    agents=st.integers(1, 7),
    callers=st.integers(1, 40),
)
def test_a_rotation_gives_nobody_two_callers_more_than_another(
    strategy: str, agents: int, callers: int
) -> None:
    members = [agent(AgentId(f"a{n}")) for n in range(agents)]
    counts = Counter(rung_first(Story(sales(strategy=strategy), agents=members), callers))
    assert max(counts.values()) - min(counts[one.id] for one in members) <= 1


class AppQueue:
    """app_queue's round robin, written down as its source does it: all metrics, the best, what is kept."""

    def __init__(self, penalties: Sequence[int]) -> None:
        self.penalties = penalties
        self.remembered = 0

    def ring(self, available: set[int]) -> int:
        """Return who is rung in one try."""
        start = self.remembered
        metrics = {
            n: (n if n >= start else 1000 + n) + 1_000_000 * penalty
            for n, penalty in enumerate(self.penalties)
        }
        while (best := min(metrics, key=lambda n: metrics[n])) not in available:
            del metrics[best]
        del metrics[best]
        if metrics:
            self.remembered = min(metrics.values()) % 1000
        else:
            self.remembered = 0 if len(self.penalties) - 1 > start else start + 1
        return best


@given(data=st.data(), strategy=st.sampled_from(["rrmemory", "rrordered", "linear"]))
def test_the_turn_is_kept_exactly_as_app_queue_keeps_it(data: st.DataObject, strategy: str) -> None:
    penalties = data.draw(st.lists(st.integers(0, 2), min_size=1, max_size=6))
    agents = [agent(AgentId(f"a{n}"), sales=penalty) for n, penalty in enumerate(penalties)]
    story = Story(sales(strategy=strategy, rest_s=1000), agents=agents)
    reference = AppQueue(penalties)
    for number in range(data.draw(st.integers(1, 6))):
        here = data.draw(st.sets(st.integers(0, len(agents) - 1), min_size=1))
        for n, one in enumerate(agents):
            story.after(1).happen(AgentUnpaused(one.id) if n in here else AgentPaused(one.id, ""))
        if strategy == "linear":
            reference.remembered = 0
        story.after(2000).join(f"caller-{number}")
        for _ in range(data.draw(st.integers(0, len(here) - 1))):
            tried = reference.ring(here)
            assert list(story.ringing) == [f"a{tried}"]
            story.fail(AgentId(f"a{tried}"), OfferOutcome.DECLINED)
            here -= {tried}
        (who,) = story.ringing
        assert who == f"a{reference.ring(here)}"
        story.talk(who).after(1).part(f"caller-{number}")


def test_a_slow_agent_and_a_newcomer_get_callers_from_predicted_best() -> None:
    agents = [agent(ANNA), agent(BOB), agent(CARL)]
    story = Story(sales(strategy="predicted-best", handle_time_worth=10), agents=agents[:2])
    talk_s = {ANNA: 20.0, BOB: 300.0, CARL: 20.0}
    taken: Counter[AgentId] = Counter()

    def serve(callers: int) -> None:
        for _ in range(callers):
            number = sum(taken.values())
            story.after(30).join(f"caller-{number}")
            who = next(who for who, contact in story.ringing.items() if contact == f"caller-{number}")
            taken[who] += 1
            story.talk(who).after(talk_s[who]).part(f"caller-{number}")

    serve(60)
    assert taken[ANNA] > 3 * taken[BOB] > 0
    story.happen(FloorConfigured([sales(strategy="predicted-best")], agents)).happen(AgentLoggedIn(CARL))
    serve(30)
    assert taken[CARL] > 5
