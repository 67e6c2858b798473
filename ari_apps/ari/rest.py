"""Requests to Asterisk over a pool of HTTP connections: each has a deadline, one outcome, and is counted."""

from __future__ import annotations

import asyncio
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec

from ari_apps.ari import operations, wire
from ari_apps.ari.errors import AriError, Conflict, Gone, OutcomeUnknown, Refused, Unauthorized, Unreachable
from ari_apps.ari.figures import AriHealth, RequestFigures
from ari_apps.ari.operation import Operation
from ari_apps.ari.pool import Broken, NoConnection, Pool
from ari_apps.ari.settings import AriSettings

T = TypeVar("T")

_ENCODER = msgspec.json.Encoder()
_TIMEOUTS_S = {
    operations.ASTERISK_PING: 2.0,
    operations.ASTERISK_GET_INFO: 2.0,
    operations.CHANNELS_LIST: 15.0,
    operations.BRIDGES_LIST: 15.0,
    operations.RECORDINGS_GET_STORED_FILE: 300.0,  # an hour of sound
    operations.CHANNELS_ORIGINATE: 4.0,  # so that a slow Asterisk is not taken for a dead phone
}
"""Where it is not AriSettings.request_timeout_s."""

_REPEATABLE = frozenset(
    {
        operations.CHANNELS_ANSWER,
        operations.CHANNELS_RING,
        operations.CHANNELS_MUTE,
        operations.CHANNELS_HOLD,
        operations.CHANNELS_SET_CHANNEL_VAR,
        operations.CHANNELS_SET_CHANNEL_VARS,
        operations.BRIDGES_ADD_CHANNEL,
        operations.APPLICATIONS_SUBSCRIBE,
    }
)
"""POSTs that say how it shall be.

Sent again once when the connection broke under them, as GET, PUT and DELETE are.

Whatever starts something (originate, create, dial, play, record, snoop, a digit) is never sent twice.
"""

_IDEMPOTENT = frozenset({"GET", "PUT", "DELETE"})


