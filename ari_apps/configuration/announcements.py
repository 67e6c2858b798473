"""The part of floor.toml that says what callers hear who wait in a queue, and the agent who answers them."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from ari_apps.ivr.settings import Prompt, PromptSettings, Section
from queue_strategies.announcements import Announcements, EstimateRule, PositionRule

SAYINGS = (
    "said_first",
    "said_position",
    "said_more_than",
    "said_estimate",
    "said_one_minute",
    "said_seconds",
    "said_thanks",
)
_NEEDS = {
    "position_limit": ("position", 'position = "limit" or "more_than"'),
    "only_up": ("position", "position"),
    "estimate_once": ("estimate", "estimate"),
    "round_to_s": ("estimate", "estimate"),
    "message_start_s": ("messages", "messages"),
    "message_every_s": ("messages", "messages"),
    "random": ("messages", "messages"),
}


class AnnouncementSettings(Section):
    """What those who wait are told; see queue_strategies.announcements for what each rule means."""

    position: PositionRule = PositionRule.NEVER
    position_limit: int = Field(default=5, ge=1, le=100_000)
    only_up: bool = False
    to_first: bool = True
    estimate: EstimateRule = EstimateRule.NEVER
    estimate_once: bool = False
    round_to_s: float = Field(default=60.0, ge=5, le=3600)
    start_s: float = Field(default=10.0, ge=0, le=86400)
    every_s: float = Field(default=60.0, ge=5, le=86400)
    least_gap_s: float = Field(default=15.0, ge=0, le=86400)
    messages: tuple[Prompt, ...] = ()
    message_start_s: float = Field(default=30.0, ge=0, le=86400)
    message_every_s: float = Field(default=60.0, ge=5, le=86400)
    random: bool = False
    relative: bool = True
    said_first: Prompt = PromptSettings.of("sound:queue-youarenext")
    said_position: Prompt = PromptSettings.of(
        "sound:queue-thereare", "number:{position}", "sound:queue-callswaiting"
    )
    said_more_than: Prompt = PromptSettings.of(
        "sound:queue-quantity1", "number:{position}", "sound:queue-quantity2"
    )
    said_estimate: Prompt = PromptSettings.of(
        "sound:queue-holdtime", "number:{minutes}", "sound:queue-minutes"
    )
    said_one_minute: Prompt = PromptSettings.of(
        "sound:queue-holdtime", "sound:queue-less-than", "number:1", "sound:queue-minute"
    )
    said_seconds: Prompt = PromptSettings.of(
        "sound:queue-holdtime", "number:{seconds}", "sound:queue-seconds"
    )
    said_thanks: Prompt = PromptSettings.of("sound:queue-thankyou")
    """After place and wait."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for field, (needed, remedy) in _NEEDS.items():
            if field in self.model_fields_set and getattr(self, needed) in ("never", ()):
                raise ValueError(f"{field} does nothing without {remedy}")
        if self.position is PositionRule.ALWAYS and "position_limit" in self.model_fields_set:
            raise ValueError(f"position_limit does nothing without {_NEEDS['position_limit'][1]}")
        return self

    def rules(self) -> Announcements | None:
        """Return what the Floor needs to know; None when nothing is ever announced."""
        same = self.model_dump(exclude={"messages", *SAYINGS})
        rules = Announcements(messages=len(self.messages), **same)
        return rules if rules.tells_place or rules.messages else None

    def prompts(self) -> tuple[PromptSettings, ...]:
        """Return everything that may be said."""
        return (*self.messages, *(getattr(self, saying) for saying in SAYINGS))
