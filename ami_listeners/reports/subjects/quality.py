"""Reports of how calls sounded."""

from __future__ import annotations

from ami_listeners.reports.counts import Count, Source
from ami_listeners.reports.subjects.definition import Definition
from queue_strategies.definitions import (
    Figure,
    Good,
    Quotient,
    Sum,
)

POOR_MOS = 3.6
"""Below it many users are dissatisfied (ITU-T G.107, table B.1: R 70)."""


QUALITY = Definition(
    title="Quality",
    keys=("queue", "direction"),
    sources=(
        Source(
            counts=(
                Count(name="legs", title="legs", text="Legs of calls of which phones or trunks reported"),
                Count(
                    name="poor",
                    title="poor",
                    text=f"Legs with a MOS below {POOR_MOS}, of which many users are dissatisfied",
                    where=f"mos < {POOR_MOS}::real",
                    good=Good.LOWER,
                ),
                Count(
                    name="worst_mos",
                    title="worst MOS",
                    text="The lowest MOS that was reported while a leg lasted",
                    value="worst_mos",
                    how="min",
                    unit=None,
                    good=Good.HIGHER,
                ),
                *(
                    Count(
                        name=f"{column}_sum", title=column, text=column, value=column, unit=None, shown=False
                    )
                    for column in ("mos", "loss", "jitter_ms", "round_trip_ms")
                ),
                Count(
                    name="timed",
                    title="timed",
                    text="Legs with a round trip",
                    where="round_trip_ms IS NOT NULL",
                    shown=False,
                ),
            ),
            rows="leg_quality",
            at="at",
            within="at >= %(since)s AND at < %(until)s",
            keys=("coalesce(queue, '')", "direction"),
            listed="listed_legs",
        ),
    ),
    made=(
        Figure(
            name="mos",
            title="MOS",
            text="Mean opinion score by the E-model (ITU-T G.107), from loss, jitter and round trip",
            of=Quotient(Sum(("mos_sum",)), Sum(("legs",))),
            unit=None,
            good=Good.HIGHER,
        ),
        Figure(
            name="loss",
            title="loss",
            text="Mean share of packets lost",
            of=Quotient(Sum(("loss_sum",)), Sum(("legs",))),
            good=Good.LOWER,
        ),
        Figure(
            name="jitter_ms",
            title="jitter, ms",
            text="Mean jitter in milliseconds",
            of=Quotient(Sum(("jitter_ms_sum",)), Sum(("legs",))),
            unit=None,
            good=Good.LOWER,
        ),
        Figure(
            name="round_trip_ms",
            title="round trip, ms",
            text="Mean round trip in milliseconds, of legs that told it",
            of=Quotient(Sum(("round_trip_ms_sum",)), Sum(("timed",))),
            unit=None,
            good=Good.LOWER,
        ),
    ),
    needs_table="leg_quality",
    bars=("legs",),
    line="mos",
)