class Rest:
    """Send operations and translate the answers."""

    def __init__(
        self, settings: AriSettings, figures: AriHealth, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._figures = figures
        self._clock = clock
        self._base = f"{settings.url.rstrip('/')}/ari"
        self._path = urlsplit(self._base).path
        login = b64encode(f"{settings.user}:{settings.password}".encode()).decode()
        self.headers = {"Authorization": f"Basic {login}"}
        self._pool: Pool | None = None

    async def open(self) -> None:
        """Make the pool; connects to nothing yet."""
        self._pool = Pool(
            self._settings.url,
            self.headers,
            connections=self._settings.connections,
            keep_alive_s=self._settings.keep_alive_s,
        )

    async def close(self) -> None:
        """Let go of all connections; requests under way fail."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    @property
    def pool(self) -> Pool:
        """The connections."""
        if self._pool is None:
            raise Unreachable(f"{self._base}: the client is closed; use it inside `async with ari`")
        return self._pool

    async def do(
        self,
        operation: Operation,
        /,
        *names: str,
        variables: Mapping[str, str] | None = None,
        **given: wire.Value,
    ) -> None:
        """Carry out an operation of which nothing is to be read back.

        Raises Gone, Conflict, Refused, OutcomeUnknown, Unreachable, Unauthorized, Malformed.
        """
        body = None
        if variables:
            body = _ENCODER.encode({"variables": wire.variables(variables, operation.name)})
        await self._counted(operation, names, given, body)

    async def undo(self, operation: Operation, /, *names: str, **given: wire.Value) -> None:
        """Carry out an operation that ends something.

        That it is gone, or not in Stasis any more, is as good.
        """
        with suppress(Gone, Conflict):
            await self._counted(operation, names, given, None)

    async def fetch(self, type: type[T], operation: Operation, /, *names: str, **given: wire.Value) -> T:  # noqa: A002
        """Carry out an operation and decode its answer."""
        answer = await self._counted(operation, names, given, None)
        try:
            return msgspec.json.decode(answer, type=type)
        except msgspec.MsgspecError as error:
            raise AriError(
                f"{operation.name}: Asterisk's answer is not as it describes it: {error}"
            ) from error

    async def read(self, operation: Operation, *names: str) -> bytes:
        """Carry out an operation that answers with a file."""
        return await self._counted(operation, names, {}, None)

    async def send_json(self, operation: Operation, *names: str, body: object) -> None:
        """Carry out an operation whose body is not variables."""
        await self._counted(operation, names, {}, _ENCODER.encode(body))

    async def _counted(
        self,
        operation: Operation,
        names: tuple[str, ...],
        given: Mapping[str, wire.Value],
        body: bytes | None,
    ) -> bytes:
        target = self._target(operation, names, given)
        figures = self._figures.requests.setdefault(operation.name, RequestFigures())
        begun, outcome = self._clock(), "cancelled"
        self._figures.requests_under_way += 1
        try:
            answer = await self._send(operation, target, body)
            outcome = "done"
        except AriError as error:
            outcome = _outcome(error)
            raise
        finally:
            self._figures.requests_under_way -= 1
            figures.add(self._clock() - begun, outcome)
        return answer

    def _target(self, operation: Operation, names: tuple[str, ...], given: Mapping[str, wire.Value]) -> str:
        query = wire.query(operation, given)
        return f"{wire.path(operation, names)}{'?' if query else ''}{query}"

    async def _send(self, operation: Operation, target: str, body: bytes | None) -> bytes:
        repeatable = operation in _REPEATABLE or operation.method in _IDEMPOTENT
        while True:
            try:
                return await self._once(operation, target, body)
            except NoConnection as error:
                raise Unreachable(
                    f"{operation.name}: no connection to Asterisk at {self._base}: {error}"
                ) from error
            except TimeoutError as error:
                raise OutcomeUnknown(f"{operation.name} {target}: no answer from Asterisk in time") from error
            except Broken as error:
                if not repeatable:
                    raise OutcomeUnknown(
                        f"{operation.name} {target}: connection lost before the answer: {error}"
                    ) from error
                repeatable = False

    async def _once(self, operation: Operation, target: str, body: bytes | None) -> bytes:
        if wire.trace.isEnabledFor(10):
            wire.trace.debug("> %s %s %s", operation.method, target, body or "")
        # waiting for a free connection of the pool counts too: a deadline is a deadline
        async with asyncio.timeout(_TIMEOUTS_S.get(operation, self._settings.request_timeout_s)):
            answer = await self.pool.request(operation.method, f"{self._path}{target}", body)
        if wire.trace.isEnabledFor(10):
            wire.trace.debug("< %s %s: %d %s", operation.method, target, answer.status, answer.content[:2000])
        if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
            raise self._error(operation, target, answer.status, answer.content)
        return answer.content

    def _error(self, operation: Operation, target: str, status: int, content: bytes) -> AriError:
        reason = _reason(content) or f"status {status}"
        sentence = f"{operation.method} {target}: {reason}"
        match status:
            case HTTPStatus.NOT_FOUND:
                return Gone(sentence, status=status, reason=reason)
            case HTTPStatus.CONFLICT | HTTPStatus.PRECONDITION_FAILED:
                return Conflict(sentence, status=status, reason=reason)
            case HTTPStatus.UNAUTHORIZED:
                return Unauthorized(
                    f"{self._base}: Asterisk does not accept user {self._settings.user!r} with this "
                    f"password; "
                    "make ari.conf and callfloor's secret agree (`callfloor render`), then `module "
                    "reload res_ari.so`"
                )
            case HTTPStatus.FORBIDDEN:
                return Unauthorized(f"{sentence}; set read_only=no for {self._settings.user!r} in ari.conf")
        return Refused(sentence, status=status, reason=reason)


def _reason(content: bytes) -> str:
    try:
        said = msgspec.json.decode(content, type=dict[str, object])
    except msgspec.MsgspecError:
        return ""
    return str(said.get("message") or said.get("error") or "")


def _outcome(error: AriError) -> str:
    name = type(error).__name__
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
