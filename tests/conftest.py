"""What every test may ask for."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from ari_apps.local_asterisk.installation import AsteriskInstallation, find_or_install
from ari_apps.local_asterisk.packages import Progress
from ari_apps.progress import shown_progress
from tests.asterisk_lab import AsteriskLab
from tests.older_asterisk import find_or_install_older
from tests.prometheus_lab import PrometheusInstallation, find_or_install_prometheus

settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")


MOST_WORKERS = 8
PROGRAMS: Mapping[str, Callable[[Progress], object]] = {
    "installed_asterisk": partial(find_or_install, with_sipp=True),
    "installed_prometheus": find_or_install_prometheus,
}
"""What is unpacked into the user's cache, by the fixture that gives it."""
FIRST, LAST = ("scenarios", "test_house.py"), ("queue_strategies",)
"""Files and folders whose tests take long, and those whose tests take no time."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the Asterisk under test be chosen, and faults last as long as in life."""
    parser.addoption("--older-asterisk", action="store_true", help="test on Debian 11's Asterisk 16.28")
    parser.addoption("--long", action="store_true", help="let faults last long, and come often")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Run one worker more than there are processors: most tests wait for a call to go on."""
    debugging = config.getoption("usepdb")
    return None if debugging else min(len(os.sched_getaffinity(0)) + 1, MOST_WORKERS)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Let workers that are interrupted end what they have started; they would be killed after ten seconds."""
    from xdist.workermanage import NodeManager

    NodeManager.EXIT_TIMEOUT = 60  # there is no option for it


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let workers begin with what takes longest, so that none is left with it in the end."""
    if is_worker(config):
        items.sort(key=lambda item: turn(item.path))


def turn(path: Path) -> int:
    """Say how late a file's tests begin."""
    names = path.relative_to(Path(__file__).parent).parts
    return -any(name in names for name in FIRST) + any(name in names for name in LAST)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Install programs before there are workers, of whom nothing is seen while they do something."""
    if session.config.getoption("numprocesses", None) and not is_worker(session.config):
        install(session.config, PROGRAMS)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Install programs before the first test that needs them, where no test's time limit runs."""
    if not is_worker(session.config):
        wanted = {name for item in session.items for name in getattr(item, "fixturenames", ())}
        install(session.config, wanted & PROGRAMS.keys())


def install(config: pytest.Config, wanted: Iterable[str]) -> None:
    """Install programs, with the progress seen."""
    capture = config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled(), shown_progress() as progress:
        for name in wanted:
            PROGRAMS[name](progress)
        if config.getoption("older_asterisk"):
            find_or_install_older(progress)


def is_worker(config: pytest.Config) -> bool:
    """Tell whether this process is one of several that share the tests."""
    return hasattr(config, "workerinput")


@pytest.fixture(scope="session")
def long(pytestconfig: pytest.Config) -> bool:
    """Whether faults are to last as long as in life."""
    return bool(pytestconfig.getoption("long"))


@pytest.fixture(scope="session")
def installed_asterisk(pytestconfig: pytest.Config) -> AsteriskInstallation:
    """A real Asterisk with SIPp beside it; unpacked into the user's cache."""
    if pytestconfig.getoption("older_asterisk"):
        return find_or_install_older()
    return find_or_install(with_sipp=True)


@pytest.fixture(scope="session")
def installed_prometheus() -> PrometheusInstallation:
    """A real Prometheus with its promtool; unpacked into the user's cache."""
    return find_or_install_prometheus()


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
