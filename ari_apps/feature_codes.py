"""Codes an agent dials to work without a screen: `*11` to log in, `*132` to pause for reason 2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from ari_apps.agents import AgentAction
from ari_apps.ivr.settings import Prompt, PromptSettings, Section
from queue_strategies.recording import Happened, PauseAsked, ResumeAsked, StartAsked

Code = Annotated[str, StringConstraints(pattern=r"^[*#][0-9*#]{1,7}$")]


class FeatureCodes(Section):
    """What agents dial, and what they hear for it."""

    log_in: Code = "*11"
    log_out: Code = "*12"
    pause: Code = "*13"
    """Followed by a reason's digit, or by nothing."""
    unpause: Code = "*14"
    ready: Code = "*15"
    """Ends wrap-up, rest and pause."""
    start_recording: Code = "*21"
    """This and the next two are pressed in the middle of a talk."""
    pause_recording: Code = "*22"
    resume_recording: Code = "*23"
    disposition: Code = "*16"
    """Followed by the number of what the call was about, while it goes on or in wrap-up."""
    greeting: Code = "*17"
    """Speaks the greeting of the own box; followed by a box's `greeting_code`, of that one."""
    reasons: Mapping[Annotated[str, StringConstraints(pattern=r"^[0-9]$")], str] = Field(
        default={"1": "break", "2": "lunch", "3": "training", "4": "meeting"}
    )
    said_log_in: Prompt = PromptSettings.of("sound:agent-loginok")
    said_log_out: Prompt = PromptSettings.of("sound:agent-loggedoff")
    said_pause: Prompt = PromptSettings.of("say:You are paused.")
    said_unpause: Prompt = PromptSettings.of("say:You are back.")
    said_ready: Prompt = PromptSettings.of("say:You are ready.")
    said_disposition: Prompt = PromptSettings.of("say:Thank you.")
    said_no_disposition: Prompt = PromptSettings.of("sound:pbx-invalid")
    """There is none of this number, or no call that it could be about."""
    said_disposition_owed: Prompt = PromptSettings.of("say:Please say first what the call was about.")
    """To who wants to be ready before that."""

    said_greeting: Prompt = PromptSettings.of(
        "say:Please speak the greeting after the tone, and then press hash."
    )
    said_greeting_choice: Prompt = PromptSettings.of("say:To keep it, press 1. To speak again, press 2.")
    said_greeting_kept: Prompt = PromptSettings.of("say:Thank you.")
    said_no_greeting: Prompt = PromptSettings.of("sound:pbx-invalid")
    """There is no such box, or it is not the agent's; or the greeting could not be kept."""

    @model_validator(mode="after")
    def _tell_apart(self) -> Self:
        codes = [*(self.code_of(action) for action in AgentAction), self.disposition, self.greeting]
        codes += self.in_talk
        for code in codes:
            if any(other != code and other.startswith(code) for other in codes) or codes.count(code) > 1:
                raise ValueError(f"{code} begins or equals another code, give each its own")
        return self

    @property
    def in_talk(self) -> Mapping[str, Happened]:
        """What agents press while they talk, and what they ask for by it."""
        return {
            self.start_recording: StartAsked(),
            self.pause_recording: PauseAsked(),
            self.resume_recording: ResumeAsked(),
        }

    def pressed(self, keys: str) -> Happened | None:
        """Return what the last of the keys pressed in a talk ask for; None: nothing."""
        return next((asked for code, asked in self.in_talk.items() if keys.endswith(code)), None)

    def code_of(self, action: AgentAction) -> str:
        """Return what is dialled for an action."""
        return str(getattr(self, action))

    def confirmation_of(self, action: AgentAction) -> PromptSettings:
        """Return what is heard once an action is done."""
        confirmations: Mapping[AgentAction, PromptSettings] = {
            AgentAction.LOG_IN: self.said_log_in,
            AgentAction.LOG_OUT: self.said_log_out,
            AgentAction.PAUSE: self.said_pause,
            AgentAction.UNPAUSE: self.said_unpause,
            AgentAction.READY: self.said_ready,
        }
        return confirmations[action]

    def find_disposition(self, dialled: str) -> str | None:
        """Return the number of a disposition that was dialled, perhaps none; None when it is no such code."""
        return dialled.removeprefix(self.disposition) if dialled.startswith(self.disposition) else None

    def find_greeting(self, dialled: str) -> str | None:
        """Return which box's greeting is to be spoken, perhaps none's in particular; None: no such code."""
        return dialled.removeprefix(self.greeting) if dialled.startswith(self.greeting) else None

    def find(self, dialled: str) -> tuple[AgentAction, str] | None:
        """Return the action and the pause's reason that were dialled; None when it is no code."""
        for action in AgentAction:
            if dialled == self.code_of(action):
                return action, ""
        reason = self.reasons.get(dialled.removeprefix(self.pause))
        return (AgentAction.PAUSE, reason) if reason and dialled.startswith(self.pause) else None
