"""Let people in: by a token they show, or by name and password for a token that lasts a while."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from ami_listeners.clock import Clock
from ami_listeners.errors import DatabaseUnreachable
from ari_apps.configuration.settings import HttpSettings
from ari_apps.rights.passwords import Passwords
from ari_apps.rights.rates import Rate, TooOftenError
from ari_apps.rights.register import Register, Token, TokenKind, User, make_token
from ari_apps.rights.store import Store
from queue_strategies.errors import CallfloorError
from queue_strategies.rights import Person, administrator

LOCAL = "the local token"
"""Whoever can read the secret `api`; no user can have a name with spaces."""
SHOW = "show the token: Authorization: Bearer …"


class UnauthorizedError(CallfloorError):
    """Nobody knows who asks; `tried` names whose token it was that is worth nothing any more."""

    def __init__(self, sentence: str, tried: str = "") -> None:
        super().__init__(sentence)
        self.tried = tried


@dataclass(frozen=True, slots=True)
class Admitted:
    """Who was let in, and by which token; None: by the local one."""

    who: Person
    token: Token | None = None


class Gate:
    """Know who asks. `local` is the token of whoever can read our secrets, who may do everything."""

    def __init__(self, store: Store, local: str, settings: HttpSettings, clock: Clock) -> None:
        self.store = store
        self.passwords = Passwords()
        self._local, self._clock, self._settings = local.encode(), clock, settings
        self._names = Rate(settings.log_ins_a_minute)
        self._addresses = Rate(3 * settings.log_ins_a_minute)
        self._users = Rate(settings.requests_a_minute)
        self._strangers = Rate(settings.requests_a_minute)

    async def admit(self, authorization: str, address: str) -> Admitted:
        """Say who shows this header; raises UnauthorizedError, TooOftenError."""
        scheme, _, shown = authorization.partition(" ")
        shown = shown.strip() if scheme.lower() == "bearer" else ""
        if hmac.compare_digest(shown.encode("utf-8", "surrogateescape"), self._local):
            return Admitted(administrator(LOCAL))
        at = self._clock.wall()
        register = await self.store.current() if shown else Register()
        known = register.known_by(shown, at)
        if known is None:
            await self._strangers.spend(neighbourhood(address), "too many wrong tokens from your address")
            dead = register.token(shown)
            raise UnauthorizedError(SHOW, tried=dead.owner if dead else "")
        who, token = known
        await self._users.spend(who.name, f"{who.name} asks too often")
        self.store.note_use(token, at)
        return Admitted(who, token)

    async def log_in(self, name: str, password: str, address: str) -> tuple[str, Token]:
        """Give a token for a name and a password, as it is shown and as it is kept.

        A wrong name takes as long as a wrong password, and is told in the same words. Raises
        UnauthorizedError, TooOftenError.
        """
        await self._addresses.spend(neighbourhood(address), "too many log-ins from your address")
        await self._names.spend(name, "too many log-ins by this name")
        user = (await self.store.current()).users.get(name)
        kept = user.password if user else None
        if not await self._right(kept, password) or user is None or kept is None:
            raise UnauthorizedError("name or password is wrong")
        await self._renew(user, kept, password)
        return await self._begin_session(user)

    async def check_password(self, name: str, password: str) -> bool:
        """Tell whether this is somebody's password; raises TooOftenError."""
        await self._names.spend(name, "too many log-ins by this name")
        user = (await self.store.current()).users.get(name)
        return await self._right(user.password if user else None, password)

    async def hashed(self, password: str) -> str:
        """Return what is kept of a new password; raises TooOftenError."""
        try:
            return await self.passwords.hashed(password)
        except TimeoutError:
            raise TooOftenError("too many are logging in", 5) from None

    async def _right(self, kept: str | None, password: str) -> bool:
        try:
            return await self.passwords.right(kept, password)
        except TimeoutError:
            raise TooOftenError("too many are logging in", 5) from None

    async def _renew(self, user: User, kept: str, password: str) -> None:
        """Keep a password by the parameters of today; while the database is away that can wait."""
        if self.passwords.outdated(kept):
            try:
                await self.store.set_password(user.name, await self.hashed(password))
            except DatabaseUnreachable:
                return

    async def _begin_session(self, user: User) -> tuple[str, Token]:
        id_, shown, digest = make_token()
        at = self._clock.wall()
        lasts = timedelta(minutes=self._settings.session_minutes)
        session = Token(
            id=id_,
            owner=user.name,
            kind=TokenKind.SESSION,
            digest=digest,
            made_at=at,
            expires_at=at + lasts,
        )
        await self.store.add_token(session)
        return shown, session

    def address_of(self, peer: str | None, forwarded: str) -> str:
        """Say from where somebody asks."""
        return address_of(peer, forwarded, self._settings.proxies)


def address_of(peer: str | None, forwarded: str, proxies: Sequence[str]) -> str:
    """Return the nearest address that is none of our proxies; beyond it is anybody's word."""
    networks = [ip_network(one) for one in proxies]
    nearest = parsed(peer or "")
    for hop in reversed(forwarded.split(",")):
        beyond = parsed(hop.strip())
        if nearest is None or beyond is None or not any(nearest in network for network in networks):
            break
        nearest = beyond
    return "" if nearest is None else str(nearest)


def neighbourhood(address: str) -> str:
    """Give what one customer of a carrier has, by which tries are counted: an IPv4 address, an IPv6 /64."""
    found = parsed(address)
    return str(ip_network((found, 64), strict=False)) if isinstance(found, IPv6Address) else address


def parsed(text: str) -> IPv4Address | IPv6Address | None:
    """Read an address; IPv4 within IPv6 is IPv4. None: it is none."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
