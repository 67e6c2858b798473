"""The part of floor.toml that says in which boxes callers leave messages, and who is told of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from ari_apps.configuration.numbers_called import NumbersCalled, may_be_called
from ari_apps.configuration.written_values import MailAddress
from ari_apps.destinations import Destination, DestinationKind, Reference, refer
from ari_apps.ivr.settings import HookAddress, Prompt, PromptSettings, Section, as_sequence


class NotifySettings(Section):
    """Who is told of a new message, and how."""

    mail: Annotated[tuple[MailAddress, ...], BeforeValidator(as_sequence)] = Field(default=(), max_length=50)
    """To whom a mail goes, through the server of [mail]."""
    attach: bool = False
    """The message goes with the mail; else it is only named."""
    webhook: HookAddress | None = None
    """Is sent a POST, signed by the Standard Webhooks scheme."""
    signed_by: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,80}$")] = "webhook"
    """The name of the secret that signs it."""
    timeout_s: float = Field(default=10.0, gt=0, le=60)
    """How long the webhook may take to answer."""
    give_up_h: float = Field(default=24.0, gt=0, le=720)
    """So long after the message, nobody is told any more who could not be told so far."""

    def ways(self) -> tuple[str, ...]:
        """Name the ways that are wanted."""
        return ("mail",) * bool(self.mail) + ("webhook",) * (self.webhook is not None)


class VoicemailSettings(Section):
    """A box in which callers leave messages."""

    of: Destination | None = None
    """Whose it is: `queue:sales` or `agent:anna`, whose people hear it; None: of those who see everybody."""
    greeting: Prompt = PromptSettings.of("sound:vm-intro")
    greeting_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,4}$")] | None = None
    """Dialled after feature_codes.greeting by those whose box it is, to speak this greeting.

    Who dials no more than that speaks the greeting of the own box.
    """
    greeting_max_s: float = Field(default=60.0, gt=0, le=600)
    """Of a greeting that is spoken."""
    beep: bool = True
    max_s: float = Field(default=180.0, gt=0, le=3600)
    silence_s: float = Field(default=5.0, ge=0, le=60)
    """This much silence ends the message; 0: never."""
    min_s: float = Field(default=1.0, ge=0, le=60)
    """A shorter message is thrown away."""
    end_keys: str = "#"
    thanks: Prompt = PromptSettings.of("sound:vm-goodbye")
    notify: NotifySettings = NotifySettings()
    call_back_numbers: NumbersCalled = ()
    """Which numbers are called back, `+49*` or `0*`: callers show what they like, and you pay for it."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.of is not None and self.of.kind not in (DestinationKind.QUEUE, DestinationKind.AGENT):
            raise ValueError(f"of = {str(self.of)!r}: a box is a queue's or an agent's, write queue:sales")
        return self

    def calls_back(self, number: str) -> bool:
        """Tell whether who left a message, and showed this number, may be called back."""
        return may_be_called(number, self.call_back_numbers)

    def references(self, place: str) -> Iterator[Reference]:
        """Yield whose the box is."""
        yield from refer(f"{place}.of", self.of)
