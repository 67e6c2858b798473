"""The part of floor.toml that says the way of a call before somebody answers it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import Field

from ari_apps.destinations import Reference
from ari_apps.ivr.box_settings import VoicemailSettings
from ari_apps.ivr.settings import CalendarSettings, MenuSettings, RouteSettings, Section


class IvrSettings(Section):
    """Everything floor.toml says about the way of a call before somebody answers it."""

    calendars: Mapping[str, CalendarSettings] = Field(default_factory=dict)
    routes: tuple[RouteSettings, ...] = ()
    menus: Mapping[str, MenuSettings] = Field(default_factory=dict)
    voicemail: Mapping[str, VoicemailSettings] = Field(default_factory=dict)

    def references(self) -> Iterator[Reference]:
        """Yield every name used, with its place."""
        for number, route in enumerate(self.routes):
            yield from route.references(f"routes[{number}]")
        for name, menu in self.menus.items():
            yield from menu.references(f"menus.{name}")
        for name, box in self.voicemail.items():
            yield from box.references(f"voicemail.{name}")
