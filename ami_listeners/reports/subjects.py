"""What each report is made of: whose rows are counted, and which figures follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ami_listeners.reports.answer import SERVICE_LEVEL
from ami_listeners.reports.counts import Count, Made, Source, of_measure
from ami_listeners.reports.question import Subject
from queue_strategies.definitions import (
    AGENT_FIGURES,
    QUEUE_FIGURES,
    QUEUE_MEASURES,
    Figure,
    Good,
    Quotient,
    Sum,
    Unit,
)
from queue_strategies.definitions.agents import OFFER_MEASURES, STATE_MEASURES, TALK_MEASURES
from queue_strategies.definitions.queues import RELEASED


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Definition:
    """One kind of report."""

    keys: tuple[str, ...]
    sources: tuple[Source, ...]
    made: tuple[Made, ...] = ()
    main: tuple[str, ...] = ()
    """The columns that matter most, which stand first; only they are shown where there is little room."""
    rolled_up: str = ""
    """The function of the database that has counted all of it already."""
    service_level: bool = False
    needs_table: str = ""
    """Answered only once the database has this table."""
    title: str
    """What the report is called."""
    bars: tuple[str, ...] = ()
    """Drawn upon each other, span by span."""
    bars_title: str = ""
    """What they show, where that is not their own title."""
    line: str = ""
    """Drawn from span to span."""

    @property
    def counts(self) -> Mapping[str, Count]:
        """Return all that is counted, by its name."""
        return {name: count for source in self.sources for name, count in source.named.items()}


def _made(figure: Figure) -> Made:
    return Made(
        name=figure.name,
        title=figure.title,
        text=figure.text,
        unit=figure.unit,
        good=figure.good,
        of=figure.of,
    )


def _visits(*counts: Count, keys: tuple[str, ...] = ("queue",), such: str = "NOT direct") -> Source:
    return Source(
        counts=counts,
        rows="visits",
        at="decided_at",
        within="decided_at >= %(since)s AND decided_at < %(until)s",
        such=such,
        keys=keys,
        listed="listed_visits",
    )


# -- queues -------------------------------------------------------------------------------------------------


LONGEST_WAIT = Count(
    name="longest_wait_s",
    title="longest wait",
    text="The longest wait of any visit that ended, abandoned ones included",
    value="wait_s",
    how="max",
    unit=Unit.SECONDS,
    good=Good.LOWER,
)

QUEUES = Definition(
    title="Queues",
    bars_title="what became of visits",
    rolled_up="queue_report",
    keys=("queue",),
    sources=(_visits(*map(of_measure, QUEUE_MEASURES.values()), LONGEST_WAIT),),
    made=tuple(map(_made, QUEUE_FIGURES.values())),
    service_level=True,
    main=(
        "offered",
        "answered",
        SERVICE_LEVEL,
        "average_speed_of_answer_s",
        "abandoned",
        "abandonment_rate",
        "average_handle_time_s",
        "longest_wait_s",
        "short_abandoned",
    ),
    bars=("answered", "abandoned", *RELEASED),
    line=SERVICE_LEVEL,
)

OUTCOMES = Definition(
    title="Outcomes",
    bars_title="what became of visits",
    rolled_up="queue_report",
    keys=("queue",),
    sources=(
        _visits(
            *(
                of_measure(QUEUE_MEASURES[name])
                for name in (
                    "offered",
                    "answered",
                    "abandoned",
                    *RELEASED,
                    "callbacks_taken",
                    "callbacks_served",
                )
            )
        ),
    ),
    made=(
        Made(
            name="answered_rate",
            title="answered",
            text="Answered over offered",
            of=Quotient(Sum(("answered",)), Sum(("offered",))),
            good=Good.HIGHER,
        ),
        _made(QUEUE_FIGURES["abandonment_rate"]),
        Made(
            name="released_rate",
            title="let go",
            text="Visits the queue let go of, over offered",
            of=Quotient(Sum(tuple(outcome.value for outcome in RELEASED)), Sum(("offered",))),
            good=Good.LOWER,
        ),
    ),
    main=("offered", "answered", "answered_rate", "abandoned", "abandonment_rate", "released_rate"),
    bars=("answered", "abandoned", *RELEASED),
    line="answered_rate",
)

# -- who gave up --------------------------------------------------------------------------------------------

_ABANDONED = "outcome = 'abandoned'"
WAITED_S = (5, 15, 30, 60, 120)
"""Bounds of the waits after which callers give up."""
CAME_BACK = f"""{_ABANDONED} AND EXISTS (
    SELECT FROM contacts gave_up JOIN contacts again USING (caller_number) JOIN visits served
        ON served.contact = again.contact
    WHERE gave_up.contact = visits.contact AND gave_up.caller_number <> '' AND served.outcome = 'answered'
        AND served.decided_at > visits.decided_at
        AND served.decided_at <= visits.decided_at + interval '1 day')"""


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
        _visits(
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
        ),
    ),
    made=(
        _made(QUEUE_FIGURES["abandonment_rate"]),
        _made(QUEUE_FIGURES["abandonment_rate_not_short"]),
        Made(
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

TRANSFERS = Definition(
    title="Transfers",
    keys=("queue", "kind", "transferred_to"),
    sources=(
        _visits(
            Count(name="transferred", title="transferred", text="Answered visits that were transferred"),
            Count(
                name="talk_s",
                title="talk before",
                text="Time talked before the transfer",
                value="talk_s",
                unit=Unit.SECONDS,
                shown=False,
            ),
            keys=("queue", "coalesce(transfer_kind, '')", "coalesce(transferred_to, '')"),
            such="NOT direct AND transfers > 0",
        ),
    ),
    made=(
        Made(
            name="average_talk_s",
            title="talk before",
            text="Mean time talked before the transfer",
            of=Quotient(Sum(("talk_s",)), Sum(("transferred",))),
            unit=Unit.SECONDS,
        ),
    ),
    bars=("transferred",),
)

# -- agents -------------------------------------------------------------------------------------------------


AGENTS = Definition(
    title="Agents",
    bars_title="what agents did",
    rolled_up="agent_report",
    keys=("agent",),
    sources=(
        Source(
            counts=tuple(map(of_measure, TALK_MEASURES.values())),
            rows="visits",
            at="coalesce(decided_at, handled_at)",
            within="decided_at >= %(since)s AND decided_at < %(until)s "
            "OR decided_at IS NULL AND handled_at >= %(since)s AND handled_at < %(until)s",
            such="agent IS NOT NULL",
            keys=("agent",),
            listed="listed_visits",
        ),
        Source(
            counts=tuple(map(of_measure, OFFER_MEASURES.values())),
            rows="offers",
            at="ended_at",
            within="ended_at >= %(since)s AND ended_at < %(until)s",
            such="agent IS NOT NULL",
            keys=("agent",),
            listed="listed_offers",
        ),
        Source(
            counts=tuple(map(of_measure, STATE_MEASURES.values())),
            at="ended_at",
            within="ended_at >= %(since)s AND began_at < %(until)s",
            such="lasted_s IS NOT NULL",
            keys=("agent",),
            listed="listed_states",
        ),
    ),
    made=tuple(map(_made, AGENT_FIGURES.values())),
    main=(
        "handled",
        "average_handle_time_s",
        "occupancy",
        "not_answered",
        "logged_in_s",
        "available_s",
        "paused_s",
        "utilization",
        "handled_an_hour",
    ),
    bars=("talking_s", "wrapping_up_s", "ringing_s", "available_s", "paused_s"),
    line="occupancy",
)

# -- calls --------------------------------------------------------------------------------------------------

_HAS_ANSWER = "EXISTS (SELECT FROM visits WHERE visits.contact = c.contact AND outcome = 'answered')"
_HAS_VISIT = "EXISTS (SELECT FROM visits WHERE visits.contact = c.contact)"

CALLS = Definition(
    title="Calls",
    keys=("direction",),
    sources=(
        Source(
            counts=(
                Count(name="calls", title="calls", text="Contacts that began"),
                Count(
                    name="queued",
                    title="queued",
                    text="Of these, those that came to a queue",
                    where=_HAS_VISIT,
                ),
                Count(
                    name="answered",
                    title="answered",
                    text="Of these, those that an agent answered",
                    where=_HAS_ANSWER,
                    good=Good.HIGHER,
                ),
                Count(
                    name="ended",
                    title="ended",
                    text="Of the contacts that began, those that are over",
                    where="duration_s IS NOT NULL",
                    shown=False,
                ),
                Count(
                    name="duration_s",
                    title="duration",
                    text="From beginning to end, of contacts that are over",
                    value="duration_s",
                    unit=Unit.SECONDS,
                ),
            ),
            rows="contacts c",
            at="started_at",
            within="started_at >= %(since)s AND started_at < %(until)s",
            keys=("coalesce(direction, '')",),
            listed="listed_contacts",
        ),
    ),
    made=(
        Made(
            name="average_duration_s",
            title="mean duration",
            text="Mean time from beginning to end, of contacts that are over",
            of=Quotient(Sum(("duration_s",)), Sum(("ended",))),
            unit=Unit.SECONDS,
        ),
    ),
    bars=("calls",),
)

# -- how it sounded -----------------------------------------------------------------------------------------

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
                    where=f"mos < {POOR_MOS}",
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
        Made(
            name="mos",
            title="MOS",
            text="Mean opinion score by the E-model (ITU-T G.107), from loss, jitter and round trip",
            of=Quotient(Sum(("mos_sum",)), Sum(("legs",))),
            unit=None,
            good=Good.HIGHER,
        ),
        Made(
            name="loss",
            title="loss",
            text="Mean share of packets lost",
            of=Quotient(Sum(("loss_sum",)), Sum(("legs",))),
            good=Good.LOWER,
        ),
        Made(
            name="jitter_ms",
            title="jitter, ms",
            text="Mean jitter in milliseconds",
            of=Quotient(Sum(("jitter_ms_sum",)), Sum(("legs",))),
            unit=None,
            good=Good.LOWER,
        ),
        Made(
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

DEFINITIONS: Mapping[Subject, Definition] = {
    Subject.QUEUE: QUEUES,
    Subject.AGENT: AGENTS,
    Subject.CALLS: CALLS,
    Subject.ABANDONED: ABANDONED,
    Subject.TRANSFERS: TRANSFERS,
    Subject.QUALITY: QUALITY,
    Subject.OUTCOMES: OUTCOMES,
}
