"""Ask a waiting caller at which number to call back: the own one, or one that is typed."""

from __future__ import annotations

from collections.abc import Mapping

from ari_apps.configuration.callback import CallbackSettings
from ari_apps.ivr.digits import Complete, Number, OneOf
from ari_apps.ivr.prompts import Prompts, values_of
from ari_apps.ivr.settings import PromptSettings
from ari_apps.line import Line

THIS, ANOTHER, WAIT_ON = "1", "2", "*"
QUESTIONS = 6
"""So often a caller is asked something before waiting on."""
BETWEEN_S = 3.0


async def ask_number(line: Line, settings: CallbackSettings, prompts: Prompts) -> str | None:
    """Return the number that the caller has confirmed; None for one who rather waits. Raises CallerGone.

    What the network says of the caller is trusted as little as what is typed: both must be allowed.
    """
    number = line.caller_number if settings.allows(line.caller_number) else ""
    wrong = False
    for _ in range(QUESTIONS):
        if number:
            match await _confirm(line, settings, prompts, number):
                case "1":
                    return number
                case "2":
                    number, wrong = "", False
                case _:
                    return None
        else:
            typed = await _type(line, settings, prompts, wrong=wrong)
            if typed is None:
                return None
            wrong = not settings.allows(typed) or typed == line.called_number
            number = "" if wrong else typed
    return None


async def _confirm(line: Line, settings: CallbackSettings, prompts: Prompts, number: str) -> str | None:
    """Read the number back; return the key that was pressed, None where none of those was."""
    told = await media(line, prompts, settings.said_number, {"callback": number})
    told += await media(line, prompts, settings.said_choice)
    matcher = OneOf((THIS, ANOTHER, WAIT_ON))
    for _ in range(2):
        answer = await line.collect(told, matcher, timeout_s=settings.timeout_s, between_s=BETWEEN_S)
        if isinstance(answer, Complete):
            return answer.digits
    return None


async def _type(line: Line, settings: CallbackSettings, prompts: Prompts, *, wrong: bool) -> str | None:
    """Let a number be typed; an empty one is wrong, None that nobody typed."""
    told = await media(line, prompts, settings.said_wrong) if wrong else []
    told += await media(line, prompts, settings.said_ask)
    matcher = Number(settings.min_digits, settings.max_digits)
    answer = await line.collect(told, matcher, timeout_s=settings.timeout_s, between_s=settings.timeout_s)
    if isinstance(answer, Complete):
        return answer.digits
    return "" if answer.digits else None


async def media(
    line: Line, prompts: Prompts, prompt: PromptSettings, values: Mapping[str, str] | None = None
) -> list[str]:
    """Return what to play of a prompt in the caller's language."""
    texts = prompt.spoken_in(line.language)
    return await prompts.media(texts, language=line.language, values=values_of(line) | dict(values or {}))
