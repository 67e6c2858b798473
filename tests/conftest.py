"""What every test may ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, settings

from ari_apps.local_asterisk.installation import AsteriskInstallation, find_or_install
from ari_apps.progress import shown_progress
from tests.asterisk_lab import AsteriskLab

settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Install Asterisk before the first test, where no test's time limit runs and its progress is seen."""
    if any("installed_asterisk" in getattr(item, "fixturenames", ()) for item in session.items):
        capture = session.config.pluginmanager.getplugin("capturemanager")
        with capture.global_and_fixture_disabled(), shown_progress() as progress:
            find_or_install(progress, with_sipp=True)


@pytest.fixture(scope="session")
def installed_asterisk() -> AsteriskInstallation:
    """A real Asterisk with SIPp beside it; unpacked into the user's cache."""
    return find_or_install(with_sipp=True)


@pytest.fixture
async def asterisk_lab(installed_asterisk: AsteriskInstallation) -> AsyncIterator[AsteriskLab]:
    """Starts Asterisks for one test."""
    async with AsteriskLab(installed_asterisk) as lab:
        yield lab


@pytest.fixture(scope="session")
async def shared_asterisk_lab(installed_asterisk: AsteriskInstallation) -> AsyncIterator[AsteriskLab]:
    """Starts Asterisks that live as long as the whole run."""
    async with AsteriskLab(installed_asterisk) as lab:
        yield lab
