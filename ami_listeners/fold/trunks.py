"""Trunks: what Asterisk registers at, and what it asks by OPTIONS whether it is there.

Asterisk has no word for a trunk. One is: what configuration calls so, whatever Asterisk registers at, and an
endpoint at a fixed address that is nobody's phone. A fixed contact is listed with `@@` in its name; where
listings of contacts are refused, it is one whose URI names a host and no user, as no phone registers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ami_listeners.fold.phones import OF_CONTACT, OUT_OF_REACH
from ami_listeners.messages import AmiEvent
from queue_strategies.facts import TrunkChanged

REGISTERED = "Registered"
REACHABLE, UNREACHABLE = "Reachable", "Unreachable"
"""Of a contact; of all else that is said of one, nothing follows."""
REMOVED = "Removed"
NO_USER = re.compile(r"sips?:[^@]*")


@dataclass(slots=True)
class Endpoint:
    """What is known of the contacts of one endpoint."""

    contacts: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Status and round trip (µs) by URI."""
    fixed: bool = False

    def found(self) -> tuple[bool, str, int | None] | None:
        """Say whether any can be reached, and how quickly; None while nobody has asked them."""
        trips = [trip for status, trip in self.contacts.values() if status == REACHABLE]
        if trips:
            return True, REACHABLE, min(trips) or None
        asked = any(status == UNREACHABLE for status, _ in self.contacts.values())
        return (False, UNREACHABLE, None) if asked else None


@dataclass(frozen=True, slots=True)
class Registration:
    """One registration of Asterisk's own, somewhere else."""

    trunk: str
    status: str


class Trunks:
    """Fold registrations, contacts and devices into whether each trunk can be used.

    `named` are trunks by configuration; `is_agent` says which endpoint is an agent's phone, `device` in what
    state a device is.
    """

    def __init__(
        self, named: Collection[str], is_agent: Callable[[str], bool], device: Callable[[str], str]
    ) -> None:
        self._named, self._is_agent, self._device = named, is_agent, device
        self._devices = {f"PJSIP/{name}" for name in named}
        """Of the trunks that are known by name."""
        self._endpoints: dict[str, Endpoint] = {}
        self._registrations: dict[tuple[str, str], Registration] = {}
        """By the URIs of the client and the server, which are all that an event names."""
        self.told: dict[str, TrunkChanged] = {}

    def registered(self, event: AmiEvent) -> Iterator[TrunkChanged]:
        """Take in that Asterisk registered, or could not; one that is not known yet will be listed."""
        uris = (event.text("Username"), event.text("Domain"))
        if (known := self._registrations.get(uris)) is not None:
            self._registrations[uris] = Registration(known.trunk, event.text("Status"))
            yield from self._tell([known.trunk], event.moment)

    def contact_changed(self, event: AmiEvent) -> Iterator[TrunkChanged]:
        """Take in whether a contact can be reached."""
        name, uri = event.text("EndpointName") or event.text("AOR"), event.text("URI")
        self._note(name, uri, event.text("ContactStatus"), event.number("RoundtripUsec"))
        yield from self._tell([name], event.moment)

    def device_changed(self, event: AmiEvent) -> Iterable[TrunkChanged]:
        """Take in the state of a device: it may be a trunk's."""
        device = event.sent("Device")
        return self._tell([device.partition("/")[2]], event.moment) if device in self._devices else ()

    def registrations_listed(self, items: Sequence[AmiEvent], asked: float) -> Iterator[TrunkChanged]:
        """Compare with all registrations of Asterisk's own."""
        before = {each.trunk for each in self._registrations.values()}
        self._registrations = {
            (item.text("ClientUri"), item.text("ServerUri")): Registration(
                item.text("Endpoint") or item.text("ObjectName"), item.text("Status")
            )
            for item in items
            if item.name == "OutboundRegistrationDetail"
        }
        now = {*self._named, *(each.trunk for each in self._registrations.values())}
        self._devices = {f"PJSIP/{name}" for name in now}
        yield from self._tell(sorted(before | now), asked)

    def contacts_listed(self, items: Sequence[AmiEvent], asked: float) -> Iterator[TrunkChanged]:
        """Compare with all contacts there are."""
        before = set(self._endpoints)
        self._endpoints.clear()
        for item in items:
            contact = item.text("ObjectName")
            name = item.text("Endpoint") or OF_CONTACT.split(contact)[0]
            self._note(name, item.text("Uri"), item.text("Status"), item.number("RoundtripUsec"))
            self._endpoints[name].fixed |= "@@" in contact
        yield from self._tell(sorted(before | set(self._endpoints)), asked)

    def _note(self, name: str, uri: str, status: str, trip_us: int) -> None:
        endpoint = self._endpoints.setdefault(name, Endpoint())
        if status == REMOVED:
            endpoint.contacts.pop(uri, None)
            return
        endpoint.contacts[uri] = (status, trip_us)
        endpoint.fixed |= NO_USER.fullmatch(uri) is not None

    def _is_named(self, name: str) -> bool:
        return name in self._named or any(each.trunk == name for each in self._registrations.values())

    def _is_trunk(self, name: str) -> bool:
        if self._is_named(name):
            return True
        endpoint = self._endpoints.get(name)
        return endpoint is not None and endpoint.fixed and not self._is_agent(name)

    def _tell(self, names: Iterable[str], moment: float) -> Iterator[TrunkChanged]:
        for name in names:
            before, now = self.told.get(name), self._now(name, moment) if self._is_trunk(name) else None
            if now is None and before is not None:
                now = TrunkChanged(moment=moment, trunk=name, up=False, status=REMOVED)
                del self.told[name]
            elif now is not None:
                self.told[name] = now
            if now is not None and (before is None or (before.up, before.status) != (now.up, now.status)):
                yield now

    def _now(self, name: str, moment: float) -> TrunkChanged | None:
        """Say how it is: what is amiss, else all that is well; None while nothing is known."""
        found = list(self._findings(name))
        if not found:
            return None
        amiss = [status for up, status, _ in found if not up]
        well = [status for up, status, _ in found if up]
        trips = [trip for *_, trip in found if trip is not None]
        return TrunkChanged(
            moment=moment,
            trunk=name,
            up=not amiss,
            status=", ".join(amiss or well),
            round_trip_us=min(trips, default=None),
        )

    def _findings(self, name: str) -> Iterator[tuple[bool, str, int | None]]:
        """Say how registrations and contacts are; how the device is, where contacts tell nothing."""
        for each in self._registrations.values():
            if each.trunk == name:
                yield each.status == REGISTERED, each.status, None
        asked = self._endpoints.get(name, Endpoint()).found()
        if asked is not None:
            yield asked
        elif state := self._device(f"PJSIP/{name}"):
            yield state not in OUT_OF_REACH, state if state in OUT_OF_REACH else REACHABLE, None
