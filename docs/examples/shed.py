#!/usr/bin/env python3
"""A shed that measures its temperature, and has a lamp that can be switched.

    export HEARTHWARD_TOKEN=…       # hearthward key create --name shed --role device --device shed
    python shed.py ws://homeassistant.local:8737

Approve the device once, in Home Assistant. What is measured while the hub is away waits in
`shed.db`.
"""

import asyncio
import os
from pathlib import Path
import random
import sys

from hearthward.model.command import CommandBody
from hearthward.model.device import Point, PointKind
from hearthward.model.message import HelloBody
from hearthward.publish import Publisher

HELLO = HelloBody(
    name="Shed",
    manufacturer="Example",
    points=(
        Point(
            id="temperature",
            object_id="temperature",
            kind=PointKind.SENSOR,
            name="Temperature",
            device_class="temperature",
            unit="°C",
        ),
        Point(id="lamp", object_id="lamp", kind=PointKind.SWITCH, name="Lamp"),
    ),
)


async def main(url: str) -> None:
    """Measure every half minute, and obey."""
    lamp = asyncio.Queue[bool]()

    async def command(point: str, body: CommandBody) -> None:
        # What this raises rejects the command, with its text.
        await lamp.put(bool(body.value))

    async with Publisher(
        url,
        "shed",
        token=os.environ["HEARTHWARD_TOKEN"],
        file=Path("shed.db"),
        command=command,
    ) as shed:
        await shed.hello(HELLO)
        await shed.state({"lamp": False})
        while True:
            await shed.state({"temperature": round(random.gauss(12.0, 0.5), 1)})
            try:
                async with asyncio.timeout(30):
                    on = await lamp.get()
            except TimeoutError:
                continue
            print("The lamp is", "on" if on else "off", flush=True)
            await shed.state({"lamp": on})


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
