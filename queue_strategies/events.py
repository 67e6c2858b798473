"""What happened, told to the Floor."""

from __future__ import annotations

from collections.abc import Sequence

from queue_strategies.message import message
from queue_strategies.model import (
    Agent,
    AgentId,
    AgentState,
    Caller,
    ContactId,
    OfferId,
    OfferOutcome,
    Queue,
    QueueName,
    VisitId,
    VisitOutcome,
)


@message()
class FloorConfigured:
    """The queues and agents are these from now on; who is in one that is no more is served to the end."""

    queues: Sequence[Queue]
    agents: Sequence[Agent]
    order: str = "priority"
    """Who of those who wait is served next: one of `queue_strategies.orders.ORDERS`."""
    ageing_s: float = 60.0
    """For the order "priority-ageing": a step of priority counts as so much waiting."""


@message()
class CallerJoined:
    """A caller came to a queue."""

    caller: Caller


@message()
class CallerLeft:
    """A waiting or talking caller hung up, or the line failed (`outcome=LOST`), or was withdrawn.

    Only a caller who is still there (neither ABANDONED nor LOST) is released by the floor.
    """

    visit: VisitId
    outcome: VisitOutcome = VisitOutcome.ABANDONED
    happened_moment: float | None = None
    """When, if it is told late."""


@message()
class CallerPressed:
    """A waiting caller pressed a key."""

    visit: VisitId
    key: str


@message()
class AnnouncementEnded:
    """A waiting caller has heard what was announced, or as much of it as could be played."""

    visit: VisitId


@message()
class CallbackChosen:
    """A waiting caller wants to be called back at this number, and hangs up; the place is to be kept."""

    visit: VisitId
    number: str
    language: str = ""
    """In which the caller is to be greeted then."""


@message()
class CustomerAnswered:
    """The customer who was to be called back is on the line."""

    visit: VisitId
    channel: str = ""
    """Asterisk's name of that line."""


@message()
class CustomerNotReached:
    """The customer who was to be called back did not answer."""

    visit: VisitId
    outcome: OfferOutcome
    """RANG_OUT, DECLINED (or busy), UNREACHABLE; FAILED: the call could not be made, which is no try."""


@message()
class CallbackHoursChanged:
    """Customers of this queue may, or may not, be called back from now on."""

    queue: QueueName
    open: bool


@message()
class PriorityChanged:
    """A waiting caller's priority was changed from outside."""

    visit: VisitId
    priority: int


@message()
class AgentRang:
    """The agent's phone has begun to ring."""

    offer: OfferId


@message()
class AgentAnswered:
    """The agent picked up; caller and agent are not bridged yet."""

    offer: OfferId


@message()
class OfferFailed:
    """The agent did not take the offer or could not be bridged: RANG_OUT, DECLINED, UNREACHABLE or FAILED."""

    offer: OfferId
    outcome: OfferOutcome


@message()
class CallerConnected:
    """Caller and agent are bridged and hear each other."""

    offer: OfferId


@message()
class CallerHeld:
    """The agent put the caller on hold."""

    visit: VisitId


@message()
class CallerResumed:
    """The agent took the caller back from hold."""

    visit: VisitId


@message()
class TalkEnded:
    """Agent and caller have parted; `transferred_to` names where the caller went on to, if anywhere."""

    visit: VisitId
    ended_by: str
    """caller, agent, transfer or lost."""
    transferred_to: str | None = None
    transfer_kind: str | None = None
    """blind or attended."""
    happened_moment: float | None = None
    """When, if it is told late."""


@message()
class AgentLoggedIn:
    """An agent came to work."""

    agent: AgentId


@message()
class AgentLoggedOut:
    """An agent went home; a call in progress goes on, and no wrap-up follows it."""

    agent: AgentId


@message()
class AgentPaused:
    """An agent asked for a pause; during a call it begins when the call and its wrap-up are over.

    Asked for while the phone rings it refuses the caller, and begins at once.
    """

    agent: AgentId
    reason: str
    queue: QueueName | None = None
    """For this queue alone: the agent goes on serving others."""


