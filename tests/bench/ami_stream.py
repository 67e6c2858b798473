"""What Asterisk's manager tells of real calls, whole: `python -m tests.bench.ami_stream` records it anew.

Two real Asterisks: one is the floor, with app_queue; the other is the world, its callers and its agents'
phones. Both sides of a call send sound and RTCP. Of twenty calls, fourteen are answered out of the queue,
two give up in it, one is given away blindly after the answer, two go straight to a phone and one is only
played something. A talk lasts a minute on average. The manager's user may read everything.
"""

from __future__ import annotations

import asyncio
import gzip
import re
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from ami_listeners.clock import Clock
from ami_listeners.connection import Connection
from ami_listeners.settings import AmiSettings
from ari_apps.local_asterisk.free_ports import free_port
from ari_apps.local_asterisk.installation import find_or_install
from ari_apps.local_asterisk.running import RunningAsterisk
from tests.ami_listeners.native_floor import SECRET
from tests.asterisk_lab import AsteriskLab

RECORDED = Path(__file__).parent / "ami_stream.gz"
END_OF_BLOCK = b"\r\n\r\n"
AGENTS = 40
CALLS = 40
BETWEEN_CALLS_S = 2.0
LONGEST_S = 180

MIX = (
    *("sales",) * 7, "impatient", "sales", "house", "sales", "given", "sales", "ivr", "sales", "sales",
    "impatient", "sales", "house", "sales",
)  # fmt: skip
"""What twenty callers do, one after the other."""

MANAGER = f"""
[general]
enabled = yes
bindaddr = 127.0.0.1
port = {{port}}
timestampevents = yes
[operator]
secret = {SECRET}
read = system,call,agent,user,dialplan,dtmf,reporting,cdr,cc
write = system,call,originate,reporting
writetimeout = 5000
"""
QUEUES = """
[general]
autofill = yes
shared_lastcall = yes
[sales]
strategy = leastrecent
timeout = 15
retry = 1
ringinuse = no
wrapuptime = 5
joinempty = yes
[nobody]
joinempty = yes
"""
FLOOR = """
[callers]
exten => sales,1,NoOp(a call for sales)
 same => n,Set(CHANNEL(language)=en)
 same => n,Set(__ARRIVED=${EPOCH})
 same => n,Set(QUEUE_PRIO=0)
 same => n,Answer(,i)
 same => n,Queue(sales,t,,,120)
 same => n,Hangup()
exten => given,1,Goto(sales,1)
exten => impatient,1,Answer(,i)
 same => n,Queue(nobody,,,,60)
 same => n,Hangup()
exten => house,1,Set(CHANNEL(language)=en)
 same => n,Dial(PJSIP/a1,20,t)
 same => n,Hangup()
exten => ivr,1,Answer(,i)
 same => n,Set(TRIES=1)
 same => n,Playtones(dial)
 same => n,Wait(4)
 same => n,StopPlaytones()
 same => n,Hangup()
exten => echo,1,Answer(,i)
 same => n,Echo()
"""
WORLD = """
[callers]
exten => _a.,1,Ringing()
 same => n,Wait(${RAND(1,5)})
 same => n,Answer(,i)
 same => n,Set(TIMEOUT(absolute)=${RAND(10,110)})
 same => n,Milliwatt()
[calling]
exten => sales,1,Set(TIMEOUT(absolute)=130)
 same => n,Milliwatt()
exten => given,1,Set(TIMEOUT(absolute)=45)
 same => n,Milliwatt()
exten => house,1,Set(TIMEOUT(absolute)=${RAND(10,110)})
 same => n,Milliwatt()
exten => ivr,1,Milliwatt()
exten => impatient,1,Wait(${RAND(3,15)})
 same => n,Hangup()
"""
TRANSPORT = "[udp]\ntype=transport\nprotocol=udp\nbind=127.0.0.1:{port}\n"
SOUND = "context=callers\ndisallow=all\nallow=ulaw\ndirect_media=no\n"
ENDPOINT = "[{name}]\ntype=endpoint\naors={name}\n" + SOUND
AOR = "[{name}]\ntype=aor\ncontact=sip:{name}@127.0.0.1:{port}\n"
ANYBODY = "[anonymous]\ntype=endpoint\n" + SOUND
FLOOR_MODULES = ("app_queue", "res_manager_devicestate", "res_pjsip_pubsub")
WORLD_MODULES = ("func_rand", "func_timeout", "res_pjsip_pubsub")


