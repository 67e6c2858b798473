"""What is known of channels for a while after they are gone."""

from __future__ import annotations

from typing import TypeVar

REMEMBERED = 10_000
"""Of so many, whatever becomes of them."""
Known = TypeVar("Known")


class Lately(dict[str, Known]):
    """Something of the last channels of which it was noted, by their unique ids, the latest last."""

    def note(self, channel: str, known: Known) -> None:
        """Remember it, and forget what is long ago."""
        self.pop(channel, None)
        self[channel] = known
        if len(self) > REMEMBERED:
            del self[next(iter(self))]
