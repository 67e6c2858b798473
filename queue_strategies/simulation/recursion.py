"""A day on a plain line, a caller a step: one queue, agents who are all alike, first come, first served.

Which agent takes a call then changes nobody's wait: the next caller is served when the first agent comes free
(Kiefer & Wolfowitz, On the Theory of Queues with Many Servers, 1955), unless patience ends before (Baccelli,
Boyer & Hebuterne, Single-Server Queues with Impatient Customers, 1984). The Floor gives every caller the same
wait, and needs many times as long for it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from heapq import heappop, heappush, heapreplace
from operator import add

from queue_strategies.figures import QueueFigures
from queue_strategies.model import Queue, VisitOutcome
from queue_strategies.simulation.chance import Streams
from queue_strategies.simulation.customers import Customer, asks_again


class Recursion:
    """A day that goes from caller to caller; what became true before `counts_from_s` is not counted."""

    def __init__(
        self,
        queue: Queue,
        agents: int,
        streams: Streams,
        *,
        closes_s: float = math.inf,
        counts_from_s: float = 0.0,
        also: Callable[[float], QueueFigures] | None = None,
    ) -> None:
        """Count also into what `also` gives for the moment at which a caller came."""
        self.figures = QueueFigures()
        self._queue, self._streams, self._also = queue, streams, also
        self._closes_s, self._counts_from_s = closes_s, counts_from_s
        self._is_limited = queue.max_length is not None
        self._free_at = [0.0] * agents
        """When each agent comes free, a heap."""
        self._leave_at: list[float] = []
        """When those who wait will be served or gone, a heap; kept only for a limited queue."""
        self._again: list[tuple[float, int, Customer]] = []
        """Those who will call again, a heap."""
        self._came: list[float] = []
        """Of those who are served, like what follows."""
        self._waits: list[float] = []
        self._talks: list[float] = []
        self._last_s = 0.0
        """When the last who was not served was gone."""

    def live(self, customers: Sequence[Customer]) -> QueueFigures:
        """Let everybody come in turn; who waits at the closing is withdrawn, as on the Floor."""
        for customer in customers:
            while self._again and self._again[0][0] <= customer.arrives_s:
                self._come(heappop(self._again)[2])
            self._come(customer)
        while self._again:
            self._come(heappop(self._again)[2])
        self._count_served()
        return self.figures

    @property
    def ended_s(self) -> float:
        """Return when the last caller was gone and the last agent done."""
        return max(self._last_s, *self._free_at)

    def busy_s(self) -> tuple[float, float]:
        """Return how long all agents talked, and worked after talks, up to the closing."""
        wrap_up_s, closes_s = self._queue.wrap_up_s, self._closes_s
        served = [(served_s, served_s + talk_s) for served_s, talk_s in self._served() if served_s < closes_s]
        talking_s = math.fsum(min(ends_s, closes_s) - served_s for served_s, ends_s in served)
        wrapping_up_s = math.fsum(
            min(wrap_up_s, closes_s - ends_s) for _, ends_s in served if ends_s < closes_s
        )
        return talking_s, wrapping_up_s

    # -- caller by caller -----------------------------------------------------------------------------------

    def _come(self, customer: Customer) -> None:
        came_s = customer.arrives_s
        if came_s > self._closes_s:
            return
        free_s = self._free_at[0]
        served_s = free_s if free_s > came_s else came_s
        wait_s = served_s - came_s
        if wait_s > 0.0 and self._is_limited and self._is_full(came_s):
            self._lose(customer, VisitOutcome.FULL, 0.0)
        elif wait_s > customer.patience_s:
            self._lose(customer, VisitOutcome.ABANDONED, customer.patience_s)
        else:
            heapreplace(self._free_at, served_s + customer.talk_s + self._queue.wrap_up_s)
            self._came.append(came_s)
            self._waits.append(wait_s)
            self._talks.append(customer.talk_s)
            if self._is_limited:
                heappush(self._leave_at, served_s)

    def _is_full(self, now_s: float) -> bool:
        while self._leave_at and self._leave_at[0] <= now_s:
            heappop(self._leave_at)
        return len(self._leave_at) >= (self._queue.max_length or 0)

    def _lose(self, customer: Customer, outcome: VisitOutcome, wait_s: float) -> None:
        gone_s = customer.arrives_s + wait_s
        if wait_s and self._is_limited:
            heappush(self._leave_at, gone_s)
        if gone_s > self._closes_s:
            outcome, wait_s = VisitOutcome.WITHDRAWN, self._closes_s - customer.arrives_s
        self._last_s = max(self._last_s, gone_s)
        self._count_end(customer.arrives_s, outcome, wait_s)
        if customer.redials and outcome is not VisitOutcome.WITHDRAWN:
            again = asks_again(customer, customer.kind, gone_s, self._streams)
            heappush(self._again, (again.arrives_s, again.number, again))

    # -- counting -------------------------------------------------------------------------------------------

    def _served(self) -> Iterator[tuple[float, float]]:
        """Give when each talk began, and how long it lasted."""
        return zip(map(add, self._came, self._waits), self._talks, strict=True)

    def _count_served(self) -> None:
        first_s, closes_s, wrap_up_s = self._counts_from_s, self._closes_s, self._queue.wrap_up_s
        answered = []
        for came_s, wait_s in zip(self._came, self._waits, strict=True):
            if came_s + wait_s > closes_s:
                self._count_end(came_s, VisitOutcome.WITHDRAWN, closes_s - came_s)
            elif came_s + wait_s >= first_s:
                answered.append((came_s, wait_s))
        self.figures.answer_all([wait_s for _, wait_s in answered], self._queue.service_level_s)
        if self._also is not None:
            for came_s, wait_s in answered:
                self._also(came_s).answer(wait_s, within=wait_s <= self._queue.service_level_s)
        ended = [(begun_s + talk_s, talk_s) for begun_s, talk_s in self._served()]
        handled = [(ends_s, talk_s) for ends_s, talk_s in ended if first_s <= ends_s <= closes_s]
        self.figures.handle_all(
            [talk_s for _, talk_s in handled], [min(wrap_up_s, closes_s - ends_s) for ends_s, _ in handled]
        )

    def _count_end(self, came_s: float, outcome: VisitOutcome, wait_s: float) -> None:
        if came_s + wait_s < self._counts_from_s:
            return
        queue = self._queue
        short = outcome is VisitOutcome.ABANDONED and wait_s <= queue.short_abandon_s
        within = wait_s <= queue.service_level_s
        self.figures.end(outcome, wait_s, within=within, short=short)
        if self._also is not None:
            self._also(came_s).end(outcome, wait_s, within=within, short=short)
