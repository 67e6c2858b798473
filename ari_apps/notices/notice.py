"""What people are told of a message, and what comes of telling them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from random import Random
from uuid import UUID

from ari_apps.ari.back_off import delay

FIRST_S, CAP_S = 10.0, 3600.0
"""A second try comes after at most so long; all others after at most an hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message, to be told of in one way."""

    voicemail: UUID
    way: str
    """mail or webhook."""
    tries: int
    """This one included."""
    box: str
    recording: str
    duration_s: float
    left_at: dt.datetime
    contact: str
    number: str
    name: str
    called: str


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody has taken it."""


@dataclass(frozen=True, slots=True)
class NotTold:
    """Nobody has."""

    reason: str


@dataclass(frozen=True, slots=True)
class TryAgain:
    """It is to be tried once more."""

    at: dt.datetime


@dataclass(frozen=True, slots=True)
class GiveUp:
    """It is too late for that."""


def after_failure(notice: Notice, now: dt.datetime, give_up_h: float, rng: Random) -> TryAgain | GiveUp:
    """Decide whether and when to try again: after twice as long each time, until so many hours are over."""
    again = now + dt.timedelta(seconds=delay(notice.tries, first_s=FIRST_S, cap_s=CAP_S, rng=rng))
    return TryAgain(again) if again <= notice.left_at + dt.timedelta(hours=give_up_h) else GiveUp()
