"""Compare a call as it was heard with the same call as Asterisk recorded it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ami_listeners.imports.recorded_call import RecordedCall

TOLERANCE_S = 1.0
"""So much may two clocks, and two ways to cut seconds, differ."""
Span = tuple[float, float]
"""From when to when, in Unix time."""


class Kind(StrEnum):
    """In what the two differ."""

    MISSING_HERE = "missing_here"
    """Recorded, and never heard."""
    MISSING_THERE = "missing_there"
    """Heard, and not recorded."""
    IN_GAP = "in_gap"
    """They differ, and nobody listened then: known, and no fault."""
    ANSWERED = "answered"
    """Whether the call was answered."""
    DURATION = "duration"
    """How long it lasted."""
    TALK_TIME = "talk_time"
    """For how long its first channel was connected with others."""
    PARTIES = "parties"
    """With whom."""
    TRANSFERS = "transfers"
    """Whether it was given away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCall:
    """A call as it was heard; what is None is not known of it."""

    call: str
    began: float
    ended: float
    answered: bool
    talk_s: float | None = None
    parties: frozenset[str] | None = None
    transfers: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """One difference."""

    call: str
    kind: Kind
    at: float
    """When the call ended."""
    ours: Mapping[str, Any] = field(default_factory=dict)
    theirs: Mapping[str, Any] = field(default_factory=dict)


def compare(
    ours: KnownCall | None,
    theirs: RecordedCall | None,
    *,
    gaps: Sequence[Span] = (),
    tolerance_s: float = TOLERANCE_S,
) -> list[Mismatch]:
    """Say in what a call differs; in a gap that is one difference, which is none of ours.

    One of the two may be missing. What only one of them knows is not compared.
    """
    found = list(differences(ours, theirs, tolerance_s))
    either = ours or theirs
    if found and either is not None and touches((either.began, either.ended), gaps):
        told = found[0]
        return [Mismatch(call=told.call, kind=Kind.IN_GAP, at=told.at, ours=told.ours, theirs=told.theirs)]
    return found


def differences(
    ours: KnownCall | None, theirs: RecordedCall | None, tolerance_s: float
) -> Iterator[Mismatch]:
    """Yield each difference."""
    if ours is None and theirs is not None:
        yield Mismatch(call=theirs.call, kind=Kind.MISSING_HERE, at=theirs.ended, theirs=told_of(theirs))
    elif theirs is None and ours is not None:
        yield Mismatch(call=ours.call, kind=Kind.MISSING_THERE, at=ours.ended, ours=told_of(ours))
    elif ours is not None and theirs is not None:
        allowed_s = tolerance_s + theirs.resolution_s
        here, there = told_of(ours), told_of(theirs)
        for kind, name, differ in (
            (Kind.ANSWERED, "answered", theirs.answered_is_sure and ours.answered != theirs.answered),
            (Kind.DURATION, "duration_s", apart(lasted(ours), lasted(theirs), allowed_s)),
            (Kind.TALK_TIME, "talk_s", apart(ours.talk_s, theirs.talk_s, allowed_s)),
            (Kind.PARTIES, "parties", others(ours, theirs)),
            (Kind.TRANSFERS, "transfers", given_away(ours, theirs)),
        ):
            if differ:
                told = {"ours": {name: here[name]}, "theirs": {name: there[name]}}
                yield Mismatch(call=ours.call, kind=kind, at=theirs.ended, **told)


def told_of(call: KnownCall | RecordedCall) -> dict[str, Any]:
    """Give all that is compared of a call."""
    return {
        "answered": call.answered,
        "duration_s": lasted(call),
        "talk_s": call.talk_s,
        "parties": named(call),
        "transfers": call.transfers,
    }


def lasted(call: KnownCall | RecordedCall) -> float:
    """Say how long a call lasted, in seconds."""
    return round(call.ended - call.began, 3)


def apart(ours: float | None, theirs: float | None, allowed_s: float) -> bool:
    """Tell whether two durations differ by more than is allowed."""
    return ours is not None and theirs is not None and abs(ours - theirs) > allowed_s


def others(ours: KnownCall, theirs: RecordedCall) -> bool:
    """Tell whether somebody talked by what was heard and did not by what was recorded.

    Who is called by way of the dialplan is recorded under a channel of it, and nobody can say who that is.
    """
    if ours.parties is None or theirs.parties is None or any("@" in party for party in theirs.parties):
        return False
    return not ours.parties <= theirs.parties


def given_away(ours: KnownCall, theirs: RecordedCall) -> bool:
    """Tell whether a call was transferred by one of the two alone."""
    if ours.transfers is None or theirs.transfers is None:
        return False
    return (ours.transfers > 0) != (theirs.transfers > 0)


def named(call: KnownCall | RecordedCall) -> list[str] | None:
    """Name who talked, without those who may be customers' numbers."""
    return None if call.parties is None else sorted(party for party in call.parties if "@" not in party)


def touches(span: Span, gaps: Iterable[Span]) -> bool:
    """Tell whether nobody listened for a part of a span."""
    return any(began <= span[1] and ended >= span[0] for began, ended in gaps)
