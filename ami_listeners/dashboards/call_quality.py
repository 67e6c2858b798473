"""Call quality: how well legs were heard, by the E-model from what RTCP tells."""

from __future__ import annotations

from ami_listeners.dashboards.floor_now import HEARD
from ami_listeners.dashboards.panel import WINDOW, Dashboard, Kind, Panel, Query
from ami_listeners.dashboards.told import QUALITY_OF_WHAT_IS_SHOWN, legs_table

POOR = "3.6"
"""Below this many people are dissatisfied."""
LEGS = "increase(callfloor_leg_mos_count[$window])"


def lower(share: float, direction: str) -> Query:
    """Write what so many legs were heard no better than."""
    buckets = f'increase(callfloor_leg_mos_bucket{{direction="{direction}"}}[$window])'
    return Query(f"histogram_quantile({share}, sum by (le) ({buckets}))", f"P{share * 100:.0f}")


def poor() -> str:
    """Write which share of legs was poor."""
    no_better = f'increase(callfloor_leg_mos_bucket{{le="{POOR}"}}[$window])'
    return f"sum by (direction) ({no_better}) / (sum by (direction) ({LEGS}) > 0)"


CALL_QUALITY = Dashboard(
    uid="callfloor-quality",
    title="callfloor: call quality",
    since="now-24h",
    refresh="1m",
    variables=(WINDOW,),
    rows=(
        (
            Panel(
                title="Poor",
                text=f"The share of legs with a MOS of {POOR} or less",
                queries=[Query(poor(), "{{direction}}")],
                kind=Kind.NUMBER,
                unit="percentunit",
                alarm=0.05,
            ),
            Panel(
                title="Legs measured",
                queries=[Query(f"sum by (direction) ({LEGS})", "{{direction}}")],
                kind=Kind.NUMBER,
            ),
            *HEARD,
        ),
        (
            Panel(
                title="MOS of what parties said",
                text="Half, a tenth and a hundredth of the legs are no better",
                queries=[lower(share, "heard") for share in (0.5, 0.1, 0.01)],
            ),
            Panel(
                title="MOS of what parties heard",
                text="Half, a tenth and a hundredth of the legs are no better",
                queries=[lower(share, "sent") for share in (0.5, 0.1, 0.01)],
            ),
        ),
        (legs_table(),),
        (QUALITY_OF_WHAT_IS_SHOWN,),
    ),
)
