"""Serve the REST API: who may, what was asked, what is answered; every mistake is one clear sentence."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from aiohttp import web
from pydantic import BaseModel, TypeAdapter, ValidationError

from ami_listeners.reports.errors import QuestionError
from ari_apps.console.desk import NotFoundError
from ari_apps.console.openapi import describe
from ari_apps.console.operation import Asked, Document, Operation
from ari_apps.requests import NotNow
from queue_strategies.errors import CallfloorError
from queue_strategies.rights import ForbiddenError, Person, administrator

log = structlog.get_logger()

BODY_MAX = 64 * 1024
PATH_SHOWN = 100
OPENAPI = "/api/openapi.json"
LOCAL = "the local token"
"""Whoever can read the secret `api`; no user can have a name with spaces."""
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class BadRequestError(CallfloorError):
    """The request is not well formed."""


class TooLongError(CallfloorError):
    """The request's body is longer than any that makes sense."""


def add_api(app: web.Application, operations: tuple[Operation, ...], *, token: str, version: str) -> None:
    """Add every operation, and their description, to a web application."""
    description = describe(operations, version)

    async def openapi(_: web.Request) -> web.Response:
        return web.json_response(description)

    app.middlewares.append(worded)
    app.router.add_get(OPENAPI, openapi)
    for operation in operations:
        app.router.add_route(operation.method, operation.path, guarded(operation, token))


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


def guarded(operation: Operation, token: str) -> Handler:
    """Let only those in who show the token and have the right; tell every mistake in one sentence."""

    async def guard(request: web.Request) -> web.StreamResponse:
        if not _may_enter(request, token):
            return problem(401, "show the token: Authorization: Bearer …", {"WWW-Authenticate": "Bearer"})
        who = administrator(LOCAL)
        try:
            _check_right(who, operation)
            return await _answer(operation, request, who)
        except ForbiddenError as error:
            return problem(403, str(error))
        except (BadRequestError, QuestionError) as error:
            return problem(400, str(error))
        except TooLongError as error:
            return problem(413, str(error))
        except NotFoundError as error:
            return problem(404, str(error))
        except NotNow as error:
            return problem(409, str(error))
        except CallfloorError as error:
            return problem(503, str(error))

    return guard


def problem(status: int, sentence: str, headers: dict[str, str] | None = None) -> web.Response:
    """Answer with what is wrong."""
    return web.json_response({"error": sentence}, status=status, headers=headers)


def _may_enter(request: web.Request, token: str) -> bool:
    scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(
        shown.strip().encode("utf-8", "surrogateescape"), token.encode()
    )


def _check_right(who: Person, operation: Operation) -> None:
    if operation.needs is not None and operation.needs not in who.scopes:
        raise ForbiddenError(f"{who.name} has no right to {operation.needs}, an administrator can give it")


async def _answer(operation: Operation, request: web.Request, who: Person) -> web.StreamResponse:
    body = await _read(request, operation.takes) if operation.takes is not None else None
    query = _read_query(request, operation.asks) if operation.asks is not None else None
    answer = await operation.answer(Asked(dict(request.match_info), body, query, who=who))
    if isinstance(answer, Document):
        return _document(answer)
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
        async for piece in request.content.iter_any():
            body += piece
            if len(body) > BODY_MAX:
                raise TooLongError(f"body: has more than {BODY_MAX} bytes, send less")
    except (web.RequestPayloadError, ConnectionError):
        raise BadRequestError("body: does not arrive as its headers say") from None
    return bytes(body)
