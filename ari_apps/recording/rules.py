"""Which talks are recorded, by the rules of queues and agents."""

from __future__ import annotations

from ari_apps.call import Call
from ari_apps.destinations import Destination, DestinationKind
from ari_apps.directory import Directory
from ari_apps.queueing import agent_at
from ari_apps.reaching import Attempt, Reached, Visit
from ari_apps.recording.studio import Talk
from queue_strategies.model import AgentId
from queue_strategies.native_talks import NativeTalkBegan
from queue_strategies.recording import AgentRule, wanted


def talk_of(
    call: Call, to: Destination, attempt: Attempt, met: Reached, directory: Directory, chance: float
) -> Talk:
    """Say with whom a customer talks, and whether that is recorded; `chance` is in [0, 1)."""
    visit = attempt.caller if isinstance(attempt, Visit) else None
    agent = agent_at(met.desk)
    if call.phone:  # the agent has called: colleagues are not customers
        agent = AgentId(call.phone) if directory.is_agent(call.phone) else None
    outward = to.kind is DestinationKind.NUMBER
    settings = directory.recording_of(visit.queue if visit else None)
    rule = settings.rule()
    agents_rule = directory.recording_of_agent(agent)
    if call.phone and not outward and agents_rule is AgentRule.ALWAYS:
        agents_rule = AgentRule.AS_QUEUE
    return Talk(
        wanted(rule, agents_rule, chance),
        agent=agent,
        queue=visit.queue if visit else None,
        visit=visit.visit if visit else None,
        leg=met.leg.id,
        hold=rule.hold,
        keep_days=settings.keep_days,
    )


def native_talk_of(began: NativeTalkBegan, directory: Directory, chance: float) -> Talk:
    """Say the same of one that app_queue leads: by the queue of that name in floor.toml, and the agent."""
    settings = directory.recording_of(began.queue)
    rule = settings.rule()
    return Talk(
        wanted(rule, directory.recording_of_agent(began.agent), chance),
        agent=began.agent,
        queue=began.queue,
        visit=began.visit,
        leg=began.other,
        hold=rule.hold,
        keep_days=settings.keep_days,
    )
