"""Speak the greeting of a box: a tone, the recording, hearing it, and a key that says whether it is good."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from ari_apps.ari import AriError
from ari_apps.feature_codes import FeatureCodes
from ari_apps.greetings import Greetings
from ari_apps.ivr.box_settings import VoicemailSettings
from ari_apps.ivr.digits import Complete, OneOf
from ari_apps.ivr.prompts import Prompts, values_of
from ari_apps.ivr.settings import PromptSettings
from ari_apps.ivr.voicemail import BEEP, is_empty
from ari_apps.line import CallerGone, Line
from queue_strategies.model import AgentId

log = structlog.get_logger()

KEEP, AGAIN = "1", "2"
TRIES = 10
"""So often one call may speak it."""
END_KEY = "#"
TIMEOUT_S, BETWEEN_S = 10.0, 3.0


@dataclass(frozen=True, slots=True)
class SpokenGreeting:
    """Everything that is needed for it."""

    prompts: Prompts
    codes: FeatureCodes
    greetings: Greetings

    async def speak(self, line: Line, name: str, box: VoicemailSettings, who: AgentId) -> None:
        """Let an agent speak the greeting of a box until it is good; raises CallerGone, and keeps nothing."""
        for _ in range(TRIES):
            try:
                is_over = await self._try(line, name, box, who)
            except OSError as failure:
                log.error("greeting.not_kept", box=name, why=str(failure))
                await line.play(await self._media(line, self.codes.said_no_greeting))
                return
            if is_over:
                return

    async def _try(self, line: Line, name: str, box: VoicemailSettings, who: AgentId) -> bool:
        """Record once; tell whether that was the last time."""
        draft = await self.greetings.draft(name)
        try:
            await line.play([*await self._media(line, self.codes.said_greeting), BEEP])
            recorded = await line.record(draft, max_s=box.greeting_max_s, silence_s=0, end_keys=END_KEY)
            answer = AGAIN if is_empty(recorded, box) else await self._hear(line, draft)
        except (CallerGone, AriError):
            await self.greetings.give_up(draft)
            raise
        if answer == KEEP:
            await self.greetings.keep(name, recorded, who)
            await line.play(await self._media(line, self.codes.said_greeting_kept))
        else:
            await self.greetings.give_up(draft)
        return answer != AGAIN

    async def _hear(self, line: Line, draft: str) -> str:
        """Play it back; return the key that was pressed, nothing where none of those was."""
        told = [f"recording:{draft}", *await self._media(line, self.codes.said_greeting_choice)]
        for _ in range(2):
            matcher = OneOf((KEEP, AGAIN))
            answer = await line.collect(told, matcher, timeout_s=TIMEOUT_S, between_s=BETWEEN_S)
            if isinstance(answer, Complete):
                return answer.digits
        return ""

    async def _media(self, line: Line, prompt: PromptSettings) -> list[str]:
        texts = prompt.spoken_in(line.language)
        return await self.prompts.media(texts, language=line.language, values=values_of(line))
