"""Users and tokens in PostgreSQL, and the copy in memory that lasts while it is away."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from ami_listeners.database import Connection, Database
from ami_listeners.errors import DatabaseUnreachable
from ami_listeners.queries import queries
from ari_apps.rights.register import Register, Token, TokenKind, User
from queue_strategies.model import AgentId
from queue_strategies.rights import Role, Scope

log = structlog.get_logger()

ASKS_S = 2.0
"""A database that takes longer than this to say whether anything changed counts as away."""
TENDS_EVERY_S = 10.0


class Store:
    """Know who there is. While the database answers, `current` is as it is there at that moment."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._register = Register()
        self._revision: object = None
        self._used: dict[str, datetime] = {}
        self._unsaved: dict[str, Token] = {}
        """Sessions that began while the database was away."""
        self._saving = asyncio.Lock()

    async def current(self) -> Register:
        """Return who there is now; while the database is away, who there was last."""
        if self._database.health.up:
            with suppress(DatabaseUnreachable, TimeoutError):
                async with asyncio.timeout(ASKS_S):
                    await self._look()
        return self._register

    async def keep_tending(self) -> None:
        """Read users and tokens as soon as they can be, and write down what was not urgent."""
        while True:
            with suppress(DatabaseUnreachable):
                await self.tend()
            await asyncio.sleep(TENDS_EVERY_S)

    async def tend(self) -> None:
        """Do both once; raises DatabaseUnreachable."""
        await self._look()
        await self._write_down()

    def note_use(self, token: Token, at: datetime) -> None:
        """Remember that a token was shown; it is written down some seconds later."""
        self._used[token.id] = at

    def used_at(self, token: Token) -> datetime | None:
        """Say when a token was last shown."""
        return self._used.get(token.id, token.used_at)

    # -- changes; each raises DatabaseUnreachable -----------------------------------------------------------

    async def add_user(self, user: User) -> bool:
        """Make a user; False when there is one of that name."""
        return await self._change("add_user", **row_of(user)) > 0

    async def set_user(self, user: User) -> bool:
        """Change what a user is, except the password; False when there is none."""
        return await self._change("set_user", **row_of(user)) > 0

    async def set_password(self, name: str, password: str, *, keep: str = "") -> bool:
        """Change a password, and end all sessions of before but one; False when there is no such user."""
        async with self._database.connection() as connection:
            found = await run(connection, "set_password", name=name, password=password)
            await run(connection, "end_sessions", name=name, but=keep)
        await self._look_again()
        return found > 0

    async def remove_user(self, name: str) -> bool:
        """Remove a user and all tokens; False when there is none."""
        return await self._change("remove_user", name=name) > 0

    async def add_token(self, token: Token) -> None:
        """Keep a token; a session is kept in memory while the database is away."""
        try:
            await self._change("add_token", **row_of_token(token))
        except DatabaseUnreachable:
            if token.kind is not TokenKind.SESSION:
                raise
            self._unsaved[token.id] = token
            self._register = replace(self._register, tokens={**self._register.tokens, token.id: token})

    async def revoke(self, id_: str) -> bool:
        """Let a token be worth nothing; False when there is none."""
        async with self._saving:
            if self._unsaved.pop(id_, None) is not None:
                left = {known: token for known, token in self._register.tokens.items() if known != id_}
                self._register = replace(self._register, tokens=left)
                return True
        return await self._change("revoke_token", id=id_) > 0

    # -- the database ---------------------------------------------------------------------------------------

    async def _change(self, query: str, **parameters: Any) -> int:
        async with self._database.connection() as connection:
            changed = await run(connection, query, **parameters)
        await self._look_again()
        return changed

    async def _look_again(self) -> None:
        """See what was changed: the database may go away before anybody asks."""
        with suppress(DatabaseUnreachable):
            await self._look()

    async def _look(self) -> None:
        """Read everything anew if anything changed since it was read."""
        async with self._database.connection() as connection:
            (revision,) = (await _rows(connection, "revision"))[0]
            if revision == self._revision:
                return
            users, tokens = await _rows(connection, "users"), await _rows(connection, "tokens")
        read = Register(
            users={user.name: user for row in users if (user := user_of(*row))},
            tokens={token.id: token for row in tokens for token in [token_of(*row)]} | self._unsaved,
        )
        self._register, self._revision = read, revision

    async def _write_down(self) -> None:
        used, self._used = self._used, {}
        async with self._saving:
            saved = dict(self._unsaved)
            try:
                async with self._database.connection() as connection:
                    for token in saved.values():
                        await run(connection, "add_token", **row_of_token(token))
                    for id_, at in used.items():
                        await run(connection, "note_use", id=id_, used_at=at)
                    await run(connection, "forget_tokens")
            except DatabaseUnreachable:
                self._used = used | self._used
                raise
            for id_ in saved:
                del self._unsaved[id_]


async def run(connection: Connection, query: str, **parameters: Any) -> int:
    """Run one of the named queries, and say how many rows it changed."""
    return (await connection.execute(queries("rights")[query], parameters)).rowcount


async def _rows(connection: Connection, query: str) -> Sequence[Any]:
    return await (await connection.execute(queries("rights")[query])).fetchall()


def user_of(
    name: str, full_name: str, role: str, teams: list[str], agent: str | None, password: str | None
) -> User | None:
    """Read a row; None, with a word in the log, for a role that a newer callfloor made."""
    if role not in list(Role):
        log.error("rights.role_unknown", user=name, role=role)
        return None
    return User(
        name=name,
        full_name=full_name,
        role=Role(role),
        teams=frozenset(teams),
        agent=None if agent is None else AgentId(agent),
        password=password,
    )


def token_of(
    id_: str,
    owner: str,
    kind: str,
    digest: bytes,
    scopes: list[str] | None,
    note: str,
    made_at: datetime,
    expires_at: datetime,
    used_at: datetime | None,
    revoked_at: datetime | None,
) -> Token:
    """Read a row; a scope that a newer callfloor made grants nothing here."""
    known = None if scopes is None else frozenset(Scope(one) for one in scopes if one in list(Scope))
    return Token(
        id=id_,
        owner=owner,
        kind=TokenKind(kind),
        digest=digest,
        scopes=known,
        note=note,
        made_at=made_at,
        expires_at=expires_at,
        used_at=used_at,
        revoked_at=revoked_at,
    )


def row_of(user: User) -> dict[str, Any]:
    """Write a user as a row."""
    return {
        "name": user.name,
        "full_name": user.full_name,
        "role": str(user.role),
        "teams": sorted(user.teams),
        "agent": user.agent,
        "password": user.password,
    }


def row_of_token(token: Token) -> dict[str, Any]:
    """Write a token as a row."""
    return {
        "id": token.id,
        "owner": token.owner,
        "kind": str(token.kind),
        "digest": token.digest,
        "scopes": None if token.scopes is None else sorted(token.scopes),
        "note": token.note,
        "made_at": token.made_at,
        "expires_at": token.expires_at,
    }
