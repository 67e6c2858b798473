"""Tokens for programs by REST; what one shows is told once, and not kept."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from ami_listeners.clock import Clock
from ari_apps.console.desk import NotFoundError
from ari_apps.console.operation import Asked, Operation
from ari_apps.console.person_views import TokenMade, TokenShown, TokenView
from ari_apps.console.users import no_user
from ari_apps.rights.register import Token, TokenKind, make_token
from ari_apps.rights.store import Store
from queue_strategies.rights import Scope

ROOT = "/api/v1/tokens"


class Tokens:
    """Answer what is asked about tokens."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def operations(self) -> tuple[Operation, ...]:
        """List what can be asked."""
        admin = partial(Operation, needs=Scope.ADMINISTER)
        return (
            admin(
                method="GET",
                path=ROOT,
                summary="List tokens and sessions",
                answer=self.tokens,
                gives=TokenView,
                many=True,
            ),
            admin(
                method="POST",
                path=ROOT,
                summary="Make a token for a program; it is shown once",
                answer=self.add,
                takes=TokenMade,
                gives=TokenShown,
            ),
            admin(
                method="DELETE",
                path=f"{ROOT}/{{token}}",
                summary="Revoke a token, or end a session",
                answer=self.revoke,
            ),
        )

    async def tokens(self, _: Asked) -> list[TokenView]:
        """List tokens and sessions."""
        return [self._token_view(token) for token in (await self._store.current()).tokens.values()]

    async def add(self, asked: Asked) -> TokenShown:
        """Make a token and show it, once; raises NotFoundError."""
        wanted: TokenMade = asked.body
        register = await self._store.current()
        if wanted.owner not in register.users:
            raise no_user(wanted.owner, register)
        id_, shown, digest = make_token()
        at = self._clock.wall()
        token = Token(
            id=id_,
            owner=wanted.owner,
            kind=TokenKind.API,
            digest=digest,
            scopes=None if wanted.scopes is None else frozenset(wanted.scopes),
            note=wanted.note,
            made_at=at,
            expires_at=at + timedelta(days=wanted.days),
        )
        await self._store.add_token(token)
        return TokenShown(id=id_, token=shown, expires_at=token.expires_at)

    async def revoke(self, asked: Asked) -> None:
        """Let a token be worth nothing from now on; raises NotFoundError."""
        if not await self._store.revoke(asked.path["token"]):
            raise NotFoundError(f"there is no token {asked.path['token']!r}")

    def _token_view(self, token: Token) -> TokenView:
        return TokenView(
            id=token.id,
            owner=token.owner,
            kind=token.kind,
            scopes=None if token.scopes is None else sorted(token.scopes),
            note=token.note,
            made_at=token.made_at,
            expires_at=token.expires_at,
            used_at=self._store.used_at(token),
            revoked_at=token.revoked_at,
        )
