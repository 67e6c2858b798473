"""Who lives where: extensions, phones, numbers; and where a call goes that a place cannot take."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ari_apps.configuration.announcements import AnnouncementSettings
from ari_apps.configuration.callback import CallbackSettings
from ari_apps.configuration.checks import references
from ari_apps.configuration.dispositions import DispositionSettings
from ari_apps.configuration.errors import suggest
from ari_apps.configuration.floor_toml import FloorConfiguration, direct_line_name
from ari_apps.configuration.places import destinations
from ari_apps.configuration.recording import QueueRecordingSettings
from ari_apps.configuration.settings import AgentSettings, QueueSettings
from ari_apps.configuration.surveys import QueueSurveySettings, SurveySettings
from ari_apps.destinations import HANGUP, Destination, DestinationKind
from ari_apps.ivr.box_settings import VoicemailSettings
from ari_apps.ivr.opening_hours import build_calendars, build_routes
from ari_apps.ivr.settings import NO_PROMPT, PromptSettings
from queue_strategies.calendar import Calendar
from queue_strategies.model import AgentId, OfferOutcome, QueueName, VisitOutcome
from queue_strategies.recording import AgentRule
from queue_strategies.rights import Person, reaches
from queue_strategies.routing import Arrival, Route, route

BUSY = Destination(DestinationKind.HANGUP, "busy")
UNALLOCATED = Destination(DestinationKind.HANGUP, "unallocated")
CONGESTION = Destination(DestinationKind.HANGUP, "congestion")
NUMBER = re.compile(r"\+?[0-9*#]{1,32}")
DIALLED = re.compile(r"\+?[0-9]{1,32}")
"""What a phone may dial to the outside: a carrier's own codes would change what the whole trunk does."""


@dataclass(frozen=True, slots=True)
class SupervisorPhone:
    """Where a supervisor is rung, and for how long."""

    endpoint: str
    ring_timeout_s: float


