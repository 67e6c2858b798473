"""Tell how well the time of a report was heard: which gaps lie in it, and which spans they touch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ami_listeners.reports.answer import Badge, DataQuality, Gap
from ami_listeners.reports.period import Span


def judged(
    told: Mapping[str, Any], since: datetime, gaps: Sequence[Gap], spans: Sequence[Span]
) -> DataQuality:
    """Tell what the database says of a time, and in which of its spans nobody listened for a while."""
    before = (since, told["heard_since"])
    deaf = [*((gap.began, gap.ended) for gap in gaps), *([before] if before[0] < before[1] else [])]
    return DataQuality(
        badge=Badge(told["badge"]),
        heard_ratio=told["heard_ratio"],
        gap_s=told["gap_s"],
        gaps=tuple(gaps),
        touched=frozenset(touched(joined(deaf), spans)),
        concluded=told["concluded"],
        corrected=told["corrected"],
        mismatches=told["mismatches"],
        worst_offset_s=told["worst_offset_s"],
        heard_since=before[1] if before[0] < before[1] else None,
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
    """Yield the spans in which something was not heard; both are in the order in which they begin."""
    place = 0
    for span in spans:
        while place < len(deaf) and deaf[place][1] <= span.begins:
            place += 1
        if place < len(deaf) and deaf[place][0] < span.ends:
            yield span
