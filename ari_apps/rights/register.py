"""Who there is and by which tokens they are known, at one moment."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from queue_strategies.model import AgentId
from queue_strategies.rights import Person, Role, Scope, scopes_of

PREFIX = "callfloor"
"""Begins each token, so that one that leaked is found by those who look for such."""
ID_BYTES, SECRET_BYTES = 9, 32


class TokenKind(StrEnum):
    """How a token came to be."""

    API = "api"
    """Handed out, to a program."""
    SESSION = "session"
    """By logging in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody who may log in."""

    name: str
    full_name: str = ""
    role: Role
    teams: frozenset[str] = frozenset()
    agent: AgentId | None = None
    password: str | None = field(default=None, repr=False)
    """Its argon2id hash; None: by tokens alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What proves who asks; of the secret we have the digest alone."""

    id: str
    owner: str
    kind: TokenKind
    digest: bytes = field(repr=False)
    scopes: frozenset[Scope] | None = None
    """What it grants of what its owner may do; None: all of it."""
    note: str = ""
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Register:
    """All users by name and all tokens by id."""

    users: Mapping[str, User] = field(default_factory=dict)
    tokens: Mapping[str, Token] = field(default_factory=dict)

    def known_by(self, shown: str, at: datetime) -> tuple[Person, Token] | None:
        """Return who shows this token, and as which it is kept; None for one that is worth nothing now."""
        token = self.token(shown)
        if token is None or token.revoked_at is not None or token.expires_at <= at:
            return None
        user = self.users.get(token.owner)
        return None if user is None else (person(user, token), token)

    def token(self, shown: str) -> Token | None:
        """Return as which a token is kept, whether it is worth anything or not; None for a forged one."""
        id_, secret = split(shown)
        token = self.tokens.get(id_)
        right = hmac.compare_digest(digest_of(secret), token.digest if token else bytes(32))
        return token if right else None


def person(user: User, token: Token) -> Person:
    """Give a user the rights of the role that the token grants."""
    return Person(
        name=user.name,
        role=user.role,
        teams=user.teams,
        scopes=scopes_of(user.role, token.scopes),
        agent=user.agent,
    )


def make_token() -> tuple[str, str, bytes]:
    """Make up a token: its id, what is shown once and never again, and the digest of its secret.

    The secret has 256 bits of chance, which no dictionary has: a plain SHA-256 keeps it as well as argon2.
    """
    id_, secret = secrets.token_hex(ID_BYTES), secrets.token_urlsafe(SECRET_BYTES)
    return id_, f"{PREFIX}_{id_}_{secret}", digest_of(secret)


def split(shown: str) -> tuple[str, str]:
    """Part what is shown into a token's id and its secret; both empty where it is no token."""
    prefix, _, rest = shown.partition("_")
    id_, _, secret = rest.partition("_")
    return (id_, secret) if prefix == PREFIX else ("", "")


def digest_of(secret: str) -> bytes:
    """Give what is kept of a token's secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()
