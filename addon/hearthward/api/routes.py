"""Routes as typed functions: what they take and return is what the OpenAPI says.

A handler takes a `Call`, the parameters of its path by name, and, when it has them, `query` and
`body`, both structs; a `body` of `bytes` comes as it was sent. It returns what is encoded as JSON.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
import inspect
import re
import sys
from typing import Any, NamedTuple, Union, get_args, get_type_hints

from aiohttp import web
import msgspec

from hearthward.model.security import Role

from .errors import ApiError
from .parts import Parts

# What a body may hold unless the route says otherwise.
BODY_LIMIT = 1024 * 1024

# The handler streams the body and minds its size.
UNLIMITED = sys.maxsize

PARTS: web.AppKey[Parts] = web.AppKey("parts", Parts)

type Handler = Callable[..., Awaitable[Any]]


class Actor(NamedTuple):
    """Who makes a request: the holder of a key, or whoever may open the local socket.

    `device` is the only one that may be spoken for; None: any.
    """

    id: str
    role: Role
    device: str | None = None


ACTOR: web.RequestKey[Actor] = web.RequestKey("actor", Actor)


@dataclass(frozen=True, slots=True)
class Call:
    """A request on its way through a handler."""

    request: web.Request

    @property
    def parts(self) -> Parts:
        """The parts of the hub."""
        return self.request.app[PARTS]

    @property
    def actor(self) -> str:
        """The id of the key that the request was made with."""
        return self.request[ACTOR].id

    @property
    def device(self) -> str | None:
        """The only device that the key may speak for, None if it may for any."""
        return self.request[ACTOR].device

    @property
    def address(self) -> str:
        """The address that the request came from."""
        return self.request.remote or "local"

    def header(self, name: str) -> str | None:
        """Return a header of the request."""
        return self.request.headers.get(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One operation of the API; `role` None means that it needs no key.

    `pattern` is the path with what its parameters look like, where that matters.
    Roles that are `barred` may not although they reach `role`. `limit` is how many bytes the body
    may have, `accepts` what it holds by its content type, for the document; `produces` names the
    content types of a result that is no JSON.
    """

    method: str
    path: str
    pattern: str
    handler: Handler
    role: Role | None
    tag: str
    status: int
    errors: tuple[int, ...]
    headers: tuple[str, ...]
    body: Any
    query: Any
    result: Any
    limit: int
    accepts: Mapping[str, Any]
    barred: frozenset[Role]
    produces: tuple[str, ...]

    @property
    def parameters(self) -> list[str]:
        """The parameters of the path."""
        return re.findall(r"{(\w+)}", self.path)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Decode the request, run the handler and encode its result."""
        arguments: dict[str, Any] = dict(request.match_info)
        if self.query is not None:
            arguments["query"] = _query(request, self.query)
        if self.body is not None:
            arguments["body"] = await _body(request, self.body, self.limit)
        result = await self.handler(Call(request), **arguments)
        if isinstance(result, web.StreamResponse):
            return result
        if self.result is None:
            return web.Response(status=204)
        return json(result, self.status)


class Routes:
    """The routes of one module, in the order of their declaration."""

    def __init__(self, tag: str, prefix: str = "/api/v1") -> None:
        """Name the group that the routes belong to."""
        self.routes: list[Route] = []
        self._tag = tag
        self._prefix = prefix

    def route(
        self,
        method: str,
        path: str,
        *,
        role: Role | None,
        status: int = 200,
        errors: Sequence[int] = (),
        headers: Sequence[str] = (),
        limit: int = BODY_LIMIT,
        accepts: Mapping[str, Any] | None = None,
        barred: Collection[Role] = (),
        produces: Sequence[str] = (),
    ) -> Callable[[Handler], Handler]:
        """Declare a handler; its annotations say what it takes and returns."""

        def declare(handler: Handler) -> Handler:
            signature = inspect.signature(handler)
            kinds = {name: p.annotation for name, p in signature.parameters.items()}
            result = signature.return_annotation
            body = kinds.get("body")
            self.routes.append(
                Route(
                    method=method,
                    path=self._prefix + re.sub(r"{(\w+):[^}]+}", r"{\1}", path),
                    pattern=self._prefix + path,
                    handler=handler,
                    role=role,
                    tag=self._tag,
                    status=204 if result is None else status,
                    errors=tuple(errors),
                    headers=tuple(headers),
                    body=body,
                    query=kinds.get("query"),
                    result=result,
                    limit=limit,
                    accepts=accepts or ({"application/json": body} if body else {}),
                    barred=frozenset(barred),
                    produces=tuple(produces),
                )
            )
            return handler

        return declare


def json(value: object, status: int = 200) -> web.Response:
    """Return a response with a JSON body."""
    return web.Response(
        status=status,
        body=msgspec.json.encode(value),
        content_type="application/json",
    )


async def read_body(request: web.Request, limit: int) -> bytes:
    """Return the body of a request, which has at most so many bytes."""
    body = bytearray()
    while chunk := await request.content.readany():
        body += chunk
        if len(body) > limit:
            raise web.HTTPRequestEntityTooLarge(limit, len(body))
    return bytes(body)


async def _body(request: web.Request, kind: Any, limit: int) -> Any:
    raw = await read_body(request, limit)
    if kind is bytes:
        return raw
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.MsgspecError as error:
        raise ApiError(400, "invalid_request", f"Correct the body: {error}") from None
    except UnicodeDecodeError:
        raise ApiError(400, "invalid_request", "Send the body as UTF-8") from None
    except RecursionError:
        raise ApiError(400, "invalid_request", "Nest the body less deeply") from None


def _query(request: web.Request, kind: Any) -> Any:
    if len(request.query) != len(set(request.query)):
        raise ApiError(400, "invalid_request", "Give each query parameter once")
    fields = _query_fields(kind)
    try:
        # One by one: for a field that may be left out, the text `null` would pass for nothing.
        values = {
            name: msgspec.convert(text, fields.get(name, Any), strict=False)
            for name, text in request.query.items()
        }
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        raise ApiError(400, "invalid_request", f"Correct the query: {error}") from None


@cache
def _query_fields(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """Return what each parameter of a query is when it is given."""
    hints = get_type_hints(kind, include_extras=True)
    return {
        name: Union[*(part for part in get_args(hint) if part is not type(None))]
        if type(None) in get_args(hint)
        else hint
        for name, hint in hints.items()
    }
