"""Calls led by Python, and Python that cannot lead one."""

import asyncio
import datetime as dt
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from ari_apps.destinations import Destination
from ari_apps.ivr.ivr_settings import IvrSettings
from ari_apps.ivr.offline_walk import OfflineCall, Walked, walk_offline
from ari_apps.ivr.python_calls import PythonCallError, load

MENUS = {
    "main": {"prompt": "sound:welcome", "keys": {"1": "queue:sales", "2": "python:my_ivr:main"}, "tries": 1}
}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    path, modules = list(sys.path), set(sys.modules)
    yield tmp_path
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def write(folder: Path, body: str, head: str = "async def main(call):") -> Destination:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    (folder / "my_ivr.py").write_text(f"import asyncio\n{head}\n{lines}")
    return Destination.parse("python:my_ivr:main")


def walk(folder: Path, keys: str = "", menus: Mapping[str, Any] = MENUS) -> Walked:
    floor = IvrSettings.model_validate(
        {"routes": [{"destination": "python:my_ivr:main"}], "menus": menus, "voicemail": {"sales": {}}}
    )
    call = OfflineCall(to="100", caller="+49151", at=dt.datetime(2026, 11, 23, tzinfo=dt.UTC), keys=keys)
    walking = walk_offline(floor, call, timezone="UTC", language="en", folder=folder)
    return asyncio.run(walking)


def test_a_coroutine_asks_speaks_and_decides(folder: Path) -> None:
    write(
        folder,
        """
pin = await call.ask("say:Your PIN, please.", min=4, max=4)
call.variables["pin"] = pin or "none"
call.speak("fr")
await call.say("You said {pin}, from " + call.caller_number)
await call.play("digits:{pin}", "number:7")
return "queue:vip" if pin == "1234" else None
""",
    )
    walked = walk(folder, "99#1234")
    assert [line for line in walked.way if "PIN" not in line] == [
        "presses 99#",
        "presses 1234",
        "hears “You said 1234, from +49151”",
        "hears digits:1234",
        "hears number:7",
    ]
    assert (str(walked.end), walked.line.language) == ("queue:vip", "fr")
    assert str(walk(folder, "0000").end) == "hangup"


@pytest.mark.parametrize(
    ("body", "keys", "end"),
    [
        ("return await call.menu('main')", "1", "queue:sales"),
        ("await call.menu('main')", "1", "hangup"),
        ("await call.queue('support')\nreturn 'hangup:busy'", "", "queue:support"),
        ("await call.go('extension:101')", "", "extension:101"),
        ("await call.hangup('busy')", "", "hangup:busy"),
        ("await call.hangup()", "", "hangup"),
        ("await call.voicemail('sales')\nreturn 'agent:anna'", "", "agent:anna"),
        ("return await call.ask(max=3, tries=2) or 'queue:silent'", "", "queue:silent"),
    ],
)
def test_a_coroutine_sends_the_call_on(folder: Path, body: str, keys: str, end: str) -> None:
    write(folder, body)
    assert str(walk(folder, keys).end) == end


def test_python_and_menus_that_send_calls_to_each_other_in_silence_end_politely(folder: Path) -> None:
    write(folder, "return await call.menu('main')")
    circle = {"main": {"prompt": "sound:welcome", "then": "python:my_ivr:main"}}
    walked = walk(folder, menus=circle)
    assert str(walked.end) == "hangup"
    assert walked.way[-1] == "hears vm-goodbye"


@pytest.mark.parametrize(
    "body", ["1 / 0", "return 'quue:sales'", "await call.play('nonsense')", "call.meet = 1"]
)
def test_a_coroutine_that_breaks_ends_the_call_politely_and_is_logged(folder: Path, body: str) -> None:
    write(folder, body)
    with capture_logs() as logs:
        walked = walk(folder)
    assert str(walked.end) == "hangup"
    assert walked.way == ["hears vm-goodbye"]
    assert [entry["event"] for entry in logs] == ["ivr.python_failed"]


@pytest.mark.parametrize(
    ("head", "body", "says"),
    [
        ("async def main(call):", "return 1 +", "my_ivr cannot be imported (SyntaxError"),
        (
            "import nothing_of_the_kind\nasync def main(call):",
            "pass",
            "No module named 'nothing_of_the_kind'",
        ),
        ("def main(call):", "pass", "has no coroutine main"),
        ("async def other(call):", "pass", "has no coroutine main"),
        ("async def main():", "pass", "main must take the call, and only it"),
        ("async def main(call, more):", "pass", "main must take the call, and only it"),
    ],
)
def test_python_that_cannot_lead_a_call_is_told_before_one_comes(
    folder: Path, head: str, body: str, says: str
) -> None:
    destination = write(folder, body, head)
    with pytest.raises(PythonCallError) as told:
        load(destination, folder)
    assert says in str(told.value)
    assert str(told.value).startswith("python:my_ivr:main: ")


def test_a_module_that_is_not_there_is_named_with_the_folder_it_belongs_in(folder: Path) -> None:
    with pytest.raises(PythonCallError, match=f"put it into {folder}"):
        load(Destination.parse("python:no_such_ivr:main"), folder)
