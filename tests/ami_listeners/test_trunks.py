"""A trunk that registers somewhere, or is asked whether it is there, is told of when it comes and goes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from prometheus_client.metrics_core import Metric
from pydantic import SecretStr

from ami_listeners.connection import Listing
from ami_listeners.database import Database
from ami_listeners.fold import Fold
from ami_listeners.listening_metrics import Listening
from ami_listeners.messages import ReadEvent
from ami_listeners.settings import AmiSettings
from ari_apps.local_asterisk.free_ports import free_port
from queue_strategies.facts import TrunkChanged
from tests.ami_listeners.native_floor import MANAGER, SECRET
from tests.ami_listeners.test_journal import rows
from tests.ami_listeners.test_listener import Ear
from tests.ami_listeners.waiting import until
from tests.asterisk_lab import AsteriskLab

CARRIER = """
[tcp]
type=transport
protocol=tcp
bind=127.0.0.1:{carrier}
[site]
type=endpoint
aors=site
[site]
type=aor
max_contacts=1
remove_existing=yes
minimum_expiration=1
default_expiration=11
maximum_expiration=11
"""
SITE = """
[tcp]
type=transport
protocol=tcp
bind=127.0.0.1:{site}
[carrier]
type=endpoint
aors=carrier
[carrier]
type=aor
contact=sip:127.0.0.1:{carrier}\\;transport=tcp
qualify_frequency=1
qualify_timeout=0.5
[carrier]
type=registration
transport=tcp
server_uri=sip:127.0.0.1:{carrier}\\;transport=tcp
client_uri=sip:site@127.0.0.1:{carrier}
max_random_initial_delay=0
retry_interval=60
max_retries=1000
expiration=11
[backup]
type=registration
transport=tcp
server_uri=sip:127.0.0.1:{backup}\\;transport=tcp
client_uri=sip:site@127.0.0.1:{backup}
max_random_initial_delay=0
retry_interval=60
max_retries=1000
[anna]
type=endpoint
aors=anna
[anna]
type=aor
contact=sip:anna@127.0.0.1:{backup}
"""
"""Asterisk registers anew ten seconds before a registration is over: of eleven after one."""


def shown(families: Iterable[Metric], name: str) -> dict[str, float]:
    return {
        each.labels["trunk"]: each.value
        for family in families
        for each in family.samples
        if each.name == name
    }


async def test_a_trunk_whose_registrar_is_killed_is_down(
    shared_asterisk_lab: AsteriskLab, database: Database, database_url: str, tmp_path: Path
) -> None:
    """As one who may read everything and change nothing; one who may list contacts sees the same."""
    ports = {"carrier": free_port(), "site": free_port(), "backup": free_port()}
    ami = free_port()
    files = {"pjsip.conf": SITE.format(**ports), "manager.conf": MANAGER.format(port=ami)}
    site = await shared_asterisk_lab.run(files, modules=["res_manager_devicestate"])
    settings = AmiSettings(port=ami, username="callfloor", secret=SecretStr(SECRET))
    listening = Listening()
    async with Ear(settings, database, tmp_path) as ear:
        trunks = ear.listener.fold.trunks.told

        def now() -> dict[str, str]:
            return {name: trunk.status for name, trunk in trunks.items()}

        # begun last: who may list no contacts hears alone of what changes
        assert await until(lambda: now().get("carrier", "").startswith("Rejected"), 10), now()
        carrier = await shared_asterisk_lab.run({"pjsip.conf": CARRIER.format(**ports)})
        # asked once it is up: an Asterisk that begins takes what comes by TCP and says nothing
        await site.cli("pjsip send register carrier")
        there = {"carrier": "Registered, Reachable", "backup": "Rejected"}
        assert await until(lambda: now() == there, 10), now()
        assert trunks["carrier"].up
        await carrier.kill()
        assert await until(lambda: now()["carrier"] == "Rejected, Unreachable", 10), now()
        for fact in ear.of(TrunkChanged):
            listening.take(fact)
        assert shown(listening.families(), "callfloor_trunk_up") == {"carrier": 0, "backup": 0}
        assert await ear.journal.drained(10)
    kept = await rows(database_url, "SELECT trunk, up, status FROM trunks ORDER BY trunk")
    assert kept == [("backup", False, "Rejected"), ("carrier", False, "Rejected, Unreachable")]


def event(name: str, moment: float = 1.0, **headers: str) -> ReadEvent:
    return ReadEvent(name, moment, {"Event": name, **headers})


def contact(uri: str, status: str, trip_us: str = "0", endpoint: str = "carrier") -> ReadEvent:
    return event(
        "ContactStatus",
        URI=uri,
        ContactStatus=status,
        AOR=endpoint,
        EndpointName=endpoint,
        RoundtripUsec=trip_us,
    )


@pytest.mark.parametrize(
    ("uri", "is_trunk"), [("sip:203.0.113.5:5060", True), ("sip:anna@203.0.113.7:40112;ob", False)]
)
def test_a_phone_that_registers_is_no_trunk(uri: str, is_trunk: bool) -> None:
    told = Fold().handle(contact(uri, "Reachable"))
    assert any(isinstance(fact, TrunkChanged) for fact in told) is is_trunk


def test_the_phone_at_a_fixed_address_of_a_member_is_no_trunk() -> None:
    fold = Fold()
    fold.handle(
        event("QueueMemberAdded", Queue="sales", Interface="PJSIP/desk", MemberName="Desk", Status="1")
    )
    told = fold.handle(contact("sip:192.0.2.7", "Reachable", endpoint="desk"))
    assert not [fact for fact in told if isinstance(fact, TrunkChanged)]


def test_one_of_two_ways_to_a_trunk_is_enough_and_what_is_taken_away_is_no_alarm() -> None:
    fold, listening, told = Fold(), Listening(), list[TrunkChanged]()
    for each in (
        contact("sip:192.0.2.1", "Reachable", "9000"),
        contact("sip:192.0.2.2", "Reachable", "4000"),
        contact("sip:192.0.2.2", "Unreachable"),
        contact("sip:192.0.2.1", "Unreachable"),
        contact("sip:192.0.2.1", "Reachable", "8000"),
        Listing("PJSIPShowContacts", 2.0, 2.0, []),
    ):
        told += [fact for fact in fold.handle(each) if isinstance(fact, TrunkChanged)]
        for fact in told:
            listening.take(fact)
    assert [(fact.up, fact.status, fact.round_trip_us) for fact in told] == [
        (True, "Reachable", 9000),
        (False, "Unreachable", None),
        (True, "Reachable", 8000),
        (False, "Removed", None),
    ]
    assert not shown(listening.families(), "callfloor_trunk_up")


def test_a_trunk_by_configuration_is_known_by_its_device_where_nothing_else_is_told() -> None:
    fold = Fold(trunks={"carrier"})
    told = [
        fact
        for state in ("NOT_INUSE", "INUSE", "UNAVAILABLE")
        for fact in fold.handle(event("DeviceStateChange", Device="PJSIP/carrier", State=state))
        if isinstance(fact, TrunkChanged)
    ]
    assert [(fact.up, fact.status) for fact in told] == [(True, "Reachable"), (False, "UNAVAILABLE")]
