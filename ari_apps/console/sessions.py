"""Log in and out by REST, and look after oneself."""

from __future__ import annotations

from functools import partial

from ari_apps.console.operation import Asked, Operation
from ari_apps.console.person_views import LogIn, OwnPasswordSet, PersonView, TokenShown
from ari_apps.rights.gate import Gate, UnauthorizedError
from queue_strategies.rights import ForbiddenError, Person, Scope

ROOT = "/api/v1"


class Sessions:
    """Answer those who want to be known, and those who are."""

    def __init__(self, gate: Gate) -> None:
        self._gate, self._store = gate, gate.store

    def operations(self) -> tuple[Operation, ...]:
        """List what can be asked."""
        own = partial(Operation, needs=Scope.LOOK)
        return (
            Operation(
                method="POST",
                path=f"{ROOT}/sessions",
                summary="Log in: a token for a name and a password, which lasts a while",
                needs=None,
                answer=self.log_in,
                takes=LogIn,
                gives=TokenShown,
            ),
            own(method="DELETE", path=f"{ROOT}/sessions/mine", summary="Log out", answer=self.log_out),
            own(
                method="GET",
                path=f"{ROOT}/me",
                summary="Say who I am, and what I may do",
                answer=self.me,
                gives=PersonView,
            ),
            own(
                method="PUT",
                path=f"{ROOT}/me/password",
                summary="Change my password, and end my other sessions",
                answer=self.set_own_password,
                takes=OwnPasswordSet,
            ),
        )

    async def log_in(self, asked: Asked) -> TokenShown:
        """Give a token that lasts a while; raises UnauthorizedError, TooOftenError."""
        given: LogIn = asked.body
        shown, session = await self._gate.log_in(given.name, given.password.get_secret_value(), asked.address)
        return TokenShown(id=session.id, token=shown, expires_at=session.expires_at)

    async def log_out(self, asked: Asked) -> None:
        """End the session whose token is shown, or revoke that token."""
        if not asked.token:
            raise ForbiddenError("the local token is no session, and cannot be ended")
        await self._store.revoke(asked.token)

    async def me(self, asked: Asked) -> PersonView:
        """Say who asks."""
        return person_view(asked.who)

    async def set_own_password(self, asked: Asked) -> None:
        """Change one's own password; raises UnauthorizedError, TooOftenError."""
        given: OwnPasswordSet = asked.body
        name = asked.who.name
        if not await self._gate.check_password(name, given.old.get_secret_value()):
            raise UnauthorizedError("old: is not your password")
        kept = await self._gate.hashed(given.password.get_secret_value())
        await self._store.set_password(name, kept, keep=asked.token)


def person_view(who: Person) -> PersonView:
    """Show somebody what they may do."""
    return PersonView(
        name=who.name,
        role=who.role,
        teams=sorted(who.teams),
        agent=who.agent,
        scopes=sorted(who.scopes),
    )
