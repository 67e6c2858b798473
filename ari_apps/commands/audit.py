"""`callfloor audit`: who changed or heard what, or wanted to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

import typer

from ami_listeners.reports.wording import printable
from ari_apps.configuration.floor_toml import load
from ari_apps.console.client import ApiClient
from ari_apps.console.person_views import AuditView

Since = Annotated[str, typer.Option("--from", help="A day or a moment: 2026-11-20, today, 2026-11-20T14:30.")]
Until = Annotated[str, typer.Option("--to", help="Likewise; a day belongs to it.")]
Who = Annotated[str | None, typer.Option(help="Of this user alone.", show_default=False)]
Outcome = Annotated[
    str | None, typer.Option(help="Only what was done, refused or failed.", show_default=False)
]
Limit = Annotated[int, typer.Option(help="The latest so many.", min=1, max=100_000)]
Config = Annotated[Path, typer.Option("--config", "-c", help="The configuration of the running floor.")]


def audit(
    since: Since = "today",
    until: Until = "today",
    who: Who = None,
    outcome: Outcome = None,
    limit: Limit = 1_000,
    config: Config = Path("floor.toml"),
) -> None:
    """List who changed or heard what through the REST API, or wanted to; the latest first."""
    asked = {"from": since, "to": until, "who": who, "outcome": outcome, "limit": str(limit)}
    query = urlencode({name: value for name, value in asked.items() if value is not None})
    for one in ApiClient(load(config)).get_many(f"audit?{query}", AuditView):
        typer.echo(printable(line_of(one)))


def line_of(one: AuditView) -> str:
    """Write one thing that somebody did in a line, to be searched by other programs."""
    who = f"{one.who or '-'} ({one.role or 'nobody we know'})"
    on = f" on {one.what}" if one.what else ""
    sent = f" with {one.detail}" if one.detail else ""
    at = f"{one.at.astimezone():%Y-%m-%d %H:%M:%S}"
    return f"{at} {one.outcome} {one.status} {who} from {one.address}: {one.operation}{on}{sent}"
