"""The REST API, asked with sense and nonsense: it answers as its description says, and in a sentence."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from yarl import URL

from ami_listeners.local_postgres import LocalPostgres
from tests.asterisk_lab import AsteriskLab
from tests.command_line import CommandLine, Serving
from tests.floor_lab import Floor, FloorLab, hears

SALES = "+4930100"
FLOOR = f"""
[site]
name = "rest"
secrets = "secrets"

[[queues]]
name = "sales"
join_when_empty = "never"
leave_when_empty = "never"

[[agents]]
id = "anna"
extension = "101"
queues = ["sales"]

[[routes]]
to = "{SALES}"
destination = "queue:sales"
"""


@dataclass
class Answer:
    status: int
    body: Any
    headers: dict[str, str]


@dataclass
class Api:
    """A floor that is served by the real command line, and somebody who asks it."""

    floor: Floor
    line: CommandLine
    serving: Serving
    session: aiohttp.ClientSession
    description: dict[str, Any]

    @property
    def address(self) -> tuple[str, int]:
        listen = self.floor.asterisk.configuration.http.listen
        return listen.host, listen.port

    async def ask(self, method: str, path: str, content: bytes | None = None, **headers: str) -> Answer:
        """Ask with the right token, unless another is given."""
        token = {"Authorization": f"Bearer {self.floor.asterisk.secrets.get('api')}"}
        url = URL(f"http://{self.floor.asterisk.configuration.http.listen}{path}", encoded=True)
        async with self.session.request(method, url, data=content, headers=token | headers) as answer:
            assert answer.status == 204 or answer.content_type == "application/json", await answer.text()
            body = None if answer.status == 204 else await answer.json()
            return Answer(answer.status, body, dict(answer.headers))

    async def raw(self, *pieces: str) -> bytes:
        """Send bytes as they are, one piece a little after the other; return what comes back."""
        reader, writer = await asyncio.open_connection(*self.address)
        for piece in pieces:
            writer.write(piece.replace("TOKEN", self.floor.asterisk.secrets.get("api")).encode("latin-1"))
            await writer.drain()
            await asyncio.sleep(0.1)
        writer.write_eof()
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        return answer

    async def waiting_call(self) -> str:
        """Give a call that waits, made if there is none."""
        if not await self.floor.get("calls"):
            await self.floor.world.call(SALES, from_number="+491701")
            await self.floor.until_waiting("sales", 1)
        return str((await self.floor.get("calls"))[0]["id"])


@pytest.fixture(scope="module")
async def api(shared_asterisk_lab: AsteriskLab, postgres: LocalPostgres) -> AsyncIterator[Api]:
    async with FloorLab(shared_asterisk_lab, postgres) as lab, aiohttp.ClientSession() as session:
        floor = await lab.start(FLOOR, started=False)
        line = CommandLine(shared_asterisk_lab.folder())
        line.serve_floor(floor)
        async with line.serving(http=floor.asterisk.configuration.http.listen) as serving:
            await serving.until(ready=True, ari=True, ami=True)
            api = Api(floor, line, serving, session, {})
            api.description = (await api.ask("GET", "/api/openapi.json")).body
            yield api
            await serving.until(ready=True, ari=True, ami=True)


def is_sentence(answer: Answer, *words: str) -> bool:
    return set(answer.body) == {"error"} and all(word in answer.body["error"] for word in words)


@pytest.mark.parametrize(
    "shown", ["", "Bearer", "Bearer wrong", "Bearer \xff\xe4", "Basic Og==", "Bearer " + "x" * 5000]
)
async def test_nobody_enters_without_the_token(api: Api, shown: str) -> None:
    before = (await api.floor.get("agents/anna"))["state"]
    action = "log-in" if before == "logged_out" else "log-out"
    answer = await api.ask("POST", f"/api/v1/agents/anna/{action}", Authorization=shown)
    assert answer.status == 401
    assert is_sentence(answer, "show the token: Authorization: Bearer")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert (await api.floor.get("agents/anna"))["state"] == before


async def test_paths_and_methods_there_are_not_are_told(api: Api) -> None:
    nowhere = await api.ask("GET", "/api/v1/agent")
    assert (nowhere.status, is_sentence(nowhere, "/api/v1/agent", "/api/openapi.json")) == (404, True)
    wrong = await api.ask("DELETE", "/api/v1/agents/anna/log-in")
    assert (wrong.status, wrong.headers["Allow"], is_sentence(wrong, "use POST")) == (405, "POST", True)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "body: Invalid JSON"),
        (b"{", "body: Invalid JSON"),
        (b"\xff\xfe", "body: Invalid JSON"),
        (b"null", "body: "),
        (b"[]", "body: "),
        (b"{}", "reason: Field required"),
        (b'{"reason": 7}', "reason: "),
        (b'{"reason": ""}', "reason: "),
        (b'{"reason": "lunch", "until": "12:00"}', "until: Extra inputs are not permitted"),
        (b"[" * 50_000, "body: Invalid JSON"),
    ],
)
async def test_a_body_that_makes_no_sense_is_told_with_the_place(api: Api, body: bytes, told: str) -> None:
    answer = await api.ask("POST", "/api/v1/agents/anna/pause", body)
    assert (answer.status, is_sentence(answer, told)) == (400, True), answer


async def test_a_body_that_is_too_long_is_refused(api: Api) -> None:
    answer = await api.ask("POST", "/api/v1/agents/anna/pause", b'{"reason": "' + b"x" * 1_000_000 + b'"}')
    assert (answer.status, is_sentence(answer, "send less")) == (413, True)


PAUSE = "POST /api/v1/agents/anna/pause HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer TOKEN\r\n"


async def test_a_body_that_comes_in_pieces_is_taken_as_a_whole(api: Api) -> None:
    body = json.dumps({"reason": "lunch"})
    head = f"{PAUSE}Connection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    answer = await api.raw(head, body[:5], body[5:])
    assert answer.startswith(b"HTTP/1.1 204")


@pytest.mark.parametrize(
    "sent",
    [
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + "\x00" * 200,
        "GET / HTTP/9.9\r\n\r\n",
        "GET /%zz\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        f"{PAUSE}Content-Length: 100\r\n\r\n{{",
        f"{PAUSE}Transfer-Encoding: chunked\r\n\r\nzz\r\n{{",
        f"{PAUSE}X: {'y' * 100_000}\r\n\r\n",
    ],
    ids=["TLS", "another HTTP", "a wrong path", "half a body", "no chunk", "a long header"],
)
async def test_bytes_that_are_no_request_harm_nobody(api: Api, sent: str) -> None:
    answer = await api.raw(sent)
    assert answer == b"" or answer.startswith((b"HTTP/1.0 400", b"HTTP/1.1 400")), answer
    assert (await api.ask("GET", "/api/v1/agents")).status == 200
    assert "Traceback" not in api.serving.text


@pytest.mark.parametrize(
    "name",
    [
        "..",
        "%2e%2e",
        "..%2F..%2Fetc%2Fpasswd",
        "%00",
        "%ff%fe",
        "%F0%9F%93%9E",
        "'--",
        "%3Cscript%3E",
        "%0d%0aX:%201",
        "a" * 4000,
    ],
    ids=range(10),
)
async def test_no_name_is_more_than_a_name(api: Api, name: str) -> None:
    for path in (f"/api/v1/agents/{name}", f"/api/v1/calls/{name}/why", f"/api/v1/queues/{name}"):
        answer = await api.ask("GET", path)
        assert (answer.status, is_sentence(answer, "there is no")) == (404, True), answer


@pytest.mark.parametrize("verb", ["transfer", "consult"])
@pytest.mark.parametrize(
    ("to", "status"),
    [
        ("queue:sale", 404),
        ("agent:bob", 404),
        ("extension:999", 404),
        ("extension:{digits}", 404),
        ("menu:main", 404),
        ("voicemail:sales", 404),
        ("python:os:system", 404),
        ("number:+49;DROP", 400),
        ("sales", 400),
        ("", 400),
    ],
)
async def test_nobody_is_torn_from_a_talk_to_be_sent_nowhere(
    api: Api, verb: str, to: str, status: int
) -> None:
    call = await talk(api)
    answer = await api.ask("POST", f"/api/v1/calls/{call}/{verb}", json.dumps({"to": to}).encode())
    assert (answer.status, set(answer.body)) == (status, {"error"}), answer
    assert (await api.floor.get(f"calls/{call}"))["agent"] == "anna"
    assert (await api.floor.get("agents/anna"))["on_hold"] is False


async def talk(api: Api) -> str:
    """Give a call in which anna talks with a customer, who hears her."""
    for call in await api.floor.get("calls"):
        if call["agent"]:
            return str(call["id"])
    await api.floor.go_home()
    await api.floor.come_to_work("anna")
    caller = await api.floor.world.call(SALES)
    await (await api.floor.world.phone("anna").rings()).answer(speaks=1000)
    await caller.answered()
    await hears(caller, 1000)
    return str((await api.floor.get("calls"))[0]["id"])


async def test_the_command_line_says_what_the_floor_says(api: Api) -> None:
    said = await api.line.run("agents", "log-in", "../anna", "-c", str(api.line.config))
    assert (said.code, said.error.partition(",")[0]) == (2, "error: there is no agent '../anna'")


# -- the description ----------------------------------------------------------------------------------------

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
SENSIBLE = st.one_of(
    st.fixed_dictionaries({"reason": st.text(max_size=60)}),
    st.fixed_dictionaries({"priority": st.integers(-2000, 2000)}),
    st.fixed_dictionaries({"queue": st.sampled_from(["sales", "support", ""]), "anew": st.booleans()}),
    st.fixed_dictionaries(
        {"to": st.sampled_from(["queue:sales", "agent:anna", "hangup", "queue:nowhere", "x"])}
    ),
)


@given(choice=st.data())
@settings(max_examples=150, deadline=None)
async def test_every_answer_is_as_the_description_says(api: Api, choice: st.DataObject) -> None:
    call = await api.waiting_call()
    names = {
        "agent": ["anna"],
        "queue": ["sales"],
        "call": [call],
        "subject": ["queue", "agent", "calls", "abandoned"],
        "measure": ["answered", "calls", "offers"],
        "format": ["json"],
        "limit": ["1"],
        "by": ["all", "15m"],
    }
    asked = {}
    path = choice.draw(st.sampled_from(sorted(api.description["paths"])))
    method, operation = choice.draw(st.sampled_from(sorted(api.description["paths"][path].items())))
    for parameter in operation["parameters"]:
        some = st.sampled_from(names.get(parameter["name"], [""])) | st.text(min_size=1, max_size=20)
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", quote(choice.draw(some), safe=""))
        elif parameter["required"] or choice.draw(st.booleans()):
            asked[parameter["name"]] = choice.draw(some)
    path += f"?{urlencode(asked)}" if asked else ""
    body = choice.draw(st.none() | SENSIBLE | ANYTHING)
    answer = await api.ask(method.upper(), path, None if body is None else json.dumps(body).encode())
    told = operation["responses"].get(str(answer.status))
    assert told is not None, f"{method} {path} {body}: {answer}"
    if "content" in told:
        schema = told["content"]["application/json"]["schema"] | {"components": api.description["components"]}
        jsonschema.validate(answer.body, schema, jsonschema.Draft202012Validator)
    else:
        assert answer.body is None
