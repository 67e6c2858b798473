"""A floor without callfloor: a plain Asterisk with four phones and a trunk, to try the outside world on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from ari_apps.configuration.settings import Address
from ari_apps.local_asterisk.free_ports import free_port
from ari_apps.local_asterisk.running import RunningAsterisk
from ari_apps.outside_world import Account, OutsideAddresses, OutsideWorld
from tests.asterisk_lab import CALL_MODULES, AsteriskLab

PJSIP = """
[global]
type=global
endpoint_identifier_order=ip,username
[udp]
type=transport
protocol=udp
bind={floor}
[line](!)
type=endpoint
disallow=all
allow=alaw
direct_media=no
trust_id_inbound=yes
[carrier](line)
context=from-trunk
aors=carrier
[carrier]
type=aor
contact=sip:{carrier}
[carrier]
type=identify
endpoint=carrier
match={carrier_host}
"""
PHONE = """
[{id}](line)
context=from-phones
aors={id}
auth={id}
rewrite_contact=yes
allow_transfer={transfers}
[{id}]
type=auth
auth_type=digest
username={id}
password=secret-{id}
[{id}]
type=aor
max_contacts=1
remove_existing=yes
"""
DIALPLAN = """
[from-trunk]
include => everybody
exten => 700,1,Answer(,i)
 same => n,MusicOnHold(default)
[from-phones]
include => everybody
exten => _00!,1,Dial(PJSIP/${EXTEN:2}@carrier,20)
 same => n,Hangup(${HANGUPCAUSE})
[everybody]
exten => 600,1,Answer(,i)
 same => n,Wait(60)
"""
EXTENSION = "exten => {extension},1,Dial(PJSIP/{id},20)\n same => n,Hangup(${{HANGUPCAUSE}})\n"


@dataclass(frozen=True, slots=True)
class PlainFloor:
    """The floor and the world around it."""

    asterisk: RunningAsterisk
    world: OutsideWorld


@asynccontextmanager
async def plain_floor(
    lab: AsteriskLab, phones: dict[str, str], *, no_transfers: Iterable[str] = ()
) -> AsyncIterator[PlainFloor]:
    """Run a floor where each phone (by id) has an extension; some may not transfer."""
    addresses, floor = OutsideAddresses.free(), Address("127.0.0.1", free_port())
    pjsip = PJSIP.format(floor=floor, carrier=addresses.carrier, carrier_host=addresses.carrier.host)
    dialplan = DIALPLAN
    for id_, extension in phones.items():
        pjsip += PHONE.format(id=id_, transfers="no" if id_ in no_transfers else "yes")
        dialplan += EXTENSION.format(id=id_, extension=extension)
    music = f"[default]\nmode=files\ndirectory={lab.installation.data_dir}/moh\n"
    files = {
        "pjsip.conf": pjsip,
        "extensions.conf": dialplan,
        "musiconhold.conf": music,
        "modules.conf": f"[modules]\nautoload = no\n{loads(lab)}",
    }
    asterisk = await lab.run(files)
    async with OutsideWorld(
        lab.installation,
        lab.folder(),
        floor=floor,
        accounts=[Account(id_, f"secret-{id_}") for id_ in phones],
        addresses=addresses,
    ) as world:
        yield PlainFloor(asterisk, world)


def loads(lab: AsteriskLab) -> str:
    """Load what calls need, but for native RTP bridges.

    These pass on the sequence numbers of whoever speaks, where music on hold counts by itself: after every
    second hold the other side takes all that follows for old packets and hears nothing.
    """
    wanted = [*CALL_MODULES.split(), "res_pjsip_pubsub"]
    return "".join(
        f"load = {name}.so\n" for name in wanted if name != "bridge_native_rtp" and lab.installation.has(name)
    )
