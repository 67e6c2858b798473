"""What customers are asked after the call: `[surveys.NAME]` of floor.toml, and `survey` of a queue."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from ari_apps.configuration.written_values import Name
from ari_apps.ivr.settings import NO_PROMPT, Prompt, PromptSettings, Section
from queue_strategies.survey import SCALE, SurveyRules

QUESTIONS_MAX = 5
SCORES = frozenset(map(str, SCALE))


class QuestionSettings(Section):
    """One question, answered by one key."""

    name: Name
    prompt: Prompt
    keys: Annotated[str, StringConstraints(pattern=r"^[0-9*#]{1,12}$")] = "12345"
    """Which keys are an answer."""
    score: bool = False
    """The answer, from 1 to 5, is what CSAT is made of."""
    timeout_s: float = Field(default=6.0, gt=0, le=60)
    tries: int = Field(default=2, ge=1, le=10)
    barge_in: bool = True
    """A key cuts the prompt short."""
    invalid_prompt: Prompt = NO_PROMPT

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(set(self.keys)) != len(self.keys):
            raise ValueError(f"keys = {self.keys!r} names a key twice")
        if self.score and not SCORES.issuperset(self.keys):
            raise ValueError(f"keys = {self.keys!r}: a score is one of the keys 1 to 5")
        return self


class SurveySettings(Section):
    """A few questions, from hello to goodbye."""

    greeting: Prompt = PromptSettings.of("say:Please stay on the line and tell us how it was.")
    questions: Annotated[tuple[QuestionSettings, ...], Field(min_length=1, max_length=QUESTIONS_MAX)]
    thanks: Prompt = PromptSettings.of("say:Thank you. Goodbye.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [question.name for question in self.questions]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"has two questions {twice[0]!r}, choose another name")
        if sum(question.score for question in self.questions) > 1:
            raise ValueError("has two questions with score = true, leave it to one")
        return self

    def prompts(self) -> Iterator[tuple[str, PromptSettings]]:
        """Yield everything that may be said, with its place."""
        yield "greeting", self.greeting
        for n, question in enumerate(self.questions):
            yield f"questions[{n}].prompt", question.prompt
            yield f"questions[{n}].invalid_prompt", question.invalid_prompt
        yield "thanks", self.thanks


class QueueSurveySettings(Section):
    """Which customers of a queue are asked, and what."""

    ask: Name
    """One of [surveys]."""
    percent: float = Field(default=100.0, gt=0, le=100)
    """Of those whose agent hung up."""
    again_after_days: int = Field(default=30, ge=0, le=3650)
    """Who was asked is not asked again so soon, known by the number; 0: every time."""

    def rules(self) -> SurveyRules:
        """Return what the decision needs to know."""
        return SurveyRules(share=self.percent / 100, again_after_days=self.again_after_days)
