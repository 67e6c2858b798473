"""Say what a strategy is: the order in which the ready members of one queue are rung.

A strategy gives every member a score when the member becomes ready; the lowest is rung first, unless the
strategy chooses otherwise among those who are ready. The score must stay true for as long as the member is
ready, because the floor keeps the ready members sorted and never asks again. The floor puts the penalty
before a score and something unique behind it: penalties are strict, and two scores may be equal.

Who may be rung for a caller at all (skills, rules, an agent who is asked for) is decided before a strategy is
asked: callers of a queue who may be served by the same members stand in one row, and a row has a ranking of
its own of those who are ready.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol, TypeVar

from queue_strategies.model import AgentId, Queue, Skill
from queue_strategies.requirement import Requirement

Score = tuple[float, ...]
Chance = Callable[[], float]
"""Return a number drawn evenly from 0 (included) to 1 (excluded)."""


class Member(Protocol):
    """What a strategy may know of an agent in one queue."""

    @property
    def agent(self) -> AgentId:
        """Name the agent."""

    @property
    def penalty(self) -> int:
        """Tell how far behind others this member stands; the floor heeds it by itself."""

    @property
    def place(self) -> int:
        """Tell the place in the queue's list of members, from 0."""

    @property
    def skills(self) -> Mapping[Skill, int]:
        """Tell what the agent can do, at which level."""

    @property
    def idle_since_moment(self) -> float:
        """Tell when the agent's last work of any queue ended, or when the agent came."""

    @property
    def answered(self) -> int:
        """Count the callers of this queue whom the agent has talked to."""

    @property
    def last_ended_moment(self) -> float | None:
        """Tell when the agent's last talk with a caller of this queue ended."""

    @property
    def handled(self) -> int:
        """Count the callers of this queue with whom the agent is done, wrap-up included."""

    @property
    def handle_s(self) -> float:
        """Sum up talk, hold and wrap-up of those."""

    @property
    def answered_anywhere(self) -> int:
        """Count the callers of any queue whom the agent has talked to."""

    @property
    def talk_anywhere_s(self) -> float:
        """Sum up the agent's talk with callers of any queue, hold included."""


M = TypeVar("M", bound=Member)
M_co = TypeVar("M_co", bound=Member, covariant=True)


class Ready(Protocol[M_co]):
    """The members who may be rung, in the order of penalty and score; never empty."""

    def first(self) -> M_co:
        """Return the member of the lowest penalty and score."""

    def first_from(self, score: Score) -> M_co:
        """Return the first of the lowest penalty from this score on, going round at the end."""

    def leading(self) -> int:
        """Count those of the lowest penalty."""

    def nth(self, index: int) -> M_co:
        """Return the member with so many before."""

    def penalties(self) -> Iterator[tuple[float, int]]:
        """Yield each penalty in use, the lowest first, and how many have it."""


class Roster(Protocol):
    """All members of the queue, ready or not."""

    def after(self, turn: int, penalty: int, place: int) -> int:
        """Return the place whose turn it is when this member was rung while it was `turn`'s."""


class Served(Protocol):
    """What a strategy may know, and keep, of the caller who is to be served."""

    turn: Score
    """Where the caller's own way through the members stands; empty: at the beginning."""


class Strategy(Protocol):
    """The order in which the ready members of one queue are rung; one instance serves one queue."""

    phones_at_once: int = 1
    """How many phones may ring for one caller."""
    another_phone_after_s: float | None = None
    """Only one more phone rings each time so long has gone by since the first; None: all at once."""
    one_penalty_at_a_time: bool = False
    """While phones ring for a caller, none of another penalty joins them."""

    def score(self, member: Member, asked: Requirement) -> Score:
        """Place a member who has just become ready for callers who ask for this; the lowest is rung first."""

    def choose(self, ready: Ready[M], caller: Served) -> M:
        """Name the member who is rung next for this caller."""
        return ready.first()

    def offered(self, member: Member, caller: Served, roster: Roster, penalty: int) -> None:
        """Take note that this member, who stood at this penalty, is being rung for this caller."""
        return

    def because(self, score: Score, now: float) -> str:
        """Say in a few words what this score is made of; what is only to be said may stand at its end."""


Factory = Callable[[Queue, Chance], Strategy]
"""Make the strategy of one queue."""
