"""After a (re)connect: tell what is true in Asterisk from what we believe, and what follows from it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from ari_apps.ari.messages import Bridge, Channel
from ari_apps.queueing import AGENT_LEG
from ari_apps.switchboard import OUTSIDE_LEG
from ari_apps.traces import CallTrace, LegTrace


@dataclass(frozen=True, slots=True)
class Found:
    """A channel of our application, and what it carries."""

    channel: Channel
    trace: CallTrace | LegTrace | None


@dataclass(frozen=True, slots=True)
class Talk:
    """A customer and an agent, or a customer and a number outside, who are connected."""

    customer: Channel
    trace: CallTrace
    leg: Channel
    leg_trace: LegTrace | None
    """None for a leg that is no agent's."""
    desk: str
    held: bool
    """The customer is not in the bridge."""


@dataclass(frozen=True, slots=True)
class Differences:
    """What has to be done for belief and truth to agree."""

    lost: frozenset[str] = frozenset()
    """Channels we own that are no more."""
    talks: tuple[Talk, ...] = ()
    waiting: tuple[tuple[Channel, CallTrace], ...] = ()
    """Customers with a visit in a queue and no agent, in the order of their joining."""
    elsewhere: tuple[tuple[Channel, CallTrace], ...] = ()
    """Customers in a menu, a voicemail box, or ringing a number: they begin there anew."""
    arrivals: tuple[Channel, ...] = ()
    """Customers nobody has greeted yet."""
    strays: tuple[Channel, ...] = ()
    """Legs that serve nobody."""


def differences(
    owned: Collection[str], known: Collection[str], found: Iterable[Found], bridges: Iterable[Bridge]
) -> Differences:
    """Compare the channels we own with those Asterisk has.

    `known` are all channels of Asterisk, `found` those of our application that nobody owns.
    """
    unowned = [one for one in found if one.channel.id not in owned]
    seats = {channel: bridge.id for bridge in bridges for channel in bridge.channels}
    legs = [one for one in unowned if is_leg(one.channel)]
    customers = [one for one in unowned if not is_leg(one.channel)]
    talks = tuple(talk for one in customers if (talk := _talk(one, legs, seats)) is not None)
    busy = {talk.customer.id for talk in talks} | {talk.leg.id for talk in talks}
    idle = [(one.channel, one.trace) for one in customers if one.channel.id not in busy]
    traced = [(channel, trace) for channel, trace in idle if isinstance(trace, CallTrace)]
    return Differences(
        lost=frozenset(owned) - frozenset(known),
        talks=talks,
        waiting=tuple(
            sorted((one for one in traced if one[1].visit), key=lambda one: one[1].joined_at or 0.0)
        ),
        elsewhere=tuple(one for one in traced if not one[1].visit),
        arrivals=tuple(channel for channel, trace in idle if not isinstance(trace, CallTrace)),
        strays=tuple(one.channel for one in legs if one.channel.id not in busy),
    )


def is_leg(channel: Channel) -> bool:
    """Tell whether we made this channel ourselves."""
    return channel.id.startswith((AGENT_LEG, OUTSIDE_LEG))


def _talk(customer: Found, legs: Iterable[Found], seats: Mapping[str, str]) -> Talk | None:
    """Find who talks with a customer: the leg that serves the visit, or that shares the bridge."""
    if not isinstance(customer.trace, CallTrace):
        return None
    own_seat = seats.get(customer.channel.id)
    for leg in legs:
        seat = seats.get(leg.channel.id)
        serves = isinstance(leg.trace, LegTrace) and leg.trace.visit == customer.trace.visit
        if seat is not None and (serves or seat == own_seat):
            return Talk(
                customer=customer.channel,
                trace=customer.trace,
                leg=leg.channel,
                leg_trace=leg.trace if isinstance(leg.trace, LegTrace) else None,
                desk=seat,
                held=own_seat != seat,
            )
    return None
