"""The calls that are under way, to be found by contact and by channel."""

from __future__ import annotations

from collections.abc import Iterator

from ari_apps.call import Call
from queue_strategies.model import ContactId


class Calls:
    """A register; iterating gives the calls, the oldest first."""

    def __init__(self) -> None:
        self._by_contact: dict[ContactId, Call] = {}
        self._by_channel: dict[str, Call] = {}

    def __iter__(self) -> Iterator[Call]:
        return iter(list(self._by_contact.values()))

    def __len__(self) -> int:
        return len(self._by_contact)

    def __contains__(self, contact: object) -> bool:
        return contact in self._by_contact

    def add(self, call: Call) -> None:
        """Enter a call."""
        self._by_contact[call.contact] = call
        self._by_channel[call.channel_id] = call

    def remove(self, call: Call) -> None:
        """Strike a call out."""
        if self._by_contact.get(call.contact) is call:  # who is called back has another line meanwhile
            del self._by_contact[call.contact]
        self._by_channel.pop(call.channel_id, None)

    def of_contact(self, contact: str) -> Call | None:
        """Find a call by its contact."""
        return self._by_contact.get(ContactId(contact))

    def on_channel(self, channel_id: str) -> Call | None:
        """Find the call whose own line this channel is."""
        return self._by_channel.get(channel_id)
