"""Say what a strategy is: the order in which the ready members of one queue are rung.

A strategy gives every member a score when the member becomes ready; the lowest is rung first. The score must
stay true for as long as the member is ready, because the floor keeps the ready members sorted and never asks
again. What seems to need asking at every choice can be said in advance: a turn is (lap, place), a fair draw
among those present is a draw of exponential waiting times that runs on from the last one taken.

The floor puts the penalty before a score and something unique behind it, so that two scores may be equal.

Where a member is not fit for every caller of the queue (skills, a preferred agent, rings that widen while the
caller waits), callers who may be served by the same members form a `Line` of their own, and a caller changes
lines at a deadline. Scores, and thus strategies, know nothing of that.
"""

from __future__ import annotations

from typing import Protocol

from queue_strategies.model import AgentId

Score = tuple[float, ...]


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
    def idle_since_moment(self) -> float:
        """Tell when the agent's last work of any queue ended, or when the agent came."""

    @property
    def answered(self) -> int:
        """Count the callers of this queue whom the agent has talked to."""

    @property
    def last_answered_moment(self) -> float | None:
        """Tell when the agent last answered a caller of this queue."""

    @property
    def talk_s(self) -> float:
        """Sum up the agent's talk with callers of this queue, hold included."""


class Strategy(Protocol):
    """The order in which the ready members of one queue are rung; one instance serves one queue."""

    phones_at_once: int = 1
    """How many phones may ring for one caller."""

    def score(self, member: Member) -> Score:
        """Place a member who has just become ready; the lowest is rung first."""

    def offered(self, member: Member, score: Score) -> None:
        """Take note that this member, who had this score, is being rung."""

    def because(self, member: Member, now: float) -> str:
        """Say in a few words what put this member where it is."""
