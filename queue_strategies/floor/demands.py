"""What a caller asks of an agent now: by the queue's rule, and by what has happened to the caller."""

from __future__ import annotations

from dataclasses import replace

from queue_strategies.floor.line import Line
from queue_strategies.floor.visit import Visit
from queue_strategies.model import AgentId
from queue_strategies.requirement import (
    ANYBODY,
    Requirement,
    at_penalty,
    next_widening_at,
    penalty_for,
    required,
)


def of(visit: Visit, now: float) -> Requirement:
    """Return what this caller asks for now."""
    if visit.wants_agent is not None:
        return replace(ANYBODY, only=visit.wants_agent)
    line = visit.line
    asked = required(line.queue, visit.caller, visit.joined, now, members=len(line.seats))
    if visit.never and _somebody_else(line, asked, visit.never):
        asked = replace(asked, never=visit.never)
    if visit.penalty_ringing is not None:
        asked = at_penalty(asked, visit.penalty_ringing)
    return asked


def _somebody_else(line: Line, asked: Requirement, never: frozenset[AgentId]) -> bool:
    """Tell whether a member is here who is fit and has not refused this caller too often."""
    return any(
        seat.desk.logged_in and seat.agent not in never and penalty_for(asked, seat) is not None
        for seat in line.seats.values()
    )


def change_at(visit: Visit, now: float) -> float | None:
    """Return the moment at which a caller who waits on will ask for something else or one more phone."""
    line = visit.line
    if visit.wants_agent is None and not line.queue.rule and line.strategy.another_phone_after_s is None:
        return None
    moments: list[float | None] = []
    if visit.wants_agent is not None:
        moments.append(visit.joined + line.queue.last_agent_patience_s)
    if line.queue.rule:
        moments.append(next_widening_at(line.queue, visit.joined, now))
    if line.strategy.another_phone_after_s is not None:
        moments.append(_next_phone_at(visit, line.strategy.another_phone_after_s))
    return min((moment for moment in moments if moment is not None), default=None)


def change(visit: Visit, now: float) -> None:
    """Let a caller ask for what that moment has brought."""
    if visit.wants_agent is not None and visit.joined + visit.line.queue.last_agent_patience_s <= now:
        visit.wants_agent = None
    delay_s = visit.line.strategy.another_phone_after_s
    while delay_s is not None and (moment := _next_phone_at(visit, delay_s)) is not None and moment <= now:
        visit.phones += 1


def _next_phone_at(visit: Visit, delay_s: float) -> float | None:
    return None if visit.ringing_since is None else visit.ringing_since + visit.phones * delay_s


def wanted_agent(line: Line, agent: AgentId | None, waited_s: float) -> AgentId | None:
    """Return the agent whom a caller may wait for alone: a member who is here, while patience lasts."""
    if agent is None or waited_s >= line.queue.last_agent_patience_s:
        return None
    seat = line.seats.get(agent)
    return agent if seat is not None and seat.desk.logged_in else None
