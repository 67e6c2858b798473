"""Bring those who wait and those who are ready together."""

from __future__ import annotations

from heapq import heapify, heappop, heappush

from queue_strategies.floor import offers
from queue_strategies.floor.hall import Hall


def serve(hall: Hall) -> None:
    """Offer the most urgent caller to the first ready agent, until no more can be brought together.

    Only lines in which something has changed are looked at: in any other line nobody waits or nobody is
    ready. The most urgent caller is the first of the queue of the highest weight; between queues of the same
    weight the higher priority decides, then the earlier arrival.
    """
    calls = [(line.call(), line) for line in hall.touched if line.matchable]
    hall.touched.clear()
    heapify(calls)
    while calls:
        call, line = heappop(calls)
        if not line.matchable:
            continue
        if call == line.call():
            offers.make(hall, line, line.wanting.first(), line.ready.first())
        if line.matchable:
            heappush(calls, (line.call(), line))
    hall.touched.clear()
