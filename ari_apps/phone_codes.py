"""Do what agents dial codes for, and let them hear what became of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping

from ari_apps.agents import AgentAction, Agents
from ari_apps.call import Call
from ari_apps.destinations import DestinationKind
from ari_apps.directory import Directory
from ari_apps.dispositions import Dispositions
from ari_apps.feature_codes import FeatureCodes
from ari_apps.ivr.box_settings import VoicemailSettings
from ari_apps.ivr.greeting import SpokenGreeting
from ari_apps.ivr.settings import PromptSettings
from ari_apps.occupied import occupied
from queue_strategies.events import Event
from queue_strategies.model import AgentId

Confirm = Callable[[Call, PromptSettings], Awaitable[None]]
"""Let an agent hear what became of a code."""


class PhoneCodes:
    """Everything that agents can do by dialling."""

    def __init__(
        self,
        *,
        codes: FeatureCodes,
        agents: Agents,
        dispositions: Dispositions,
        greeting: SpokenGreeting,
        directory: Directory,
        confirm: Confirm,
        tell: Callable[[Event], None],
    ) -> None:
        self._codes, self._agents, self._dispositions = codes, agents, dispositions
        self._greeting, self._directory = greeting, directory
        self._confirm, self._tell = confirm, tell

    async def serve(self, call: Call, agent: AgentId) -> bool:
        """Do what an agent has dialled a code for, and hang up; False: it was no code. Raises CallerGone."""
        dialled = call.called_number
        if (feature := self._codes.find(dialled)) is not None:
            await self._confirm(call, self._work(agent, *feature))
        elif (number := self._codes.find_disposition(dialled)) is not None:
            noted = self._dispositions.dialled(agent, number)
            said = self._codes.said_disposition if noted else self._codes.said_no_disposition
            await self._confirm(call, said)
        elif (digits := self._codes.find_greeting(dialled)) is not None:
            await self._speak_greeting(call, agent, digits)
        else:
            return False
        await call.hang_up()
        return True

    def _work(self, agent: AgentId, action: AgentAction, reason: str) -> PromptSettings:
        owed = action is AgentAction.READY and self._dispositions.owes(agent)
        self._agents.do(agent, action, reason)
        return self._codes.said_disposition_owed if owed else self._codes.confirmation_of(action)

    async def _speak_greeting(self, call: Call, agent: AgentId, digits: str) -> None:
        boxes, queues = self._directory.boxes(), self._directory.queues_of(agent)
        name = box_to_speak_for(boxes, agent, queues, digits)
        if name is None:
            await self._confirm(call, self._codes.said_no_greeting)
            return
        way = self._greeting.speak(call, name, boxes[name], agent)
        await occupied(self._tell, agent, call.contact, way)


def box_to_speak_for(
    boxes: Mapping[str, VoicemailSettings], agent: AgentId, queues: Collection[str], digits: str
) -> str | None:
    """Find the box whose greeting an agent may speak by these digits; none stand for the own one."""
    for name, box in boxes.items():
        own = box.of is not None and box.of.kind is DestinationKind.AGENT and box.of.name == agent
        served = box.of is not None and box.of.kind is DestinationKind.QUEUE and box.of.name in queues
        if (own and not digits) or ((own or served) and digits and box.greeting_code == digits):
            return name
    return None
