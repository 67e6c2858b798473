"""Write every dashboard into the folder that is named."""

import sys
from pathlib import Path

from ami_listeners.dashboards import DASHBOARDS
from ami_listeners.dashboards.layout import written

for dashboard in DASHBOARDS:
    (Path(sys.argv[1]) / f"{dashboard.uid}.json").write_text(written(dashboard))
