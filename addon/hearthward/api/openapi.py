"""The OpenAPI 3.1 document, made from the routes and the structs that they name."""

from collections.abc import Iterable, Iterator
from importlib.metadata import version
from typing import Any

from aiohttp import web
import msgspec

from hearthward.model.security import ErrorBody
from hearthward.model.stream import StreamMessage

from .routes import Route

_TEXT = {"type": "string", "minLength": 1}

# What a header of ours holds: visible ASCII.
_TOKEN = {"type": "string", "pattern": "^[!-~]{1,128}$"}

_ERRORS = {
    400: "The request is malformed",
    401: "The key is missing or not valid",
    403: "The key's role does not suffice, or the code is refused",
    404: "There is no such thing",
    409: "It cannot be done in the present state",
    422: "The device refused the command",
    410: "It was damaged or is gone",
    413: "The body is too large",
    415: "The content is of a type that is not kept",
    426: "The path must be opened as a WebSocket",
    429: "Too many failures; wait as `Retry-After` says",
    502: "The device cannot be reached",
    503: "It cannot be done now",
    504: "The device did not answer in time",
}


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """Return the document of these routes."""
    routes = list(routes)
    schemas, components = _schemas(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        operation = _operation(route, schemas, components)
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    for query in {route.query for route in routes if route.query is not None}:
        del components[query.__name__]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Hearthward",
            "version": version("hearthward"),
            "description": "The hub's API. Times are seconds since the epoch, UTC.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.items())),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def _schemas(routes: Iterable[Route]) -> tuple[dict[Any, Any], dict[str, Any]]:
    """Return the schema of each type that a route names, and the components of them."""
    kinds: dict[Any, None] = dict.fromkeys((ErrorBody, StreamMessage))
    for route in routes:
        kinds |= dict.fromkeys((route.body, route.query, _result(route)))
        kinds |= dict.fromkeys(route.accepts.values())
    kinds.pop(None, None)
    kinds.pop(bytes, None)
    found, components = msgspec.json.schema_components(
        kinds, schema_hook=describe_any, ref_template="#/components/schemas/{name}"
    )
    return dict(zip(kinds, found, strict=True)) | {bytes: {}}, components


def describe_any(kind: type) -> dict[str, Any]:
    """Describe `object`, which stands for any JSON value."""
    return {"description": "Any JSON value"}


def _result(route: Route) -> Any:
    """Return what a route answers with as JSON, None for nothing and for the stream."""
    is_stream = isinstance(route.result, type) and issubclass(
        route.result, web.StreamResponse
    )
    return None if is_stream else route.result


def _operation(
    route: Route, schemas: dict[Any, Any], components: dict[str, Any]
) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.handler.__name__,
        "summary": (route.handler.__doc__ or "").strip().splitlines()[0],
        "tags": [route.tag],
        "responses": _responses(route, schemas),
    }
    parameters = [
        *(_parameter(name, "path", _TEXT, required=True) for name in route.parameters),
        *(_parameter(name, "header", _TOKEN) for name in route.headers),
        *_query_parameters(route, components),
    ]
    if parameters:
        operation["parameters"] = parameters
    if route.accepts:
        content = {
            kind: {"schema": schemas[body]} for kind, body in route.accepts.items()
        }
        operation["requestBody"] = {"required": True, "content": content}
    if route.role is None:
        operation["security"] = []
    else:
        operation["x-minimum-role"] = route.role.value
    if route.barred:
        operation["x-barred-roles"] = sorted(route.barred)
    return operation


def _parameter(
    name: str, place: str, schema: dict[str, Any], *, required: bool = False
) -> dict[str, Any]:
    return {"name": name, "in": place, "required": required, "schema": schema}


def _query_parameters(
    route: Route, components: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    if route.query is None:
        return
    described = components[route.query.__name__]
    needed = described.get("required", ())
    for name, schema in described["properties"].items():
        shown = _without_null(schema)
        yield _parameter(name, "query", shown, required=name in needed)


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a query parameter's schema: it is there or it is not, but never null."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if not kinds:
        return schema
    return kinds[0] if len(kinds) == 1 else {"anyOf": kinds}


def _responses(route: Route, schemas: dict[Any, Any]) -> dict[str, Any]:
    result = _result(route)
    if result is not None:
        success = {
            str(route.status): {"description": "Done"} | _content(schemas[result])
        }
    elif route.produces:
        success = {"200": {"description": "The file"} | _bytes(route.produces)}
    elif route.result is None:
        success = {"204": {"description": "Done"}}
    else:
        success = {"101": {"description": "The stream of `StreamMessage` begins"}}
    error = _content(schemas[ErrorBody])
    failures = {
        str(status): {"description": _ERRORS[status]} | error
        for status in sorted(_error_statuses(route))
    }
    return success | failures


def _error_statuses(route: Route) -> set[int]:
    statuses = set(route.errors)
    if route.role is not None:
        statuses |= {401, 403, 429}
    if route.query is not None:
        statuses |= {400}
    if route.accepts:
        statuses |= {400, 413}
    if route.role is not None or route.method != "GET":
        statuses |= {503}
    return statuses


def _bytes(kinds: Iterable[str]) -> dict[str, Any]:
    """Describe a body that is not JSON: in OpenAPI 3.1 it has a content type and no schema."""
    return {"content": {kind: {} for kind in kinds}}


def _content(schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}
