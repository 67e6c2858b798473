"""Know every strategy by its name."""

from __future__ import annotations

from collections.abc import Mapping

from queue_strategies.choice import Choice, by_name, find, hint
from queue_strategies.errors import CallfloorError
from queue_strategies.model import Queue
from queue_strategies.strategies.best_skill import BestSkill
from queue_strategies.strategies.by_chance import Random, WeightedRandom
from queue_strategies.strategies.fewest_calls import FewestCalls, FewestCallsAnywhere
from queue_strategies.strategies.in_order import InOrder
from queue_strategies.strategies.least_recent import LeastRecent
from queue_strategies.strategies.least_talk_time import LeastTalkTime
from queue_strategies.strategies.longest_idle import LongestIdle
from queue_strategies.strategies.predicted_best import PredictedBest
from queue_strategies.strategies.ring_all import RingAll, RingAllOfAPenalty
from queue_strategies.strategies.ring_progressively import RingProgressively
from queue_strategies.strategies.round_robin import RoundRobin, TopDown
from queue_strategies.strategies.rrmemory import Linear, RoundRobinMemory
from queue_strategies.strategies.strategy import Chance, Factory, Strategy

APP_QUEUE = "Asterisk app_queue"
MOD_CALLCENTER = "FreeSWITCH mod_callcenter"
OURS = "callfloor"


def _plain(kind: type[Strategy]) -> Factory:
    return lambda queue, chance: kind()


STRATEGIES: Mapping[str, Choice[Factory]] = by_name(
    [
        Choice(
            "longest_idle",
            "Ring the agent who has been without work the longest, whichever queue that work came from.",
            f"{OURS}; the default",
            _plain(LongestIdle),
        ),
        Choice(
            "ringall",
            "Ring every ready member of the lowest penalty at once; the first to answer gets the caller.",
            APP_QUEUE,
            _plain(RingAllOfAPenalty),
        ),
        Choice(
            "leastrecent",
            "Ring the member whose last call of this queue ended the longest ago.",
            APP_QUEUE,
            _plain(LeastRecent),
        ),
        Choice(
            "fewestcalls",
            "Ring the member who has had the fewest calls of this queue.",
            APP_QUEUE,
            _plain(FewestCalls),
        ),
        Choice(
            "random",
            "Draw lots among the ready members of the lowest penalty.",
            f"{APP_QUEUE}, {MOD_CALLCENTER}",
            Random,
        ),
        Choice(
            "rrmemory",
            "Ring the members in turn, going on where the last caller left off.",
            APP_QUEUE,
            _plain(RoundRobinMemory),
            formerly=("roundrobin",),
        ),
        Choice(
            "rrordered",
            "The same as rrmemory, by the order of the list in app_queue too.",
            APP_QUEUE,
            _plain(RoundRobinMemory),
        ),
        Choice(
            "linear",
            "Ring the members in the order of the list, from its top for every caller.",
            APP_QUEUE,
            _plain(Linear),
        ),
        Choice(
            "wrandom",
            "Draw lots among all ready members, a high penalty making it less likely to be rung.",
            APP_QUEUE,
            WeightedRandom,
        ),
        Choice(
            "ring-all",
            "Ring every ready member at once, whatever the penalty; the first to answer gets the caller.",
            MOD_CALLCENTER,
            _plain(RingAll),
        ),
        Choice(
            "longest-idle-agent",
            "The same as longest_idle.",
            MOD_CALLCENTER,
            _plain(LongestIdle),
        ),
        Choice(
            "round-robin",
            "Ring the members in turn, going on after the one who was rung last.",
            MOD_CALLCENTER,
            _plain(RoundRobin),
        ),
        Choice(
            "top-down",
            "Ring from the top of the list for every caller, going on downwards for the same one.",
            MOD_CALLCENTER,
            _plain(TopDown),
        ),
        Choice(
            "agent-with-least-talk-time",
            "Ring the agent who has talked the least, whichever queue the calls came from.",
            MOD_CALLCENTER,
            _plain(LeastTalkTime),
        ),
        Choice(
            "agent-with-fewest-calls",
            "Ring the agent who has had the fewest calls, whichever queue they came from.",
            MOD_CALLCENTER,
            _plain(FewestCallsAnywhere),
        ),
        Choice(
            "sequentially-by-agent-order",
            "Ring the first ready member of the list, every time from its top.",
            MOD_CALLCENTER,
            _plain(InOrder),
        ),
        Choice(
            "ring-progressively",
            "Ring from the top of the list, one phone more after each delay while the others ring on.",
            MOD_CALLCENTER,
            RingProgressively,
        ),
        Choice(
            "best-skill",
            "Ring the best at what the caller asks for, a level counting as so many seconds of being idle.",
            "Genesys: best available skills",
            BestSkill,
        ),
        Choice(
            "predicted-best",
            "Ring whoever is expected to be done first, a second counting as so many of being idle.",
            "Genesys: predictive routing",
            PredictedBest,
        ),
    ]
)


class UnknownStrategy(CallfloorError):
    """A queue names a strategy that does not exist."""


def strategy_of(queue: Queue, chance: Chance) -> Strategy:
    """Return a new strategy for a queue; raises UnknownStrategy with the nearest right name."""
    choice = find(STRATEGIES, queue.strategy)
    if choice is None:
        raise UnknownStrategy(
            f"queue {queue.name}: unknown strategy {queue.strategy!r}, {hint(STRATEGIES, queue.strategy)}"
        )
    return choice.make(queue, chance)
