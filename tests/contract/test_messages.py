"""What is published of the messages is what the hub speaks."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import jsonschema
import msgspec
import pytest

from demo.hub import Hub
from demo.process import free_port
from hearthward.api import asyncapi

DOCS = Path(__file__).parents[2] / "docs" / "api"
PATIENCE = 60.0


def published(name: str) -> Any:
    """Return a published document."""
    return msgspec.json.decode((DOCS / name).read_bytes())


def references(document: object) -> Iterator[str]:
    """Yield every reference within a document."""
    if isinstance(document, dict):
        if isinstance(target := document.get("$ref"), str):
            yield target
        document = list(document.values())
    if isinstance(document, list):
        for part in document:
            yield from references(part)


def resolve(document: Any, reference: str) -> Any:
    """Return what a reference leads to."""
    for name in reference.removeprefix("#/").split("/"):
        document = document[name]
    return document


@pytest.mark.parametrize(
    ("name", "document", "command"),
    [
        ("messages.schema.json", asyncapi.messages(), "messages"),
        ("asyncapi.json", asyncapi.asyncapi(), "asyncapi"),
    ],
)
def test_what_is_published_is_what_the_structs_say(
    name: str, document: object, command: str
) -> None:
    """The documents are made from the code, and made anew when it changes."""
    advice = f"Run: hearthward schema {command} > docs/api/{name}"
    served = msgspec.json.decode(msgspec.json.encode(document))
    assert published(name) == served, advice


def test_the_schema_knows_good_messages_from_bad() -> None:
    """The examples are valid; without their type, device or body they are not."""
    schema = published("messages.schema.json")
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for example in asyncapi.EXAMPLES.values():
        assert validator.is_valid(example)
        for field in ("type", "device", "body"):
            rest = {name: each for name, each in example.items() if name != field}
            assert not validator.is_valid(rest)


def test_every_reference_leads_somewhere() -> None:
    """Operations, channels, messages and schemas hang together."""
    document = published("asyncapi.json")
    found = set(references(document))
    assert found
    for reference in found:
        assert resolve(document, reference)
    operations = document["operations"].values()
    used = {operation["channel"]["$ref"].rpartition("/")[2] for operation in operations}
    assert used == set(document["channels"])


async def test_the_hub_says_only_what_is_published(tmp_path: Path) -> None:
    """Each message of a real hub is one of the channel it comes through."""
    hub = Hub(tmp_path / "hub", free_port())
    token = await hub.run("key", "create", "--name", "test", "--role", "admin")
    await hub.start()
    headers = {"Authorization": f"Bearer {token}"}
    try:
        async with (
            aiohttp.ClientSession(f"{hub.url}/api/v1/", headers=headers) as session,
            session.ws_connect("stream") as stream,
            session.ws_connect("edge?device=shed") as edge,
        ):
            for name in ("hello", "state"):
                await edge.send_json(asyncapi.EXAMPLES[name])
            await stream.send_json({"type": "states", "id": "s", "states": []})
            found = {
                *await said(stream, "stream", "result"),
                *await said(edge, "edge", "rejected"),
            }
        assert found >= {"snapshot", "statistics", "entries", "result"}
        assert found >= {"welcome", "stored", "rejected"}
    finally:
        await hub.stop()


async def said(
    socket: aiohttp.ClientWebSocketResponse, channel: str, last: str
) -> set[str]:
    """Return the types of messages up to the `last` one, all as published."""
    document = published("asyncapi.json")
    messages = document["channels"][channel]["messages"]
    types: set[str] = set()
    waiting = {last} | ({"entries"} if channel == "stream" else set())
    async with asyncio.timeout(PATIENCE):
        while not waiting <= types:
            message = await socket.receive_json()
            types.add(message["type"])
            name = message["type"].title()
            assert name in messages
            reference = document["components"]["messages"][name]["payload"]
            jsonschema.Draft202012Validator(document | reference).validate(message)
    return types
