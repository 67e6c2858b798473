"""Phones of agents at the rendered Asterisk: real registrations by a second Asterisk."""

from __future__ import annotations

import asyncio

from ari_apps.local_asterisk.free_ports import free_port
from tests.asterisk_lab import AsteriskLab, FloorAsterisk

FLOOR = """
[asterisk]
qualify_s = 1
[[agents]]
id = "anna"
extension = "101"
[[agents]]
id = "bob"
extension = "102"
"""
PHONES = """
[transport]
type = transport
protocol = udp
bind = 127.0.0.3:{port}
[phone](!)
type = registration
retry_interval = 5
[anna](phone)
server_uri = sip:{server}
client_uri = sip:anna@{server}
outbound_auth = anna
[anna]
type = auth
username = anna
password = {secret}
[bob](phone)
server_uri = sip:{server}
client_uri = sip:bob@{server}
outbound_auth = bob
[bob]
type = auth
username = bob
password = guessed
"""


async def test_a_phone_registers_with_its_secret_and_is_missed_when_it_dies(
    asterisk_lab: AsteriskLab,
) -> None:
    floor = await asterisk_lab.run_floor(FLOOR)
    secret = floor.secrets.get("agent-anna")
    server = floor.configuration.asterisk.sip_bind
    pjsip = PHONES.format(port=free_port(), server=server, secret=secret)
    phones = await asterisk_lab.run({"pjsip.conf": pjsip})
    await becomes(floor, "anna", "Not in use")
    async with asyncio.timeout(20):
        while "Rejected" not in await phones.cli("pjsip show registrations"):  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.1)
    assert "bob" not in await floor.asterisk.cli("pjsip show contacts")
    await phones.kill()
    await becomes(floor, "anna", "Unavailable")


async def becomes(floor: FloorAsterisk, phone: str, state: str) -> None:
    """Wait until Asterisk thinks so of a phone."""
    async with asyncio.timeout(20):
        while True:
            if f" {state} " in await floor.asterisk.cli(f"pjsip show endpoint {phone}"):
                return
            await asyncio.sleep(0.1)
