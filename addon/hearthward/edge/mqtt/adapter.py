"""The MQTT adapter: devices that speak over a broker, native ones and those of profiles."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
import logging
from typing import NamedTuple

from hearthward.config import ConfigError, MqttSettings
from hearthward.edge import awaiting
from hearthward.edge.gateway import Gateway
from hearthward.edge.intake import Intake
from hearthward.edge.parcel import DecodeError, Parcel
from hearthward.edge.profiles import Outgoing, Profile
from hearthward.edge.profiles.layout import Carries
from hearthward.edge.profiles.profile import Route
from hearthward.home.commands import DeviceOfflineError
from hearthward.home.registry import Registry
from hearthward.lifelog import Lifelog
from hearthward.model.command import Command, CommandStatus
from hearthward.model.message import AckBody, CommandMessage

from . import ADAPTER, broker, source
from .broker import Watch
from .channel import Channel
from .echo import Echoes
from .link import Address, Link, LinkError, Received, Session, Will
from .presence import Presence
from .topics import HUB, Topics, encode, parcel

_LOGGER = logging.getLogger(__name__)

# A command that was not fetched by then must not be done any more, s.
_COMMAND_EXPIRY = 10.0

# How often the Supervisor is asked for a broker, s.
_LOOK = 60.0

_ROUTES = 8_192


class _Way(NamedTuple):
    """What a topic of a profile leads to."""

    profile: Profile
    acks: bool
    only_acks: bool


class MqttAdapter:
    """Speaks to the devices behind one broker.

    Two sessions, each with a receive maximum of its own: what happens at event points, which may be
    an alarm, never waits for telemetry that the hub is not ready to take.
    """

    def __init__(
        self,
        settings: MqttSettings,
        lifelog: Lifelog,
        registry: Registry,
        gateway: Gateway,
        intake: Intake,
        profiles: Mapping[str, Profile],
    ) -> None:
        """Take the profiles that the settings name.

        Raises:
            ConfigError: There is no such profile, or a certificate cannot be used.

        """
        self.watch = Watch(lifelog)
        self._settings = settings
        self._registry = registry
        self._intake = intake
        self._topics = Topics(lifelog.home)
        self._profiles = [
            _named(profiles, each.partition("=")[0]) for each in settings.profiles
        ]
        self._ways: dict[str, _Way | None] = {}
        self._awaiting = awaiting.Awaiting()
        self._echoes = Echoes(lifelog)
        self._presence = Presence(ADAPTER, registry, gateway, self._profiles)
        self._address = source.configured(settings)
        self._client_id = settings.client_id or f"hearthward-{lifelog.home}"
        self._main = Channel(
            self._session("", self._will()),
            self._filters(False),
            self._store,
            self._greet,
        )
        self._alarms = Channel(
            self._session("-events", None, retained_once=True),
            self._filters(True),
            self._store,
        )

    @property
    def connected(self) -> bool:
        """Whether the broker is there."""
        return self._main.link is not None

    @property
    def waiting(self) -> int:
        """How many messages wait to be stored."""
        return self._main.waiting + self._alarms.waiting

    async def run(self) -> None:
        """Speak to the broker until cancelled; without one there is nothing to do."""
        address = self._address or await self._offered()
        if address is None:
            return
        async with asyncio.TaskGroup() as group:
            group.create_task(self._main.run(address))
            group.create_task(self._alarms.run(address))
            group.create_task(self._presence.run())

    async def send(self, command: Command) -> AckBody:
        """Send a command and return what its device answered.

        Raises:
            DeviceOfflineError: It was not sent.

        """
        link = self._main.link
        device = self._registry.get(command.device)
        if link is None or device is None or not device.online:
            raise DeviceOfflineError
        outgoing = self._encode(awaiting.message(command))
        if outgoing is None:
            return AckBody(
                command=command.id,
                status=CommandStatus.REJECTED,
                detail=f"The profile of {device.name} has no command for this point",
            )
        return await self._deliver(link, command, outgoing)

    async def _deliver(
        self, link: Link, command: Command, outgoing: Outgoing
    ) -> AckBody:
        async def publish(_: object = None) -> None:
            try:
                await link.publish(
                    outgoing.topic,
                    outgoing.payload,
                    retain=outgoing.retain,
                    expiry=None if outgoing.retain else _COMMAND_EXPIRY,
                )
            except LinkError:
                raise DeviceOfflineError from None

        if outgoing.confirm == "ack":
            return await self._awaiting.ask(command, publish)
        async with self._echoes.expect(command) as shown:
            await publish()
            if outgoing.confirm == "state":
                await shown
        return AckBody(command=command.id, status=CommandStatus.ACKNOWLEDGED)

    def _encode(self, message: CommandMessage) -> Outgoing | None:
        device = self._registry.require(message.device)
        for profile in self._profiles:
            if device.address is not None and profile.routes(device.address):
                return profile.encode(message)
        return Outgoing(
            self._topics.command(message.device), encode(message), False, "ack"
        )

    async def _offered(self) -> Address | None:
        while True:
            address = await source.offered()
            if address is not None or not source.supervised():
                return address
            await asyncio.sleep(_LOOK)

    def _session(
        self, suffix: str, will: Will | None, *, retained_once: bool = False
    ) -> Session:
        settings = self._settings
        return Session(
            self._client_id + suffix,
            settings.keep_alive,
            settings.receive_maximum,
            settings.session_hours,
            will,
            retained_once,
        )

    def _will(self) -> Will:
        return Will(self._topics.hub_status, b"offline")

    async def _greet(self, link: Link) -> None:
        """Tell that the hub is there, for as long as the broker does not tell our will."""
        await link.publish(self._topics.hub_status, b"online", retain=True)
        link.farewell = self._will()

    def _filters(self, alarms: bool) -> list[str]:
        """Return what one of the two sessions subscribes to.

        An acknowledgement is for the hub that sent the command, and what describes devices is
        retained, which shared subscriptions do not get: neither is shared.
        """
        topics = self._topics
        shared = [*(topics.alarms if alarms else topics.main)]
        own = [*(topics.acks if alarms else [broker.DROPPED])]
        for profile in self._profiles:
            for name, carries in profile.subscriptions.items():
                if (carries <= {Carries.EVENT, Carries.ACK}) is alarms:
                    single = carries & {Carries.ACK, Carries.HELLO}
                    (own if single else shared).append(name)
        group = self._settings.share
        if group is not None:
            shared = [f"$share/{group}/{name}" for name in shared]
        return [*shared, *own]

    async def _store(self, batch: Sequence[Received]) -> None:
        """Make a batch durable.

        Raises:
            BusyError: Nothing was taken.
            LifelogUnavailableError: It is not durable.

        """
        parcels = []
        for message in batch:
            found = await self._open(message)
            if found is not None:
                parcels.append(found)
        if parcels:
            await self._intake.receive(parcels)

    async def _open(self, message: Received) -> Parcel | None:
        """Return what the intake has to know of a message."""
        topic = message.topic
        place = self._topics.place(topic)
        if place is not None:
            if place.device == HUB:
                return None
            if place.kind == "ack":
                self._answer(message.payload, place.device)
                return None
            if place.kind == "status":
                self._presence.told(place.device)
            return parcel(
                ADAPTER,
                topic,
                message.payload,
                place,
                message.received,
                retained=message.retained,
            )
        if topic == broker.DROPPED:
            await self.watch.hear(message.payload)
            return None
        way = self._way(topic)
        if way is None:
            return None
        found = Parcel(
            adapter=ADAPTER,
            address=topic,
            payload=message.payload,
            received=message.received,
            profile=way.profile.name,
            retained=message.retained,
        )
        if way.acks and self._awaiting.any:
            self._answer_translated(way.profile, found)
        return None if way.only_acks else found

    def _way(self, topic: str) -> _Way | None:
        """Return the profile of a topic; None if it is of nobody here."""
        if topic not in self._ways:
            if len(self._ways) >= _ROUTES:
                self._ways.clear()
            self._ways[topic] = next(
                (
                    _way(profile, routes)
                    for profile in self._profiles
                    if (routes := profile.routes(topic))
                ),
                None,
            )
        return self._ways[topic]

    def _answer(self, payload: bytes, device: str) -> None:
        try:
            ack = awaiting.read(payload, device)
        except DecodeError as error:
            _LOGGER.warning("%s sent no valid ack: %s", device, error)
            return
        if not self._awaiting.answer(ack):
            _LOGGER.debug("Nobody waits for the ack of %s by %s", ack.body, device)

    def _answer_translated(self, profile: Profile, found: Parcel) -> None:
        try:
            answers = profile.answers(found)
        except DecodeError as error:
            _LOGGER.warning("%s: no valid answer: %s", found.address, error)
            return
        for answer in answers:
            self._awaiting.answer(answer)


def _way(profile: Profile, routes: Sequence[Route]) -> _Way:
    acks = [route.topic.carries is Carries.ACK for route in routes]
    return _Way(profile, any(acks), all(acks))


def _named(profiles: Mapping[str, Profile], name: str) -> Profile:
    if name not in profiles:
        known: Iterable[str] = sorted(profiles)
        raise ConfigError(
            f"Change `mqtt.profiles`: there is no profile {name}; known are "
            f"{', '.join(known)}."
        )
    return profiles[name]
