"""The messages' JSON Schema and the AsyncAPI 3 document, made from the structs."""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import version
from typing import Any, get_args

import msgspec
import msgspec.inspect

from hearthward.model import message
from hearthward.model.edge import Rejected, Stored, Welcome
from hearthward.model.message import CommandMessage, UpMessage
from hearthward.model.stream import StreamMessage, StreamRequest

from .openapi import describe_any

_DIALECT = "https://json-schema.org/draft/2020-12/schema"

_LICENSE = {
    "name": "Apache-2.0",
    "url": "https://www.apache.org/licenses/LICENSE-2.0.html",
}

_UP: tuple[type, ...] = get_args(UpMessage.__value__)
_STREAM: tuple[type, ...] = get_args(StreamMessage.__value__)
_REQUESTS: tuple[type, ...] = get_args(StreamRequest.__value__)
_EDGE: tuple[type, ...] = (Welcome, Stored, Rejected, CommandMessage)


@cache
def messages() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the messages between the edge and the hub."""
    [schema], definitions = msgspec.json.schema_components(
        [UpMessage | CommandMessage],
        schema_hook=describe_any,
        ref_template="#/$defs/{name}",
    )
    return {
        "$schema": _DIALECT,
        "title": "Hearthward messages, version 1",
        "description": (message.__doc__ or "").strip(),
        **schema,
        "$defs": dict(sorted(definitions.items())),
    }


@cache
def asyncapi() -> dict[str, Any]:
    """Return the AsyncAPI 3 document: sockets, posts and topics, as the hub sees them."""
    kinds = dict.fromkeys((*_UP, *_EDGE, *_STREAM, *_REQUESTS))
    _, schemas = msgspec.json.schema_components(
        kinds, schema_hook=describe_any, ref_template="#/components/schemas/{name}"
    )
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Hearthward",
            "version": version("hearthward"),
            "description": "What devices, gateways and clients exchange with the hub. Times "
            "are seconds since the epoch, UTC.",
            "license": _LICENSE,
        },
        "defaultContentType": "application/json",
        "servers": _SERVERS,
        "channels": _channels(),
        "operations": dict(_operations()),
        "components": {
            "messages": {kind.__name__: _message(kind) for kind in kinds},
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer"},
                "broker": {"type": "userPassword"},
                "certificate": {"type": "X509"},
            },
        },
    }


_KEY = [{"$ref": "#/components/securitySchemes/key"}]
_SERVERS = {
    "hub": {
        "host": "homeassistant.local:8737",
        "protocol": "ws",
        "description": "The hub's WebSockets",
        "security": _KEY,
    },
    "posts": {
        "host": "homeassistant.local:8737",
        "protocol": "http",
        "description": "The hub's HTTP API; docs/api/openapi.json describes all of it",
        "security": _KEY,
    },
    "broker": {
        "host": "homeassistant.local:1883",
        "protocol": "mqtt",
        "protocolVersion": "5",
        "description": "The home's MQTT broker; QoS 1",
        "security": [
            {"$ref": "#/components/securitySchemes/broker"},
            {"$ref": "#/components/securitySchemes/certificate"},
        ],
    },
}

_TOPIC = "hearthward/{home}/{device}/"
_PARAMETERS = {
    "home": {
        "description": "The home's id, `home` unless it was set",
        "default": "home",
    },
    "device": {"description": "The id of the device"},
}


# One message of each kind that devices exchange with the hub.
EXAMPLES: Mapping[str, dict[str, Any]] = {
    "hello": {
        "type": "hello",
        "device": "shed",
        "ts": 1790000000.0,
        "body": {
            "name": "Shed",
            "points": [
                {
                    "id": "temperature",
                    "object_id": "temperature",
                    "kind": "sensor",
                    "name": "Temperature",
                    "device_class": "temperature",
                    "unit": "°C",
                }
            ],
        },
    },
    "state": {
        "type": "state",
        "device": "shed",
        "id": "shed-41",
        "seq": 41,
        "ts": 1790000060.0,
        "body": {
            "observations": [{"point": "temperature", "value": 68.9, "unit": "°F"}]
        },
    },
    "event": {
        "type": "event",
        "device": "bell",
        "id": "bell-7",
        "ts": 1790000060.0,
        "body": {"point": "button", "event": "press"},
    },
    "status": {
        "type": "status",
        "device": "shed",
        "ts": 1790000090.0,
        "body": {"online": False},
    },
    "command": {
        "type": "command",
        "device": "shed",
        "id": "7f3a",
        "ts": 1790000100.0,
        "body": {"point": "lamp", "body": {"value": True}},
    },
    "ack": {
        "type": "ack",
        "device": "shed",
        "ts": 1790000100.2,
        "body": {"command": "7f3a", "status": "acknowledged"},
    },
}


def _channels() -> dict[str, Any]:
    channels = {
        "stream": _channel(
            "hub",
            "/api/v1/stream",
            "All that happens, in order; resumes with `?after=<seq>&epoch=<the hub's>`",
            (*_STREAM, *_REQUESTS),
        ),
        "edge": _channel(
            "hub",
            "/api/v1/edge",
            "A device's, gateway's or script's connection; `?device=` says who speaks",
            (*_UP, *_EDGE),
        ),
        "messages": _channel(
            "posts",
            "/api/v1/messages",
            "Messages, up to 10,000 at once; answered when they are durable",
            _UP,
        ),
    }
    for kind in (*_UP, CommandMessage):
        name = _tag(kind)
        channels[f"topic_{name}"] = _channel(
            "broker", _TOPIC + name, f"MQTT topic of {name} messages", (kind,)
        ) | {"parameters": _PARAMETERS}
    return channels


def _channel(
    server: str, address: str, description: str, kinds: Iterable[type]
) -> dict[str, Any]:
    return {
        "address": address,
        "description": description,
        "servers": [{"$ref": f"#/servers/{server}"}],
        "messages": {
            kind.__name__: {"$ref": f"#/components/messages/{kind.__name__}"}
            for kind in kinds
        },
    }


def _operations() -> Iterable[tuple[str, dict[str, Any]]]:
    """Yield what the hub does: it sends and receives."""
    yield "tell", _operation("send", "stream", _STREAM, "Tell what happens")
    yield (
        "serve",
        _operation("receive", "stream", _REQUESTS, "Take a client's requests"),
    )
    yield "hear", _operation("receive", "edge", _UP, "Take messages of devices")
    yield "answer", _operation("send", "edge", _EDGE, "Answer them, and send commands")
    yield "takePosts", _operation("receive", "messages", _UP, "Take messages by HTTP")
    for kind in _UP:
        name = _tag(kind)
        text = f"Take {name} messages from the broker"
        yield (
            f"take{name.title()}",
            _operation("receive", f"topic_{name}", (kind,), text),
        )
    yield (
        "command",
        _operation("send", "topic_command", (CommandMessage,), "Send a command"),
    )


def _operation(
    action: str, channel: str, kinds: Iterable[type], summary: str
) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": summary,
        "messages": [
            {"$ref": f"#/channels/{channel}/messages/{kind.__name__}"} for kind in kinds
        ],
    }


def _message(kind: type) -> dict[str, Any]:
    description = (kind.__doc__ or "").strip()
    return {
        "name": _tag(kind),
        "title": kind.__name__,
        "summary": description.splitlines()[0],
        "contentType": "application/json",
        "payload": {"$ref": f"#/components/schemas/{kind.__name__}"},
        **_example(kind),
    }


def _tag(kind: type) -> str:
    info = msgspec.inspect.type_info(kind)
    assert isinstance(info, msgspec.inspect.StructType)
    return str(info.tag)


def _example(kind: type) -> Mapping[str, Any]:
    example = EXAMPLES.get(_tag(kind))
    return {} if example is None else {"examples": [{"payload": example}]}
