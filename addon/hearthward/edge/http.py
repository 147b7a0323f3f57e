"""Devices that speak by HTTP: they post messages, and nothing can be sent to them."""

from hearthward.model.command import Command, CommandStatus
from hearthward.model.message import AckBody

ADAPTER = "http"


class OneWay:
    """The way down to devices that only post."""

    async def send(self, command: Command) -> AckBody:
        """Refuse a command, and say what the device would need."""
        return AckBody(
            command=command.id,
            status=CommandStatus.REJECTED,
            detail=f"{command.device} speaks by HTTP, which nothing can be sent back over: "
            "connect it by WebSocket or MQTT to command it",
        )
