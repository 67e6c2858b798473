"""Show, mask or erase what is kept of one customer; figures stay as they are.

Numbers and names are personal, of customers; what calls, visits and channels are called is chance, and names
nobody once the number is gone.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.rows import dict_row

from ami_listeners.database import Connection, Database
from ami_listeners.queries import queries
from queue_strategies.errors import CallfloorError

FEWEST_DIGITS = 5
"""What has fewer is no customer's number, and would be found in too much."""
ALIKE_DIGITS = 7
"""Who shares so many digits at the end may be the same customer."""
GOES_ON = timedelta(days=1)
"""A call may be going on; for so long what is told of the number goes by the pseudonym."""
LETTERS = "abcdefghijklmnop"
MASK = "•••"
NUMBERS = frozenset(
    {
        "caller_number", "called_number", "number", "to", "by", "target", "party", "channel_name",
        "contact_uri", "endpoint", "device", "trunk", "recording", "text", "note", "detail",
    }
)  # fmt: skip
"""What in a fact may hold a customer's number."""
NAMES = frozenset({"caller_name"})
"""What holds a customer's name."""
OF_NOBODY = frozenset(
    {
        "contact", "channel", "by_channel", "visit", "call", "offer", "segment", "bridge", "queue", "agent",
        "context", "direction", "menu", "step", "choice", "box", "ended_by", "reason", "pause_reason", "key",
        "language", "kind", "strategy", "lot", "space", "how", "codec", "status", "source", "name",
        "segment_kind", "outcome", "was", "state", "because", "into", "who", "role", "what", "ear",
        "supervisor",
        "address", "operation", "mode", "asked_by", "why",
        "survey", "question", "answer", "disposition", "given_by", "file", "media", "sha256",
    }
)  # fmt: skip
"""What in a fact tells of no customer."""


class NoNumberError(CallfloorError):
    """What was given is no number by which one customer can be found."""


class StillCalledBackError(CallfloorError):
    """A customer keeps a place in a queue, and could not be called without the number."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What was done about one number."""

    pseudonym: str
    """What stands in its place."""
    rows: int
    facts: int
    raw_events: int
    recordings: Sequence[str]
    """Messages the customer left, by the names of their recordings."""
    alike: Sequence[str]
    """Numbers still kept that end alike: the same customer's perhaps, with or without a country."""


def digits_of(number: str) -> str:
    """Give the digits by which a number is known; raises NoNumberError when they are too few."""
    digits = re.sub(r"\D", "", number).removeprefix("00")
    if len(digits) < FEWEST_DIGITS:
        raise NoNumberError(
            f"{number!r} has fewer than {FEWEST_DIGITS} digits: give a customer's whole number"
        )
    return digits


def nobody() -> str:
    """Make a pseudonym, of letters alone, so that it is like no number."""
    return "erased-" + "".join(secrets.choice(LETTERS) for _ in range(10))


def masked(digits: str) -> str:
    """Leave of a number what tells a region, and its end; like no other's."""
    kept = 4 if len(digits) >= 10 else 2
    return f"{digits[:kept]}{MASK}{digits[-2:]}" + "".join(secrets.choice(LETTERS) for _ in range(6))


async def erase(database: Database, number: str, now: datetime, *, mask: bool = False) -> Erased:
    """Put a pseudonym in the place of a number everywhere, and in what is told later of the time until now.

    What agents typed about this customer's calls goes as a whole, unless the number is but masked.

    Of one that was erased before the pseudonym stays; a mask gives way to it. Raises NoNumberError,
    StillCalledBackError, and DatabaseUnreachable with some of it done: doing it again does the rest.
    """
    digits = digits_of(number)
    async with database.patient("personal data") as connection:
        if (contact := await _one(connection, "called_back", {"digits": digits})) is not None:
            raise StillCalledBackError(
                f"{number} is to be called back, which takes the number: callfloor calls withdraw {contact}"
            )
        was = await _one(connection, "pseudonym_of", {"digits": digits})
        stays = was is not None and (mask or MASK not in was)
        pseudonym = was if stays else masked(digits) if mask else nobody()
        known = {"digits": digits, "pseudonym": pseudonym, "until": now + GOES_ON, "alike": ALIKE_DIGITS}
        await connection.execute(queries()["note_erasure"], known)
        recordings = await (await connection.execute(queries()["recordings_of"], known)).fetchall()
        raw_events = await _one(connection, "forget_number_in_raw_events", known)
        rows = facts = 0
        for written in (digits,) if was is None or stays else (digits, was):
            rows += await _one(connection, "forget_number_in_tables", {**known, "digits": written})
            facts += await _one(connection, "forget_number_in_facts", {**known, "digits": written})
        if MASK not in pseudonym:
            rows += await _one(connection, "forget_notes_of", known)
        alike = await (await connection.execute(queries()["numbers_alike"], known)).fetchall()
    names, numbers = ([str(each) for (each,) in found] for found in (recordings, alike))
    return Erased(pseudonym, rows, facts, raw_events, names, numbers)


async def show(database: Database, number: str) -> dict[str, Any]:
    """Give everything that is kept of a number, table by table; raises NoNumberError, DatabaseUnreachable."""
    digits = digits_of(number)
    kept: dict[str, Any] = {}
    async with database.patient("personal data") as connection:
        cursor = connection.cursor(row_factory=dict_row)
        await cursor.execute(queries()["kept_of"], {"digits": digits})
        for row in await cursor.fetchall():
            kept.setdefault(row["place"], []).append(row["kept"])
    return {"number": number, "digits": digits, "kept": kept}


async def _one(connection: Connection, query: str, parameters: dict[str, Any]) -> Any:
    row = await (await connection.execute(queries()[query], parameters)).fetchone()
    return row[0] if row else None
