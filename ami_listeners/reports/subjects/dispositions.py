"""Reports of what calls were about, as agents said."""

from __future__ import annotations

from ami_listeners.reports.counts import Count, Source
from ami_listeners.reports.subjects.definition import Definition
from queue_strategies.definitions import COMES_BACK_DAYS, Figure, Good, Quotient, Sum

_FIRST = f"""EXISTS (SELECT FROM contacts c WHERE c.contact = d.contact AND c.caller_number <> ''
    AND NOT EXISTS (SELECT FROM contacts b WHERE b.caller_number = c.caller_number
        AND b.started_at < c.started_at AND b.started_at >= c.started_at - interval '{COMES_BACK_DAYS} days'
        AND b.direction IS DISTINCT FROM 'outbound'))"""  # noqa: S608

DISPOSITIONS = Definition(
    title="Dispositions",
    keys=("queue", "disposition"),
    sources=(
        Source(
            counts=(
                Count(name="given", title="calls", text="Visits that were said to be about this"),
                Count(
                    name="with_note",
                    title="with a note",
                    text="Of these, those of which more was typed",
                    where="note <> ''",
                ),
                Count(
                    name="first",
                    title="first contacts",
                    text="Of these, those that say whether the customer was helped, of known callers who had "
                    f"not called for {COMES_BACK_DAYS} days",
                    where=f"resolved IS NOT NULL AND {_FIRST}",
                    shown=False,
                ),
                Count(
                    name="resolved",
                    title="resolved",
                    text="Of these, those that say so",
                    where=f"resolved AND {_FIRST}",
                    good=Good.HIGHER,
                    shown=False,
                ),
            ),
            rows="dispositions d",
            at="at",
            within="at >= %(since)s AND at < %(until)s",
            keys=("queue", "disposition"),
            listed="listed_dispositions",
        ),
    ),
    made=(
        Figure(
            name="noted_rate",
            title="noted",
            text="Those with a note, over all",
            of=Quotient(Sum(("with_note",)), Sum(("given",))),
        ),
        Figure(
            name="first_contact_resolution",
            title="FCR",
            text="First-contact resolution as agents say: first contacts that were said to be resolved, over "
            "those that were said to be or not",
            of=Quotient(Sum(("resolved",)), Sum(("first",))),
            good=Good.HIGHER,
        ),
    ),
    bars=("given",),
)
