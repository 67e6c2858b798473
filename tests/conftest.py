"""What every test may ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from ari_apps.local_asterisk import AsteriskInstallation, find_or_install
from tests.asterisk_lab import AsteriskLab


@pytest.fixture(scope="session")
def installed_asterisk() -> AsteriskInstallation:
    """A real Asterisk with SIPp beside it; installed into the user's cache by the first need."""
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
