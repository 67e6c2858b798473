"""An Asterisk with app_queue queues of its own, and SIPp phones that call it and are called by it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from pydantic import SecretStr

from ami_listeners.settings import AmiSettings
from ari_apps.local_asterisk.free_ports import free_port
from ari_apps.local_asterisk.running import RunningAsterisk
from tests.asterisk_lab import AsteriskLab

MODULES = ["app_queue", "app_userevent", "res_manager_devicestate", "res_pjsip_pubsub"]
SECRET = "a manager's secret"

QUEUES = """
[general]
persistent_members = no
autofill = yes
shared_lastcall = yes

[queue](!)
strategy = leastrecent
timeout = 2
retry = 1
ringinuse = no
joinempty = yes
leavewhenempty = no

[sales](queue)
servicelevel = 2
member => PJSIP/anna,0,Anna Abel,,no,1
member => PJSIP/bob,1,Bob Brown,,no,1

[support](queue)
servicelevel = 2
context = exits
member => PJSIP/carl,0,Carl

[refusing](queue)
member => PJSIP/rude,0,Rude

[silent](queue)
member => PJSIP/deaf,0,Deaf

[nobody](queue)
context = exits

[tiny](queue)
maxlen = 1

[leaving](queue)
leavewhenempty = paused
member => PJSIP/dora,0,Dora

[strict](queue)
joinempty = no

[everybody]
strategy = ringall
timeout = 2
retry = 1
ringinuse = no
member => PJSIP/anna,0,Anna Abel
member => PJSIP/bob,0,Bob Brown
"""

EXTENSIONS = (
    """
[callers]
exten => brief,1,Answer(,i)
 same => n,Queue(nobody,,,,2)
 same => n,Echo()
exten => twice,1,Answer(,i)
 same => n,Queue(nobody,,,,1)
 same => n,Queue(sales,,,,60)
exten => echo,1,Answer(,i)
 same => n,Echo()
exten => carl,1,Dial(PJSIP/carl,20)
 same => n,Hangup()
exten => tone,1,Answer(,i)
 same => n,Milliwatt()
