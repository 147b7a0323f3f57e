"""The device registry: who may speak in this home.

A device says hello and is pending; a person approves it; it becomes active when it first speaks
after that; it can be revoked at any time. Every change is a `device` entry whose body is the whole
device, written in the same transaction as the registry's own table. A `device` entry without a
body says that the device was deleted. That a device came or went is a `status` entry alone.
"""

from collections.abc import Callable

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, delete, select

from hearthward.lifelog import Batch, Lifelog, Transaction
from hearthward.lifelog.schema import devices
from hearthward.model.device import Device, DeviceStatus
from hearthward.model.entry import Draft, EntryKind
from hearthward.security.audit import audit

from .derived import with_derived
from .errors import TransitionError, UnknownDeviceError

_LEGAL = {
    DeviceStatus.PENDING: {DeviceStatus.APPROVED, DeviceStatus.REVOKED},
    DeviceStatus.APPROVED: {DeviceStatus.ACTIVE, DeviceStatus.REVOKED},
    DeviceStatus.ACTIVE: {DeviceStatus.PENDING, DeviceStatus.REVOKED},
    DeviceStatus.REVOKED: {DeviceStatus.PENDING},
}

type Change = Callable[[Device], Device]


class Registry:
    """The devices of a home, in memory as of the lifelog's last entry."""

    def __init__(self, lifelog: Lifelog) -> None:
        """Keep the registry in step with `lifelog`."""
        self._lifelog = lifelog
        self._devices: dict[str, Device] = {}
        lifelog.project(self._note)

    async def load(self) -> None:
        """Read the devices; nobody is online until it says so."""
        for device in await self._lifelog.load(self._stored):
            self._devices[device.id] = device
        for device in self.devices():
            if device.online:
                await self.set_online(device.id, online=False)

    def devices(self, status: DeviceStatus | None = None) -> tuple[Device, ...]:
        """Return the devices, or those of one status, by id."""
        return tuple(
            device
            for _, device in sorted(self._devices.items())
            if status in (None, device.status)
        )

    def get(self, device: str) -> Device | None:
        """Return a device, if it is known."""
        return self._devices.get(device)

    def require(self, device: str) -> Device:
        """Return a device.

        Raises:
            UnknownDeviceError: It is not known.

        """
        found = self._devices.get(device)
        if found is None:
            raise UnknownDeviceError(device)
        return found

    async def hello(self, seen: Device) -> Device:
        """Record what a device says about itself and return the device as it stands.

        A new device is pending; so is a known one that comes with another MAC address. What people
        decided (owner, area, name, approval) stays.
        """

        def work(transaction: Transaction) -> Device:
            known = self._find(transaction, seen.id)
            device = _greet(known, seen, transaction.now)
            if known is not None and _same(known, device):
                return known
            if known is None or known.status is not device.status:
                text = f"{device.name} asks to join the home"
                audit(transaction, text, "device_pending", None, device=device.id)
            return self._store(transaction, device)

        return await self._lifelog.transact(work)

    async def set_online(
        self,
        device: str,
        *,
        online: bool,
        ts: float | None = None,
        problem: str | None = None,
        detail: str | None = None,
    ) -> Device:
        """Record that a device is reachable or not, as a `status` entry.

        `problem` is the code of what keeps it away, `detail` what a person reads of it.

        Raises:
            UnknownDeviceError: It is not known.

        """

        def work(transaction: Transaction) -> Device:
            known = self._require(transaction, device)
            if (known.online, known.problem) == (online, problem):
                return known
            when = ts or transaction.now
            words = "online" if online else "offline"
            transaction.append(
                [
                    Draft(
                        ts=when,
                        kind=EntryKind.STATUS,
                        device=device,
                        value=float(online),
                        text=words,
                        body={"problem": problem, "detail": detail}
                        if problem
                        else None,
                    )
                ]
            )
            changed = replace(known, online=online, problem=problem, last_seen=when)
            if known.problem == problem:
                # The status entry says it all; a node that comes and goes shall not
                # fill the lifelog with its description.
                self._put(transaction, changed)
                return changed
            return self._store(transaction, changed)

        return await self._lifelog.transact(work)

    async def update(self, device: str, actor: str, **changes: str | None) -> Device:
        """Change what people decide about a device: name, area, owner.

        Raises:
            UnknownDeviceError: It is not known.

        """
        return await self._change(
            device,
            lambda known: replace(known, **changes),
            actor,
            "device_updated",
            "{} was changed",
        )

    async def approve(self, device: str, actor: str, **changes: str | None) -> Device:
        """Let a pending device into the home.

        Raises:
            UnknownDeviceError: It is not known.
            TransitionError: It is not pending.

        """
        return await self._change(
            device,
            lambda known: replace(_move(known, DeviceStatus.APPROVED), **changes),
            actor,
            "device_approved",
            "{} was approved",
        )

    async def activate(self, device: str) -> Device:
        """Note that an approved device has spoken; nothing happens when it is active already.

        Raises:
            UnknownDeviceError: It is not known.
            TransitionError: It was not approved.

        """
        if self.require(device).status is DeviceStatus.ACTIVE:
            return self.require(device)
        return await self._change(
            device,
            lambda known: _move(known, DeviceStatus.ACTIVE),
            None,
            "device_active",
            "{} is active",
        )

    async def revoke(self, device: str, actor: str) -> Device:
        """Shut a device out.

        Raises:
            UnknownDeviceError: It is not known.
            TransitionError: It is revoked already.

        """
        return await self._change(
            device,
            lambda known: replace(_move(known, DeviceStatus.REVOKED), online=False),
            actor,
            "device_revoked",
            "{} was revoked",
        )

    async def delete(self, device: str, actor: str) -> None:
        """Forget a revoked device; it may say hello again.

        Raises:
            UnknownDeviceError: It is not known.
            TransitionError: It is not revoked.

        """

        def work(transaction: Transaction) -> None:
            known = self._require(transaction, device)
            if known.status is not DeviceStatus.REVOKED:
                raise TransitionError(
                    f"Revoke {device} before it is deleted", status=known.status.value
                )
            home = self._lifelog.home
            transaction.execute(
                delete(devices).where(devices.c.home == home, devices.c.id == device)
            )
            text = f"{known.name} was deleted"
            audit(transaction, text, "device_deleted", actor, device=device)
            transaction.append(
                [
                    Draft(
                        ts=transaction.now,
                        kind=EntryKind.DEVICE,
                        device=device,
                        text="deleted",
                    )
                ]
            )

        await self._lifelog.transact(work)

    async def _change(
        self, device: str, change: Change, actor: str | None, action: str, text: str
    ) -> Device:
        def work(transaction: Transaction) -> Device:
            changed = change(self._require(transaction, device))
            audit(transaction, text.format(changed.name), action, actor, device=device)
            return self._store(transaction, changed)

        return await self._lifelog.transact(work)

    def _put(self, transaction: Transaction, device: Device) -> bytes:
        """Write a device into the registry's table and return it encoded."""
        body = msgspec.json.encode(device)
        transaction.put(
            devices,
            {"home": self._lifelog.home, "id": device.id, "body": body.decode()},
        )
        return body

    def _store(self, transaction: Transaction, device: Device) -> Device:
        """Write a device, and an entry that tells everybody what it is now."""
        body = self._put(transaction, device)
        transaction.append(
            [
                Draft(
                    ts=transaction.now,
                    kind=EntryKind.DEVICE,
                    device=device.id,
                    text=device.status.value,
                    body=msgspec.json.decode(body),
                )
            ]
        )
        return device

    def _require(self, transaction: Transaction, device: str) -> Device:
        found = self._find(transaction, device)
        if found is None:
            raise UnknownDeviceError(device)
        return found

    def _find(self, transaction: Transaction, device: str) -> Device | None:
        """Read a device within the transaction; units before it may have changed it."""
        body = transaction.execute(
            select(devices.c.body).where(
                devices.c.home == self._lifelog.home, devices.c.id == device
            )
        ).scalar()
        return None if body is None else msgspec.json.decode(str(body), type=Device)

    def _stored(self, connection: Connection) -> list[Device]:
        bodies = connection.execute(
            select(devices.c.body).where(devices.c.home == self._lifelog.home)
        ).scalars()
        return [msgspec.json.decode(body, type=Device) for body in bodies]

    def _note(self, batch: Batch) -> None:
        for entry in batch.entries:
            if entry.device is None:
                continue
            if entry.kind is EntryKind.STATUS and entry.device in self._devices:
                self._devices[entry.device] = replace(
                    self._devices[entry.device],
                    online=bool(entry.value),
                    last_seen=entry.ts,
                )
            elif entry.kind is EntryKind.DEVICE and entry.body is None:
                self._devices.pop(entry.device, None)
            elif entry.kind is EntryKind.DEVICE:
                self._devices[entry.device] = msgspec.convert(entry.body, Device)


def _move(device: Device, status: DeviceStatus) -> Device:
    if status not in _LEGAL[device.status]:
        raise TransitionError(
            f"{device.name} is {device.status}; it cannot become {status}",
            status=device.status.value,
        )
    return replace(device, status=status)


def _greet(known: Device | None, seen: Device, now: float) -> Device:
    """Merge what a device says with what is known and decided."""
    seen = replace(seen, points=with_derived(seen.points))
    if known is None:
        return replace(
            seen, status=DeviceStatus.PENDING, owner=None, created=now, last_seen=now
        )
    other = known.mac is not None and seen.mac is not None and known.mac != seen.mac
    status = DeviceStatus.PENDING if other else known.status
    return replace(
        seen,
        status=status,
        name=known.name,
        owner=known.owner,
        area=known.area,
        created=known.created,
        last_seen=now,
        online=known.online,
        mac=seen.mac or known.mac,
    )


def _same(one: Device, other: Device) -> bool:
    return replace(one, last_seen=None) == replace(other, last_seen=None)
