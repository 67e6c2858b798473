"""What comes of a menu: pure decisions from what the caller dialled to what happens next."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from ari_apps.destinations import HANGUP, Destination, DestinationKind
from ari_apps.ivr.digits import Collected, Complete, Matcher, Number, OneOf, TimedOut
from ari_apps.ivr.settings import Choice, LookupSettings, MenuSettings


class Step(StrEnum):
    """What is remembered of a caller's way; see the fact IvrStep."""

    ENTERED = "entered"
    CHOSE = "chose"
    INVALID = "invalid"
    TIMED_OUT = "timed_out"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class GoTo:
    """Leave the menu."""

    destination: Destination
    language: str | None = None
    skills: Mapping[str, int] = field(default_factory=dict)
    step: Step = Step.CHOSE


@dataclass(frozen=True, slots=True)
class AskAgain:
    """Say what was wrong, and ask once more."""

    step: Step


@dataclass(frozen=True, slots=True)
class LookUp:
    """Ask the menu's web service, then decide by its answer."""

    lookup: LookupSettings


Decision = GoTo | AskAgain | LookUp


def matcher_of(menu: MenuSettings) -> Matcher | None:
    """Return what the menu listens for; None when it asks for nothing."""
    if menu.keys:
        return OneOf(menu.keys)
    if menu.digits:
        return Number(menu.digits.min, menu.digits.max, menu.digits.end)
    return None


def decide(menu: MenuSettings, collected: Collected, tries: int, extensions: Collection[str]) -> Decision:
    """Say what follows the caller's answer, the `tries`th; `extensions` are those that exist."""
    if isinstance(collected, Complete):
        if menu.digits and menu.lookup:
            return LookUp(menu.lookup)
        choice = _chosen(menu, collected.digits)
        if (destination := _filled(choice.destination, collected.digits, extensions)) is not None:
            return GoTo(destination, choice.language, choice.skills)
    if tries >= menu.tries:
        return GoTo(menu.on_failure, step=Step.FAILED)
    return AskAgain(mistake(collected))


def mistake(collected: Collected) -> Step:
    """Tell a wrong answer from none at all."""
    return Step.TIMED_OUT if collected == TimedOut() else Step.INVALID


def answered(menu: MenuSettings, value: str | None) -> GoTo:
    """Say what follows a lookup: `value` is what it found, None that it failed."""
    otherwise = menu.lookup.otherwise if menu.lookup and menu.lookup.otherwise else menu.on_failure
    if value is None:
        return GoTo(otherwise, step=Step.FAILED)
    if not menu.answers:
        return GoTo(menu.then or HANGUP)
    choice = menu.answers.get(value) or Choice(destination=otherwise)
    return GoTo(choice.destination, choice.language, choice.skills)


def shown(menu: MenuSettings, digits: str) -> str:
    """Return what may be remembered of the digits a caller dialled."""
    return "*" * len(digits) if menu.digits and menu.digits.secret else digits


def _chosen(menu: MenuSettings, digits: str) -> Choice:
    if menu.keys:
        return menu.keys[OneOf(menu.keys).pattern_of(digits) or digits]
    return Choice(destination=menu.then or HANGUP)


def _filled(destination: Destination, digits: str, extensions: Collection[str]) -> Destination | None:
    """Put what was dialled into `extension:{digits}`; None when nobody has that extension."""
    if not destination.asks_for_digits:
        return destination
    return replace(destination, name=digits) if digits in extensions else None


def goes_on_alone(destination: Destination) -> bool:
    """Tell whether the way goes on from here without anybody else: menus, voicemail, Python."""
    return destination.kind in (DestinationKind.MENU, DestinationKind.VOICEMAIL, DestinationKind.PYTHON)
