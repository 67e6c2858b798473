"""Bring those who wait and those who are ready together."""

from __future__ import annotations

from heapq import heapify, heappop, heappush

from queue_strategies.floor import offers
from queue_strategies.floor.hall import Hall
from queue_strategies.floor.row import Row


def serve(hall: Hall) -> None:
    """Offer the most urgent caller to the first ready agent, until no more can be brought together.

    Only rows in which something has changed are looked at: in any other row nobody waits or nobody is ready.
    The most urgent caller is the first of the queue of the highest weight; between queues of the same weight
    the order of service decides.
    """
    rows = [row for row in hall.calling if row.matchable]
    hall.calling.clear()
    if len(rows) == 1:
        _serve_one(hall, rows[0])
        return
    calls = [(row.call(hall.now), row) for row in rows]
    heapify(calls)
    while calls:
        call, row = heappop(calls)
        if not row.matchable:
            continue
        if call == row.call(hall.now):
            visit = row.wanting.first()
            offers.make(hall, row, visit, row.line.strategy.choose(row.ready, visit))
        if row.matchable:
            heappush(calls, (row.call(hall.now), row))
        for changed in hall.calling:
            if changed is not row and changed.matchable:
                heappush(calls, (changed.call(hall.now), changed))
        hall.calling.clear()


def _serve_one(hall: Hall, row: Row) -> None:
    """Serve one row alone, until a caller moves on to another one, who may come first there."""
    strategy = row.line.strategy
    while row.matchable:
        visit = row.wanting.first()
        offers.make(hall, row, visit, strategy.choose(row.ready, visit))
        if visit.row is not row:
            hall.calling[row] = None
            return
    hall.calling.pop(row, None)