class Directory:
    """Answer questions about the configuration; decides nothing that a file does not say."""

    def __init__(self, configuration: FloorConfiguration) -> None:
        self._configuration = configuration
        self._former: dict[str, QueueSettings] = {}
        """Queues of earlier configurations, for those who are still in one that is no more."""
        self._gone: set[Destination] = set()
        self._calendars: dict[str, Calendar] = {}
        self.learn(configuration)

    def learn(self, configuration: FloorConfiguration) -> None:
        """Answer by this configuration from now on; of queues that are no more, by the one before."""
        earlier = self._gone | set(destinations(self._configuration))
        self._former |= self._configuration.queues_by_name
        self._configuration = configuration
        self._calendars |= build_calendars(configuration, configuration.site.timezone)
        self._routes = build_routes(configuration.routes)
        self._references = tuple(references(configuration))
        self._gone = {to for to in earlier if not self.knows(to)}

    def route(self, called: str, caller: str, at: dt.datetime) -> Route:
        """Say where a call from outside goes, and why."""
        arrival = Arrival(called_number=called, caller_number=caller, at=at)
        return route(self._routes, arrival, self._calendars)

    def dialled(self, by: str, number: str, at: dt.datetime) -> Route:
        """Say where a number goes that one of our phones dialled: an extension, a route, the outside."""
        if self._configuration.account_of_extension(number) is not None:
            return Route(destination=f"extension:{number}")
        found = self.route(number, by, at)
        if found.place is None and self._configuration.outbound.trunk and DIALLED.fullmatch(number):
            return Route(destination=f"number:{number}")
        return found

    def queue_of(self, to: Destination) -> QueueName | None:
        """Return the queue in which callers for this destination wait; None when the Floor has none."""
        match to.kind:
            case DestinationKind.QUEUE if self._configuration.queue(to.name):
                return QueueName(to.name)
            case DestinationKind.AGENT if self._configuration.agent(to.name):
                return direct_line_name(to.name)
            case DestinationKind.EXTENSION:
                account = self._configuration.account_of_extension(to.name)
                return direct_line_name(account.id) if isinstance(account, AgentSettings) else None
            case _:
                return None

    def endpoint_of(self, to: Destination) -> str | None:
        """Return what to dial for a destination that is no queue and no agent; None when there is nobody."""
        match to.kind:
            case DestinationKind.EXTENSION:
                account = self._configuration.account_of_extension(to.name)
                return f"PJSIP/{account.id}" if account else None
            case DestinationKind.NUMBER if NUMBER.fullmatch(to.name):
                trunk = self._configuration.outbound.trunk
                return f"PJSIP/{to.name}@{trunk}" if trunk else None
            case _:
                return None

    def knows(self, to: Destination) -> bool:
        """Tell whether a destination is one that floor.toml has; a coroutine must be named there."""
        match to.kind:
            case DestinationKind.QUEUE | DestinationKind.AGENT:
                return self.queue_of(to) is not None
            case DestinationKind.EXTENSION | DestinationKind.NUMBER:
                return self.endpoint_of(to) is not None
            case DestinationKind.MENU:
                return to.name in self._configuration.menus
            case DestinationKind.VOICEMAIL:
                return to.name in self._configuration.voicemail
            case DestinationKind.PYTHON:
                return any(used.kind == to.kind and used.name == to.name for used in self._references)
            case DestinationKind.HANGUP:
                return True

    def nearest(self, to: Destination) -> str:
        """Say which name was meant by a destination that floor.toml does not have, or which there are."""
        names: Mapping[DestinationKind, Iterable[str]] = {
            DestinationKind.QUEUE: self._configuration.queues_by_name,
            DestinationKind.AGENT: self._configuration.agents_by_id,
            DestinationKind.MENU: self._configuration.menus,
            DestinationKind.VOICEMAIL: self._configuration.voicemail,
        }
        return suggest(to.name, list(names[to.kind])) if to.kind in names else "take one of floor.toml"

    def is_gone(self, to: Destination) -> bool:
        """Tell whether a destination is one that an earlier floor.toml had, and this one has not."""
        return to in self._gone

    def shown_to(self, to: Destination) -> str | None:
        """Return the caller id that those we call outside see; None: that of who calls.

        The number is the name as well: of an empty name Asterisk would make that of who calls.
        """
        number = self._configuration.outbound.caller_id if to.kind is DestinationKind.NUMBER else None
        return f'"{number}" <{number}>' if number else None

    def _queue_at(self, to: Destination) -> QueueSettings | None:
        """Return the queue, be it one that is no more, in which callers wait for this destination."""
        if to.kind is not DestinationKind.QUEUE:
            return None
        return self._configuration.queue(to.name) or self._former.get(to.name)

    def music_of(self, to: Destination) -> str | None:
        """Return the class of music a waiting caller hears; None: the tone of ringing."""
        queue = self._queue_at(to)
        return queue.music if queue else None

    def announcements_of(self, to: Destination) -> AnnouncementSettings | None:
        """Return what callers are told who wait for this destination."""
        queue = self._queue_at(to)
        return queue.announcements if queue else None

    def briefing_of(self, to: Destination) -> tuple[PromptSettings, float | None]:
        """Return what an agent is told who answers for this destination, and how long that may take."""
        queue = self._queue_at(to)
        if queue is None or not queue.briefing.by_language:
            return NO_PROMPT, None
        return queue.briefing, queue.briefing_max_s

    def callback_of(self, to: Destination) -> CallbackSettings | None:
        """Return how those are called back who wait for this destination; None: nobody is."""
        queue = self._queue_at(to)
        return queue.callback if queue else None

    def survey_of(self, to: Destination) -> tuple[QueueSurveySettings, SurveySettings] | None:
        """Return who is asked, and what, after talking for this destination; None: nobody is."""
        queue = self._queue_at(to)
        asked = queue.survey if queue else None
        survey = self._configuration.surveys.get(asked.ask) if asked else None
        return (asked, survey) if asked and survey else None

    def dispositions_of(self, queue: QueueName) -> DispositionSettings | None:
        """Return what calls of a queue may have been about; None: nobody says."""
        found = self._queue_at(Destination(DestinationKind.QUEUE, queue))
        return found.dispositions if found else None

    def boxes(self) -> Mapping[str, VoicemailSettings]:
        """Return the voicemail boxes."""
        return self._configuration.voicemail

    def queues_of(self, agent: AgentId) -> set[str]:
        """Name the queues that an agent serves."""
        settings = self._configuration.agent(agent)
        return {one.queue for one in settings.queues} if settings else set()

    def callback_hours(self, at: dt.datetime) -> Iterator[tuple[QueueName, bool]]:
        """Yield each queue that calls back in certain hours only, and whether this is one of them."""
        for queue in {**self._former, **self._configuration.queues_by_name}.values():
            if queue.callback is not None and queue.callback.hours is not None:
                yield QueueName(queue.name), self._calendars[queue.callback.hours].is_open(at)

    def recording_of(self, queue: str | None) -> QueueRecordingSettings:
        """Return what of a queue's talks is recorded; of none, and of a direct line, what is usual."""
        settings = self._configuration.queue(queue or "") or self._former.get(queue or "")
        return settings.recording if settings else QueueRecordingSettings()

    def recording_announced_at(self, to: Destination) -> PromptSettings:
        """Return what a caller is told of recording who comes to a destination."""
        queue = self._queue_at(to)
        return queue.recording.announcement if queue else NO_PROMPT

    def recording_of_agent(self, agent: str | None) -> AgentRule:
        """Return what of an agent's talks is recorded."""
        settings = self._configuration.agent(agent or "")
        return settings.recording if settings else AgentRule.AS_QUEUE

    def announced(self) -> Iterator[PromptSettings]:
        """Yield everything that queues may say, and that is said after the call."""
        for queue in self._configuration.queues:
            yield queue.briefing
            yield queue.recording.announcement
            yield from queue.announcements.prompts()
            yield from queue.callback.prompts() if queue.callback else ()
        for survey in self._configuration.surveys.values():
            yield from (prompt for _, prompt in survey.prompts())

    def instead_of(
        self,
        to: Destination,
        outcome: VisitOutcome | OfferOutcome,
        came_from: Destination | None,
    ) -> Destination:
        """Say where a call goes that a destination did not take.

        A queue's own overflow first; who was transferred to nobody goes back to the queue; else goodbye.
        """
        queue = self._queue_at(to)
        overflow = getattr(queue.overflow, outcome, None) if queue else None
        if isinstance(overflow, Destination):
            return overflow
        if outcome is VisitOutcome.WITHDRAWN:
            return HANGUP
        if came_from is not None and came_from != to:
            return came_from
        return BUSY if outcome in (VisitOutcome.FULL, OfferOutcome.DECLINED) else HANGUP

    def instead_of_unknown(self, came_from: Destination | None) -> Destination:
        """Say where a call goes whose destination does not exist: back, or goodbye."""
        return came_from or UNALLOCATED

    def supervisor_phone(self, supervisor: str) -> SupervisorPhone:
        """Return where a supervisor of the file is rung; raises KeyError for anybody else."""
        settings = next((one for one in self._configuration.supervisors if one.id == supervisor), None)
        endpoint = self.endpoint_of(settings.endpoint) if settings else None
        if endpoint is None:
            raise KeyError(supervisor)
        return SupervisorPhone(endpoint, self._configuration.monitoring.ring_timeout_s)

    def supervisor_destination(self, supervisor: str) -> Destination:
        """Return where a supervisor of the file is rung, as it is written; `hangup` for anybody else."""
        return next((one.endpoint for one in self._configuration.supervisors if one.id == supervisor), HANGUP)

    def supervisor_announcement(self) -> PromptSettings:
        """Return what an agent hears when a supervisor comes."""
        return self._configuration.monitoring.announcement

    def team_of(self, agent: str | None) -> str | None:
        """Return an agent's team; None for nobody, and for an agent without one."""
        return self._configuration.team_of(agent or "")

    def agents_within(self, person: Person) -> list[str]:
        """List the agents whom a person reaches."""
        agents = self._configuration.agents
        return [one.id for one in agents if reaches(person, team=one.team, agent=AgentId(one.id))]

    def shown_as(self, account: str) -> tuple[str, str]:
        """Return the number and the name by which those whom an account calls see it."""
        found = next((one for one in self._configuration.accounts() if one.id == account), None)
        return (found.extension or "", found.name or found.id) if found is not None else ("", "")

    def is_agent(self, account: str) -> bool:
        """Tell whether a SIP account is an agent's."""
        return self._configuration.agent(account) is not None


def endpoint_of_agent(agent: AgentId) -> str:
    """Return what to dial for an agent's phone."""
    return f"PJSIP/{agent}"
