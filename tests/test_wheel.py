"""The wheel brings all that callfloor needs, takes no name others could want, and works from any folder."""

import importlib.metadata
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import platformdirs
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HOUSE = Path(__file__).parent.parent

pytestmark = pytest.mark.timeout(300)


def run(*words: str | Path, folder: Path) -> str:
    """Run a command as somebody with an empty home and an Asterisk in the cache; return what it printed."""
    cache = str(platformdirs.user_cache_path())
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "XDG_CACHE_HOME": cache, "LANG": "C.UTF-8"}
    done = subprocess.run(
        words, cwd=folder, env=environment, text=True, capture_output=True, check=False, timeout=240
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the source archive, and the wheel from it."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, HOUSE, folder=folder)
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    (path,) = dist.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel beside what its metadata asks for and nothing else; return the folder of commands."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder / "venv")
    python = folder / "venv/bin/python"
    (site,) = (folder / "venv/lib").glob("python*/site-packages")
    for needed in dependencies_of(wheel):
        copy_distribution(needed, site)
    run(
        *(sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"),
        *("install", "--quiet", "--no-deps", "--no-index", wheel),
        folder=folder,
    )
    return folder / "venv/bin"


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """Give a folder whose name leaves room for those of sockets, and whose way there is open to all."""
    with tempfile.TemporaryDirectory(prefix="w-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


def dependencies_of(wheel: Path) -> Iterator[importlib.metadata.Distribution]:
    """Yield what the wheel's metadata asks for, and what that asks for, and so on."""
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        lines = archive.read(metadata).decode().splitlines()
    wanted = [Requirement(line.partition(": ")[2]) for line in lines if line.startswith("Requires-Dist: ")]
    seen: set[tuple[str, str]] = set()
    copied: set[str] = set()
    asked = [(requirement, "") for requirement in wanted]
    while asked:
        requirement, extra = asked.pop()
        name = canonicalize_name(requirement.name)
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        distribution = importlib.metadata.distribution(name)
        if name not in copied:
            copied.add(name)
            yield distribution
        for each in {"", *requirement.extras}:
            if (name, each) not in seen:
                seen.add((name, each))
                asked += [(Requirement(line), each) for line in distribution.requires or []]


def copy_distribution(distribution: importlib.metadata.Distribution, site: Path) -> None:
    for file in distribution.files or []:
        source = Path(str(distribution.locate_file(file)))
        if ".." in file.parts or not source.is_file():
            continue
        (site / file).parent.mkdir(parents=True, exist_ok=True)
        try:
            (site / file).hardlink_to(source)
        except OSError:  # another file system
            shutil.copy2(source, site / file)


def test_the_wheel_claims_no_generic_name(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {Path(name).parts[0] for name in archive.namelist()}
    names = {name for name in names if not name.endswith(".dist-info")}
    assert names == {"callfloor.py", "ari_apps", "ami_listeners", "queue_strategies"}


def test_the_wheel_brings_the_templates_the_sql_and_the_types(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        brought = set(archive.namelist())
    templates = {
        f"ari_apps/{path.relative_to(HOUSE)}" for path in HOUSE.glob("templates/**/*") if path.is_file()
    }
    sql = {str(path.relative_to(HOUSE)) for path in HOUSE.glob("ami_listeners/sql/**/*.sql")}
    typed = {f"{room}/py.typed" for room in ["ari_apps", "ami_listeners", "queue_strategies"]}
    assert templates
    assert sql
    assert templates | sql | typed <= brought


def test_the_source_archive_brings_what_a_clone_has(dist: Path) -> None:
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        brought = {Path(name).parts[1] for name in archive.getnames()}
    assert {
        "Makefile",
        "requirements.lock",
        "README.md",
        "LICENSE",
        "deploy",
        "templates",
        "tests",
    } <= brought


def test_the_installed_command_says_its_version(installed: Path, tmp_path: Path) -> None:
    assert run(installed / "callfloor", "--version", folder=tmp_path).split()[
        -1
    ] == importlib.metadata.version("callfloor")


@pytest.mark.usefixtures("installed_asterisk")
def test_the_installed_command_checks_a_floor_and_renders_asterisks_configuration(
    installed: Path, tmp_path: Path
) -> None:
    shutil.copy(HOUSE / "deploy/floor.toml", tmp_path / "floor.toml")
    run(installed / "callfloor", "check", "floor.toml", folder=tmp_path)
    run(installed / "callfloor", "render", "etc", folder=tmp_path)
    assert {"pjsip.conf", "extensions.conf", "ari.conf", "manager.conf"} <= {
        path.name for path in (tmp_path / "etc").rglob("*.conf")
    }


@pytest.mark.usefixtures("installed_asterisk")
def test_the_installed_command_shows_the_demo(installed: Path, short_folder: Path) -> None:
    shown = run(
        *(installed / "callfloor", "demo", "--plain", "--minutes", "0.3", "--seed", "1"),
        *("--folder", short_folder / "demo"),
        folder=short_folder,
    )
    assert "answered" in shown


def test_the_installed_packages_find_their_templates_and_sql_beside_them(
    installed: Path, tmp_path: Path
) -> None:
    where = run(
        *(
            installed / "python",
            "-c",
            "import ari_apps, ami_listeners; print(ari_apps.__path__, ami_listeners.__path__)",
        ),
        folder=tmp_path,
    )
    assert str(HOUSE) not in where
