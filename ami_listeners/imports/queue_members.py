"""Fold queue_log into the states of agents, as far as it tells them.

It does not know phones: who is called and talks beside the queues, or is unplugged, is ready as far as it
knows. Members that queues.conf names are there since something was first said of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ami_listeners.imports.names import AgentNames
from ami_listeners.imports.queue_log import NOBODY, Entry
from queue_strategies.facts import AgentStateChanged, Fact
from queue_strategies.model import AgentId, AgentState

MICROSECOND = 1e-6
EVERY_QUEUE = frozenset({"PAUSEALL", "UNPAUSEALL"})


@dataclass(slots=True)
class Member:
    """One agent."""

    state: AgentState
    since: float
    queues: dict[str, str | None] = field(default_factory=dict)
    """By queue the reason of a pause; None: not paused there."""
    paused_everywhere: str | None = None
    talks: int = 0
    reason: str | None = None
    """Of the pause that was told of last."""
    told_at: float = 0.0
    """When the last change was, for one that comes within the same second comes after it."""

    def pause_reason(self) -> str | None:
        """Say why the agent is paused; None when that is not so, as there is a queue that is served."""
        if self.paused_everywhere is not None:
            return self.paused_everywhere
        reasons = list(self.queues.values())
        return reasons[0] if reasons and None not in reasons else None


class QueueMembers:
    """Take entries in their order, and answer with the states of agents."""

    def __init__(self, agents: AgentNames) -> None:
        self._agents = agents
        self.members: dict[AgentId, Member] = {}
        self._handlers: dict[str, Callable[[Member, Entry], None]] = {
            "ADDMEMBER": self._added,
            "REMOVEMEMBER": self._removed,
            "PAUSE": self._paused,
            "UNPAUSE": self._unpaused,
            "PAUSEALL": self._paused_everywhere,
            "UNPAUSEALL": self._unpaused_everywhere,
            "CONNECT": self._connected,
            "COMPLETEAGENT": self._parted,
            "COMPLETECALLER": self._parted,
            "TRANSFER": self._parted,
            "BLINDTRANSFER": self._parted,
            "ATTENDEDTRANSFER": self._parted,
            "RINGNOANSWER": self._rang,
            "RINGCANCELED": self._rang,
            "AGENTLOGIN": self._served,
            "AGENTCALLBACKLOGIN": self._served,
            "AGENTLOGOFF": self._gone,
            "AGENTCALLBACKLOGOFF": self._gone,
        }
        self.known = frozenset(self._handlers)
        """The events that tell of members."""

    def handle(self, entry: Entry) -> Iterator[Fact]:
        """Take in one entry."""
        if entry.event == "QUEUESTART":
            yield from self._asterisk_started(entry.at)
        handler = self._handlers.get(entry.event)
        if handler is None or entry.agent in NOBODY:
            return
        agent = AgentId(self._agents(entry.agent))
        member = self.members.get(agent)
        if member is None:
            member = self.members[agent] = Member(AgentState.LOGGED_OUT, entry.at)
        rang_s = self._rang_s(entry)
        if rang_s > 0 and member.state is not AgentState.TALKING:
            yield from self._change(agent, member, AgentState.RINGING, max(member.since, entry.at - rang_s))
        handler(member, entry)
        yield from self._change(agent, member, present(member), entry.at)

    def _asterisk_started(self, at: float) -> Iterator[Fact]:
        for agent, member in self.members.items():
            member.talks = 0
            yield from self._change(agent, member, present(member), at)

    def _change(self, agent: AgentId, member: Member, state: AgentState, at: float) -> Iterator[Fact]:
        """Tell of a change; those of one agent are at least a microsecond apart, which keeps their order."""
        reason = member.pause_reason()
        if (member.state, member.reason) == (state, reason):
            return
        moment = max(at, round(member.told_at + MICROSECOND, 6))
        yield AgentStateChanged(
            moment=moment,
            agent=agent,
            was=member.state,
            lasted_s=moment - member.since,
            state=state,
            reason=(reason or "") if state is AgentState.PAUSED else "",
            logged_in=state is not AgentState.LOGGED_OUT,
            pause_reason=reason,
        )
        member.state, member.since, member.reason = state, moment, reason
        member.told_at = moment

    def _rang_s(self, entry: Entry) -> float:
        """Say for how long the phone rang before what an entry tells of."""
        text, unit_s = (entry.text(2), 1.0) if entry.event == "CONNECT" else (entry.text(0), 0.001)
        rings = entry.event in ("CONNECT", "RINGNOANSWER", "RINGCANCELED")
        return int(text) * unit_s if rings and text.isdigit() else 0.0

    # -- what is told of a member ---------------------------------------------------------------------------

    def _added(self, member: Member, entry: Entry) -> None:
        member.queues[entry.queue] = "" if entry.text(0) == "PAUSED" else None

    def _removed(self, member: Member, entry: Entry) -> None:
        member.queues.pop(entry.queue, None)
        if not member.queues:
            member.paused_everywhere = None

    def _paused(self, member: Member, entry: Entry) -> None:
        member.queues[entry.queue] = entry.text(0)

    def _unpaused(self, member: Member, entry: Entry) -> None:
        member.queues[entry.queue] = None

    def _paused_everywhere(self, member: Member, entry: Entry) -> None:
        member.paused_everywhere = entry.text(0)

    def _unpaused_everywhere(self, member: Member, entry: Entry) -> None:
        member.paused_everywhere = None
        member.queues = dict.fromkeys(member.queues)

    def _served(self, member: Member, entry: Entry) -> None:
        member.queues.setdefault(entry.queue, None)

    def _gone(self, member: Member, _: Entry) -> None:
        member.queues.clear()
        member.paused_everywhere = None

    def _connected(self, member: Member, entry: Entry) -> None:
        self._served(member, entry)
        member.talks += 1

    def _parted(self, member: Member, entry: Entry) -> None:
        self._served(member, entry)
        member.talks = max(0, member.talks - 1)

    def _rang(self, member: Member, entry: Entry) -> None:
        self._served(member, entry)


def present(member: Member) -> AgentState:
    """Say what a member does by all that was told."""
    if member.talks:
        return AgentState.TALKING
    if not member.queues:
        return AgentState.LOGGED_OUT
    return AgentState.READY if member.pause_reason() is None else AgentState.PAUSED
