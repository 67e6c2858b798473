"""What calls of a queue may have been about: `dispositions` of a queue in floor.toml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from ari_apps.configuration.errors import suggest
from ari_apps.configuration.written_values import Name
from ari_apps.ivr.settings import Section

DISPOSITIONS_MAX = 100
DialledNumber = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,2}$")]


class DispositionSettings(Section):
    """What an agent may say that a call was about."""

    choices: Annotated[Mapping[DialledNumber, Name], Field(min_length=1, max_length=DISPOSITIONS_MAX)]
    """What is dialled behind the feature code for each."""
    resolved: tuple[Name, ...] = ()
    """Which of them say that the customer was helped."""
    unresolved: tuple[Name, ...] = ()
    """Which say the contrary; the others say neither."""
    required: bool = False
    """Wrap-up does not end by its timer, nor by the agent, before one was given; a supervisor may end it."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = list(self.choices.values())
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"has {twice[0]!r} twice, leave it to one number")
        for name in (*self.resolved, *self.unresolved):
            if name not in names:
                raise ValueError(f"has no {name!r} to be resolved or not, {suggest(name, names)}")
        if both := sorted(set(self.resolved) & set(self.unresolved)):
            raise ValueError(f"has {both[0]!r} as both resolved and unresolved, leave it to one")
        return self

    def resolves(self, disposition: str) -> bool | None:
        """Tell whether it says that the customer was helped; None: it says nothing of that."""
        return disposition in self.resolved or (False if disposition in self.unresolved else None)
