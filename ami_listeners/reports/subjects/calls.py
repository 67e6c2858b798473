"""Reports of calls."""

from __future__ import annotations

from ami_listeners.reports.counts import Count, Source
from ami_listeners.reports.subjects.definition import Definition
from queue_strategies.definitions import (
    COMES_BACK_DAYS,
    FIRST_CONTACT_RESOLUTION,
    Figure,
    Good,
    Quotient,
    Sum,
    Unit,
)

_HAS_ANSWER = "EXISTS (SELECT FROM visits WHERE visits.contact = c.contact AND outcome = 'answered')"
_HAS_VISIT = "EXISTS (SELECT FROM visits WHERE visits.contact = c.contact)"

_CONTACTS = """(
    SELECT contact, direction, started_at, ended_by, duration_s, caller_number, caller_name, called_number
    FROM contacts
    UNION ALL
    SELECT call, 'inbound', started_at, NULL, duration_s, caller_number, caller_name, called_number
    FROM calls
    WHERE EXISTS (SELECT FROM visits WHERE visits.contact = calls.call AND source = 'native')
        AND NOT EXISTS (SELECT FROM contacts WHERE contacts.contact = calls.call))"""
CONTACTS = f"{_CONTACTS} c"
"""Contacts of the floor, and calls that came to Asterisk's own queues."""

_DAYS = f"interval '{COMES_BACK_DAYS} days'"
_JUDGED = f"c.caller_number <> '' AND c.started_at <= now() - {_DAYS} AND {_HAS_ANSWER}"
_COMES_BACK = f"""EXISTS (SELECT FROM {_CONTACTS} n
    WHERE n.caller_number = c.caller_number AND n.started_at > c.started_at
        AND n.started_at <= c.started_at + {_DAYS} AND n.direction IS DISTINCT FROM 'outbound')"""  # noqa: S608

SEGMENTS = """(
    SELECT s.*, coalesce(c.direction, '') AS direction, coalesce(c.contact, s.call) AS of_contact,
        coalesce(nullif(c.caller_number, ''), k.caller_number, '') AS number
    FROM call_segments s LEFT JOIN calls k ON k.call = s.call
        LEFT JOIN contacts c ON c.contact = coalesce(s.contact, s.call)) g"""

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
                    name="judged",
                    title="judged",
                    text=f"Of the answered, those of known callers that are {COMES_BACK_DAYS} days old",
                    where=_JUDGED,
                    shown=False,
                ),
                Count(
                    name="resolved",
                    title="resolved",
                    text="Of these, those whose caller did not come again within that time",
                    where=f"{_JUDGED} AND NOT {_COMES_BACK}",
                    good=Good.HIGHER,
                    shown=False,
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
        Source(
            counts=(
                Count(
                    name="segments",
                    title="segments",
                    text="What each side of calls did, one thing after the other: menus, waits, talk, hold …",
                ),
            ),
            rows=SEGMENTS,
            at="began_at",
            within="began_at >= %(since)s AND began_at < %(until)s",
            keys=("direction",),
            listed="listed_segments",
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
        FIRST_CONTACT_RESOLUTION,
    ),
    bars=("calls",),
)
