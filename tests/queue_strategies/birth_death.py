"""Staffing figures the long way: state by state, in decimals, and a waiting caller followed step by step.

It shares nothing with `queue_strategies.staffing`: no Erlang B, no product forms, no closed laws.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, getcontext

getcontext().prec = 50


@dataclass(frozen=True, slots=True)
class Slowly:
    """What becomes of callers; shares are of all calls, times in handle times."""

    waiting: Decimal
    blocked: Decimal
    answered: Decimal
    abandoned: Decimal
    answered_within: Decimal
    abandoned_within: Decimal
    speed_of_answer: Decimal
    queue_length: Decimal
    occupancy: Decimal


def solve(agents: int, load: float, impatience: float, room: int, within: float) -> Slowly:
    """Solve M/M/n/N+M."""
    a, theta = Decimal(load), Decimal(impatience)
    states = [Decimal(1)]
    for callers in range(1, agents + room + 1):
        deaths = min(callers, agents) + max(0, callers - agents) * theta
        states.append(states[-1] * a / deaths)
    total = sum(states)
    states = [state / total for state in states]
    at_once, found, blocked = sum(states[:agents], Decimal()), states[agents:-1], states[-1]
    reached, wait = Decimal(), Decimal()
    answered, waited = at_once, Decimal()
    for ahead, state in enumerate(found):
        forward = agents + ahead * theta
        any_way = forward + theta
        reached = (forward / any_way) * (reached if ahead else 1)
        wait = (reached + forward * wait) / any_way
        answered += state * reached
        waited += state * wait
    in_time, left_in_time = walk(agents, theta, found, Decimal(within))
    return Slowly(
        waiting=sum(found, Decimal()),
        blocked=blocked,
        answered=answered,
        abandoned=1 - blocked - answered,
        answered_within=at_once + in_time,
        abandoned_within=left_in_time,
        speed_of_answer=waited / answered,
        queue_length=sum((line * state for line, state in enumerate(states[agents:])), Decimal()),
        occupancy=sum((min(busy, agents) * state for busy, state in enumerate(states)), Decimal()) / agents,
    )


def walk(agents: int, theta: Decimal, found: list[Decimal], within: Decimal) -> tuple[Decimal, Decimal]:
    """Follow who waits, by steps of a clock that ticks as often as anything can happen (Jensen 1953).

    Return which shares are answered, and which have hung up, within the time.
    """
    ticks = (agents + len(found) * theta) * within
    waiting, answered, abandoned = list(found), Decimal(), Decimal()
    tick = 0
    likely = (-ticks).exp()
    in_time, left_in_time, seen = Decimal(), Decimal(), Decimal()
    while 1 - seen > Decimal("1e-25"):
        in_time += likely * answered
        left_in_time += likely * abandoned
        seen += likely
        waiting, answered, abandoned = _tick(agents, theta, waiting, answered, abandoned)
        tick += 1
        likely *= ticks / tick
    return in_time, left_in_time


def _tick(
    agents: int, theta: Decimal, waiting: list[Decimal], answered: Decimal, abandoned: Decimal
) -> tuple[list[Decimal], Decimal, Decimal]:
    most = agents + len(waiting) * theta
    then = [share * (most - agents - (ahead + 1) * theta) / most for ahead, share in enumerate(waiting)]
    for ahead, share in enumerate(waiting):
        moved = share * (agents + ahead * theta) / most
        if ahead:
            then[ahead - 1] += moved
        else:
            answered += moved
        abandoned += share * theta / most
    return then, answered, abandoned
