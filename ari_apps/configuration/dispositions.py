"""What calls of a queue may have been about: `dispositions` of a queue in floor.toml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from ari_apps.configuration.written_values import Name
from ari_apps.ivr.settings import Section

DISPOSITIONS_MAX = 100
DialledNumber = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,2}$")]


class DispositionSettings(Section):
    """What an agent may say that a call was about."""

    choices: Annotated[Mapping[DialledNumber, Name], Field(min_length=1, max_length=DISPOSITIONS_MAX)]
    """What is dialled behind the feature code for each."""
    required: bool = False
    """Wrap-up does not end by its timer, nor by the agent, before one was given; a supervisor may end it."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = list(self.choices.values())
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"has {twice[0]!r} twice, leave it to one number")
        return self
