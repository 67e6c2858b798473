"""What every fact is."""

from __future__ import annotations

from queue_strategies.message import message


@message(kw_only=True)
class Fact:
    """Something that became true at a moment."""

    moment: float
    heard: bool = True
    """False: nobody told of it; it was concluded from how things stood when somebody looked again."""
