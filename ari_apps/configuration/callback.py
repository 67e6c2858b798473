"""The part of floor.toml that says who may keep the place in a queue without the line, and is called back."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from ari_apps.configuration.numbers_called import NumbersCalled, may_be_called
from ari_apps.configuration.written_values import Name
from ari_apps.ivr.settings import Prompt, PromptSettings, Section
from queue_strategies.callback import CallbackRules, CalledFirst


class CallbackSettings(Section):
    """How callers of a queue may be called back; see queue_strategies.callback for what each rule means."""

    key: Annotated[str, StringConstraints(pattern=r"^[0-9*#]$")] = "2"
    """Pressed while waiting."""
    numbers: Annotated[NumbersCalled, Field(min_length=1)]
    """Which numbers are called, `+49*` or `0*`: callers type what they like, and you pay for it."""
    first: CalledFirst = CalledFirst.AGENT
    tries: int = Field(default=3, ge=1, le=100)
    retry_s: float = Field(default=300.0, ge=1, le=86400)
    failures: int = Field(default=12, ge=1, le=1000)
    ring_s: float = Field(default=30.0, ge=5, le=120)
    earliest_s: float = Field(default=10.0, ge=0, le=3600)
    hours: Name | None = None
    """A calendar: nobody is called back outside of it; None: at all hours."""
    min_digits: int = Field(default=5, ge=1, le=32)
    max_digits: int = Field(default=15, ge=1, le=32)
    """Of a number that is typed."""
    timeout_s: float = Field(default=6.0, gt=0, le=60)
    """So long a caller may hesitate before each answer."""
    said_number: Prompt = PromptSettings.of(
        "say:We can call you back, and you keep your place. Your number is", "digits:{callback}"
    )
    said_choice: Prompt = PromptSettings.of(
        "say:To be called there, press 1. To type another number, press 2. To wait on, press star."
    )
    said_ask: Prompt = PromptSettings.of(
        "say:Please type the number at which we shall call you back, and then hash."
    )
    said_wrong: Prompt = PromptSettings.of("say:We cannot call this number.")
    said_taken: Prompt = PromptSettings.of("say:Thank you. We will call you when it is your turn. Goodbye.")
    said_hello: Prompt = PromptSettings.of(
        "say:This is the call you asked for. Please hold the line for an agent."
    )
    """To a customer who is called before the agent is."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.min_digits > self.max_digits:
            raise ValueError(f"min_digits = {self.min_digits} is more than max_digits = {self.max_digits}")
        return self

    def rules(self) -> CallbackRules:
        """Return what the Floor needs to know."""
        return CallbackRules(
            first=self.first,
            tries=self.tries,
            retry_s=self.retry_s,
            failures=self.failures,
            ring_s=self.ring_s,
            earliest_s=self.earliest_s,
        )

    def allows(self, number: str) -> bool:
        """Tell whether this number, of digits and perhaps a + before them, may be called."""
        return may_be_called(number, self.numbers)

    def prompts(self) -> tuple[PromptSettings, ...]:
        """Return everything that may be said."""
        said = (self.said_number, self.said_choice, self.said_ask, self.said_wrong)
        return (*said, self.said_taken, self.said_hello)
