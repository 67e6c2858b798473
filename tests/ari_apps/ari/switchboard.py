"""An Asterisk that is its own outside world, and a sink that remembers what it was told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from ari_apps.ari import Ari, AriSettings, messages
from ari_apps.local_asterisk.free_ports import free_port
from ari_apps.local_asterisk.running import RunningAsterisk
from tests.asterisk_lab import AsteriskLab

E = TypeVar("E", bound=messages.Event)

ARI_MODULES = """
app_stasis chan_bridge_media func_uuid res_ari res_ari_applications res_ari_asterisk res_ari_bridges
res_ari_channels res_ari_device_states res_ari_endpoints res_ari_events res_ari_model res_ari_playbacks
res_ari_recordings res_ari_sounds res_clioriginate res_http_websocket res_mutestream res_pjsip_pubsub
res_stasis res_stasis_answer res_stasis_device_state res_stasis_playback res_stasis_recording res_stasis_snoop
res_statsd res_websocket_client
"""
PHONES = {
    "busy": "sip:busy@127.0.0.1:{sip}",
    "declining": "sip:declining@127.0.0.1:{sip}",
    "ringing": "sip:ringing@127.0.0.1:{sip}",
    "answering": "sip:answering@127.0.0.1:{sip}",
    "unplugged": "sip:unplugged@127.0.0.1:{silent}",
    "unregistered": "",
}
EXTENSIONS = """
[phones]
exten = busy,1,Busy()
exten = declining,1,Ringing()
 same = n,Wait(0.2)
 same = n,Hangup(21)
exten = ringing,1,Ringing()
 same = n,Wait(60)
exten = answering,1,Ringing()
 same = n,Answer(,i)
 same = n,Wait(600)
exten = line,1,Answer(,i)
 same = n,Wait(600)
"""


@dataclass(slots=True)
class Listening:
    """A sink that keeps everything and lets a test wait for what it expects."""

    events: list[messages.Event] = field(default_factory=list)
    connections: list[bool] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def event(self, event: messages.Event) -> None:
        self.events.append(event)
        self._news.set()

    def connected(self, gap: bool) -> None:
        self.connections.append(gap)
        self._news.set()

    def disconnected(self, reason: str) -> None:
        self.reasons.append(reason)
        self._news.set()

    async def until(self, true: Callable[[], bool], what: str = "") -> None:
        """Wait until something holds; what is heard and what is not is in the failure."""
        try:
            async with asyncio.timeout(30):
                while not true():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            kinds = [type(event).__name__ for event in self.events]
            raise AssertionError(f"waited in vain for {what}; heard {kinds}, {self.reasons}") from None

    def heard(self, kind: type[E], channel_id: str | None = None) -> list[E]:
        """Give the events of a kind, about one channel or any."""
        return [
            event for event in self.events if isinstance(event, kind) and channel_id in {None, subject(event)}
        ]

    async def next(self, kind: type[E], channel_id: str | None = None) -> E:
        """Wait for the first event of a kind."""
        await self.until(lambda: bool(self.heard(kind, channel_id)), f"{kind.__name__} {channel_id}")
        return self.heard(kind, channel_id)[0]


def subject(event: messages.Event) -> str | None:
    """Give the id of the channel an event is about."""
    channel: Any = getattr(event, "channel", None) or getattr(event, "peer", None)
    return getattr(channel, "id", None)


@dataclass(frozen=True, slots=True)
class Switchboard:
    """A running Asterisk and how to reach it."""

    asterisk: RunningAsterisk
    settings: AriSettings

    def ari(self, sink: Listening | None = None, **changes: Any) -> Ari:
        """Make a client for it."""
        return Ari(replace(self.settings, **changes), sink or Listening())

    async def call_comes_in(self, args: str = "inbound") -> None:
        """Let somebody call in: a line that is up and stays in our application."""
        await self.asterisk.cli(f"channel originate Local/line@phones application Stasis callfloor,{args}")


async def run_switchboard(
    lab: AsteriskLab, *, events: str = "outbound", events_password: str = "let me in"
) -> Switchboard:
    """Run an Asterisk with ARI, phones of every temper, and an outbound WebSocket if asked for."""
    http, sip, listen = free_port(), free_port(), free_port()
    settings = AriSettings(
        url=f"http://127.0.0.1:{http}",
        user="floor",
        password='p"ss wörd',
        events=events,  # type: ignore[arg-type]
        events_listen=f"127.0.0.1:{listen}",
        events_user="asterisk",
        events_password="let me in",
        back_off_s=0.05,
        back_off_cap_s=0.5,
    )
    files = {
        "http.conf": f"[general]\nenabled = yes\nbindaddr = 127.0.0.1\nbindport = {http}\n",
        "ari.conf": ari_conf(settings),
        "websocket_client.conf": websocket_client_conf(settings, events_password),
        "pjsip.conf": pjsip_conf(sip, free_port()),
        "extensions.conf": EXTENSIONS,
    }
    directory = lab.write(files, modules=ARI_MODULES.split())
    (directory / "spool" / "recording").mkdir()
    return Switchboard(await lab.run_folder(directory), settings)


def ari_conf(settings: AriSettings) -> str:
    text = f"""[general]
enabled = yes
websocket_write_timeout = 5000
[{settings.user}]
type = user
read_only = no
password_format = plain
password = {settings.password}
[reader]
type = user
read_only = yes
password_format = plain
password = only
"""
    if settings.events != "inbound":
        text += f"""[events]
type = outbound_websocket
websocket_client_id = events
apps = {settings.app}
local_ari_user = {settings.user}
subscribe_all = no
"""
    return text


def websocket_client_conf(settings: AriSettings, password: str) -> str:
    return f"""[events]
type = websocket_client
connection_type = persistent
uri = ws://{settings.events_listen}{settings.events_path}
protocols = ari
username = {settings.events_user}
password = {password}
connection_timeout = 500
reconnect_interval = 100
reconnect_attempts = 100
tls_enabled = no
"""


def pjsip_conf(sip: int, silent: int) -> str:
    text = f"[udp]\ntype = transport\nprotocol = udp\nbind = 127.0.0.1:{sip}\n"
    text += "[world]\ntype = endpoint\ncontext = phones\ndisallow = all\nallow = ulaw\n"
    text += "[world-id]\ntype = identify\nendpoint = world\nmatch = 127.0.0.1\n"
    for name, contact in PHONES.items():
        text += f"[{name}]\ntype = endpoint\ncontext = phones\ndisallow = all\nallow = ulaw\naors = {name}\n"
        text += f"[{name}]\ntype = aor\nmax_contacts = 1\n"
        text += f"contact = {contact.format(sip=sip, silent=silent)}\n" if contact else ""
    return text
