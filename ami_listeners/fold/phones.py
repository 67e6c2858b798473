"""Phones: what state each device is in, and where each is registered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ami_listeners.messages import AmiEvent
from queue_strategies.facts import DeviceChanged, Fact, RegistrationChanged

OUT_OF_REACH = frozenset({"UNAVAILABLE", "INVALID"})
"""Device states of a phone that cannot be rung; an unknown state is not among them."""
OF_CONTACT = re.compile("@@|;@")
"""Begins what tells one contact from another of the same name, a fixed or a registered one."""
REFRESHED = "Updated"
"""A registration that was renewed as it was: no change worth keeping."""


def is_phone(device: str) -> bool:
    """Tell a device that can ring from Asterisk's abstract ones (`Queue:sales`, `Custom:night`)."""
    tech, slash, name = device.partition("/")
    return bool(slash and name) and ":" not in tech and tech != "Local"


class Phones:
    """Fold device states and registrations."""

    def __init__(self) -> None:
        self.states: dict[str, str] = {}
        self._contacts: dict[tuple[str, str], str] = {}

    def restore_device(self, device: str, state: str) -> None:
        """Believe a device's state of before a restart."""
        self.states[device] = state

    def restore_contact(self, endpoint: str, uri: str, status: str) -> None:
        """Believe a registration of before a restart."""
        self._contacts[endpoint, uri] = status

    def device_changed(self, event: AmiEvent) -> tuple[Fact, ...]:
        """Take in the state of a device."""
        device, state = event.text("Device"), event.text("State")
        if self.states.get(device) == state or not is_phone(device):
            return ()
        self.states[device] = state
        return (DeviceChanged(moment=event.moment, device=device, state=state),)

    def contact_changed(self, event: AmiEvent) -> Iterator[Fact]:
        """Take in a registration."""
        endpoint = event.text("EndpointName") or event.text("AOR")
        status = event.text("ContactStatus")
        if status == REFRESHED and (endpoint, event.text("URI")) in self._contacts:
            return
        yield from self._changed(
            endpoint, event.text("URI"), status, event.number("RoundtripUsec"), event.moment
        )

    def devices_listed(self, items: Sequence[AmiEvent], asked: float) -> Iterator[Fact]:
        """Compare with the states of all devices."""
        for item in items:
            yield from self.device_changed(item)

    def contacts_listed(self, items: Sequence[AmiEvent], asked: float) -> Iterator[Fact]:
        """Compare with all registrations; one that is not listed is gone."""
        there = set()
        for item in items:
            endpoint = item.text("Endpoint") or OF_CONTACT.split(item.text("ObjectName"))[0]
            there.add((endpoint, item.text("Uri")))
            yield from self._changed(
                endpoint, item.text("Uri"), item.text("Status"), item.number("RoundtripUsec"), asked
            )
        for endpoint, uri in [each for each in self._contacts if each not in there]:
            yield from self._changed(endpoint, uri, "Removed", 0, asked)

    def _changed(self, endpoint: str, uri: str, status: str, trip_us: int, moment: float) -> Iterator[Fact]:
        if self._contacts.get((endpoint, uri)) == status:
            return
        if status == "Removed":
            self._contacts.pop((endpoint, uri), None)
        else:
            self._contacts[endpoint, uri] = status
        yield RegistrationChanged(
            moment=moment, endpoint=endpoint, contact_uri=uri, status=status, round_trip_us=trip_us or None
        )
