"""Take note of what a call was about: from the agent's phone, over REST, while it goes on or afterwards."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from ari_apps.configuration.errors import suggest
from ari_apps.directory import Directory
from queue_strategies.dispositions import plain_note
from queue_strategies.errors import CallfloorError
from queue_strategies.events import DispositionNoted, Event
from queue_strategies.facts import DispositionGiven, Fact
from queue_strategies.floor import FloorSnapshot
from queue_strategies.model import AgentId, ContactId, QueueName, VisitId

log = structlog.get_logger()


class UnknownDispositionError(CallfloorError):
    """The queue has no such disposition, or none at all."""


@dataclass(frozen=True, slots=True)
class Served:
    """An agent's talk with a customer, which goes on or is over."""

    contact: ContactId
    visit: VisitId
    queue: QueueName
    agent: AgentId


ServedBefore = Callable[[str], Awaitable[list[Served]]]
"""Who talked within a call that is over, in their order; raises NotNow while nobody knows."""


class Dispositions:
    """Everything that taking note needs."""

    def __init__(
        self,
        *,
        snapshot: Callable[[], FloorSnapshot],
        directory: Directory,
        tell: Callable[[Event], None],
        remember: Callable[[Fact], None],
        now: Callable[[], float],
    ) -> None:
        self._snapshot = snapshot
        self._directory = directory
        self._tell = tell
        self._remember = remember
        self._now = now

    def note(self, served: Served, disposition: str, note: str = "", given_by: str = "") -> None:
        """Take note; raises UnknownDispositionError."""
        known = self._directory.dispositions_of(served.queue)
        names = [] if known is None else list(known.choices.values())
        if disposition not in names:
            hint = suggest(disposition, names) if names else "name some in floor.toml, queues.dispositions"
            raise UnknownDispositionError(f"{served.queue} has no disposition {disposition!r}, {hint}")
        self._remember(
            DispositionGiven(
                moment=self._now(),
                contact=served.contact,
                visit=served.visit,
                queue=served.queue,
                agent=served.agent,
                disposition=disposition,
                note=plain_note(note),
                given_by=given_by,
                resolved=None if known is None else known.resolves(disposition),
            )
        )
        self._tell(DispositionNoted(served.agent, served.visit))
        log.info("disposition.given", contact=served.contact, queue=served.queue, disposition=disposition)

    def dialled(self, agent: AgentId, number: str) -> bool:
        """Take note of what an agent dialled about the present call; tell whether that is a disposition."""
        served = self.present(agent)
        known = None if served is None else self._directory.dispositions_of(served.queue)
        disposition = None if known is None else known.choices.get(number)
        if served is None or disposition is None:
            return False
        self.note(served, disposition)
        return True

    def present(self, agent: AgentId) -> Served | None:
        """Return with whom an agent talks, or whom the agent wraps up; None: nobody."""
        shown = self._snapshot().agents.get(agent)
        if shown is None:
            return None
        if (work := shown.work_after) is not None:
            return Served(work.contact, work.visit, work.queue, agent)
        if shown.contact is None or shown.visit is None or shown.queue is None:
            return None
        return Served(shown.contact, shown.visit, shown.queue, agent)

    def of_call(self, contact: str) -> list[Served]:
        """Return the agents who talk within a call, or wrap it up."""
        everybody = map(self.present, self._snapshot().agents)
        return [one for one in everybody if one is not None and one.contact == contact]

    def owes(self, agent: AgentId) -> bool:
        """Tell whether an agent is still to say what the last call was about."""
        shown = self._snapshot().agents.get(agent)
        return shown is not None and shown.work_after is not None and shown.work_after.owes
