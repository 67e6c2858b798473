"""A house with phones, a trunk, a queue, a parking lot and a conference room, and the world around it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from ami_listeners.settings import AmiSettings
from ari_apps.configuration.settings import Address
from ari_apps.local_asterisk.free_ports import free_port
from ari_apps.local_asterisk.running import RunningAsterisk
from ari_apps.outside_world import Account, OutsideAddresses, OutsideCall, OutsideWorld
from ari_apps.outside_world.parties import Phone
from tests.ami_listeners.native_floor import SECRET
from tests.asterisk_lab import AsteriskLab

PHONES = {"anna": "101", "bob": "102", "carl": "103", "dora": "104"}
MODULES = (
    "app_bridgewait", "app_confbridge", "app_directed_pickup", "app_queue", "app_userevent", "func_dialplan",
    "pbx_spool", "res_manager_devicestate", "res_parking", "res_pjsip_pubsub",
)  # fmt: skip

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
call_group=1
pickup_group=1
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
context=house
aors={id}
auth={id}
rewrite_contact=yes
allow_transfer=yes
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
EXTENSIONS = """
[from-trunk]
include => house
[house]
exten => _10X,1,Dial(PJSIP/${PHONE_${EXTEN}},20,tT)
 same => n,Hangup(${HANGUPCAUSE})
exten => _11X,1,Answer(,i)
 same => n,Playtones(ring)
 same => n,Wait(0.6)
 same => n,Dial(PJSIP/${PHONE_10${EXTEN:-1}},20,tT)
 same => n,Hangup()
exten => _12X,1,Dial(Local/10${EXTEN:-1}@house,20,tT)
 same => n,Hangup()
exten => _13X,1,Dial(Local/10${EXTEN:-1}@house/n,20,tT)
 same => n,Hangup()
exten => 200,1,Answer(,i)
 same => n,Wait(0.5)
 same => n,Queue(sales,tT,,,60)
 same => n,Hangup()
exten => 201,1,Answer(,i)
 same => n,Queue(through,tT,,,60)
 same => n,Hangup()
exten => 202,1,Answer(,i)
 same => n,Queue(support,tT,,,60)
 same => n,Hangup()
exten => 300,1,Answer(,i)
 same => n,ConfBridge(board)
exten => 600,1,Answer(,i)
 same => n,Echo()
exten => *8,1,Pickup()
exten => _**10X,1,PickupChan(PJSIP/${PHONE_${EXTEN:2}})
exten => _00!,1,Dial(PJSIP/${EXTEN:2}@carrier,20)
 same => n,Hangup(${HANGUPCAUSE})
include => parked
[globals]
"""
QUEUES = """
[general]
persistent_members = no
autofill = yes
shared_lastcall = yes
[queue](!)
strategy = leastrecent
timeout = 5
retry = 1
ringinuse = no
joinempty = yes
leavewhenempty = no
[sales](queue)
member => PJSIP/anna,0,Anna Abel,,no,1
[support](queue)
member => PJSIP/bob,0,Bob Brown,,no,1
[through](queue)
member => Local/103@house,0,Carl,PJSIP/carl,no,1
"""
PARKING = """
[general]
parkeddynamic = no
[default]
parkext = 700
parkpos = 701-709
context = parked
parkingtime = 3
comebacktoorigin = yes
findslot = next
"""
FEATURES = """
[general]
atxferdropcall = no
atxfernoanswertimeout = 10
[featuremap]
blindxfer = #1
atxfer = *2
disconnect = *0
"""
CONFERENCE = "[general]\n[default_user]\ntype=user\nquiet=yes\n[default_bridge]\ntype=bridge\n"
MANAGER = f"""
[general]
enabled = yes
bindaddr = 127.0.0.1
port = {{port}}
timestampevents = yes
[callfloor]
secret = {SECRET}
read = system,call,agent,dialplan,reporting
write = reporting
writetimeout = 5000
[operator]
secret = {SECRET}
read = system,call,agent,user,dialplan,reporting
write = system,reporting,call,agent,originate,user
writetimeout = 5000
"""
CALL_FILE = (
    "Channel: {channel}\nMaxRetries: 0\nWaitTime: 5\nContext: house\nExtension: {extension}\nPriority: 1\n"
)


@dataclass(frozen=True, slots=True)
class House:
    """The running Asterisk and everybody around it."""

    asterisk: RunningAsterisk
    world: OutsideWorld
    ami_port: int
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when whoever records may begin to listen."""

    def settings(self, username: str) -> AmiSettings:
        """Say how to log in as one of the manager's users."""
        return AmiSettings(port=self.ami_port, username=username, secret=SecretStr(SECRET))

    def phone(self, name: str) -> Phone:
        """Give the phone of somebody."""
        return self.world.phone(name)

    async def answered(self, phone: str, *, speaks: int | None = None) -> OutsideCall:
        """Let a phone ring for a moment, and pick it up."""
        call = await self.phone(phone).rings()
        await call.stays(0.3)
        await call.answer(speaks=speaks)
        return call

    async def drop(self, channel: str, extension: str) -> None:
        """Let a program drop a call file that dials a channel and then leads it to an extension."""
        name = f"{free_port()}.call"
        file = Path(self.asterisk.config_dir) / name
        file.write_text(CALL_FILE.format(channel=channel, extension=extension))
        file.rename(Path(self.asterisk.config_dir) / "spool" / "outgoing" / name)


@asynccontextmanager
async def run_house(lab: AsteriskLab) -> AsyncIterator[House]:
    """Run it, with every phone plugged in."""
    addresses, floor, ami_port = OutsideAddresses.free(), Address("127.0.0.1", free_port()), free_port()
    pjsip = PJSIP.format(floor=floor, carrier=addresses.carrier, carrier_host=addresses.carrier.host)
    pjsip += "".join(PHONE.format(id=phone) for phone in PHONES)
    numbers = "".join(f"PHONE_{extension} = {phone}\n" for phone, extension in PHONES.items())
    files = {
        "pjsip.conf": pjsip,
        "extensions.conf": EXTENSIONS + numbers,
        "queues.conf": QUEUES,
        "res_parking.conf": PARKING,
        "features.conf": FEATURES,
        "confbridge.conf": CONFERENCE,
        "manager.conf": MANAGER.format(port=ami_port),
        "musiconhold.conf": f"[default]\nmode=files\ndirectory={lab.installation.data_dir}/moh\n",
        "rtp.conf": "[general]\nrtcpinterval=60000\n",
    }
    directory = lab.write(files, modules=MODULES)
    (directory / "spool" / "outgoing").mkdir(parents=True)
    asterisk = await lab.run_folder(directory)
    async with OutsideWorld(
        lab.installation,
        lab.folder(),
        floor=floor,
        accounts=[Account(phone, f"secret-{phone}") for phone in PHONES],
        addresses=addresses,
    ) as world:
        for phone in PHONES:
            await world.phone(phone).plug_in()
        yield House(asterisk, world, ami_port)
