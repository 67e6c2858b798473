"""What a note may be: text that somebody typed, as it is but bounded, and without what no page can show."""

from __future__ import annotations

NOTE_MAX = 2000
"""Characters."""
LINES = "\n\t"


def plain_note(typed: str) -> str:
    """Return a note without control characters and ends of space, cut to NOTE_MAX; lines stay lines."""
    text = typed.replace("\r\n", "\n").replace("\r", "\n")
    shown = "".join(letter for letter in text if letter.isprintable() or letter in LINES)
    return shown.strip()[:NOTE_MAX].rstrip()
