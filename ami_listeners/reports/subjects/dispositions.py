"""Reports of what calls were about, as agents said."""

from __future__ import annotations

from ami_listeners.reports.counts import Count, Source
from ami_listeners.reports.subjects.definition import Definition
from queue_strategies.definitions import Figure, Quotient, Sum

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
            ),
            rows="dispositions",
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
    ),
    bars=("given",),
)
