"""What the keys a caller pressed amount to so far; pure, so that a menu can be tried without a telephone.

A matcher judges all keys pressed since it began to listen. `Incomplete` asks for more, and says what the keys
will have meant if no more come within the inter-digit wait (`when_over`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Protocol

DTMF = "0123456789*#ABCD"
_CLASSES = {"X": "0123456789", "Z": "123456789", "N": "23456789"}


@dataclass(frozen=True, slots=True)
class Complete:
    """The caller dialled this; an end key is left out."""

    digits: str


@dataclass(frozen=True, slots=True)
class Invalid:
    """No continuation can make this right."""

    digits: str


@dataclass(frozen=True, slots=True)
class Incomplete:
    """More keys may follow."""

    digits: str
    enough: bool = False
    """What was dialled is right as it stands, if no more follows."""


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The caller stopped, or never began (`digits` empty)."""

    digits: str = ""


Verdict = Complete | Invalid | Incomplete
Collected = Complete | Invalid | TimedOut


class Matcher(Protocol):
    """Judge what was dialled."""

    def judge(self, dialled: str) -> Verdict:
        """Judge all keys pressed so far, in order."""
        ...


def when_over(matcher: Matcher, dialled: str) -> Complete | TimedOut:
    """Say what the keys pressed amount to when the wait for another one is over."""
    verdict = matcher.judge(dialled)
    if isinstance(verdict, Incomplete) and verdict.enough:
        return Complete(verdict.digits)
    return TimedOut(dialled)


def take(matcher: Matcher, typed_ahead: str) -> tuple[Collected | None, str]:
    """Feed keys pressed earlier, one by one: the outcome if they settle it, and the keys left over."""
    for count in range(1, len(typed_ahead) + 1):
        verdict = matcher.judge(typed_ahead[:count])
        if not isinstance(verdict, Incomplete):
            return verdict, typed_ahead[count:]
    return None, typed_ahead


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of several keys or key sequences; where one begins another, the longest that is dialled counts.

    X stands for 0-9, Z for 1-9 and N for 2-9, as in Asterisk's dialplan.
    """

    patterns: Collection[str]

    def judge(self, dialled: str) -> Verdict:
        """Judge by the patterns that still fit."""
        fitting = [pattern for pattern in self.patterns if begins(pattern, dialled)]
        if not fitting:
            return Invalid(dialled)
        whole = any(len(pattern) == len(dialled) for pattern in fitting)
        if whole and all(len(pattern) == len(dialled) for pattern in fitting):
            return Complete(dialled)
        return Incomplete(dialled, enough=whole)

    def pattern_of(self, dialled: str) -> str | None:
        """Return the pattern these digits are, the most literal one where several are."""
        fitting = (pattern for pattern in self.patterns if len(pattern) == len(dialled))
        return _most_literal(pattern for pattern in fitting if begins(pattern, dialled))


@dataclass(frozen=True, slots=True)
class Number:
    """A number of `min` to `max` digits, ended early by the end key."""

    min: int = 1
    max: int = 32
    end: str = "#"
    """Empty: no key ends it."""
    allowed: frozenset[str] = field(default=frozenset("0123456789"))

    def judge(self, dialled: str) -> Verdict:
        """Judge by length, and by the end key."""
        number, ended, _ = dialled.partition(self.end) if self.end else (dialled, "", "")
        if len(number) > self.max or not self.allowed.issuperset(number):
            return Invalid(dialled)
        if ended:
            return Complete(number) if len(number) >= self.min else Invalid(dialled)
        if len(number) == self.max:
            return Complete(number)
        return Incomplete(number, enough=len(number) >= self.min)


@dataclass(frozen=True, slots=True)
class Past:
    """Another matcher, deaf to one key at the very beginning.

    Who dials `1234#` where four digits were enough presses the `#` into the next question.
    """

    key: str
    matcher: Matcher

    def judge(self, dialled: str) -> Verdict:
        """Judge what follows the key."""
        return self.matcher.judge(dialled.removeprefix(self.key))


def begins(pattern: str, dialled: str) -> bool:
    """Tell whether the pattern is, or can become by more keys, what was dialled."""
    return len(dialled) <= len(pattern) and all(
        key in _CLASSES.get(letter, letter) for letter, key in zip(pattern, dialled, strict=False)
    )


def _most_literal(patterns: Iterable[str]) -> str | None:
    return min(
        patterns, key=lambda pattern: (sum(letter in _CLASSES for letter in pattern), pattern), default=None
    )
