"""Run the acting half of callfloor, with what it needs from this machine: folders, secrets, speech."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from ami_listeners.clock import Clock
from ari_apps.apps import Apps
from ari_apps.ari import AriSettings
from ari_apps.configuration.checks import references
from ari_apps.configuration.floor_toml import FloorConfiguration
from ari_apps.configuration.secret_files import SecretFiles
from ari_apps.ivr.data_dip import asking
from ari_apps.ivr.espeak import find_engine
from ari_apps.ivr.prompts import Prompts
from ari_apps.ivr.python_calls import load_all
from ari_apps.ivr.sounds import AnySound, SoundFolders, Sounds
from ari_apps.ivr.speech import Speech
from ari_apps.local_asterisk.installation import find
from ari_apps.reconcile.before import Before, nothing
from ari_apps.recording.shelf import Shelf
from ari_apps.recording.vault import Key
from ari_apps.rendering import APP
from ari_apps.survey import AskedLately, nobody_knows
from queue_strategies.facts import Fact

UNHEARD = (
    "ChannelConnectedLine", "ChannelDialplan", "ChannelEnteredBridge", "ChannelLeftBridge", "ChannelVarset",
    "Dial",
)  # fmt: skip
"""Events that come with every call and say nothing to the floor."""


def shelf_of(configuration: FloorConfiguration, secrets: SecretFiles) -> Shelf:
    """Find where a floor's recordings lie, and the key for new ones; raises SecretError."""
    key = Key.of(secrets.get("recordings"))
    return Shelf(configuration.recordings_dir(), key, encrypts=configuration.recordings.encrypted)


@dataclass(frozen=True, slots=True)
class AsteriskFolders:
    """Where Asterisk's files are, as far as this machine can see them."""

    sounds: Path | None = None
    recordings: Path | None = None

    @classmethod
    def of(cls, configuration: FloorConfiguration) -> AsteriskFolders:
        """Find those of the Asterisk that `callfloor asterisk run` runs for this floor."""
        installation = find()
        spool = configuration.asterisk_dir() / "state" / "spool"
        return cls(
            sounds=installation.data_dir / "sounds" if installation else None,
            recordings=spool / "recording" if spool.is_dir() else None,
        )


@asynccontextmanager
async def acting(
    configuration: FloorConfiguration,
    secrets: SecretFiles,
    folders: AsteriskFolders,
    *,
    clock: Clock,
    remember: Callable[[Fact], None],
    recall: Callable[[], Awaitable[Before]] = nothing,
    asked_lately: AskedLately = nobody_knows,
) -> AsyncIterator[Apps]:
    """Run the acting half for as long as the context is open; `recall` tells what was before.

    Raises PythonCallError.
    """
    load_all(references(configuration), configuration.path)
    installation = find()
    engine = find_engine(installation.espeak if installation else None)
    speech = Speech(engine, platformdirs.user_cache_path("callfloor") / "speech")
    sounds: Sounds = SoundFolders(folders.sounds) if folders.sounds else AnySound()
    async with (
        asking() as ask,
        Apps(
            configuration,
            ari_settings(configuration, secrets),
            ask=ask,
            prompts=Prompts(sounds, speech),
            recordings=folders.recordings,
            shelf=shelf_of(configuration, secrets),
            clock=clock,
            remember=remember,
            recall=recall,
            asked_lately=asked_lately,
        ) as apps,
    ):
        yield apps


def ari_settings(configuration: FloorConfiguration, secrets: SecretFiles) -> AriSettings:
    """Say how to reach Asterisk."""
    at = configuration.asterisk
    return AriSettings(
        url=f"http://{at.ari_address}",
        user=APP,
        password=secrets.get("ari"),
        app=APP,
        events=at.events,
        events_listen=str(at.events_listen),
        events_password=secrets.get("events"),
        ignored_events=UNHEARD,
    )
