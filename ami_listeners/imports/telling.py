"""Say in lines what came of an import."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ami_listeners.imports.history import Summary


def told(summary: Summary, *, dry_run: bool) -> Iterator[str]:
    """Yield what was read, what is new, and what was not taken."""
    read = summary.read.total() + summary.passed_over.total()
    span = (
        ""
        if summary.span is None
        else f", {summary.span[0]:%Y-%m-%d %H:%M:%S} to {summary.span[1]:%Y-%m-%d %H:%M:%S} UTC"
    )
    yield f"{read:,} rows read{span}"
    yield from counted("  ", summary.read)
    if summary.passed_over:
        yield f"{summary.passed_over.total():,} rows tell of nothing that is kept"
        yield from counted("  ", summary.passed_over)
    if summary.problems.total:
        untold = f", {summary.problems.untold:,} of them not told of here" if summary.problems.untold else ""
        yield f"{summary.problems.total:,} rows could not be read{untold}"
    kept = summary.kept
    if dry_run:
        yield f"{summary.facts.total():,} facts would be told; those that are known would be left out"
    else:
        rejected = f", {kept.rejected:,} that the database cannot take" if kept.rejected else ""
        yield f"{kept.told:,} facts: {kept.new:,} new, {kept.known:,} known already{rejected}"
        if kept.forgotten:
            yield f"{kept.forgotten:,} of them are older than what [retention] keeps, and were not taken"
    yield from counted("  ", summary.facts)


def counted(indent: str, numbers: Counter[str]) -> Iterator[str]:
    """Yield numbers in one line, the largest first."""
    if numbers:
        yield indent + ", ".join(f"{name} {number:,}" for name, number in numbers.most_common())
