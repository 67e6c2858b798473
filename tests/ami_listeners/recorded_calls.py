"""Calls of a real Asterisk that writes queue_log, CDR and CEL, while somebody listens to it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp

from ami_listeners.clock import Clock, utc_now
from ami_listeners.database import Database
from ami_listeners.journal import Journal
from ami_listeners.listener import Listener
from ami_listeners.settings import DatabaseSettings
from ari_apps.local_asterisk.free_ports import free_port, is_free
from queue_strategies.figures import Figures
from tests.ami_listeners import scenes
from tests.ami_listeners.native_floor import NativeFloor, Phone, run_native_floor
from tests.ami_listeners.waiting import until
from tests.asterisk_lab import AsteriskLab

CDR = """
[general]
enable = yes
unanswered = yes
[csv]
usegmtime = yes
loguniqueid = yes
loguserfield = yes
newcdrcolumns = yes
accountlogs = no
"""
CEL = "[general]\nenable = yes\napps = all\nevents = ALL\n"
FIELDS = (
    "eventtype", "eventtime", "CALLERID(name)", "CALLERID(num)", "CALLERID(ANI)", "CALLERID(RDNIS)",
    "CALLERID(DNID)", "CHANNEL(exten)", "CHANNEL(context)", "CHANNEL(channame)", "CHANNEL(appname)",
    "CHANNEL(appdata)", "CHANNEL(amaflags)", "CHANNEL(accountcode)", "CHANNEL(uniqueid)",
    "CHANNEL(linkedid)", "BRIDGEPEER", "CHANNEL(userfield)", "userdeftype", "eventextra",
)  # fmt: skip
CEL_CUSTOM = "[mappings]\nMaster.csv => " + ",".join(f"${{CSV_QUOTE(${{{field}}})}}" for field in FIELDS)
"""As Asterisk's own cel_custom.conf shows it."""

RECORDS = ("res_cdrel_custom", "cdr_csv", "cel_custom")
SPY, PAIR = "spies", 2
HTTP = "[general]\nenabled = yes\nbindaddr = 127.0.0.1\nbindport = {port}\n"
ARI = f"[general]\nenabled = yes\n[spy]\ntype = user\npassword = {SPY}\n"
SPIES = (
    "res_http_websocket", "res_websocket_client", "res_stasis", "res_stasis_answer", "res_stasis_playback",
    "res_stasis_recording", "res_stasis_snoop", "app_stasis",
    "res_ari", "res_ari_model", "res_ari_applications", "res_ari_bridges", "res_ari_channels",
    "res_ari_events",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was heard, and what was written down meanwhile."""

    url: str
    """Of the database in which the listener kept it."""
    began: datetime
    ended: datetime
    queue_log: Path
    cdr: Path
    cel: Path


async def record_calls(lab: AsteriskLab, url: str, folder: Path) -> Recorded:
    """Let callers call, wait, talk and give up, all at once; listen to it, and copy what Asterisk wrote.

    Events say when they were, for Asterisk's records are held against them and a busy machine hears late.
    """
    ari_port = free_port()
    files = {"cdr.conf": CDR, "cel.conf": CEL, "cel_custom.conf": CEL_CUSTOM, "ari.conf": ARI}
    files["http.conf"] = HTTP.format(port=ari_port)
    floor = await run_native_floor(lab, stamps=True, more=files, modules=[*RECORDS, *SPIES])
    log = floor.asterisk.config_dir / "log"
    for name in ("cdr-csv", "cel-custom"):
        (log / name).mkdir(exist_ok=True)
    database, began = Database(url, DatabaseSettings(batch_s=0.01), Clock()), utc_now()
    try:
        await listen_and_call(floor, ari_port, database, folder / "spool")
    finally:
        await database.stop()
    written = [log / "queue_log", log / "cdr-csv" / "Master.csv", log / "cel-custom" / "Master.csv"]
    queue_log, cdr, cel = (folder / name for name in ("queue_log", "cdr.csv", "cel.csv"))
    for source, copy in zip(written, (queue_log, cdr, cel), strict=True):
        copy.write_bytes(source.read_bytes())
    return Recorded(url, began, utc_now(), queue_log, cdr, cel)


async def listen_and_call(floor: NativeFloor, ari_port: int, database: Database, spool: Path) -> None:
    journal = Journal(database, spool, Clock())
    reachable: dict[str, bool] = {}
    listener = Listener(
        floor.settings(username="callfloor"), journal=journal, figures=Figures(), clock=Clock(),
        on_device=reachable.__setitem__,
    )  # fmt: skip
    await journal.start()
    await listener.start()
    await listener.connection.connected()
    assert await until(lambda: "anna" in reachable), "every phone is told of once it is known"
    await call(floor, ari_port)
    assert await until(lambda: not listener.fold.calls.open and not listener.fold.visits.open, 10)
    await listener.stop()
    await journal.stop()


async def spy(port: int) -> None:
    """Snoop, as recording and monitoring do, on the next two channels that talk, for a second."""
    root, key = f"http://127.0.0.1:{port}/ari", {"api_key": f"spy:{SPY}"}
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{root}/events", params={"app": "spy", **key}) as events,
    ):

        async def ask(method: str, path: str, **query: str) -> Any:
            async with session.request(method, f"{root}/{path}", params=query | key) as answer:
                assert answer.ok, await answer.text()
                return await answer.json() if answer.status == HTTPStatus.OK else None

        async def talking() -> list[str]:
            return [one["id"] for one in await ask("GET", "channels") if one["state"] == "Up"]

        while len(up := await talking()) < PAIR:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        await ask("POST", "bridges/ears")
        for channel in up:
            snoop = f"rec-{uuid4()}"
            await ask("POST", f"channels/{channel}/snoop/{snoop}", app="spy", spy="in")
            while (await events.receive_json())["type"] != "StasisStart":
                pass
            await ask("POST", "bridges/ears/addChannel", channel=snoop)
        await asyncio.sleep(1)


async def call(floor: NativeFloor, ari_port: int) -> None:
    """Play scenes: one after another where they need the same phone, else at once."""
    async with scenes.connected(floor, "operator", lambda _: None) as operator:

        async def one_after_another(*played: scenes.Scene) -> None:
            for scene in played:
                await scene(floor, operator)

        await scenes.withdrawn(floor, operator)  # it looks for its only caller
        groups: list[Awaitable[None]] = [
            one_after_another(scenes.answered_and_wrapped_up, scenes.two_queues_in_one_call),
            one_after_another(scenes.caller_hangs_up_while_talking, scenes.abandoned_while_ringing),
            one_after_another(scenes.abandoned_while_waiting, scenes.timed_out, scenes.exited_by_key),
            one_after_another(scenes.left_empty, scenes.refused_at_the_door),
        ]
        await asyncio.gather(*groups)
        await scenes.transferred(floor, operator)
        await scenes.everybody_rings(floor, operator)
        async with floor.phone("carl", Phone(talk_s=2)):
            assert await until(lambda: not is_free("127.0.0.1", floor.phones["carl"])), "it listens"
            await asyncio.gather(floor.call("carl"), spy(ari_port))  # by no queue
        await scenes.an_agent_pauses_and_comes_back(floor, operator)
        await asyncio.sleep(1.5)  # a CDR is written when the dialplan is through