"""
    + "".join(
        f"exten => {queue},1,Answer(,i)\n same => n,Queue({queue},t,,,60)\n same => n,Hangup()\n"
        for queue in (
            "sales",
            "support",
            "refusing",
            "silent",
            "nobody",
            "tiny",
            "leaving",
            "strict",
            "everybody",
        )
    )
    + "[exits]\nexten => 5,1,Echo()\n"
)

MANAGER = f"""
[general]
enabled = yes
bindaddr = 127.0.0.1
port = {{port}}
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
[outsider]
secret = {SECRET}
read = user
write = user
"""

PHONES = ("anna", "bob", "carl", "dora", "rude", "deaf")

CALLER = """<?xml version="1.0" encoding="UTF-8"?>
<scenario name="caller">
<send retrans="500"><![CDATA[
INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: "{name}" <sip:{number}@[local_ip]:[local_port]>;tag=[pid]c[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:{number}@[local_ip]:[local_port]>
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

v=0
o=c 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0 101
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
]]></send>
<recv response="100" optional="true"/>
<recv response="180" optional="true"/>
<recv response="183" optional="true"/>
<recv response="200" rrs="true"/>
<send><![CDATA[
ACK [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
[last_From:]
[last_To:]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0

]]></send>
{then}
</scenario>
"""
HANG_UP = """
<pause milliseconds="{wait_ms}"/>
<send retrans="500"><![CDATA[
BYE [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: "{name}" <sip:{number}@[local_ip]:[local_port]>;tag=[pid]c[call_number]
[last_To:]
Call-ID: [call_id]
CSeq: 2 BYE
Max-Forwards: 70
Content-Length: 0

]]></send>
<recv response="200"/>
"""
WAIT_FOR_BYE = """
<recv request="BYE"/>
<send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
"""
PRESS = """
<pause milliseconds="{press_ms}"/>
<send retrans="500"><![CDATA[
INFO [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: "{name}" <sip:{number}@[local_ip]:[local_port]>;tag=[pid]c[call_number]
[last_To:]
Call-ID: [call_id]
CSeq: 2 INFO
Max-Forwards: 70
Content-Type: application/dtmf-relay
Content-Length: [len]

Signal={key}
Duration=160
]]></send>
<recv response="200"/>
"""
PHONE = """<?xml version="1.0" encoding="UTF-8"?>
<scenario name="phone">
<recv request="INVITE"/>
<send><![CDATA[
SIP/2.0 180 Ringing
[last_Via:]
[last_From:]
[last_To:];tag=[pid]p[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port]>
Content-Length: 0

]]></send>
<pause milliseconds="{ring_ms}"/>
<send retrans="500"><![CDATA[
SIP/2.0 {status}
[last_Via:]
[last_From:]
[last_To:];tag=[pid]p[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port]>
{body}
]]></send>
<recv request="ACK"/>
{then}
</scenario>
"""
SDP = """Content-Type: application/sdp
Content-Length: [len]

v=0
o=p 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0
a=rtpmap:0 PCMU/8000"""
RING_FOR_EVER = """<?xml version="1.0" encoding="UTF-8"?>
<scenario name="nobody at home">
<recv request="INVITE"/>
<send><![CDATA[
SIP/2.0 180 Ringing
[last_Via:]
[last_From:]
[last_To:];tag=[pid]p[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port]>
Content-Length: 0

]]></send>
<recv request="CANCEL"/>
<send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
</scenario>
"""

REGISTER = """<?xml version="1.0" encoding="UTF-8"?>
<scenario name="register">
<send retrans="500"><![CDATA[
REGISTER sip:[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:{phone}@[remote_ip]>;tag=[pid]r[call_number]
To: <sip:{phone}@[remote_ip]>
Call-ID: [call_id]
CSeq: 1 REGISTER
Contact: <sip:{phone}@127.0.0.1:{port}>;expires={expires_s}
Max-Forwards: 70
Content-Length: 0

]]></send>
<recv response="200"/>
</scenario>
"""


@dataclass(frozen=True, slots=True)
class Caller:
    """How a caller behaves: hangs up after so long, or stays until hung up on."""

    wait_s: float | None = None
    name: str = "Zoë Łuk"
    number: str = "4930555"
    press: tuple[float, str] | None = None
    """After so many seconds, this key."""
    ear: int | None = None
    """The port where the sound is to go; None: SIPp's own."""

    def scenario(self) -> str:
        """Write the SIPp scenario."""
        then = ""
        if self.press is not None:
            then += PRESS.format(
                press_ms=round(self.press[0] * 1000), key=self.press[1], name=self.name, number=self.number
            )
        if self.wait_s is None:
            then += WAIT_FOR_BYE
        else:
            then += HANG_UP.format(wait_ms=round(self.wait_s * 1000), name=self.name, number=self.number)
            if self.press is not None:
                then = then.replace("CSeq: 2 BYE", "CSeq: 3 BYE")
        scenario = CALLER.format(then=then, name=self.name, number=self.number)
        return scenario.replace("[media_port]", str(self.ear)) if self.ear else scenario


@dataclass(frozen=True, slots=True)
class Phone:
    """How an agent's phone behaves."""

    ring_s: float = 0.2
    status: str = "200 OK"
    talk_s: float | None = None
    """Hangs up after so long; None: waits for the other side."""

    def scenario(self) -> str:
        """Write the SIPp scenario."""
        if self.status == "never":
            return RING_FOR_EVER
        answers = self.status.startswith("200")
        then = ""
        if answers and self.talk_s is None:
            then = WAIT_FOR_BYE
        elif answers:
            then = f'<pause milliseconds="{round(self.talk_s * 1000)}"/>' + AGENT_BYE  # type: ignore[operator]
        body = SDP if answers else "Content-Length: 0\n"
        return PHONE.format(ring_ms=round(self.ring_s * 1000), status=self.status, body=body, then=then)


AGENT_BYE = """
<send retrans="500"><![CDATA[
BYE [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:agent@[local_ip]:[local_port]>;tag=[pid]p[call_number]
To: [$caller]
Call-ID: [call_id]
CSeq: 1 BYE
Max-Forwards: 70
Content-Length: 0

]]></send>
<recv response="200"/>
"""
PHONE = PHONE.replace(
    '<recv request="INVITE"/>',
    '<recv request="INVITE" rrs="true"><action><ereg regexp="[^[:space:]].*" search_in="hdr" header="From:" '
    'assign_to="caller"/></action></recv>',
).replace("</scenario>", '<Reference variables="caller"/>\n</scenario>')


class NativeFloor:
    """The running Asterisk, with a port for every phone."""

    def __init__(
        self, asterisk: RunningAsterisk, ami_port: int, sip_port: int, phones: dict[str, int]
    ) -> None:
        self.asterisk, self.ami_port, self.sip_port, self.phones = asterisk, ami_port, sip_port, phones

    @property
    def answering_s(self) -> float:
        """Say how long a caller is answered already before the dialplan goes on.

        An older Asterisk's `Answer` waits half a second for the first media; it does not know option i.
        """
        return 0.5 if self.asterisk.installation.version < (20,) else 0.0

    @property
    def sipp(self) -> tuple[str, ...]:
        """How SIPp is run."""
        found = self.asterisk.installation.sipp
        assert found is not None, "this installation has no SIPp"
        return found

    def settings(self, port: int | None = None, **more: object) -> AmiSettings:
        """Say how to log in, as one who may do anything; through another port when a wire is between."""
        login = {"port": port or self.ami_port, "username": "operator", "secret": SecretStr(SECRET)}
        return AmiSettings.model_validate(login | more)

    @asynccontextmanager
    async def phone(self, name: str, phone: Phone) -> AsyncIterator[None]:
        """Plug a phone in, as long as the context lasts."""
        process = await self._sipp(name, phone.scenario(), "-p", str(self.phones[name]), "-rtp_echo")
        try:
            yield
        finally:
            await end(process)

    async def call(self, queue: str, caller: Caller = Caller(), calls: int = 1, rate: float = 10) -> str:
        """Let so many callers call, and return how it went in SIPp's words once all are gone."""
        process = await self._sipp(
            f"caller-{queue}", caller.scenario(), f"127.0.0.1:{self.sip_port}",
            "-s", queue, "-m", str(calls), "-r", str(rate), "-p", str(free_port()),
        )  # fmt: skip
        try:
            output, _ = await process.communicate()
        finally:
            await end(process)
        assert process.returncode == 0, output.decode()[-1500:]
        return output.decode()

    async def register(self, phone: str, expires_s: int) -> None:
        """Plug a phone in that registers itself, or unplug it with 0."""
        scenario = REGISTER.format(phone=phone, expires_s=expires_s, port=self.phones[phone])
        process = await self._sipp(f"register-{phone}", scenario, f"127.0.0.1:{self.sip_port}", "-m", "1")
        try:
            output, _ = await process.communicate()
        finally:
            await end(process)
        assert process.returncode == 0, output.decode()[-1500:]

    async def _sipp(self, name: str, scenario: str, *options: str) -> asyncio.subprocess.Process:
        folder = self.asterisk.config_dir
        file = folder / f"{name}-{free_port()}.xml"
        file.write_text(scenario)
        return await asyncio.create_subprocess_exec(
            *self.sipp, *options, "-sf", str(file), "-i", "127.0.0.1", "-nostdin",
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT, cwd=folder,
        )  # fmt: skip


async def end(process: asyncio.subprocess.Process) -> None:
    """End a process of ours, if it has not."""
    with suppress(ProcessLookupError):
        if process.returncode is None:
            process.kill()
    await process.wait()


def pjsip(sip_port: int, phones: dict[str, int]) -> str:
    """Write pjsip.conf: a caller is whoever is nobody else; deaf is a phone that nobody has plugged in."""
    lines = [
        "[udp]", "type=transport", "protocol=udp", f"bind=127.0.0.1:{sip_port}",
        "[anonymous]", "type=endpoint", "context=callers", "disallow=all", "allow=ulaw",
        "dtmf_mode=info", "direct_media=no",
    ]  # fmt: skip
    for phone, port in phones.items():
        lines += [f"[{phone}]", "type=endpoint", "context=callers", "disallow=all", "allow=ulaw"]
        lines += [f"aors={phone}", "direct_media=no", f"[{phone}]", "type=aor", "max_contacts=2"]
        lines += [f"contact=sip:{phone}@127.0.0.1:{port}"] if phone != "dora" else []
    return "\n".join(lines) + "\n"


async def run_native_floor(
    lab: AsteriskLab,
    *,
    stamps: bool = False,
    more: Mapping[str, str] | None = None,
    modules: Iterable[str] = (),
) -> NativeFloor:
    """Start it, on ports of its own; with `stamps` it says with each event when it was.

    `more` are files and `modules` modules beside its own.
    """
    ami_port, sip_port = free_port(), free_port()
    phones = {phone: free_port() for phone in PHONES}
    files = {
        "manager.conf": MANAGER.format(port=ami_port).replace(
            "[general]", "[general]\ntimestampevents = yes" if stamps else "[general]"
        ),
        "queues.conf": QUEUES,
        "extensions.conf": EXTENSIONS,
        "pjsip.conf": pjsip(sip_port, phones),
        "musiconhold.conf": f"[default]\nmode=files\ndirectory={lab.installation.data_dir}/moh\n",
        "rtp.conf": "[general]\nrtpstart=20000\nrtpend=29999\nrtcpinterval=500\n",
        **(more or {}),
    }
    return NativeFloor(await lab.run(files, modules=[*MODULES, *modules]), ami_port, sip_port, phones)


def successful(output: str) -> int:
    """Read from SIPp's last screen how many calls succeeded."""
    found = re.findall(r"Successful call\s*\|\s*\d+\s*\|\s*(\d+)", output)
    return int(found[-1]) if found else 0


def lasted_s(output: str) -> float:
    """Read from SIPp's last screen how long its only call lasted, from its INVITE to the end."""
    found = re.findall(r"Call Length\s*\|[^|]*\|\s*(\d+):(\d+):(\d+):(\d+)", output)
    hours, minutes, seconds, microseconds = map(int, found[-1])
    return hours * 3600 + minutes * 60 + seconds + microseconds / 1_000_000
