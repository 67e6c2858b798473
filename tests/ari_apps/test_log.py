"""What is logged disturbs nobody."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SAYS = """
import structlog
from ari_apps.commands.serve import log_to
log_to(False, 0)
for _ in range(3):
    structlog.get_logger().critical("journal.disk_unusable")
print("goes on", flush=True)
"""


def test_a_log_on_a_full_disk_stops_nobody() -> None:
    with Path("/dev/full").open("wb") as full:
        said = subprocess.run([sys.executable, "-c", SAYS], stdout=subprocess.PIPE, stderr=full, check=False)
    assert said.stdout == b"goes on\n"
