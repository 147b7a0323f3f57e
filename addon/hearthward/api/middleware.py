"""The chain that every request passes: request id, access log, errors, auth, body limit."""

from collections.abc import Awaitable, Callable
import logging
import re
import secrets
import socket
import time

from aiohttp import web

from hearthward.model.security import Role
from hearthward.ops.logs import request_id
from hearthward.security.roles import permits

from .errors import ApiError, respond
from .routes import ACTOR, BODY_LIMIT, PARTS, Actor, Route

_LOGGER = logging.getLogger("hearthward.access")
_REQUEST_ID = re.compile(r"[\w.:-]{1,64}", re.ASCII)
_BEARER = "Bearer "

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def name_request(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give the request an id, the client's own when it is a decent one."""
    given = request.headers.get("X-Request-ID", "")
    name = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
    request_id.set(name)
    response = await handler(request)
    if not response.prepared:
        response.headers["X-Request-ID"] = name
        response.headers["Server"] = "Hearthward"
    return response


@web.middleware
async def log_access(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Log what was asked, by whom, and what came of it; never what was sent."""
    began = time.monotonic()
    response = await handler(request)
    quiet = request.method == "GET" and response.status < 400
    level = logging.DEBUG if quiet else logging.INFO
    if _LOGGER.isEnabledFor(level):
        actor = request.get(ACTOR)
        # As it was sent: decoded, it could hold line ends and forge other lines.
        path = request.rel_url.raw_path
        facts = {
            "method": request.method,
            "path": path,
            "status": response.status,
            "ms": round((time.monotonic() - began) * 1000, 1),
            "remote": request.remote,
            "key": actor.id if actor else None,
        }
        _LOGGER.log(
            level,
            "%s %s: %s",
            request.method,
            path,
            response.status,
            extra={"facts": facts},
        )
    return response


@web.middleware
async def catch_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every error with the one error body."""
    try:
        return await handler(request)
    except Exception as error:  # noqa: BLE001 - the last line of defence
        return respond(error)


@web.middleware
async def authenticate(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let through who may; an unknown path needs a key too, and so tells nothing."""
    route = _route(request)
    minimum = Role.DEVICE if route is None else route.role
    if minimum is not None:
        actor = _identify(request)
        request[ACTOR] = actor
        barred = () if route is None else route.barred
        if not permits(actor.role, minimum) or actor.role in barred:
            raise ApiError(
                403,
                "forbidden",
                f"Use a key with the role {minimum}; this one is {actor.role}",
                role=actor.role.value,
                minimum=minimum.value,
            )
    return await handler(request)


@web.middleware
async def limit_body(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse a body that says it is too large; reading stops at the limit anyway."""
    route = _route(request)
    limit = BODY_LIMIT if route is None else route.limit
    if (request.content_length or 0) > limit:
        raise web.HTTPRequestEntityTooLarge(limit, request.content_length or 0)
    return await handler(request)


CHAIN = (name_request, log_access, catch_errors, authenticate, limit_body)


def _route(request: web.Request) -> Route | None:
    """Return the route that a request found, None for an unknown path."""
    target = getattr(request.match_info.handler, "__self__", None)
    return target if isinstance(target, Route) else None


def _identify(request: web.Request) -> Actor:
    """Return who makes the request.

    Who may open the local socket owns the hub's files. An address that failed often is told to
    wait, but a right token still passes: a stranger behind the same proxy locks nobody out. To
    bring no key at all is no attempt.
    """
    if _is_local(request):
        return Actor("local", Role.ADMIN)
    parts = request.app[PARTS]
    given = request.headers.get("Authorization", "")
    if given.startswith(_BEARER):
        key = parts.keys.verify(given.removeprefix(_BEARER))
        if key is not None:
            return Actor(key.id, key.role, key.device)
    if given:
        address = request.remote or ""
        if wait := parts.failures.wait(address):
            raise too_many(wait)
        parts.failures.failed(address)
    raise ApiError(
        401,
        "unauthorized",
        "Send a valid key as `Authorization: Bearer …`",
        {"WWW-Authenticate": "Bearer"},
    )


def too_many(wait: int) -> ApiError:
    """Return the error for who failed too often and must wait so many seconds."""
    return ApiError(
        429,
        "too_many_failures",
        f"Wait {wait} seconds before the next attempt",
        {"Retry-After": str(wait)},
        retry_after=wait,
    )


def _is_local(request: web.Request) -> bool:
    transport = request.transport
    peer = transport.get_extra_info("socket") if transport else None
    return peer is not None and peer.family == socket.AF_UNIX
