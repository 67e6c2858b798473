"""Serve the REST API: who may, what was asked, what is answered; every mistake is one clear sentence."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from aiohttp import web
from pydantic import BaseModel, TypeAdapter, ValidationError

from ami_listeners.reports.errors import QuestionError
from ari_apps.console.desk import NotFoundError
from ari_apps.console.door import Door, Visit
from ari_apps.console.openapi import describe
from ari_apps.console.operation import Asked, Document, Operation
from ari_apps.console.sound import Sound, answered
from ari_apps.requests import NotNow
from ari_apps.rights.gate import UnauthorizedError
from ari_apps.rights.rates import TooOftenError
from queue_strategies.errors import CallfloorError
from queue_strategies.rights import ForbiddenError

log = structlog.get_logger()

BODY_MAX = 64 * 1024
BODY_WITHIN_S = 10.0
PATH_SHOWN = 100
OPENAPI = "/api/openapi.json"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class BadRequestError(CallfloorError):
    """The request is not well formed."""


class TooLongError(CallfloorError):
    """The request's body is longer than any that makes sense."""


class TooSlowError(CallfloorError):
    """The request's body does not arrive in time."""


STATUSES: tuple[tuple[type[Exception], int], ...] = (
    (UnauthorizedError, 401),
    (ForbiddenError, 403),
    (TooOftenError, 429),
    (BadRequestError, 400),
    (QuestionError, 400),
    (TooSlowError, 408),
    (TooLongError, 413),
    (NotFoundError, 404),
    (NotNow, 409),
    (CallfloorError, 503),
)
"""What an error is called over HTTP; the first that fits."""


def add_api(app: web.Application, operations: tuple[Operation, ...], *, door: Door, version: str) -> None:
    """Add every operation, and their description, to a web application."""
    description = describe(operations, version)

    async def openapi(_: web.Request) -> web.Response:
        return web.json_response(description)

    app.middlewares.append(worded)
    app.router.add_get(OPENAPI, openapi)
    for operation in operations:
        app.router.add_route(operation.method, operation.path, guarded(operation, door))


@web.middleware
async def worded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Say in our own words, too, that there is no such path, or not for this method."""
    try:
        return await handler(request)
    except web.HTTPMethodNotAllowed as error:
        allowed = ", ".join(sorted(error.allowed_methods))
        return problem(
            405, f"{error.method} is not for {asked_path(request)}, use {allowed}", {"Allow": allowed}
        )
    except web.HTTPNotFound:
        return problem(404, f"there is nothing at {asked_path(request)}, see {OPENAPI}")


def asked_path(request: web.Request) -> str:
    """Show the path that was asked for, as it was sent, but not all of a long one."""
    return request.rel_url.raw_path[:PATH_SHOWN]


def guarded(operation: Operation, door: Door) -> Handler:
    """Let only those do it who may, tell every mistake in one sentence, and write down what is to be."""

    async def guard(request: web.Request) -> web.StreamResponse:
        visit, status = door.meet(operation, request), 500
        try:
            await door.admit(visit, request.headers.get("Authorization", ""))
            answer = await _answer(visit, request)
            status = answer.status
        except (CallfloorError, NotNow) as error:
            answer = refusal(error)
            status = answer.status
        except (ConnectionError, TimeoutError):  # no fault of a disk, though OSErrors too
            raise
        except OSError as error:
            log.error("api.disk_failed", operation=operation.id, why=str(error))
            answer = problem(503, f"the disk does not do it ({error.strerror}), see the log")
            status = answer.status
        finally:
            await door.note(visit, status)
        return answer

    return guard


def refusal(error: Exception) -> web.Response:
    """Tell an error, with what a program may want to know of it."""
    status = next(status for kind, status in STATUSES if isinstance(error, kind))
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    if isinstance(error, TooOftenError):
        headers["Retry-After"] = str(error.retry_after_s)
    return problem(status, str(error), headers)


def problem(status: int, sentence: str, headers: dict[str, str] | None = None) -> web.Response:
    """Answer with what is wrong."""
    return web.json_response({"error": sentence}, status=status, headers=headers)


def can_be_kept(text: str) -> bool:
    """Tell whether a database takes a text: no NUL, and no half of a character."""
    return "\0" not in text and text == text.encode("utf-8", "replace").decode()


def _check_names(path: Mapping[str, str]) -> None:
    """Raise NotFoundError for a name that nothing can have."""
    for name in path.values():
        if not can_be_kept(name):
            raise NotFoundError(f"there is no name {name[:40]!r}, leave out what cannot be written")


async def _answer(visit: Visit, request: web.Request) -> web.StreamResponse:
    operation = visit.operation
    _check_names(visit.path)
    query = _read_query(request, operation.asks) if operation.asks is not None else None
    if operation.takes is not None:
        visit.body = await _read(request, operation.takes)
    asked = Asked(visit.path, visit.body, query, who=visit.who, address=visit.address, token=visit.token)
    answer = await operation.answer(asked)
    if isinstance(answer, Document):
        return _document(answer)
    if isinstance(answer, Sound):
        return await answered(request, answer)
    if operation.gives is None:
        return web.Response(status=204)
    return web.Response(body=_adapter(operation).dump_json(answer), content_type="application/json")


def _adapter(operation: Operation) -> TypeAdapter[Any]:
    shape: Any = list[operation.gives] if operation.many else operation.gives  # type: ignore[name-defined]
    return TypeAdapter(shape)


def _document(document: Document) -> web.Response:
    shown = {
        "Content-Disposition": f'inline; filename="{document.name}"',
        "X-Content-Type-Options": "nosniff",
    }
    text = document.media_type.startswith("text/")
    return web.Response(
        body=document.content,
        content_type=document.media_type,
        charset="utf-8" if text else None,
        headers=shown,
    )


def _read_query(request: web.Request, model: type[BaseModel]) -> BaseModel:
    """Read what stands behind the question mark; what may be given several times is a list."""
    several = {
        field.alias or name for name, field in model.model_fields.items() if field.default_factory is list
    }
    given: dict[str, Any] = {}
    for name in request.query:
        values = request.query.getall(name)
        if name not in several and len(values) > 1:
            raise BadRequestError(f"{name}: is given {len(values)} times, give it once")
        if not all(map(can_be_kept, values)):
            raise BadRequestError(f"{name}: {values[0][:40]!r}: leave out what cannot be written")
        given[name] = values if name in several else values[0]
    return _checked(lambda: model.model_validate(given), "query")


async def _read(request: web.Request, model: type[BaseModel]) -> BaseModel:
    body = await _body(request)
    return _checked(lambda: model.model_validate_json(body), "body")


def _checked(read: Callable[[], BaseModel], whole: str) -> BaseModel:
    try:
        return read()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or whole
        raise BadRequestError(f"{place}: {first['msg']}") from None


async def _body(request: web.Request) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            async for piece in request.content.iter_any():
                body += piece
                if len(body) > BODY_MAX:
                    raise TooLongError(f"body: has more than {BODY_MAX} bytes, send less")
    except TimeoutError:
        raise TooSlowError(f"body: has not arrived within {BODY_WITHIN_S:g} s, send it at once") from None
    except (web.RequestPayloadError, ConnectionError):
        raise BadRequestError("body: does not arrive as its headers say") from None
    return bytes(body)