@dataclass(frozen=True, slots=True)
class Recording:
    """The greeting, and every event after it, as they came."""

    greeting: bytes
    blocks: tuple[bytes, ...]

    @classmethod
    def read(cls) -> Recording:
        """Read what is kept beside this file."""
        greeting, _, rest = gzip.decompress(RECORDED.read_bytes()).partition(b"\r\n")
        return cls(greeting + b"\r\n", tuple(block for block in rest.split(END_OF_BLOCK) if block))

    def repeated(self, events: int) -> Iterator[bytes]:
        """Give so many events: the recording over and over, each time with other calls' names in it."""
        for turn in range(-(-events // len(self.blocks))):
            kept = self.blocks[: events - turn * len(self.blocks)]
            yield renamed(END_OF_BLOCK.join(kept) + END_OF_BLOCK, turn)


NAMES = re.compile(rb"(?<=\d{10}\.)(?<!\nTimestamp: \d{10}\.)\d+|(?<=-)[0-9a-f]{8}(?=[;\r,&-])")
"""What tells one call from another: the number in a unique id, which a time looks like, the end of a
channel's name, the beginning of a bridge's."""


def renamed(events: bytes, turn: int) -> bytes:
    """Give the same events of other calls, as they would be told later that day."""
    return NAMES.sub(lambda name: later(name[0], turn), events) if turn else events


def later(name: bytes, turn: int) -> bytes:
    """Give the name of another call in the place of this."""
    if len(name) == 8:
        return b"%08x" % ((int(name, 16) + turn * 100_000) % 2**32)
    return b"%d" % (int(name) + turn * 100_000)


# -- recording it -------------------------------------------------------------------------------------------


async def record() -> None:
    """Play the calls on a floor of its own and keep everything that its manager tells meanwhile."""
    ami, world_ami, sip, world_sip = free_port(), free_port(), free_port(), free_port()
    names = [f"a{number}" for number in range(1, AGENTS + 1)]
    members = "".join(f"member => PJSIP/{name},0,Agent {name}\n" for name in names)
    phones = "".join(ENDPOINT.format(name=name) + AOR.format(name=name, port=world_sip) for name in names)
    floor = {
        "manager.conf": MANAGER.format(port=ami),
        "queues.conf": QUEUES.replace("[nobody]", members + "[nobody]"),
        "extensions.conf": FLOOR,
        "pjsip.conf": TRANSPORT.format(port=sip) + ANYBODY + phones,
        "rtp.conf": "[general]\nrtpstart=20000\nrtpend=24999\n",
    }
    world = {
        "manager.conf": MANAGER.format(port=world_ami),
        "extensions.conf": WORLD,
        "pjsip.conf": TRANSPORT.format(port=world_sip)
        + ANYBODY
        + ENDPOINT.format(name="floor")
        + AOR.format(name="floor", port=sip),
        "rtp.conf": "[general]\nrtpstart=25000\nrtpend=29999\n",
    }
    async with AsteriskLab(find_or_install(with_sipp=True)) as lab:
        music = f"[default]\nmode=files\ndirectory={lab.installation.data_dir}/moh\n"
        asterisk = await lab.run(floor | {"musiconhold.conf": music}, modules=FLOOR_MODULES)
        await lab.run(world, modules=WORLD_MODULES)
        listening = asyncio.create_task(listen(ami))
        await play(asterisk, ami, world_ami, sip)
        listening.cancel()
        keep(await listening)


async def listen(port: int) -> bytes:
    """Log in as one who only reads, and give everything that came until cancelled."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"Action: Login\r\nUsername: operator\r\nSecret: {SECRET}\r\n\r\n".encode())
    heard = bytearray()
    try:
        while data := await reader.read(65_536):
            heard += data
    except asyncio.CancelledError:
        writer.close()
    return bytes(heard)


async def play(asterisk: RunningAsterisk, ami: int, world_ami: int, sip: int) -> None:
    """Let the callers call, one after the other, and wait until the last has gone."""
    floor, world = manager(ami), manager(world_ami)
    running = [floor.connect(), world.connect()]
    await floor.connected()
    await world.connected()
    for number in range(CALLS):
        kind = MIX[number % len(MIX)]
        await world.ask(
            "Originate", Channel=f"PJSIP/floor/sip:{kind}@127.0.0.1:{sip}", Context="calling", Exten=kind,
            Priority="1", CallerID=f'"Zoë Łuk {number}" <49305550{number:03d}>', Async="true",
        )  # fmt: skip
        if kind == "given":
            await asyncio.sleep(10)
            await give_away(floor)
        await asyncio.sleep(BETWEEN_CALLS_S)
    for _ in range(LONGEST_S):
        await asyncio.sleep(1)
        if not (await floor.ask_all("CoreShowChannels")).items:
            break
    for connection, task in zip((floor, world), running, strict=True):
        connection.close()
        await task


async def give_away(floor: Connection) -> None:
    """Let an agent who talks give the caller away."""
    channels = (await floor.ask_all("CoreShowChannels")).items
    talking = [
        each.text("Channel")
        for each in channels
        if each.text("Channel").startswith("PJSIP/a") and each.text("BridgeId")
    ]
    agents = [name for name in talking if "anonymous" not in name]
    if agents:
        await floor.ask("BlindTransfer", Channel=agents[-1], Exten="echo", Context="callers")


def manager(port: int) -> Connection:
    """Make a connection that acts."""
    settings = AmiSettings(port=port, username="operator", secret=SecretStr(SECRET))
    return Connection(settings, clock=Clock())


def keep(heard: bytes) -> None:
    """Write the greeting and the events, without what answers our login and what only some builds tell."""
    greeting, _, rest = heard.partition(b"\r\n")
    blocks = [block for block in rest.split(END_OF_BLOCK) if block.startswith(b"Event: ")]
    events = [block for block in blocks if not block.startswith(b"Event: TestEvent\r\n")]
    whole = greeting + b"\r\n" + END_OF_BLOCK.join(events) + END_OF_BLOCK
    RECORDED.write_bytes(gzip.compress(whole, mtime=0))
    print(f"{len(events)} events, {len(whole):,} bytes, {RECORDED.stat().st_size:,} kept")


def main() -> None:
    """Record anew."""
    ArgumentParser(description=__doc__).parse_args()
    asyncio.run(record())


if __name__ == "__main__":
    main()
