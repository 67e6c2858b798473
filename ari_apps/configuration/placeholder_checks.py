"""Find placeholders for which nothing stands: `{positon}` would be left out in front of every caller."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

from ari_apps.configuration.announcements import SAYINGS
from ari_apps.configuration.callback import CallbackSettings
from ari_apps.configuration.errors import Problem, at, suggest
from ari_apps.destinations import DestinationKind, Reference
from ari_apps.feature_codes import FeatureCodes
from ari_apps.ivr.prompts import placeholders
from ari_apps.ivr.settings import PromptSettings

if TYPE_CHECKING:
    from ari_apps.configuration.floor_toml import FloorConfiguration
    from ari_apps.configuration.settings import QueueSettings

OF_EVERY_CALL = ("caller", "caller_name", "called")
OF_THE_WAIT = ("position", "minutes", "seconds")
OF_THE_CALLER_BEHIND = ("queue", "minutes", "seconds")

Said = tuple[str, PromptSettings, tuple[str, ...]]
"""The place, the prompt, and what stands for more than the call's own values there."""


def unknown_placeholders(
    configuration: FloorConfiguration, references: Iterator[Reference]
) -> Iterator[Problem]:
    """Find names that nothing fills in; where Python leads calls it may fill in any, so none is found."""
    if any(used.kind == DestinationKind.PYTHON for used in references):
        return
    of_the_call = dict.fromkeys((*OF_EVERY_CALL, *_learned(configuration)))
    for place, prompt, more in _said(configuration):
        known = (*of_the_call, *more)
        for text in chain.from_iterable(prompt.by_language.values()):
            for name in placeholders(text):
                if name not in known:
                    yield at(place, f"nothing stands for {{{name}}} here, {suggest(name, known)}")


def _learned(configuration: FloorConfiguration) -> Iterator[str]:
    """Yield what menus learn of a call: keys that were pressed, and what a look-up found."""
    for name, menu in configuration.menus.items():
        if menu.keys or menu.digits:
            yield "digits"
        if menu.digits:
            yield name
        if menu.lookup is not None:
            yield from ("value", *menu.lookup.keep)


def _said(configuration: FloorConfiguration) -> Iterator[Said]:
    for n, queue in enumerate(configuration.queues):
        yield from _said_in_queue(queue, f"queues[{n}]")
    for name, menu in configuration.menus.items():
        for field in ("prompt", "invalid_prompt", "timeout_prompt"):
            yield f"menus.{name}.{field}", getattr(menu, field), ()
    for name, box in configuration.voicemail.items():
        for field in ("greeting", "thanks"):
            yield f"voicemail.{name}.{field}", getattr(box, field), ()
    for name, survey in configuration.surveys.items():
        for place, prompt in survey.prompts():
            yield f"surveys.{name}.{place}", prompt, ()
    for field in FeatureCodes.model_fields:
        if isinstance(prompt := getattr(configuration.feature_codes, field), PromptSettings):
            yield f"feature_codes.{field}", prompt, ()


def _said_in_queue(queue: QueueSettings, place: str) -> Iterator[Said]:
    yield f"{place}.briefing", queue.briefing, OF_THE_CALLER_BEHIND
    for n, message in enumerate(queue.announcements.messages):
        yield f"{place}.announcements.messages[{n}]", message, ()
    for field in SAYINGS:
        yield f"{place}.announcements.{field}", getattr(queue.announcements, field), OF_THE_WAIT
    for field in CallbackSettings.model_fields if queue.callback is not None else ():
        if isinstance(prompt := getattr(queue.callback, field), PromptSettings):
            yield f"{place}.callback.{field}", prompt, ("callback",) * (field == "said_number")
