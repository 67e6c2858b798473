"""A day on a plain line, a caller a step: one queue, agents who are all alike, first come, first served.

Which agent takes a call then changes nobody's wait: the next caller is served when the first agent comes free
(Kiefer & Wolfowitz, On the Theory of Queues with Many Servers, 1955), unless patience ends before (Baccelli,
Boyer & Hebuterne, Single-Server Queues with Impatient Customers, 1984). The Floor gives every caller the same
wait, and needs many times as long for it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from heapq import heappop, heappush, heapreplace

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
        self.ended_s = 0.0
        """When the last caller was gone and the last agent done."""
        self.busy_s = 0.0
        """Talks and wrap-ups of all agents, up to the closing."""
        self._also = also
        self._queue, self._streams = queue, streams
        self._closes_s, self._counts_from_s = closes_s, counts_from_s
        self._free_at = [0.0] * agents
        """When each agent comes free, a heap."""
        self._leave_at: list[float] = []
        """When those who wait will be served or gone, a heap; kept only for a limited queue."""
        self._again: list[tuple[float, int, Customer]] = []
        """Those who will call again, a heap."""

    def live(self, customers: Sequence[Customer]) -> QueueFigures:
        """Let everybody come in turn; who waits at the closing is withdrawn, as on the Floor."""
        for customer in customers:
            while self._again and self._again[0][0] <= customer.arrives_s:
                self._come(heappop(self._again)[2])
            self._come(customer)
        while self._again:
            self._come(heappop(self._again)[2])
        return self.figures

    def _come(self, customer: Customer) -> None:
        came_s = customer.arrives_s
        if came_s > self._closes_s:
            return
        self.ended_s = max(self.ended_s, came_s)
        served_s = max(came_s, self._free_at[0])
        wait_s = served_s - came_s
        if self._queue.max_length is not None and wait_s > 0 and self._is_full(came_s):
            self._lose(customer, VisitOutcome.FULL, 0.0)
        elif wait_s > customer.patience_s:
            self._lose(customer, VisitOutcome.ABANDONED, customer.patience_s)
        else:
            ends_s = served_s + customer.talk_s
            done_s = ends_s + self._queue.wrap_up_s
            heapreplace(self._free_at, done_s)
            self.ended_s = max(self.ended_s, done_s)
            self.busy_s += max(0.0, min(done_s, self._closes_s) - served_s)
            self._serve(customer, wait_s, served_s, ends_s)

    def _is_full(self, now_s: float) -> bool:
        while self._leave_at and self._leave_at[0] <= now_s:
            heappop(self._leave_at)
        return len(self._leave_at) >= (self._queue.max_length or 0)

    def _serve(self, customer: Customer, wait_s: float, served_s: float, ends_s: float) -> None:
        if self._queue.max_length is not None:
            heappush(self._leave_at, served_s)
        if served_s > self._closes_s:
            self._count_end(customer, VisitOutcome.WITHDRAWN, self._closes_s - customer.arrives_s)
            return
        if served_s >= self._counts_from_s:
            within = wait_s <= self._queue.service_level_s
            self.figures.answer(wait_s, within=within)
            if self._also is not None:
                self._also(customer.arrives_s).answer(wait_s, within=within)
        if self._counts_from_s <= ends_s <= self._closes_s:
            self._count_handled(customer.talk_s, ends_s)

    def _count_handled(self, talk_s: float, ends_s: float) -> None:
        wrap_up_s = min(self._queue.wrap_up_s, self._closes_s - ends_s)
        self.figures.handle(talk_s, 0.0)
        self.figures.wrap_up_s += wrap_up_s
        self.figures.handle_time.observe(talk_s + wrap_up_s)

    def _lose(self, customer: Customer, outcome: VisitOutcome, wait_s: float) -> None:
        gone_s = customer.arrives_s + wait_s
        if wait_s and self._queue.max_length is not None:
            heappush(self._leave_at, gone_s)
        if gone_s > self._closes_s:
            outcome, wait_s = VisitOutcome.WITHDRAWN, self._closes_s - customer.arrives_s
        self.ended_s = max(self.ended_s, gone_s)
        self._count_end(customer, outcome, wait_s)
        if customer.redials and outcome is not VisitOutcome.WITHDRAWN:
            again = asks_again(customer, customer.kind, gone_s, self._streams)
            heappush(self._again, (again.arrives_s, again.number, again))

    def _count_end(self, customer: Customer, outcome: VisitOutcome, wait_s: float) -> None:
        if customer.arrives_s + wait_s < self._counts_from_s:
            return
        queue = self._queue
        short = outcome is VisitOutcome.ABANDONED and wait_s <= queue.short_abandon_s
        within = wait_s <= queue.service_level_s
        self.figures.end(outcome, wait_s, within=within, short=short)
        if self._also is not None:
            self._also(customer.arrives_s).end(outcome, wait_s, within=within, short=short)
