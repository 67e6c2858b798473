"""The traffic that agents are wanted for: how many call, for how long, how patient, over how many lines."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from queue_strategies.errors import CallfloorError

MOST_AGENTS = 100_000
MOST_LINES = 200_000
NEARLY = 1e-9
"""A load so near to the agents, in proportion, is as much as they can do: the rest is rounding."""
LONGEST_PATIENCE = 100_000.0
"""In handle times; beyond it nobody can tell the figures from those of callers who never hang up."""
MOST_IN_LINE = 20_000_000
"""Callers who come within one patience, and could wait for nobody; more would take minutes to add up."""


class StaffingError(CallfloorError):
    """A question about staffing that has no answer."""


class Overloaded(StaffingError):
    """Callers who never hang up come faster than the agents can serve them: the queue grows without end."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Callers who come by chance at a steady rate (Poisson), with exponential handle times and patience.

    Raise StaffingError where a figure is none that a call centre can have.
    """

    calls_per_s: float
    """First attempts; those who call again come on top."""
    aht_s: float
    """Mean handle time: talk, hold and wrap-up."""
    patience_s: float | None = None
    """Mean time after which a caller who still waits hangs up; None when nobody ever does."""
    lines: int | None = None
    """Callers who can be talking or waiting at once, the next ones are blocked; None without such a bound."""
    redial: float = 0.0
    """Share, from 0 to below 1, of those who hung up or were blocked that call again, as if anew."""

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        _require(0 < self.calls_per_s < float("inf"), "calls", self.calls_per_s, "more than none must come")
        _require(0 < self.aht_s < float("inf"), "aht", self.aht_s, "it must be longer than 0 s")
        _require(self.load <= MOST_AGENTS, "load", self.load, f"{MOST_AGENTS} erlang is the most")
        _require(0 <= self.redial < 1, "redial", self.redial, "it is a share from 0 to below 1")
        if self.lines is not None:
            whole_number("lines", self.lines, MOST_LINES)
        if self.patience_s is not None:
            _require(
                0 < self.patience_s < float("inf"), "patience", self.patience_s, "it must be longer than 0 s"
            )
            if self.patience_s > LONGEST_PATIENCE * self.aht_s:
                raise StaffingError(
                    f"patience: {self.patience_s:g} s is more than {LONGEST_PATIENCE:g} handle times, "
                    "leave it out: nobody hangs up"
                )
        if self.lines is None and self.patience_s is not None:
            all_calls = self.calls_per_s / (1 - self.redial)
            if all_calls * self.patience_s > MOST_IN_LINE:
                raise StaffingError(
                    f"patience: within {self.patience_s:g} s more than {MOST_IN_LINE} callers would come, "
                    "give lines, too, or leave it out: nobody hangs up"
                )
        if self.redial and self.patience_s is None and self.lines is None:
            raise StaffingError("redial: nobody is lost who could call again, give patience or lines, too")

    @property
    def load(self) -> float:
        """Return the offered load in erlang: the agents whom first attempts alone would keep busy."""
        return self.calls_per_s * self.aht_s

    @property
    def impatience(self) -> float:
        """Return the rate at which one waiting caller hangs up, per handle time; 0 when nobody does."""
        return self.aht_s / self.patience_s if self.patience_s is not None else 0.0

    @property
    def fewest_stable(self) -> int:
        """Return the fewest agents with whom the queue does not grow without end."""
        endless = self.patience_s is None and self.lines is None
        return int(self.load * (1 + NEARLY)) + 1 if endless else 1

    def room(self, agents: int) -> int | None:
        """Return how many callers can wait; raise StaffingError when there are fewer lines than agents."""
        if self.lines is None:
            return None
        if self.lines < agents:
            raise StaffingError(
                f"lines: {self.lines} cannot keep {agents} agents busy, give as many lines or more"
            )
        return self.lines - agents


def whole_number(place: str, number: object, most: int) -> int:
    """Return a number of agents or lines, from 1 to `most`; raise StaffingError for a fraction, too."""
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= most:
        raise StaffingError(f"{place}: {number} cannot be, give a whole number from 1 to {most}")
    return number


def _require(is_so: bool, place: str, number: float, remedy: str) -> None:
    if not is_so or not isfinite(number):
        raise StaffingError(f"{place}: {number:g} cannot be, {remedy}")
