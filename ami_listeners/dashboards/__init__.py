"""Dashboards of Grafana, made from the definitions: `python -m ami_listeners.dashboards DIR` writes them."""

from collections.abc import Sequence

from ami_listeners.dashboards.agents import AGENTS
from ami_listeners.dashboards.call_quality import CALL_QUALITY
from ami_listeners.dashboards.floor_now import FLOOR_NOW
from ami_listeners.dashboards.health import HEALTH
from ami_listeners.dashboards.panel import Dashboard
from ami_listeners.dashboards.queue_day import QUEUE_DAY

DASHBOARDS: Sequence[Dashboard] = (FLOOR_NOW, QUEUE_DAY, AGENTS, CALL_QUALITY, HEALTH)

__all__ = ["DASHBOARDS", "Dashboard"]
