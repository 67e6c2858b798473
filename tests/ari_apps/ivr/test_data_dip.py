"""A web service knows the caller, or is slow, wrong, gone or hostile; the call goes on."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from ari_apps.ivr.data_dip import Found, NotFound, TokenError, address, asking, extract, field_of, read_token
from ari_apps.ivr.settings import LookupSettings
from ari_apps.local_asterisk.free_ports import free_port

CUSTOMER = {
    "customer": {"tier": "gold", "vip": True, "orders": [{"state": "sent"}, {"state": "open"}]},
    "balance": 12.5,
}


class Service:
    """A real web service; it remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.url = ""
        self.patience = asyncio.Event()
        self.flooded_bytes = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.text()
        self.asked.append(
            {"path": request.raw_path, "body": body, "headers": request.headers, "method": request.method}
        )
        match request.path.split("/")[1]:
            case "slow":
                await self.patience.wait()
            case "moved":
                raise web.HTTPFound("/customer/1")
            case "missing":
                raise web.HTTPNotFound
            case "html":
                return web.Response(text="<html>we are sorry</html>")
            case "flood":
                return await self._flood(request)
            case "cut":
                assert request.transport is not None
                request.transport.close()
        response = web.json_response(CUSTOMER)
        response.set_cookie("caller", "one")
        return response

    async def _flood(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b" " * 65536)
                self.flooded_bytes += 65536
        except ConnectionError:
            return response


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    service = Service()
    app = web.Application()
    app.router.add_route("*", "/{anything:.*}", service.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    service.url = f"http://{host}:{port}"
    yield service
    service.patience.set()
    await runner.cleanup()


def lookup(url: str, **rest: Any) -> LookupSettings:
    return LookupSettings.model_validate({"url": url, "value": "customer.tier", **rest})


async def ask(settings: LookupSettings, **values: str) -> Found | NotFound:
    async with asking() as question:
        return await question(settings, values)


async def test_what_the_service_knows_is_found_by_its_path(service: Service) -> None:
    settings = lookup(
        f"{service.url}/customer/{{digits}}?from={{caller}}", keep={"first": "customer.orders.0.state"}
    )
    assert await ask(settings, digits="4711", caller="+49 151&x=1") == Found("gold", {"first": "sent"})
    assert service.asked[0]["path"] == "/customer/4711?from=%2B49%20151%26x%3D1"


async def test_a_post_sends_what_is_known_and_the_token(service: Service, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("s3cret\n")
    settings = lookup(f"{service.url}/customer", method="POST", token_file=token, value="customer.vip")
    assert await ask(settings, digits="1", caller_name="Bobby \N{SNOWMAN} \ud800") == Found("true")
    assert json.loads(service.asked[0]["body"])["digits"] == "1"
    assert service.asked[0]["headers"]["Authorization"] == "Bearer s3cret"


async def test_one_caller_s_cookies_are_not_sent_for_the_next(service: Service) -> None:
    async with asking() as question:
        for _ in range(2):
            await question(lookup(f"{service.url}/customer"), {})
    assert ["Cookie" in asked["headers"] for asked in service.asked] == [False, False]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("slow", "no answer within 0.3 s"),
        ("moved", "status 302 from 127.0.0.1"),
        ("missing", "status 404 from 127.0.0.1"),
        ("html", "the answer is not JSON"),
        ("flood", "more than 65536 bytes from 127.0.0.1"),
        ("cut", "ServerDisconnectedError from 127.0.0.1"),
    ],
)
async def test_a_service_that_fails_says_so_in_time(service: Service, path: str, reason: str) -> None:
    timeout_s = 0.3 if path == "slow" else 10
    assert await ask(lookup(f"{service.url}/{path}", timeout_s=timeout_s)) == NotFound(reason)
    assert service.flooded_bytes < 30_000_000  # what buffers between two sockets may hold


async def test_a_service_that_is_not_there_or_a_token_that_is_missing_is_no_answer(
    service: Service, tmp_path: Path, unused_port: int
) -> None:
    assert await ask(lookup(f"http://127.0.0.1:{unused_port}/")) == NotFound(
        "ClientConnectorError from 127.0.0.1"
    )
    assert isinstance(await ask(lookup(service.url, token_file=tmp_path / "nothing")), NotFound)
    assert service.asked == []


@pytest.fixture
def unused_port() -> int:
    return free_port()


async def test_dots_do_not_climb_out_of_the_path(service: Service) -> None:
    settings = lookup(f"{service.url}/a/{{caller}}/b")
    assert isinstance(await ask(settings, caller=".."), NotFound)
    assert isinstance(await ask(settings, caller="../../admin"), Found)
    assert [asked["path"] for asked in service.asked] == ["/a/..%2F..%2Fadmin/b"]


@settings(deadline=None)
@given(st.text(), st.text())
def test_nothing_a_caller_sends_changes_the_address_around_it(caller: str, digits: str) -> None:
    url = address(
        "https://crm.example:8443/c/{caller}/d?q={digits}&fixed=1", {"caller": caller, "digits": digits}
    )
    if url is not None:
        assert (url.scheme, url.host, url.port) == ("https", "crm.example", 8443)
        assert len(url.raw_path.split("/")) == 4
        assert url.raw_query_string.endswith("&fixed=1")
        assert url.raw_query_string.count("&") == 1
        assert url.raw_fragment == ""


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("customer.tier", "gold"),
        ("customer.vip", "true"),
        ("customer.orders.1.state", "open"),
        ("balance", "12.5"),
        ("customer", None),
        ("customer.orders", None),
        ("customer.orders.7.state", None),
        ("customer.orders.-1", None),
        ("customer.tier.0", None),
        ("nothing", None),
        ("", None),
        ("customer..tier", None),
    ],
)
def test_a_field_is_one_plain_value_or_nothing(path: str, value: str | None) -> None:
    assert field_of(CUSTOMER, path) == value


@given(st.binary(max_size=100) | st.recursive(
    st.none() | st.booleans() | st.floats() | st.text() | st.integers(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["customer", "tier", "0"]), inner),
).map(lambda answer: json.dumps(answer).encode()))  # fmt: skip
def test_no_answer_however_odd_raises(content: bytes) -> None:
    found = extract(lookup("http://127.0.0.1", keep={"x": "customer.0"}), content)
    assert isinstance(found, Found | NotFound)


def test_an_answer_nested_too_deep_is_no_answer() -> None:
    assert extract(lookup("http://127.0.0.1"), b"[" * 60000) == NotFound("the answer is not JSON")


def test_a_token_that_could_not_be_sent_is_refused(tmp_path: Path) -> None:
    token = tmp_path / "token"
    for content in (b"", b"two words", b"injected\r\nX-Admin: 1", "schlüssel".encode()):
        token.write_bytes(content)
        with pytest.raises(TokenError, match="token"):
            read_token(token)
