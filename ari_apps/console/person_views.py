"""What the REST API takes and gives about users, tokens and the trail."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from ari_apps.console.views import View
from ari_apps.rights.register import TokenKind
from queue_strategies.rights import ALL_TEAMS, Role, Scope

TEAM = rf"^(\{ALL_TEAMS}|[\w.-]{{1,40}})$"
DAYS_MAX = 3650


def _writable(text: str) -> str:
    """Refuse what no database keeps as text."""
    if "\0" in text or text != text.encode("utf-8", "replace").decode():
        raise ValueError("holds what cannot be written, leave that out")
    return text


def _long_enough(password: SecretStr) -> SecretStr:
    _writable(password.get_secret_value())
    return password


UserName = Annotated[
    str, Field(pattern=r"^[a-z0-9][a-z0-9._@-]{0,63}$", description="small letters, digits, . _ @ -")
]
Team = Annotated[str, Field(pattern=TEAM, description="of floor.toml; * for everybody")]
Text = Annotated[str, Field(max_length=200), AfterValidator(_writable)]
Password = Annotated[SecretStr, Field(min_length=10, max_length=200), AfterValidator(_long_enough)]


class UserSet(View):
    """What a user is."""

    full_name: Text = ""
    role: Role
    teams: Annotated[list[Team], Field(max_length=200)] = Field(default_factory=list)
    """Whom a team lead or supervisor sees and steers; `*`: everybody."""
    agent: Annotated[str | None, Field(max_length=40)] = None
    """Which agent of floor.toml they are."""


class UserMade(UserSet):
    """A new user."""

    name: UserName
    password: Password | None = None
    """None: they use tokens alone, until they have one."""


class UserView(UserSet):
    """A user."""

    name: str
    has_password: bool


class PasswordSet(View):
    """A user's new password."""

    password: Password


class OwnPasswordSet(PasswordSet):
    """A new password of one's own, which ends one's other sessions."""

    old: Annotated[SecretStr, Field(max_length=200)]


class PersonView(View):
    """Who asks, and what they may do."""

    name: str
    role: Role
    teams: list[str]
    agent: str | None
    scopes: list[Scope]


class TokenMade(View):
    """A new token."""

    owner: UserName
    scopes: list[Scope] | None = None
    """What it grants of what its owner may do; None: all of it."""
    note: Text = ""
    days: Annotated[int, Field(ge=1, le=DAYS_MAX)] = 90
    """It expires after so many."""


class TokenView(View):
    """A token; the secret of it is shown once, when it is made."""

    id: str
    owner: str
    kind: TokenKind
    scopes: list[Scope] | None
    note: str
    made_at: dt.datetime
    expires_at: dt.datetime
    used_at: dt.datetime | None
    revoked_at: dt.datetime | None


class TokenShown(View):
    """A token that is new: keep it now, it cannot be shown again."""

    id: str
    token: str
    expires_at: dt.datetime


class LogIn(View):
    """A name and a password."""

    name: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_writable)]
    password: Annotated[SecretStr, Field(min_length=1, max_length=200)]


class AuditAsked(View):
    """Which part of the trail is wanted."""

    since: Annotated[str, Field(max_length=40, description="a day or a moment")] = Field(
        "today", alias="from"
    )
    until: Annotated[str, Field(max_length=40, description="a day belongs to it")] = Field(
        "today", alias="to"
    )
    who: Text | None = None
    outcome: Annotated[str | None, Field(pattern="^(done|refused|failed)$")] = None
    limit: int = Field(1_000, ge=1, le=100_000)


class AuditView(View):
    """Something that somebody changed or heard, or wanted to."""

    at: dt.datetime
    who: str
    """As they said who they are."""
    role: str
    """Empty: nobody we know."""
    address: str
    operation: str
    what: str
    outcome: str
    status: int
    detail: str
    """What they sent, without secrets."""
