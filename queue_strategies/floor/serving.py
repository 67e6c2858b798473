"""Bring those who wait and those who are ready together."""

from __future__ import annotations

from heapq import heapify, heappop, heappush

from queue_strategies.floor import offers
from queue_strategies.floor.hall import Hall
from queue_strategies.floor.row import Row
from queue_strategies.floor.visit import Visit


def serve(hall: Hall) -> None:
    """Offer the most urgent caller to the first ready agent, until no more can be brought together.

    Only rows in which something has changed are looked at: in any other row nobody waits or nobody is ready.
    The most urgent caller is the first of the queue of the highest weight; between queues of the same weight
    the order of service decides.
    """
    first: list[tuple[Visit, Row]] = []
    for row in hall.calling:
        if (visit := row.first()) is not None:
            first.append((visit, row))
    hall.calling.clear()
    if len(first) == 1:
        _serve_one(hall, *first[0])
        return
    now = hall.now
    calls = [(row.call(visit, now), row) for visit, row in first]
    heapify(calls)
    while calls:
        call, row = heappop(calls)
        if (visit := row.first()) is None:
            continue
        if call == row.call(visit, now):
            offers.make(hall, row, visit, row.line.strategy.choose(row.ready, visit))
            visit = row.first()
        if visit is not None:
            heappush(calls, (row.call(visit, now), row))
        for changed in hall.calling:
            if changed is not row and (visit := changed.first()) is not None:
                heappush(calls, (changed.call(visit, now), changed))
        hall.calling.clear()


def _serve_one(hall: Hall, visit: Visit | None, row: Row) -> None:
    """Serve one row alone, until a caller moves on to another one, who may come first there."""
    strategy = row.line.strategy
    while visit is not None:
        offers.make(hall, row, visit, strategy.choose(row.ready, visit))
        if visit.row is not row:
            hall.calling[row] = None
            return
        visit = row.first()
    hall.calling.pop(row, None)
