"""Keep of what callers send what can be dialled and shown; the rest is hostile until proven useless."""

from __future__ import annotations

import re

NUMBER_MAX = 32
NAME_MAX = 80
WRITTEN = re.compile(r"[0-9+*#A-Da-d ()./-]*")
SEPARATORS = " ()./-"


def plain_number(given: str) -> str:
    """Keep of a number what can be dialled, up to what no number holds; "anonymous" is none at all."""
    written = WRITTEN.match(given)
    number = "".join(key for key in written[0] if key not in SEPARATORS) if written else ""
    return number[:NUMBER_MAX] if any(key in "0123456789*#" for key in number) else ""


def plain_name(given: str) -> str:
    """Keep of a name what can be shown on one line."""
    return "".join(letter for letter in given if letter.isprintable()).strip()[:NAME_MAX]
