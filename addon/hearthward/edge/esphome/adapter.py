"""The ESPHome adapter: which nodes there are, and who looks after them."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import replace
import logging
import re
import time
from typing import TYPE_CHECKING, Any

from aioesphomeapi.core import APIConnectionError

from hearthward.config import ConfigError, EsphomeNode
from hearthward.edge.gateway import Gateway
from hearthward.edge.guard import guarded
from hearthward.home.commands import DeviceOfflineError
from hearthward.home.errors import HomeError
from hearthward.home.registry import Registry
from hearthward.lifelog import Batch, Lifelog, LifelogError
from hearthward.model.command import Command
from hearthward.model.device import Device, DeviceStatus
from hearthward.model.entry import EntryKind
from hearthward.model.message import (
    AckBody,
    Hello,
    HelloBody,
    Status,
    StatusBody,
    UpMessage,
)
from hearthward.security.vault import Vault, VaultError

from .discovery import Found, browse
from .endpoint import (
    ENCRYPTION_REQUIRED,
    KEY_MISSING,
    KEY_REFUSED,
    Endpoint,
    check_key,
    format_mac,
    parse_address,
    refusal,
)
from .node import ADAPTER, Node, describe_maker

if TYPE_CHECKING:
    from zeroconf.asyncio import AsyncZeroconf

_LOGGER = logging.getLogger(__name__)

# How long a node that a person adds has to answer.
_ADD_TIMEOUT = 20.0

# After an error of our own a node is tried again, while the others go on.
_RESTART = 10.0

# What becomes a device's id, and part of addresses, comes from the network.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")

# Nodes of these projects are ours; any other is spoken to when a person adds it.
_OUR_PROJECTS = "hearthward."


class UnreachableNodeError(HomeError):
    """The node that was to be added does not answer, or not to us."""

    code = "unreachable"


class InvalidNodeError(HomeError):
    """What was given is no address or no encryption key."""

    code = "invalid_node"


class EsphomeAdapter:
    """Speaks to the nodes that are configured, known, discovered or added."""

    def __init__(
        self,
        lifelog: Lifelog,
        registry: Registry,
        vault: Vault,
        gateway: Gateway,
        configured: Sequence[EsphomeNode] = (),
        zeroconf: AsyncZeroconf | None = None,
    ) -> None:
        """Discover nodes only when there is a `zeroconf`.

        Raises:
            ConfigError: A configured node has no valid address or key.

        """
        self._registry = registry
        self._vault = vault
        self._gateway = gateway
        self._configured = [_configured(node) for node in configured]
        self._zeroconf: AsyncZeroconf | None = None
        self._group: asyncio.TaskGroup | None = None
        self._started = asyncio.Event()
        self._nodes: dict[Node, asyncio.Task[None]] = {}
        self._adding: set[Node] = set()
        self._keying: set[Node] = set()
        lifelog.project(self._note)

    async def run(self, zeroconf: AsyncZeroconf | None = None) -> None:
        """Look after the nodes until cancelled; discover them with a `zeroconf`."""
        self._zeroconf = zeroconf
        async with asyncio.TaskGroup() as self._group:
            await self._start_known()
            self._started.set()
            if zeroconf is not None:
                await browse(zeroconf, self._found)
            await asyncio.Event().wait()

    async def add(
        self, address: str, port: int | None = None, key: str | None = None
    ) -> Device:
        """Connect to the node at an address and return it as a device of the home.

        To add a known node again gives it a new address or key.

        Raises:
            InvalidNodeError: That is no address or no key.
            UnreachableNodeError: There is no answer, or the node refuses.

        """
        try:
            endpoint = parse_address(address, port, check_key(key) if key else None)
        except ValueError as error:
            raise InvalidNodeError(str(error)) from None
        await self._started.wait()
        replaced = self._at(endpoint)
        if replaced is not None:
            self._stop(replaced)
        node = self._start(endpoint)
        self._adding.add(node)
        try:
            async with asyncio.timeout(_ADD_TIMEOUT):
                await node.tried.wait()
        except TimeoutError:
            node.failure = StatusBody(online=False)
        finally:
            self._adding.discard(node)
        if node.failure is None and node.device is not None:
            if endpoint.key is not None:
                await self._vault.put(_secret(node.device), endpoint.key)
            return self._registry.require(node.device)
        self._stop(node)
        if replaced is not None:
            self._start(replaced.endpoint, replaced.device)
        raise _unreachable(endpoint, node.failure)

    async def send(self, command: Command) -> AckBody:
        """Send a command to a device; see `Node.send`."""
        node = self._of(command.device)
        if node is None:
            raise DeviceOfflineError(f"{command.device} is not connected")
        return await node.send(command)

    def identified(self, node: Node, device: str) -> str | None:
        """Decide whether to go on with who answered at a node's endpoint."""
        objection = self._objection(node, device)
        if objection is not None:
            _LOGGER.warning("Left alone at %s: %s", node.endpoint.address, objection)
            self._stop(node)
            return objection
        other = self._of(device)
        if other is not None and other is not node:
            self._stop(other)
        node.device = device
        return None

    def _objection(self, node: Node, device: str) -> str | None:
        """Say what speaks against a node that calls itself `device`."""
        if not _NAME.fullmatch(device):
            return f"{device[:64]!r} is no name that ESPHome gives to a node"
        known = self._registry.get(device)
        if known is not None and known.status is DeviceStatus.REVOKED:
            return f"{known.name} is revoked: delete it before it is added again"
        other = self._of(device)
        if other in (None, node) or node in self._adding or not other.connected:
            return None
        return f"{device} is connected at {other.endpoint.address} already"

    def keyless(self, node: Node) -> None:
        """Give an approved node an encryption key of its own, once."""
        if node not in self._keying:
            self._keying.add(node)
            task = self._spawn(self._provision(node))
            task.add_done_callback(lambda _: self._keying.discard(node))

    async def _provision(self, node: Node) -> None:
        """Make a key, keep it, and only then give it away: a lost key locks a node up."""
        device = node.device
        endpoint = node.endpoint.with_new_key()
        if device is None or endpoint.key is None or node not in self._nodes:
            return
        await self._vault.put(_secret(device), endpoint.key)
        try:
            taken = await node.set_key(endpoint.key)
        except APIConnectionError as error:
            _LOGGER.warning("%s: the key may not have arrived: %s", device, error)
            taken = True
        if not taken:
            await self._vault.delete(_secret(device))
            node.report(refusal(KEY_REFUSED))
            return
        _LOGGER.info("%s has an encryption key now", device)
        self._stop(node)
        self._start(endpoint, device)

    def failed(self, node: Node, error: Exception, status: StatusBody) -> None:
        """Put what keeps a node away onto its device."""
        if node in self._adding:
            return
        if node.device is not None:
            node.report(status)
            return
        name = getattr(error, "received_name", None)
        if status.problem and name and _NAME.fullmatch(name):
            node.device = name
            self._spawn(
                self._record(
                    node.device,
                    HelloBody(
                        name=node.device,
                        adapter=ADAPTER,
                        address=node.endpoint.address,
                        mac=format_mac(getattr(error, "received_mac", None)),
                    ),
                    status,
                )
            )

    async def _start_known(self) -> None:
        known = {
            device.address: device
            for device in self._registry.devices()
            if device.adapter == ADAPTER and device.status is not DeviceStatus.REVOKED
        }
        for endpoint in self._configured:
            device = known.pop(endpoint.address, None)
            if device is not None and endpoint.key is None:
                endpoint = replace(endpoint, key=await self._key(device.id))
            self._start(endpoint, device.id if device else None)
        for address, device in known.items():
            if address is not None:
                key = await self._key(device.id)
                self._start(parse_address(address, key=key), device.id)

    def _found(self, found: Found) -> None:
        """Speak to a discovered node, if it is ours or known."""
        if not _NAME.fullmatch(found.device):
            return
        known = self._registry.get(found.device)
        if known is None and not (found.project or "").startswith(_OUR_PROJECTS):
            return
        if known is not None and known.status is DeviceStatus.REVOKED:
            return
        self._spawn(self._approach(found))

    async def _approach(self, found: Found) -> None:
        endpoint = Endpoint(found.host, found.port, await self._key(found.device))
        node = self._of(found.device) or self._at(endpoint)
        if node is not None:
            endpoint = replace(endpoint, key=node.endpoint.key)
        problem = None
        if found.encrypted:
            problem = KEY_MISSING if endpoint.key is None else None
        elif endpoint.provisional and not found.keyless:
            problem = ENCRYPTION_REQUIRED
        if problem is None:
            self._go_to(endpoint, found.device, node)
        elif node is None:
            await self._introduce(found, endpoint, problem)

    def _go_to(self, endpoint: Endpoint, device: str, before: Node | None) -> None:
        """Speak to a device where it was found, unless it is reached already."""
        if before is not None:
            if before.connected or before.endpoint.address == endpoint.address:
                return
            self._stop(before)
        self._start(endpoint, device)

    async def _introduce(self, found: Found, endpoint: Endpoint, problem: str) -> None:
        """Let a node be seen as it announces itself."""
        manufacturer, model = describe_maker(found.project)
        body = HelloBody(
            name=found.name,
            adapter=ADAPTER,
            address=endpoint.address,
            mac=found.mac,
            project=found.project,
            version=found.version,
            manufacturer=manufacturer,
            model=model,
        )
        await self._record(found.device, body, refusal(problem))

    async def _record(self, device: str, body: HelloBody, status: StatusBody) -> None:
        """Let a device be seen that the hub cannot speak to yet."""
        now = time.time()
        messages: list[UpMessage] = [Status(device=device, ts=now, body=status)]
        # What is known of a device that was met before is better than an announcement.
        if self._registry.get(device) is None:
            messages.insert(0, Hello(device=device, ts=now, body=body))
        try:
            await self._gateway.receive(messages)
        except LifelogError as error:
            _LOGGER.warning("%s was seen but not recorded: %s", device, error)

    def _note(self, batch: Batch) -> None:
        """Follow what people decide about devices."""
        if self._group is None:
            return
        for entry in batch.entries:
            if entry.kind is not EntryKind.DEVICE or entry.device is None:
                continue
            node = self._of(entry.device)
            if entry.body is None:
                self._spawn(self._vault.delete(_secret(entry.device)))
            if node is None:
                continue
            if entry.body is None or entry.body["status"] == DeviceStatus.REVOKED:
                self._stop(node)
            else:
                node.admit()

    def _of(self, device: str) -> Node | None:
        """Return the node that leads to a device; a connected one if there are several."""
        nodes = [node for node in self._nodes if node.device == device]
        return max(nodes, key=lambda node: node.connected, default=None)

    def _at(self, endpoint: Endpoint) -> Node | None:
        """Return the node at an address."""
        for node in self._nodes:
            if node.endpoint.address == endpoint.address:
                return node
        return None

    def _start(self, endpoint: Endpoint, device: str | None = None) -> Node:
        node = Node(
            endpoint, self._gateway, self, device=device, zeroconf=self._zeroconf
        )
        self._nodes[node] = self._spawn(_keep(node))
        return node

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something beside the rest, for as long as the adapter runs.

        Its failure, for example because the disk is full, must not end the way to all nodes.
        """
        assert self._group is not None
        return self._group.create_task(guarded("Work for a node", work))

    def _stop(self, node: Node) -> None:
        task = self._nodes.pop(node, None)
        if task is not None:
            task.cancel()

    async def _key(self, device: str) -> str | None:
        """Return a device's key; one that cannot be opened is missing."""
        try:
            return await self._vault.get(_secret(device))
        except VaultError as error:
            _LOGGER.error("%s", error)
            return None


async def _keep(node: Node) -> None:
    """Run a node; an error of our own must not end the others."""
    while True:
        try:
            await node.run()
        except Exception:
            _LOGGER.exception("The way to %s failed", node.endpoint.address)
            await asyncio.sleep(_RESTART)


def _configured(node: EsphomeNode) -> Endpoint:
    try:
        key = check_key(node.noise_psk) if node.noise_psk else None
        return parse_address(node.address, node.port, key)
    except ValueError as error:
        raise ConfigError(f"Change `esphome`: {error}.") from None


def _secret(device: str) -> str:
    """Return the name under which the vault keeps a device's key."""
    return f"{ADAPTER}/{device}"


def _unreachable(
    endpoint: Endpoint, failure: StatusBody | None
) -> UnreachableNodeError:
    detail = failure.detail if failure else None
    error = UnreachableNodeError(detail or f"{endpoint.address} does not answer")
    if failure is not None and failure.problem is not None:
        error.code = failure.problem
    return error
