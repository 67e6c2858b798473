"""Who may do what, and to whom: one table of roles and scopes, and the teams it reaches."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from queue_strategies.errors import CallfloorError
from queue_strategies.model import AgentId

ALL_TEAMS = "*"
"""In the place of a team: the whole floor, agents without a team included."""


class ForbiddenError(CallfloorError):
    """Somebody asked for what is not theirs to have or to do."""


class Role(StrEnum):
    """What somebody is on the floor."""

    AGENT = "agent"
    TEAM_LEAD = "team_lead"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"


class Scope(StrEnum):
    """What may be done; a role has some of them, a token at most those of whom it belongs to."""

    LOOK = "look"
    """See agents, queues and calls as they are now."""
    WORK = "work"
    """Do what agents do: log in, pause, hold, transfer, hang up, note what a call was about."""
    STEER = "steer"
    """Say where those who wait go on waiting, or that they wait no more."""
    REPORT = "report"
    """Ask what days that are over were like."""
    MONITOR = "monitor"
    """Listen to calls, whisper, barge, take over."""
    RECORD = "record"
    """Begin, pause and resume the recording of a call."""
    LISTEN_RECORDINGS = "listen_recordings"
    """Find and hear what was recorded."""
    ERASE = "erase"
    """Delete what is kept of somebody, for ever."""
    AUDIT = "audit"
    """Read who did what."""
    ADMINISTER = "administer"
    """Make and remove users and tokens, have floor.toml read anew."""


_OF_AGENTS = frozenset({Scope.LOOK, Scope.WORK, Scope.RECORD})
_OF_TEAM_LEADS = _OF_AGENTS | {Scope.STEER, Scope.REPORT, Scope.MONITOR}
_OF_SUPERVISORS = _OF_TEAM_LEADS | {Scope.LISTEN_RECORDINGS}
SCOPES: Mapping[Role, frozenset[Scope]] = {
    Role.AGENT: _OF_AGENTS,
    Role.TEAM_LEAD: _OF_TEAM_LEADS,
    Role.SUPERVISOR: _OF_SUPERVISORS,
    Role.ADMINISTRATOR: frozenset(Scope),
}
"""The table: what each role may do, each to whom it reaches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who asks, as far as a decision needs to know."""

    name: str
    """By which they log in, and stand in the trail."""
    role: Role
    teams: frozenset[str] = frozenset()
    """Whom a team lead or supervisor is there for; ALL_TEAMS among them: everybody."""
    scopes: frozenset[Scope] = frozenset()
    """What the role has, less what the token shown leaves out."""
    agent: AgentId | None = None
    """Which agent they are; None: none."""

    @property
    def sees_everybody(self) -> bool:
        """Whether the whole floor is theirs."""
        return self.role is Role.ADMINISTRATOR or (self.role is not Role.AGENT and ALL_TEAMS in self.teams)


def scopes_of(role: Role, granted: Collection[Scope] | None = None) -> frozenset[Scope]:
    """Return what somebody of a role may do, with a token that grants no more than this; None: all of it."""
    return SCOPES[role] if granted is None else SCOPES[role] & frozenset(granted)


def reaches(person: Person, *, team: str | None = None, agent: AgentId | None = None) -> bool:
    """Tell whether an agent, of a team or of none, is theirs; without either: whether everybody is.

    Everybody reaches the agent they are; beyond that an agent reaches nobody.
    """
    if person.sees_everybody or (agent is not None and agent == person.agent):
        return True
    return person.role is not Role.AGENT and team is not None and team in person.teams


def may(person: Person, scope: Scope, *, team: str | None = None, agent: AgentId | None = None) -> bool:
    """Tell whether a person may do this to an agent, of a team or of none; without either: to everybody.

    Whether they may do it at all, to whomever, is `scope in person.scopes`.
    """
    return scope in person.scopes and reaches(person, team=team, agent=agent)


def demand(
    person: Person, scope: Scope, *, team: str | None = None, agent: AgentId | None = None, what: str
) -> None:
    """Raise ForbiddenError unless they may; `what` they asked about is told, and not whether it exists."""
    if scope not in person.scopes:
        raise ForbiddenError(f"{person.name} has no right to {scope}, an administrator can give it")
    if not reaches(person, team=team, agent=agent):
        raise ForbiddenError(f"{what} is not within reach of {person.name}")


def administrator(name: str) -> Person:
    """Give somebody who may do everything."""
    return Person(
        name=name,
        role=Role.ADMINISTRATOR,
        teams=frozenset({ALL_TEAMS}),
        scopes=SCOPES[Role.ADMINISTRATOR],
    )
