"""What the fold knows of a visit to one of Asterisk's own queues while it goes on."""

from __future__ import annotations

from dataclasses import dataclass, field

from queue_strategies.model import AgentId, ContactId, OfferId, OfferOutcome, QueueName, VisitId

REFUSED = frozenset({17, 21})
"""Q.850 causes of a phone that said busy (486, 600) or no (603)."""

ON_ITS_WAY_S = 1.0
"""What came before may be told of so long after."""


@dataclass(slots=True)
class Offer:
    """A visit put before one member; named after the member's channel."""

    offer: OfferId
    agent: AgentId
    made: float
    rang: bool = False
    missed: float | None = None
    """When it was not answered; in which way, the hang-up of the member's channel will tell."""
    cause: int = 0
    told: bool = False
    """It was told of before, and is over for all who were told."""

    def in_which_way(self) -> OfferOutcome:
        """Say in which way the member did not answer."""
        if self.cause in REFUSED:
            return OfferOutcome.DECLINED
        return OfferOutcome.RANG_OUT if self.rang else OfferOutcome.UNREACHABLE


@dataclass(slots=True)
class Talk:
    """A member and the caller, bridged."""

    offer: Offer
    began: float
    held_since: float | None = None
    hold_s: float = 0.0
    transferred: bool = False
    agent_hung_up: bool = False


@dataclass(slots=True)
class Visit:
    """One caller in one queue, until the talk is over."""

    contact: ContactId
    visit: VisitId
    queue: QueueName
    joined: float
    position: int
    offers: dict[str, Offer] = field(default_factory=dict)
    """By the unique id of the member's channel."""
    hung_up: bool = False
    abandoned: bool = False
    left: float | None = None
    """Left the line; what for is not always known yet."""
    unheard: bool = False
    """Left while nobody listened."""
    talk: Talk | None = None

    def may_have_joined(self, moment: float) -> bool:
        """Tell whether a join told of now is this visit's: told of again, or after the answer."""
        if self.talk is not None:
            return moment - self.talk.began <= ON_ITS_WAY_S
        return self.left is None
