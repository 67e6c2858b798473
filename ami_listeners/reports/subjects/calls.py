"""Reports of calls."""

from __future__ import annotations

from ami_listeners.reports.counts import Count, Source
from ami_listeners.reports.subjects.definition import Definition
from queue_strategies.definitions import (
    Figure,
    Good,
    Quotient,
    Sum,
    Unit,
)

_HAS_ANSWER = "EXISTS (SELECT FROM visits WHERE visits.contact = c.contact AND outcome = 'answered')"
_HAS_VISIT = "EXISTS (SELECT FROM visits WHERE visits.contact = c.contact)"

CONTACTS = """(
    SELECT contact, direction, started_at, ended_by, duration_s, caller_number, caller_name, called_number
    FROM contacts
    UNION ALL
    SELECT call, 'inbound', started_at, NULL, duration_s, caller_number, caller_name, called_number
    FROM calls
    WHERE EXISTS (SELECT FROM visits WHERE visits.contact = calls.call AND source = 'native')
        AND NOT EXISTS (SELECT FROM contacts WHERE contacts.contact = calls.call)) c"""
"""Contacts of the floor, and calls that came to Asterisk's own queues."""

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
            rows=CONTACTS,
            at="started_at",
            within="started_at >= %(since)s AND started_at < %(until)s",
            keys=("coalesce(direction, '')",),
            listed="listed_contacts",
        ),
    ),
    made=(
        Figure(
            name="average_duration_s",
            title="mean duration",
            text="Mean time from beginning to end, of contacts that are over",
            of=Quotient(Sum(("duration_s",)), Sum(("ended",))),
            unit=Unit.SECONDS,
        ),
    ),
    bars=("calls",),
)
