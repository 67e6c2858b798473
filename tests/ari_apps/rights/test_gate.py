"""Who is known by what, also while the database is away; how often one may try, and from where."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami_listeners.clock import Clock
from ami_listeners.database import Database
from ami_listeners.errors import DatabaseUnreachable
from ami_listeners.local_postgres import LocalPostgres
from ami_listeners.settings import DatabaseSettings
from ari_apps.configuration.settings import HttpSettings
from ari_apps.rights.gate import Gate, UnauthorizedError, address_of, neighbourhood
from ari_apps.rights.passwords import NOBODYS, Passwords
from ari_apps.rights.rates import MOST_KNOWN, Rate, TooOftenError
from ari_apps.rights.register import Register, Token, TokenKind, User, make_token
from ari_apps.rights.store import Store
from queue_strategies.rights import Role
from tests.ami_listeners.conftest import open_folder

__all__ = ["open_folder"]
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ANNA = User(name="anna", role=Role.ADMINISTRATOR)


@pytest.fixture
async def server(open_folder: Path) -> AsyncIterator[LocalPostgres]:
    """A PostgreSQL that a test may stop."""
    async with LocalPostgres(open_folder / "stopped") as server:
        yield server


async def test_whoever_could_log_in_still_can_while_the_database_is_away(server: LocalPostgres) -> None:
    database = Database(server.url, DatabaseSettings(connect_timeout_s=2), Clock())
    await database.start()
    store = Store(database)
    gate = Gate(store, "local", HttpSettings(), Clock())
    await store.add_user(User(name="anna", role=Role.ADMINISTRATOR, password=await gate.hashed("secret")))
    before, _ = await gate.log_in("anna", "secret", "127.0.0.1")

    await server.stop()
    with pytest.raises(DatabaseUnreachable):
        await store.add_user(User(name="bob", role=Role.ADMINISTRATOR))
    meanwhile, session = await gate.log_in("anna", "secret", "127.0.0.1")
    ended, other = await gate.log_in("anna", "secret", "127.0.0.1")
    await store.revoke(other.id)
    for shown in (before, meanwhile):
        assert (await gate.admit(f"Bearer {shown}", "127.0.0.1")).who.name == "anna"
    for shown in ("wrong", ended):
        with pytest.raises(UnauthorizedError):
            await gate.admit(f"Bearer {shown}", "127.0.0.1")
    with pytest.raises(UnauthorizedError):
        await gate.log_in("anna", "wrong", "127.0.0.1")

    await server.start()
    await database.start()
    await store.tend()
    another = Store(database)
    assert {session.id} < set((await another.current()).tokens), "what began meanwhile is known to all"
    assert other.id not in (await another.current()).tokens
    assert await store.remove_user("anna")
    with pytest.raises(UnauthorizedError):
        await gate.admit(f"Bearer {meanwhile}", "127.0.0.1")
    await database.stop()


def kept(shown_until: timedelta = timedelta(days=1), **more: object) -> tuple[str, Token]:
    id_, shown, digest = make_token()
    made: dict[str, object] = {"made_at": NOW, "expires_at": NOW + shown_until, "kind": TokenKind.API}
    return shown, Token(id=id_, owner="anna", digest=digest, **(made | more))  # type: ignore[arg-type]


@given(st.text(max_size=100), st.sampled_from(["", "callfloor_", "callfloor_x_"]))
def test_no_token_is_guessed(text: str, prefix: str) -> None:
    _, token = kept()
    register = Register({"anna": ANNA}, {token.id: token, "": token})
    assert register.known_by(prefix + text, NOW) is None
    assert register.known_by(f"callfloor_{token.id}_{text}", NOW) is None


def test_a_token_ends_when_it_expires_is_revoked_or_has_no_owner() -> None:
    shown, token = kept()
    assert Register({"anna": ANNA}, {token.id: token}).known_by(shown, NOW) is not None
    assert Register({"anna": ANNA}, {token.id: token}).known_by(shown, token.expires_at) is None
    assert Register({}, {token.id: token}).known_by(shown, NOW) is None
    shown, token = kept(revoked_at=NOW)
    assert Register({"anna": ANNA}, {token.id: token}).known_by(shown, NOW) is None


async def test_one_who_tries_too_often_is_stopped_and_stops_nobody_else() -> None:
    rate = Rate(3)
    for _ in range(3):
        await rate.spend("203.0.113.1", "too many")
    with pytest.raises(TooOftenError, match="too many, try again in 20 s"):
        await rate.spend("203.0.113.1", "too many")
    for n in range(MOST_KNOWN + 10):
        await rate.spend(f"name {n}", "too many")
    assert len(rate._buckets) == MOST_KNOWN, "however many names are made up, memory is bounded"


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.1", "", "203.0.113.1"),
        ("203.0.113.1", "10.0.0.1", "203.0.113.1"),
        ("127.0.0.1", "203.0.113.1", "203.0.113.1"),
        ("127.0.0.1", "198.51.100.1, 203.0.113.1", "203.0.113.1"),
        ("127.0.0.1", "203.0.113.1, 127.0.0.2", "203.0.113.1"),
        ("127.0.0.1", "<script>, x", "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("::ffff:127.0.0.1", "2001:db8::1", "2001:db8::1"),
        (None, "203.0.113.1", ""),
    ],
)
def test_only_our_own_proxies_say_for_whom_they_ask(peer: str | None, forwarded: str, address: str) -> None:
    assert address_of(peer, forwarded, ["127.0.0.0/8"]) == address


def test_tries_are_counted_by_what_one_customer_has() -> None:
    assert (
        neighbourhood("2001:db8::1") == neighbourhood("2001:db8::ffff:1") != neighbourhood("2001:db8:0:1::1")
    )
    assert neighbourhood("203.0.113.1") != neighbourhood("203.0.113.2")


async def test_nobodys_password_is_kept_like_everybodys_and_is_right_for_nobody() -> None:
    passwords = Passwords()
    assert not passwords.outdated(NOBODYS)
    assert not await passwords.right(None, "secret")
    assert await passwords.right(await passwords.hashed("secret"), "secret")
