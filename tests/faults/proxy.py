"""A network cable that can be pulled."""

import asyncio
from collections.abc import Set as AbstractSet
from typing import Self


class Cable:
    """Forward TCP connections on loopback to another port, until the cable is pulled.

    A pulled cable swallows what is sent, as a real one: nobody is told.
    """

    def __init__(self, target: int) -> None:
        """Prepare a cable to a port."""
        self._target = target
        self._plugged = asyncio.Event()
        self._plugged.set()
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """Return the port of the near end."""
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def connections(self) -> AbstractSet[asyncio.Task[None]]:
        """Return the connections that go through the cable."""
        return self._connections

    async def __aenter__(self) -> Self:
        """Plug the cable in."""
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Take the cable away."""
        assert self._server is not None
        self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def pull(self) -> None:
        """Let nothing through any more."""
        self._plugged.clear()

    def plug(self) -> None:
        """Let everything through again; what was sent meanwhile arrives late."""
        self._plugged.set()

    async def _connect(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            await self._plugged.wait()
            far_reader, far_writer = await asyncio.open_connection(
                "127.0.0.1", self._target
            )
            async with asyncio.TaskGroup() as ways:
                ways.create_task(self._forward(reader, far_writer))
                ways.create_task(self._forward(far_reader, writer))
        except* OSError:
            pass
        finally:
            writer.close()
            self._connections.discard(task)

    async def _forward(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            while data := await reader.read(65536):
                await self._plugged.wait()
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()
