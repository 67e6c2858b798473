"""Setting up says in one sentence what is missing, and starts over after it has failed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent.parent

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Give a folder with what setting up reads before it installs."""
    (tmp_path / "deploy").mkdir()
    for name in ["deploy/setup.sh", "requirements.lock", "pyproject.toml"]:
        shutil.copy(HOUSE / name, tmp_path / name)
    return tmp_path


def set_up(clone: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    words = ["sh", str(clone / "deploy/setup.sh")]
    return subprocess.run(
        words, env=inherited | environment, text=True, capture_output=True, check=False, timeout=240
    )


def test_a_machine_without_a_fitting_python_is_told_how_to_get_one(clone: Path) -> None:
    done = set_up(clone, PYTHON="/nowhere/python3.12")
    assert done.returncode == 1
    assert "no Python 3.11, 3.12 or 3.13 was found at /nowhere/python3.12. Install one" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_package_index_out_of_reach_is_told_and_the_next_start_begins_anew(clone: Path) -> None:
    unreachable = {
        "PYTHON": sys.executable,
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_INDEX_URL": "http://127.0.0.1:9/",
        "PIP_RETRIES": "0",
    }
    done = set_up(clone, **unreachable)
    assert done.returncode == 1
    *steps, told = done.stderr.splitlines()
    assert steps[0].startswith("Making .venv with Python 3.")
    assert told.startswith("callfloor: the package index cannot be reached: check the network")
    assert (clone / ".venv/.callfloor").read_text() == "unfinished\n"


def test_an_environment_of_somebody_elses_making_with_another_python_is_left_alone(clone: Path) -> None:
    python = clone / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\ncase $* in *version_info*) exit 1 ;; esac\n")
    python.chmod(0o755)
    done = set_up(clone, PYTHON=sys.executable)
    assert done.returncode == 1
    assert "move it away and start again" in done.stderr
    assert python.exists()