@message()
class AgentUnpaused:
    """An agent is back from the pause, or took back a pause that had not begun."""

    agent: AgentId
    queue: QueueName | None = None
    """None: from every pause, those of single queues too."""


@message()
class AgentReady:
    """An agent ends wrap-up, rest and pause at once and takes the next contact.

    A wrap-up in which it is still to be said what the call was about goes on, unless it is `forced` to end.
    """

    agent: AgentId
    forced: bool = False
    """A supervisor wants it so."""


@message()
class DispositionNoted:
    """It was said what a visit was about."""

    agent: AgentId
    visit: VisitId


@message()
class PhoneChanged:
    """The agent's phone can or cannot be reached."""

    agent: AgentId
    reachable: bool


@message()
class AgentOccupied:
    """The agent is on a call that no queue gave."""

    agent: AgentId
    contact: ContactId


@message()
class AgentFreed:
    """That call is over."""

    agent: AgentId
    contact: ContactId


@message()
class RestoringBegan:
    """After a restart: what follows, up to RestoringEnded, is how things stand; nothing is decided yet.

    Tell agents first, then wrap-ups, talks, offers, adopted callers, and at last who left meanwhile.
    """


@message()
class RestoringEnded:
    """Everything that was found was told; what an agent was said to be doing, and is not, is over."""


@message()
class AgentRestored:
    """After a restart: the agent was in this state before (from the journal); nothing new happened.

    One who is no longer configured has logged out.
    """

    agent: AgentId
    logged_in: bool
    pause_reason: str | None
    idle_since_moment: float
    """When the agent's last work ended; the longest idle is served first."""
    reachable: bool = True
    since_moment: float | None = None
    """When the state began, so that its duration is counted whole; None: now."""
    told_state: AgentState | None = None
    """What was told last; if it is not found again when restoring ends, its end is told. None: unknown."""


@message()
class MembershipPauseRestored:
    """After a restart: the agent did not serve this queue for this reason."""

    agent: AgentId
    queue: QueueName
    reason: str


@message()
class WrapUpRestored:
    """After a restart: this agent was wrapping up after this caller."""

    caller: Caller
    agent: AgentId
    began_moment: float
    disposed: bool = False
    """It was said what the call was about."""


@message()
class TalkRestored:
    """After a restart: this agent and caller are found talking."""

    caller: Caller
    agent: AgentId
    offer: OfferId
    answered_moment: float
    hold_s: float = 0.0
    """Of holds that are over."""
    held_since_moment: float | None = None
    """The caller is on hold since then."""
    disposed: bool = False
    """It was said what the call is about."""


@message()
class OfferRestored:
    """After a restart: this agent's phone is found ringing for this caller, who is known by that.

    Where it may not ring on, it is silenced, and the offer told to have ended. So is the reservation of an
    agent for a customer who is not being called back any more.
    """

    caller: Caller
    agent: AgentId
    offer: OfferId
    rang_moment: float | None = None
    """When it began to ring, or the agent was reserved, as far as is known."""
    reserved: bool = False
    """It is to ring once the customer is on the line who is called back first."""


@message()
class TimePassed:
    """Nothing happened but time; deadlines that are due are settled."""


Event = (
    FloorConfigured
    | CallerJoined
    | CallerLeft
    | CallerPressed
    | AnnouncementEnded
    | CallbackChosen
    | CustomerAnswered
    | CustomerNotReached
    | CallbackHoursChanged
    | PriorityChanged
    | AgentRang
    | AgentAnswered
    | OfferFailed
    | CallerConnected
    | CallerHeld
    | CallerResumed
    | TalkEnded
    | AgentLoggedIn
    | AgentLoggedOut
    | AgentPaused
    | AgentUnpaused
    | AgentReady
    | PhoneChanged
    | AgentOccupied
    | AgentFreed
    | RestoringBegan
    | RestoringEnded
    | AgentRestored
    | MembershipPauseRestored
    | WrapUpRestored
    | DispositionNoted
    | TalkRestored
    | OfferRestored
    | TimePassed
)
