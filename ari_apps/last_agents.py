"""Know with whom each customer talked last, by the customer's number."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from queue_strategies.facts import Answered, ContactEnded, ContactStarted, Fact
from queue_strategies.model import AgentId, ContactId

REMEMBERED = 200_000
"""So many customers are known by heart, those who talked the longest ago forgotten first."""
DAYS = 30
"""After a restart the talks of so many days are looked up."""


class LastAgents:
    """Told every fact, it can be asked at once while a call arrives."""

    def __init__(self) -> None:
        self._agents: OrderedDict[str, AgentId] = OrderedDict()
        self._numbers: dict[ContactId, str] = {}
        """Of the contacts that go on."""

    def take(self, fact: Fact) -> None:
        """Take note of a fact."""
        match fact:
            case ContactStarted(contact=contact, caller_number=number) if number:
                self._numbers[contact] = number
            case ContactEnded(contact=contact):
                self._numbers.pop(contact, None)
            case Answered(contact=contact, agent=agent) if contact in self._numbers:
                self._agents[self._numbers[contact]] = agent
                self._agents.move_to_end(self._numbers[contact])
                if len(self._agents) > REMEMBERED:
                    self._agents.popitem(last=False)

    def recall(self, talks: Iterable[tuple[str, AgentId]]) -> None:
        """Take note of earlier talks, where nothing newer is known."""
        for number, agent in talks:
            if len(self._agents) < REMEMBERED:
                self._agents.setdefault(number, agent)

    def of(self, number: str) -> AgentId | None:
        """Return the agent of a customer's last talk."""
        return self._agents.get(number) if number else None
