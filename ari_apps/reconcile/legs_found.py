"""The legs that Asterisk has and nobody owns: whom each serves, and who sits beside whom. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from ari_apps.ari.messages import Channel
from ari_apps.monitoring.names import is_of_supervisor
from ari_apps.queueing import AGENT_LEG
from ari_apps.reconcile.whereabouts import Found
from ari_apps.switchboard import OUTSIDE_LEG
from ari_apps.traces import CallTrace, LegTrace, is_callback_line


def is_leg(channel: Channel) -> bool:
    """Tell whether we made this channel ourselves."""
    return channel.id.startswith((AGENT_LEG, OUTSIDE_LEG)) or is_of_supervisor(channel.id)


def is_made_by_us(channel: Channel) -> bool:
    """Tell whether we have called somebody on this channel: an agent, a number, a customer."""
    return is_leg(channel) or is_callback_line(channel.id)


def is_of_number(channel: Channel) -> bool:
    """Tell whether we have called a number or a phone on this channel, which may have become a customer's."""
    return channel.id.startswith(OUTSIDE_LEG)


def is_customer(found: Found) -> bool:
    """Tell whether a channel is a customer's; one that an agent had called became that with a trace."""
    return not is_leg(found.channel) or isinstance(found.trace, CallTrace)


class LegsFound:
    """Find legs by name, by visit and by bridge; a leg that is taken serves somebody."""

    def __init__(self, legs: Iterable[Found], seats: Mapping[str, str]) -> None:
        self._seats = seats
        self._legs = {leg.channel.id: leg for leg in legs}
        self._serving: defaultdict[str, list[Found]] = defaultdict(list)
        self._seated: defaultdict[str, list[Found]] = defaultdict(list)
        self._taken: set[str] = set()
        for leg in self._legs.values():
            if isinstance(leg.trace, LegTrace):
                self._serving[leg.trace.visit].append(leg)
            if (seat := seats.get(leg.channel.id)) is not None:
                self._seated[seat].append(leg)

    def __contains__(self, leg_id: str) -> bool:
        return leg_id in self._legs

    def named(self, leg_id: str) -> Found | None:
        """Return the leg of this id, if there is one."""
        return self._legs.get(leg_id)

    def picked_up(self, legs: Iterable[LegTrace]) -> frozenset[str]:
        """Return the offers of those among these legs that were answered."""
        named = ((leg.offer, self._legs.get(AGENT_LEG + leg.offer)) for leg in legs)
        return frozenset(offer for offer, leg in named if leg is not None and leg.channel.state == "Up")

    def serving(self, visit: str) -> list[LegTrace]:
        """Return what those legs carry that were dialled for a visit."""
        return [leg.trace for leg in self._serving.get(visit, ()) if isinstance(leg.trace, LegTrace)]

    def beside(self, channel_id: str, visit: str | None) -> Found | None:
        """Find who talks with a customer: the seated leg that serves the visit, or that shares the bridge."""
        serving = (leg for leg in self._serving.get(visit or "", ()) if leg.channel.id in self._seats)
        seat = self._seats.get(channel_id)
        return next(serving, None) or next(iter(self._seated.get(seat or "", ())), None)

    def others_beside(self, leg: Found) -> list[Found]:
        """Return the other legs in a leg's bridge."""
        seat = self._seats.get(leg.channel.id)
        return [one for one in self._seated.get(seat or "", ()) if one is not leg]

    def take(self, leg_ids: Iterable[str]) -> None:
        """Note that these legs serve somebody."""
        self._taken.update(leg_ids)

    def idle(self) -> list[Channel]:
        """Return the legs that serve nobody."""
        return [leg.channel for leg in self._legs.values() if leg.channel.id not in self._taken]
