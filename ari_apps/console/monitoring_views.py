"""What the REST API takes and gives about supervisors on agents' calls."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from ari_apps.console.views import View
from queue_strategies.monitoring import Mode


class Wanted(View):
    """Whom a supervisor shall hear, and how."""

    agent: str
    mode: Mode = Mode.LISTEN


class MonitoringView(View):
    """A supervisor on an agent's calls, or waiting for them."""

    supervisor: str
    agent: str
    mode: Mode
    state: Literal["ringing", "waiting", "hearing"]
    call: str | None
    """The one that is heard now."""
    since: dt.datetime
