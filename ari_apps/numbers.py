"""Keep of what callers send what can be dialled and shown; the rest is hostile until proven useless."""

from __future__ import annotations

NUMBER_MAX = 32
NAME_MAX = 80
DIALLABLE = frozenset("0123456789+*#ABCDabcd")


def plain_number(given: str) -> str:
    """Keep of a number what can be dialled; whatever else a caller sends is dropped."""
    return "".join(letter for letter in given if letter in DIALLABLE)[:NUMBER_MAX]


def plain_name(given: str) -> str:
    """Keep of a name what can be shown on one line."""
    return "".join(letter for letter in given if letter.isprintable()).strip()[:NAME_MAX]
