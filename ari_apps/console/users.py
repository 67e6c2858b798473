"""Users by REST: who may log in, as what, and for whom they are there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from ari_apps.configuration.errors import suggest
from ari_apps.configuration.floor_toml import FloorConfiguration
from ari_apps.console.desk import NotFoundError
from ari_apps.console.operation import Asked, Operation
from ari_apps.console.person_views import PasswordSet, UserMade, UserSet, UserView
from ari_apps.requests import NotNow
from ari_apps.rights.gate import Gate
from ari_apps.rights.register import Register, User
from queue_strategies.model import AgentId
from queue_strategies.rights import ALL_TEAMS, Role, Scope

ROOT = "/api/v1/users"


class Users:
    """Answer what is asked about users; teams and agents are those of floor.toml."""

    def __init__(self, gate: Gate, configuration: Callable[[], FloorConfiguration]) -> None:
        self._gate, self._store, self._configuration = gate, gate.store, configuration

    def operations(self) -> tuple[Operation, ...]:
        """List what can be asked."""
        admin, user = partial(Operation, needs=Scope.ADMINISTER), f"{ROOT}/{{user}}"
        return (
            admin(
                method="GET", path=ROOT, summary="List users", answer=self.users, gives=UserView, many=True
            ),
            admin(method="POST", path=ROOT, summary="Make a user", answer=self.add, takes=UserMade),
            admin(
                method="PUT",
                path=user,
                summary="Change what a user is",
                answer=self.change,
                takes=UserSet,
            ),
            admin(
                method="DELETE",
                path=user,
                summary="Remove a user, with all tokens and sessions",
                answer=self.remove,
            ),
            admin(
                method="PUT",
                path=f"{user}/password",
                summary="Give a user another password, and end the sessions of before",
                answer=self.set_password,
                takes=PasswordSet,
            ),
        )

    async def users(self, _: Asked) -> list[UserView]:
        """List users."""
        return [user_view(user) for user in (await self._store.current()).users.values()]

    async def add(self, asked: Asked) -> None:
        """Make a user; raises NotFoundError, NotNow."""
        made: UserMade = asked.body
        user = self._user(made.name, made)
        password = await self._gate.hashed(made.password.get_secret_value()) if made.password else None
        if not await self._store.add_user(replace(user, password=password)):
            raise NotNow(f"there is a user {made.name!r} already, change or remove that one")

    async def change(self, asked: Asked) -> None:
        """Change what a user is; raises NotFoundError."""
        name = asked.path["user"]
        if not await self._store.set_user(self._user(name, asked.body)):
            raise await self._no_user(name)

    async def remove(self, asked: Asked) -> None:
        """Remove a user with all tokens; raises NotFoundError."""
        if not await self._store.remove_user(asked.path["user"]):
            raise await self._no_user(asked.path["user"])

    async def set_password(self, asked: Asked) -> None:
        """Give a user another password, and end that user's sessions; raises NotFoundError."""
        new: PasswordSet = asked.body
        kept = await self._gate.hashed(new.password.get_secret_value())
        if not await self._store.set_password(asked.path["user"], kept):
            raise await self._no_user(asked.path["user"])

    def _user(self, name: str, given: UserSet) -> User:
        configuration = self._configuration()
        for team in given.teams:
            if team != ALL_TEAMS and team not in configuration.teams:
                raise NotFoundError(
                    f"there is no team {team!r}, {suggest(team, sorted(configuration.teams))}"
                )
        if given.agent is not None and configuration.agent(given.agent) is None:
            near = suggest(given.agent, sorted(configuration.agents_by_id))
            raise NotFoundError(f"there is no agent {given.agent!r}, {near}")
        if given.role is Role.AGENT and given.agent is None:
            raise NotFoundError("agent: is missing, say which agent of floor.toml this user is")
        return User(
            name=name,
            full_name=given.full_name,
            role=given.role,
            teams=frozenset(given.teams),
            agent=None if given.agent is None else AgentId(given.agent),
        )

    async def _no_user(self, name: str) -> NotFoundError:
        return no_user(name, await self._store.current())


def no_user(name: str, among: Register) -> NotFoundError:
    """Say that there is none of this name, and whose is nearest."""
    return NotFoundError(f"there is no user {name!r}, {suggest(name, sorted(among.users))}")


def user_view(user: User) -> UserView:
    """Show a user as administrators do."""
    return UserView(
        name=user.name,
        full_name=user.full_name,
        role=user.role,
        teams=sorted(user.teams),
        agent=user.agent,
        has_password=user.password is not None,
    )
