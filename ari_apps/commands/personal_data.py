"""`callfloor personal-data`: show, mask or erase what is kept of one customer."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from ami_listeners.database import Database
from ami_listeners.personal_data import NUMBERS, Erased, digits_of, erase, show
from ami_listeners.personal_lines import Forgetting, forget_in
from ami_listeners.queries import queries
from ari_apps.acting import AsteriskFolders
from ari_apps.commands.report import FLOOR, opened_database
from ari_apps.commands.routes import only_warnings
from ari_apps.configuration.floor_toml import load
from ari_apps.running import spool_folder

DRAINS_WITHIN_S = 10.0
NOTES = (".wav", ".json")
"""A message, and the note beside it that says who left it."""

app = typer.Typer(no_args_is_help=True, help="Show, mask or erase what is kept of one customer.")

Number = Annotated[str, typer.Argument(help="The customer's number, with its country.", show_default=False)]
Numbers = Annotated[
    list[str], typer.Argument(help="The customer's numbers, as each was told.", show_default=False)
]
Recordings = Annotated[bool, typer.Option("--recordings", help="Delete messages left and recordings too.")]
Spool = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Where facts wait, when there is no floor.toml.")
]
Url = Annotated[str, typer.Option("--database", metavar="URL", help="The database, without a floor.toml.")]
Config = Annotated[Path, typer.Option("--config", "-c", help="The configuration.")]


@app.command("show")
def show_(number: Number, database: Url = "", config: Config = FLOOR) -> None:
    """Print as JSON everything that is kept of a number."""
    with only_warnings():
        kept = asyncio.run(_shown(number, config, database))
    typer.echo(json.dumps(kept, indent=2, ensure_ascii=False, default=str))


@app.command("mask")
def mask(
    numbers: Numbers,
    recordings: Recordings = False,
    spool: Spool = None,
    database: Url = "",
    config: Config = FLOOR,
) -> None:
    """Leave of a number its beginning and its end, everywhere; figures stay as they are."""
    _forget(numbers, config, database, spool, mask=True, recordings=recordings)


@app.command("erase")
def erase_(
    numbers: Numbers,
    recordings: Recordings = False,
    spool: Spool = None,
    database: Url = "",
    config: Config = FLOOR,
) -> None:
    """Put a pseudonym in the place of a number, everywhere; figures stay as they are."""
    _forget(numbers, config, database, spool, mask=False, recordings=recordings)


def _forget(
    numbers: Sequence[str], config: Path, url: str, spool: Path | None, *, mask: bool, recordings: bool
) -> None:
    for number in numbers:
        digits_of(number)  # all are right before one is forgotten
    if spool is None and config.exists():
        spool = spool_folder(load(config))
    folder = load(config).recordings_dir() if config.exists() else None
    with only_warnings():
        for number in numbers:
            sounds = asyncio.run(_sounds(number, config, url, folder, delete=recordings))
            _tell(number, asyncio.run(_forgotten(number, config, url, spool, mask=mask)), config, recordings)
            for sound, done in sounds:
                typer.echo(f"  recording {sound}: {done}")


async def _shown(number: str, config: Path, url: str) -> dict[str, object]:
    async with opened_database(config, url) as database:
        return await show(database, number)


async def _forgotten(
    number: str, config: Path, url: str, spool: Path | None, *, mask: bool
) -> tuple[Erased, int]:
    """Forget in the database, then on disk; lines that a running callfloor holds get to the database soon."""
    async with opened_database(config, url) as database:
        erased = await erase(database, number, database.clock.wall(), mask=mask)
        return erased, await _on_disk(database, number, erased, spool)


async def _sounds(
    number: str, config: Path, url: str, folder: Path | None, *, delete: bool
) -> list[tuple[str, str]]:
    """Find what was recorded of a customer, delete it if that is asked, and say what became of each."""
    told = []
    async with opened_database(config, url) as database, database.patient("personal data") as connection:
        rows = await connection.execute(queries("recordings")["of_customer"], {"digits": digits_of(number)})
        for recording, _, file in await rows.fetchall():
            path = folder / str(file) if folder else None
            if not delete:
                told.append((str(recording), "kept; --recordings deletes it"))
            elif path is None or not path.is_file():
                told.append((str(recording), "not found on this machine, delete it where it was recorded"))
            else:
                path.unlink()
                gone = {"recording": recording, "who": "personal-data", "why": "personal data"}
                await connection.execute(queries("recordings")["note_erased"], gone)
                told.append((str(recording), "deleted"))
    return told


async def _on_disk(database: Database, number: str, erased: Erased, spool: Path | None) -> int:
    if spool is None:
        return 0
    forgetting = Forgetting(digits_of(number), erased.pseudonym, NUMBERS)
    deadline = time.monotonic() + DRAINS_WITHIN_S
    while left := await asyncio.to_thread(forget_in, spool, forgetting):
        if time.monotonic() > deadline:
            break
        await asyncio.sleep(0.2)
    return left


def _tell(number: str, done: tuple[Erased, int], config: Path, recordings: bool) -> None:
    erased, left = done
    typer.echo(
        f"{number} is {erased.pseudonym} now: in {erased.facts:,} facts and {erased.rows:,} rows; "
        f"{erased.raw_events:,} raw events are deleted"
    )
    if left:
        typer.echo(f"  {left:,} lines wait for the database, where they go by {erased.pseudonym}")
    if erased.alike:
        typer.echo(f"  kept still, and like it: {', '.join(erased.alike)}; erase what is the same customer's")
    for name in erased.recordings:
        typer.echo(f"  message {name}: {_recording(name, config, delete=recordings)}")


def _recording(name: str, config: Path, *, delete: bool) -> str:
    if not delete:
        return "kept; --recordings deletes it"
    folder = AsteriskFolders.of(load(config)).recordings if config.exists() else None
    files = [path for suffix in NOTES if folder and (path := folder / f"{name}{suffix}").is_file()]
    for path in files:
        path.unlink()
    return "deleted" if files else "not found on this machine, delete it where Asterisk keeps recordings"
