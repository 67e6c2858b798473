"""The house is kept: directions, types, style, names, what the documents promise, what the lock names."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from typer.core import TyperGroup

from ari_apps.commands import CommandAtNeed
from callfloor import COMMANDS, command_line

HOUSE = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
DOCUMENTS = ["README.md", "CONTRIBUTING.md", "deploy/floor.toml", "deploy/Dockerfile", "deploy/compose.yaml"]
MIRRORS = r"\b(debian|pypi|pythonhosted|npmjs)\.org\b|\b(docker|quay|ghcr)\.io\b"
MACHINE_FOLDERS = r"/(root|work|opt/pypi|opt/wheels|home/[a-z]+|tmp/(try|brief))/"


def files_of_the_house() -> list[Path]:
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").stdout.split("\0")
    return [path for name in listed if name and (path := HOUSE / name).is_file()]


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, cwd=HOUSE, text=True, capture_output=True, check=False, timeout=600)


def assert_clean(*words: str | Path) -> None:
    done = run(*words)
    assert done.returncode == 0, done.stdout + done.stderr


def test_rooms_know_each_other_in_one_direction_only() -> None:
    assert_clean(BIN / "lint-imports", "--no-cache")


def test_strategies_need_the_standard_library_only() -> None:
    for path in (HOUSE / "queue_strategies").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Import():
                    roots = {name.name.partition(".")[0] for name in node.names}
                case ast.ImportFrom(module=str(module), level=0):
                    roots = {module.partition(".")[0]}
                case _:
                    continue
            assert roots <= sys.stdlib_module_names | {"queue_strategies"}, f"{path}:{node.lineno}"


def test_ruff_finds_nothing() -> None:
    assert_clean(sys.executable, "-m", "ruff", "check", ".")


def test_every_file_is_formatted() -> None:
    assert_clean(sys.executable, "-m", "ruff", "format", "--check", ".")


@pytest.mark.timeout(600)
def test_every_type_is_right() -> None:
    assert_clean("nice", sys.executable, "-m", "mypy")  # let calls of other tests go first


def test_shell_scripts_are_sound() -> None:
    assert_clean(BIN / "shellcheck", "deploy/setup.sh", ".ci/run")


def test_no_room_has_a_name_that_says_nothing() -> None:
    nothings = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}
    assert [path for path in files_of_the_house() if path.suffix == ".py" and path.stem in nothings] == []


def test_the_repository_names_no_package_mirror_and_no_folder_of_one_machine() -> None:
    told = re.compile(f"{MIRRORS}|{MACHINE_FOLDERS}")
    found = [
        f"{path.relative_to(HOUSE)}:{number}: {line.strip()}"
        for path in files_of_the_house()
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1)
        if told.search(line)
    ]
    assert found == []


def test_the_lock_names_a_version_of_everything_that_is_needed() -> None:
    project = tomllib.loads((HOUSE / "pyproject.toml").read_text())
    needed = [
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["dev"],
    ]
    pins = re.findall(r"^([\w.-]+)==([^ \\]+)", (HOUSE / "requirements.lock").read_text(), re.MULTILINE)
    locked = {canonicalize_name(name): version for name, version in pins}
    for requirement in map(Requirement, needed):
        version = locked.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is not in requirements.lock: make lock"
        assert requirement.specifier.contains(version), f"{requirement} is not {version}: make lock"


def test_make_lists_every_command() -> None:
    listed = set(re.findall(r"make (\w+)", run("make").stdout))
    rules = set(re.findall(r"^(\w+):", (HOUSE / "Makefile").read_text(), re.MULTILINE))
    assert listed == rules - {"ready"}


def test_every_make_command_in_the_documents_exists() -> None:
    rules = set(re.findall(r"^(\w+):", (HOUSE / "Makefile").read_text(), re.MULTILINE))
    for path, words in commands_in_documents("make"):
        for target in [word for word in words if re.fullmatch(r"[a-z]+", word)]:
            assert target in rules, f"{path}: make {' '.join(words)}"


def test_every_callfloor_command_in_the_documents_exists() -> None:
    for path, words in commands_in_documents("callfloor"):
        command: Any = command_line()
        while words and re.fullmatch(r"[a-z][a-z-]*", words[0]) and isinstance(command, TyperGroup):
            name, *words = words
            assert name in command.commands, f"{path}: {command.name} has no command {name}"
            command = command.commands[name]
            if isinstance(command, CommandAtNeed):
                command = command.itself()
        offered = {
            word for parameter in command.params for word in [*parameter.opts, *parameter.secondary_opts]
        }
        for option in [word.partition("=")[0] for word in words if word.startswith("--")]:
            assert option in offered | {"--help"}, f"{path}: {command.name} has no option {option}"


def test_the_list_of_commands_says_what_each_says_itself() -> None:
    for listed in COMMANDS:
        assert listed.help is not None
        assert listed.itself().help.startswith(listed.help.rstrip("."))


def test_help_reads_no_command() -> None:
    heavy = "import sys; from callfloor import command_line; command_line(); print(*sys.modules)"
    loaded = run(sys.executable, "-c", heavy).stdout.split()
    assert not {"aiohttp", "psycopg", "pydantic", "jinja2", "structlog"} & set(loaded)


def commands_in_documents(program: str) -> list[tuple[str, list[str]]]:
    """Find what the documents tell the reader to type, in blocks and `quotes`, and what the units start."""
    units = [str(path.relative_to(HOUSE)) for path in (HOUSE / "deploy").rglob("*.service")]
    found = []
    for name in [*DOCUMENTS, *units]:
        text = (HOUSE / name).read_text()
        blocks = re.findall(r"```\w*\n(.*?)```", text, re.DOTALL) if name.endswith(".md") else [text]
        for span in re.findall(r"`([^`\n]+)`", text) + "\n".join(blocks).splitlines():
            typed = re.match(rf"(?:#? {{2,}}|\$ |ExecStart=)?(?:[\w./-]*/)?{program} ([^#|`]+)", span)
            if typed:
                found.append((name, typed.group(1).split()))
    return found
