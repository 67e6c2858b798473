"""Reports of callers who gave up."""

from __future__ import annotations

from ami_listeners.reports.counts import Count, of_measure
from ami_listeners.reports.subjects.definition import Definition, visits
from queue_strategies.definitions import (
    QUEUE_FIGURES,
    QUEUE_MEASURES,
    Figure,
    Good,
    Quotient,
    Sum,
    Unit,
)

_ABANDONED = "outcome = 'abandoned'"
WAITED_S = (5, 15, 30, 60, 120)
"""Bounds of the waits after which callers give up."""
WITH_LATER_ANSWERS = """(
    SELECT v.*, min(v.decided_at) FILTER (WHERE v.outcome = 'answered') OVER later AS answered_later_at,
        coalesce(nullif(c.caller_number, ''), k.caller_number, '') AS caller
    FROM visits v LEFT JOIN contacts c USING (contact) LEFT JOIN calls k ON k.call = v.contact
    WHERE v.decided_at >= %(since)s AND v.decided_at < %(until)s::timestamptz + interval '1 day'
    WINDOW later AS (
        PARTITION BY coalesce(nullif(c.caller_number, ''), k.caller_number, '')
        ORDER BY v.decided_at DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) visits"""
"""Visits, each with when the same number was answered next; backwards, as such a window only grows."""
CAME_BACK = f"""{_ABANDONED} AND caller <> '' AND answered_later_at <= decided_at + interval '1 day'"""


def _gave_up_between(over: int | None, upto: int | None) -> Count:
    words = [f"over {over} s"] if over is not None else []
    words += [f"up to {upto} s"] if upto is not None else []
    sql = [_ABANDONED]
    sql += [f"wait_s > {over}"] if over is not None else []
    sql += [f"wait_s <= {upto}"] if upto is not None else []
    return Count(
        name=f"after_{over}_s" if upto is None else f"within_{upto}_s",
        title=f"> {over} s" if upto is None else f"≤ {upto} s",
        text=f"Abandoned after a wait of {', '.join(words)}",
        where=" AND ".join(sql),
    )


ABANDONED = Definition(
    title="Abandoned",
    bars_title="after how long callers gave up",
    keys=("queue",),
    sources=(
        visits(
            *(of_measure(QUEUE_MEASURES[name]) for name in ("offered", "abandoned", "short_abandoned")),
            *(
                _gave_up_between(over, upto)
                for over, upto in zip((None, *WAITED_S), (*WAITED_S, None), strict=True)
            ),
            Count(
                name="came_back",
                title="came back",
                text="Abandoned, and the same number was answered within a day",
                where=CAME_BACK,
                good=Good.HIGHER,
            ),
            of_measure(QUEUE_MEASURES["wait_abandoned_s"], "waited", shown=False),
            Count(
                name="longest_wait_abandoned_s",
                title="longest wait",
                text="The longest wait of a caller who gave up",
                where=_ABANDONED,
                value="wait_s",
                how="max",
                unit=Unit.SECONDS,
                good=Good.LOWER,
            ),
            rows=WITH_LATER_ANSWERS,
        ),
    ),
    made=(
        QUEUE_FIGURES["abandonment_rate"],
        QUEUE_FIGURES["abandonment_rate_not_short"],
        Figure(
            name="average_wait_abandoned_s",
            title="waited",
            text="Mean wait of callers who gave up",
            of=Quotient(Sum(("wait_abandoned_s",)), Sum(("abandoned",))),
            unit=Unit.SECONDS,
        ),
    ),
    main=("offered", "abandoned", "abandonment_rate", "came_back", "average_wait_abandoned_s"),
    bars=(*(f"within_{upto}_s" for upto in WAITED_S), f"after_{WAITED_S[-1]}_s"),
    line="abandonment_rate",
)
