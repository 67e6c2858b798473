"""What people in the demo do, drawn from chance: the same seed, the same people. Nothing is done here.

Each person has an `rng` of the own, so that what one does never depends on how fast another was served.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from random import Random

MEAN_GAP_S = 7.5
"""Between two callers, over a whole wave."""
WAVE_S = 240.0
WAVE_HEIGHT = 0.6
"""Rush and lull: the rate swings by this part of itself."""
PATIENCE_MIN_S, PATIENCE_MEAN_S = 5.0, 45.0
SHORTEST_TALK_S = 6.0

FIRST_NAMES = tuple(
    "Ana Björn Chloé Dmitri Emeka Fatima Giulia Hiroshi Ingrid João Kemal Léa "  # noqa: SIM905
    "Mateusz Nour Olu Priya Quentin Rosa Søren Tuyết Uma Viktor Wanjiru Zoë".split()
)
LAST_NAMES = tuple(
    "Abe Brown Çelik Dubois Eze Fischer García Haddad Ivanova Jensen Kowalski Lopes "  # noqa: SIM905
    "Müller Nguyễn Okafor Petit Quispe Rossi Smith Tanaka Ünal Varga Weiß Yılmaz".split()
)

NAME_STRIDE = 337
"""A prime that divides neither number of names, so that every pair has its turn."""


class Reaction(StrEnum):
    """What an agent does when the phone rings."""

    ANSWERS = "answers"
    DECLINES = "declines"
    LETS_RING = "lets it ring"


class Goodbye(StrEnum):
    """How a talk ends."""

    CALLER = "the caller hangs up"
    AGENT = "the agent hangs up"
    TRANSFER = "the agent transfers the caller"
    CONSULT = "the agent speaks with a colleague first, and then leaves the caller to that one"


@dataclass(frozen=True, slots=True)
class KeyPress:
    """A key in the menu, so long after what came before it."""

    after_s: float
    key: str


@dataclass(frozen=True, slots=True)
class CallerPlan:
    """Somebody who is going to call."""

    number: str
    name: str
    presses: tuple[KeyPress, ...]
    """None: the caller waits for the menu to give up."""
    patience_s: float
    """From the last key on."""


@dataclass(frozen=True, slots=True)
class OfferPlan:
    """What an agent will do about a ringing phone."""

    reaction: Reaction
    after_s: float


@dataclass(frozen=True, slots=True)
class TalkPlan:
    """How a talk will go."""

    talk_s: float
    hold_s: float
    """In the middle of it; 0: no hold."""
    goodbye: Goodbye
    consult_s: float
    """With the colleague, ringing included, if it ends like that."""


@dataclass(frozen=True, slots=True)
class BreakPlan:
    """When an agent will next be away, and for how long."""

    work_s: float
    reason: str
    """The digit after the pause code."""
    away_s: float


def rate(at_s: float) -> float:
    """Give the callers a second, at so many seconds from the start."""
    return (1 + WAVE_HEIGHT * math.sin(2 * math.pi * at_s / WAVE_S)) / MEAN_GAP_S


def next_arrival_s(at_s: float, rng: Random) -> float:
    """Draw when the next caller comes: a Poisson process whose rate goes in waves.

    Lewis and Shedler, Simulation of nonhomogeneous Poisson processes by thinning, 1979.
    """
    highest = (1 + WAVE_HEIGHT) / MEAN_GAP_S
    while True:
        at_s += rng.expovariate(highest)
        if rng.random() * highest < rate(at_s):
            return at_s


def plan_caller(turn: int, rng: Random) -> CallerPlan:
    """Draw what the caller of this turn (0, 1, 2 …) presses, and how long that caller waits."""
    return CallerPlan(
        number=f"+491{rng.randrange(10**9):09d}",
        name=caller_name(turn),
        presses=plan_presses(rng),
        patience_s=PATIENCE_MIN_S + rng.expovariate(1 / PATIENCE_MEAN_S),
    )


def caller_name(turn: int) -> str:
    """Name the caller of a turn; the same name comes again only when all have called."""
    first, last = divmod(turn * NAME_STRIDE % (len(FIRST_NAMES) * len(LAST_NAMES)), len(LAST_NAMES))
    return f"{FIRST_NAMES[first]} {LAST_NAMES[last]}"


def plan_presses(rng: Random) -> tuple[KeyPress, ...]:
    """Draw what a caller does in the menu: mostly the right key, sometimes a wrong one first, or none."""
    wanted = rng.choices(("1", "2", "3"), weights=(48, 48, 4))[0]
    first = KeyPress(rng.uniform(1.0, 5.0), wanted)
    match rng.choices(("right", "wrong", "none"), weights=(88, 8, 4))[0]:
        case "right":
            return (first,)
        case "wrong":
            return (KeyPress(first.after_s, rng.choice("5789")), KeyPress(rng.uniform(3.0, 5.0), wanted))
        case _:
            return ()


def plan_offer(rng: Random) -> OfferPlan:
    """Draw what an agent does about a ringing phone."""
    reactions = (Reaction.ANSWERS, Reaction.DECLINES, Reaction.LETS_RING)
    return OfferPlan(rng.choices(reactions, weights=(93, 3, 4))[0], 0.8 + rng.expovariate(1 / 1.2))


def plan_talk(rng: Random) -> TalkPlan:
    """Draw how a talk goes."""
    return TalkPlan(
        talk_s=SHORTEST_TALK_S + rng.gammavariate(2.0, 11.0),
        hold_s=rng.uniform(3.0, 9.0) if rng.random() < 0.15 else 0.0,
        goodbye=rng.choices(tuple(Goodbye), weights=(54, 26, 8, 12))[0],
        consult_s=rng.uniform(6.0, 18.0),
    )


def plan_break(rng: Random) -> BreakPlan:
    """Draw an agent's next break: short ones, lunch, training, a meeting."""
    reason, longest_s = rng.choice((("1", 20.0), ("1", 20.0), ("2", 60.0), ("3", 45.0), ("4", 30.0)))
    return BreakPlan(
        work_s=30.0 + rng.expovariate(1 / 150), reason=reason, away_s=rng.uniform(10.0, longest_s)
    )
