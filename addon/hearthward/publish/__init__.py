"""The smallest SDK for devices: say what is measured, and it arrives.

    async with Publisher("http://hub:8737", token=…, device="shed", file=Path("shed.db")) as shed:
        await shed.hello(HelloBody(name="Shed", points=(…,)))
        await shed.state({"temperature": 21.5})

What is said is kept in a file until the hub has stored it, whatever happens in between. The scheme
of the address chooses the transport: `http`, `ws` or `mqtt`, each also with TLS (`https`, `wss`,
`mqtts`). Commands come down by `ws` and `mqtt`.
"""

from .buffer import Buffer, Outgoing
from .errors import PublishError
from .publisher import Command, Publisher

__all__ = ["Buffer", "Command", "Outgoing", "PublishError", "Publisher"]
