"""Know what changed since somebody looked last, however many look."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import takewhile
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Changes(Generic[K]):
    """The things that changed, the latest last, each with the number of its last change."""

    def __init__(self) -> None:
        self.latest = 0
        """What to ask with the next time, to hear of what changes from now on."""
        self._numbers: dict[K, int] = {}

    def tell(self, thing: K) -> None:
        """Note that a thing changes; takes the same short time whatever their number."""
        self.latest += 1
        self._numbers.pop(thing, None)
        self._numbers[thing] = self.latest

    def since(self, number: int) -> list[K]:
        """List what changed after `latest` was this number; takes time in proportion to these alone."""
        later = takewhile(lambda item: item[1] > number, reversed(self._numbers.items()))
        return [thing for thing, _ in later]
