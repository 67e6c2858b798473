"""`callfloor why`: who was considered for a call, who was not, and for which reason."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer
from rich.console import Console
from rich.text import Text

from ari_apps.configuration.floor_toml import load
from ari_apps.console.client import ApiClient
from ari_apps.console.views import OfferWhy, Reasoned, WhyView


def why(
    call: Annotated[str, typer.Argument(help="The call's id, as the list of calls and the facts have it.")],
    config: Annotated[
        Path, typer.Option("--config", "-c", help="The configuration of the running floor.")
    ] = Path("floor.toml"),
) -> None:
    """Explain who was considered for a call, now and at each offer, and who was not."""
    told = ApiClient(load(config)).get(f"calls/{quote(call, safe='')}/why", WhyView)
    console = Console(highlight=False)
    for offer in told.offers:
        _show_offer(console, offer)
    console.print(Text(told.summary, style="bold"))
    _show(console, "+", told.considered)
    _show(console, "-", told.excluded)


def _show_offer(console: Console, offer: OfferWhy) -> None:
    lasted = "" if offer.lasted_s is None else f" after {offer.lasted_s:.1f} s"
    end = f"{offer.outcome}{lasted}" if offer.outcome else "goes on"
    console.print(Text(f"{offer.at:%H:%M:%S} offered to {offer.agent}: {end}", style="bold"))
    console.print(Text(f"  {offer.because}"))
    if offer.ready is not None:
        console.print(Text(f"  {offer.ready} could be rung for who {offer.asked or 'asks for nothing'}"))
    _show(console, "+", offer.considered)
    _show(console, "-", offer.excluded)


def _show(console: Console, sign: str, entries: Iterable[Reasoned]) -> None:
    for entry in entries:
        console.print(Text.assemble(f"  {sign} ", (f"{entry.agent:<12}", "cyan"), f" {entry.why}"))
