"""Keep what is needed to explain a choice later, and say it in words when somebody asks."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from queue_strategies.floor.ranking import Rank
from queue_strategies.model import AgentId, ContactId, OfferId, OfferOutcome
from queue_strategies.requirement import Requirement
from queue_strategies.strategies import Strategy

if TYPE_CHECKING:
    from queue_strategies.floor.line import Seat
    from queue_strategies.floor.row import Row
    from queue_strategies.floor.visit import Offer, Visit

SHOWN = 20
"""So many of those who were ready are kept for each choice."""
CHOICES = 50
"""So many of the last choices are kept for a visit."""
REMEMBERED = 500
"""So many visits that are over can still be explained."""


@dataclass(slots=True)
class Choice:
    """Who was ready when an agent was chosen, with the scores of that moment."""

    offer: OfferId
    agent: AgentId
    moment: float
    strategy: Strategy
    name: str
    """The strategy's, in the configuration."""
    asked: Requirement
    ranks: list[Rank]
    """Of the first who were ready, the chosen one among them unless that one stood further behind."""
    rank: Rank
    ready: int
    outcome: OfferOutcome | None = None
    """None: it goes on."""
    ended: float | None = None

    @classmethod
    def of(cls, row: Row, visit: Visit, seat: Seat, now: float, offer: OfferId) -> Choice:
        """Note a choice that is being made; several phones rung at one moment are one choice among all."""
        strategy, rank = row.line.strategy, seat.ranks[row]
        name, ready = row.line.queue.strategy, row.ready
        if visit.offers and visit.choices and (begun := visit.choices[-1]).goes_on(strategy, now):
            shown, asked, count = begun.ranks, begun.asked, begun.ready
        else:
            shown, asked, count = ready.ranks(SHOWN), row.asked, len(ready)
        return cls(offer, seat.agent, now, strategy, name, asked, shown, rank, count)

    def goes_on(self, strategy: Strategy, now: float) -> bool:
        """Tell whether one more phone that rings now belongs to this choice."""
        return self.moment == now and self.ended is None and self.strategy is strategy


def note_end(visit: Visit, offer: Offer, outcome: OfferOutcome, now: float) -> None:
    """Note how an offer ended, if it is known why it was made."""
    for choice in reversed(visit.choices):
        if choice.offer == offer.id:
            choice.outcome, choice.ended = outcome, now
            return


def note_choice(visit: Visit, choice: Choice) -> None:
    """Keep a choice with the visit, instead of the oldest where there are many."""
    visit.choices.append(choice)
    if len(visit.choices) > CHOICES:
        del visit.choices[0]


def why_there(strategy: Strategy, rank: Rank, now: float) -> str:
    """Say what put a member at a rank."""
    penalty = f", penalty {rank[0]:g}" if rank[0] else ""
    return strategy.because(rank[1:-1], now) + penalty


class Past:
    """The last visits that are over, by contact."""

    def __init__(self) -> None:
        self._visits: OrderedDict[ContactId, Visit] = OrderedDict()

    def keep(self, visit: Visit) -> None:
        """Remember a visit instead of the one that is the longest over."""
        contact = visit.caller.contact
        self._visits.pop(contact, None)
        self._visits[contact] = visit
        if len(self._visits) > REMEMBERED:
            self._visits.popitem(last=False)

    def of(self, contact: ContactId) -> Visit | None:
        """Return the contact's last visit that is over."""
        return self._visits.get(contact)
