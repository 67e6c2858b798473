"""Something that is chosen by name: what it means, where the name comes from, how it is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Choice(Generic[T]):
    """One name among those that can be chosen."""

    name: str
    sentence: str
    """What it means, in one sentence."""
    origin: str
    """Whose name it is, or who does likewise."""
    make: T
    formerly: tuple[str, ...] = ()
    """Names it had where it comes from; they are not accepted, but hinted at."""

    @property
    def spellings(self) -> tuple[str, ...]:
        """Return how the name may be written besides; `_` and `-` are the same in it."""
        return tuple({self.name.replace("_", "-"), self.name.replace("-", "_")} - {self.name})


def by_name(choices: Iterable[Choice[T]]) -> Mapping[str, Choice[T]]:
    """Return the choices by their names."""
    return {choice.name: choice for choice in choices}


def find(choices: Mapping[str, Choice[T]], name: str) -> Choice[T] | None:
    """Find a choice; `_` and `-` are the same in a name."""
    return choices.get(name) or choices.get(name.replace("_", "-")) or choices.get(name.replace("-", "_"))


def hint(choices: Mapping[str, Choice[T]], name: str) -> str:
    """Say which right name is nearest to a wrong one, or has taken its place."""
    renamed = {old: choice.name for choice in choices.values() for old in choice.formerly}
    nearest = get_close_matches(name.replace("_", "-"), [*renamed, *choices], n=1, cutoff=0.5)
    if nearest:
        return f"did you mean {renamed.get(nearest[0], nearest[0])}?"
    return f"known are {', '.join(choices)}"
