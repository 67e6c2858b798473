"""Erlang A: callers wait, hang up when their patience ends, are blocked when lines are taken (M/M/n/N+M).

Palm 1957, "Research on telephone traffic carried by full availability groups"; Mandelbaum and Zeltyn 2007,
"Service engineering in action: the Palm/Erlang-A queue, with applications to call centers". Everything is
exact, to about twelve digits: the agents' part is Erlang B, the queue's part a `WaitingLine`, and what
happens to a caller in the line follows from who is ahead. Without patience it is M/M/n/N, with as many lines
as agents Erlang B. Times are in mean handle times.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, islice
from math import exp, fsum

from queue_strategies.staffing import erlang_b
from queue_strategies.staffing.waiting_line import WaitingLine, still_ahead, waiting_line


@dataclass(frozen=True, slots=True)
class ErlangA:
    """What becomes of callers with so many agents; shares are of all calls, blocked ones included."""

    agents: int
    load: float
    """In erlang."""
    impatience: float
    """Handle time over patience; 0 when nobody hangs up."""
    line: WaitingLine
    """While all agents are busy."""
    at_once: float
    """Share that find an agent free."""
    all_busy: float
    """Share that find none: they wait, or are blocked."""
    blocked: float

    @property
    def waiting(self) -> float:
        """Return the share that have to wait, whether they are answered in the end or not."""
        return self.all_busy - self.blocked

    @property
    def answered(self) -> float:
        """Return the share that are answered in the end."""
        return self.at_once + self._moving * fsum(self._answered_past)

    @property
    def abandoned(self) -> float:
        """Return the share that hang up."""
        return self.queue_length * self.impatience / self.load

    @property
    def queue_length(self) -> float:
        """Return the mean number of callers who wait."""
        return self.all_busy * self.line.mean

    @property
    def occupancy(self) -> float:
        """Return the share of their time for which agents are busy."""
        return min(1.0, self.load * self.answered / self.agents)

    @property
    def mean_wait(self) -> float:
        """Return the mean wait of all who were not blocked, answered or not (Little 1961)."""
        return self.queue_length / (self.load * (1.0 - self.blocked))

    @property
    def speed_of_answer(self) -> float:
        """Return the mean wait of those who are answered, those who did not wait included.

        Who is answered past k others has waited the sum of 1/(n + i·θ), i = 1 … k + 1, on the average.
        """
        steps = (1 / (self.agents + left * self.impatience) for left in range(1, self.line.longest + 1))
        waits = islice(accumulate(steps), self._ahead.start, None)
        waited = fsum(share * wait for share, wait in zip(self._answered_past, waits, strict=True))
        return self._moving * waited / self.answered

    def answered_within(self, handle_times: float) -> float:
        """Return the share that are answered within this time."""
        late = still_ahead(self.agents, self.impatience, handle_times, self._ahead, until_answered=True)
        in_time = fsum(
            share * (1.0 - not_yet) for share, not_yet in zip(self._answered_past, late, strict=True)
        )
        return self.at_once + self._moving * in_time

    def abandoned_within(self, handle_times: float) -> float:
        """Return the share that hang up within this time: all but those who wait and will hang up yet."""
        if not self.impatience:
            return 0.0
        late = still_ahead(self.agents, self.impatience, handle_times, self._ahead, until_answered=False)
        found = (0.0, *self.line.shares) if self.line.fewest else self.line.shares
        not_past = fsum(share * not_yet for share, not_yet in zip(found, late, strict=False))
        wait_still = self.all_busy * not_past * exp(-self.impatience * handle_times)
        will_be_answered = self.answered - self.answered_within(handle_times)
        return min(self.abandoned, max(0.0, self.abandoned - (wait_still - will_be_answered)))

    @property
    def _ahead(self) -> range:
        """Return how many callers somebody can find waiting: as many as ever do, but the last of them."""
        return range(max(self.line.fewest - 1, 0), self.line.longest)

    @property
    def _answered_past(self) -> tuple[float, ...]:
        """Return, for each number of callers ahead, how many are answered past them, times 1/`_moving`.

        Of those who find k others, n/(n + (k + 1)·θ) do not hang up: as many, by the law of the line, as find
        k + 1 others, times n over the load.
        """
        return self.line.shares[self._ahead.start + 1 - self.line.fewest :]

    @property
    def _moving(self) -> float:
        return self.all_busy * self.agents / self.load


def erlang_a(agents: int, load: float, impatience: float, room: int | None = None) -> ErlangA:
    """Return what becomes of callers; `room` is for those who wait, None without a bound.

    The share that finds all agents busy is B / (B + q·(1 - B)) by Erlang B and the share q of an empty line
    among those seen while all are busy (Palm 1957; Mandelbaum and Zeltyn 2007, equation 3, with A = 1/q).
    """
    blocked = erlang_b.blocked(agents, load)
    line = waiting_line(agents, load, impatience, room)
    at_once = line.empty * (1.0 - blocked)
    all_busy = blocked / (blocked + at_once)
    return ErlangA(
        agents=agents,
        load=load,
        impatience=impatience,
        line=line,
        at_once=at_once / (blocked + at_once),
        all_busy=all_busy,
        blocked=all_busy * line.full(room),
    )
