"""A hub as a process of its own, with a device that speaks native messages, and curl."""

import asyncio
from typing import Any, NamedTuple

import msgspec

from demo.hub import Hub

HELLO = {
    "type": "hello",
    "device": "shed",
    "ts": 1_790_000_000.0,
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
            },
            {
                "id": "lamp",
                "object_id": "lamp",
                "kind": "switch",
                "name": "Lamp",
            },
        ],
    },
}


def state(value: float, ts: float, **fields: object) -> dict[str, object]:
    """Return a state of the shed."""
    observations = [{"point": "temperature", "value": value}]
    return {
        "type": "state",
        "device": "shed",
        "ts": ts,
        "body": {"observations": observations},
    } | fields


class Answer(NamedTuple):
    """What curl was answered."""

    status: int
    headers: dict[str, str]
    body: Any


class Shed(NamedTuple):
    """A running hub with a device, and curl."""

    hub: Hub
    admin: str
    token: str

    async def curl(
        self, *arguments: str, data: bytes, path: str = "messages"
    ) -> Answer:
        """Post with curl."""
        process = await asyncio.create_subprocess_exec(
            *("curl", "-sS", "-i", "--data-binary", "@-", "-H", "Expect:"),
            *("-H", f"Authorization: Bearer {self.token}"),
            *arguments,
            f"{self.hub.url}/api/v1/{path}",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await process.communicate(data)
        head, _, body = output.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        answer = msgspec.json.decode(body) if body else None
        return Answer(int(first.split()[1]), headers, answer)

    async def post(self, *messages: object, key: str | None = None) -> Any:
        """Post a list of messages and return the receipt."""
        options = () if key is None else ("-H", f"Idempotency-Key: {key}")
        answer = await self.curl(*options, data=msgspec.json.encode(messages))
        assert answer.status == 200, answer.body
        return answer.body

    async def states(self) -> list[tuple[float, float | None]]:
        """Return the temperatures that the lifelog holds, with their times."""
        page = await self.hub.get("entries", self.admin, kind="state", device="shed")
        return [(entry["ts"], entry.get("value")) for entry in page["entries"]]
