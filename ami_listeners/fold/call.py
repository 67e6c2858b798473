"""One call of Asterisk's while it goes on."""

from __future__ import annotations

from dataclasses import dataclass, field

from ami_listeners.fold.directions import INBOUND, INTERNAL, OUTBOUND


@dataclass(slots=True)
class Call:
    """One call that goes on."""

    began: float
    channels: set[str] = field(default_factory=set)
    answered: bool = False
    cause: int = 0
    missing_once: bool = False
    """Not among Asterisk's channels at the last look, though no hang-up was heard."""
    from_inside: bool = False
    originated: bool = False
    """Asterisk dialled its first channel for a program, which was not told to have come about yet."""
    dialled: bool = False
    """Asterisk dialled its first channel."""
    outside: bool = False
    """Somebody outside was called."""
    inside: bool = False
    """Somebody else inside was called."""
    asked_for: str = ""
    """The call that its caller has on hold meanwhile."""
    untold: bool = False
    """Nobody was told yet that it began."""
    into: str = ""
    """The call it became part of."""

    def direction(self) -> str:
        """Say which way it went, as far as is known."""
        if self.outside and (self.dialled or self.from_inside):
            return OUTBOUND
        if self.dialled:
            return INTERNAL if self.inside else ""
        return INTERNAL if self.from_inside else INBOUND
