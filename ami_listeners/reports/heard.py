"""Judge how well the time of a report was heard: which gaps lie in it, and which spans they touch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from ami_listeners.reports.answer import DataQuality, Gap
from ami_listeners.reports.period import Span


def judge(
    gaps: Iterable[Gap], spans: Sequence[Span], since: datetime, until: datetime, now: datetime
) -> DataQuality:
    """Judge the time from `since` to `until`, so far as it has passed `now`."""
    inside = [gap for gap in gaps if max(gap.began, since) < min(gap.ended, until)]
    deaf = joined((max(gap.began, since), min(gap.ended, until)) for gap in inside)
    gap_s = sum((ended - began).total_seconds() for began, ended in deaf)
    passed_s = (min(until, max(now, since)) - since).total_seconds()
    return DataQuality(
        heard_ratio=max(0.0, 1.0 - gap_s / passed_s) if passed_s else 1.0,
        gap_s=gap_s,
        gaps=tuple(inside),
        touched=frozenset(touched(deaf, spans)),
    )


def joined(stretches: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Make one of stretches that lie over each other."""
    found: list[tuple[datetime, datetime]] = []
    for began, ended in sorted(stretches):
        if found and began <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], ended))
        else:
            found.append((began, ended))
    return found


def touched(deaf: Sequence[tuple[datetime, datetime]], spans: Sequence[Span]) -> Iterable[Span]:
    """Yield the spans in which something was not heard; both are in their order."""
    place = 0
    for span in spans:
        while place < len(deaf) and deaf[place][1] <= span.begins:
            place += 1
        if place < len(deaf) and deaf[place][0] < span.ends:
            yield span
