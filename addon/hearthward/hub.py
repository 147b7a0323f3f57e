"""The composition root: builds the parts of the hub and runs them."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
import gc
from importlib.metadata import version
import logging
import os
from pathlib import Path
import signal
import socket
import sys
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from aiohttp import web

from .api import app
from .api.parts import Parts
from .config import ConfigError, Settings
from .edge import mqtt
from .edge.announce import announce, open_mdns
from .edge.deadletters import DeadLetters
from .edge.esphome.adapter import EsphomeAdapter
from .edge.esphome.node import ADAPTER as ESPHOME
from .edge.gateway import Gateway
from .edge.guard import guarded
from .edge.homeassistant import ADAPTER as HOME_ASSISTANT, HomeAssistant
from .edge.http import ADAPTER as HTTP, OneWay
from .edge.intake import Intake
from .edge.positions import Positions
from .edge.profiles import Profiles
from .edge.replay import Replay
from .edge.supervisor import publish
from .edge.websocket import ADAPTER as WEBSOCKET, WebsocketAdapter
from .heating.zones import Zones
from .home.commands import Commands
from .home.exposed import Exposed
from .home.privacy import Privacy
from .home.registry import Registry
from .home.watch import Watch
from .lifelog import Lifelog, LifelogUnavailableError, epoch
from .lifelog.archive.export import Exporter
from .lifelog.archive.importing import Importer
from .lifelog.archive.jobs import Jobs, JobsEraser
from .lifelog.baselines import Baselines
from .lifelog.checkpoints import Checkpoints, load_key as load_checkpoint_key
from .lifelog.forgetting.forgetting import Forgetting
from .lifelog.media import LocalFiles, MediaEraser, MediaLibrary
from .lifelog.retention import Retention
from .lifelog.rollups import RollupEraser, Rollups, settle_zone
from .lifelog.search import Search
from .lifelog.sqlite import SqliteStore
from .lifelog.standing import recovered
from .model.stream import HubInfo
from .model.transfer import Export, Import
from .ops.backup import hooks, restore
from .ops.backup.backups import BackupEraser, Backups
from .ops.health import Health
from .ops.lock import locked
from .ops.statistics import Monitor
from .security.keys import Keys
from .security.limits import FailureLimit
from .security.pairing import Pairing
from .security.vault import Vault, load_key

if TYPE_CHECKING:
    # Most homes have no broker: its library is imported with the adapter.
    from .edge.mqtt.adapter import MqttAdapter

SOCKET = "hub.sock"

_SHUTDOWN = 3.0
_PATIENCE = 10.0

# Whoever computes lets the others go on after this, s: the thread that writes an alarm must not wait
# for Python's usual 5 ms at each of its steps.
_SWITCH = 0.0001

_LOGGER = logging.getLogger(__name__)


async def run(settings: Settings) -> None:
    """Run the hub until it is told to stop by SIGTERM or SIGINT.

    Raises:
        ConfigError: A setting cannot be met, for example because the port is taken.

    """
    sys.setswitchinterval(_SWITCH)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    since: float | None = None
    while not stop.is_set():
        since = await _run_once(settings, stop, since)
    if "SUPERVISOR_TOKEN" in os.environ:
        await asyncio.to_thread(hooks.rest, settings.data_dir)


async def _run_once(
    settings: Settings, stop: asyncio.Event, since: float | None
) -> float | None:
    """Run the hub until it is told to stop, or can store what it could not since its start.

    `since` is when it last could not; the same is returned for the next time.
    """
    async with open_parts(settings) as parts:
        if parts.lifelog.failure:
            since = time.time() if since is None else since
        elif since is not None:
            with suppress(LifelogUnavailableError):
                await parts.lifelog.append([recovered(since)])
                _LOGGER.warning("Everything is stored again")
                since = None
        parts.health.expect("services")
        async with serve(parts, network=True):
            if not parts.keys.anyone() and not parts.lifelog.failure:
                await _show_pairing_code(parts)
            _LOGGER.info(
                "Hub %s serves http://%s:%s",
                settings.name,
                settings.host,
                settings.port,
            )
            await _run_services(parts, stop)
            _LOGGER.info("The hub stops")
    return since


@asynccontextmanager
async def open_parts(
    settings: Settings, patience: float = _PATIENCE
) -> AsyncGenerator[Parts]:
    """Open the hub's data and build its parts; only one process can at a time.

    Another one has `patience` seconds to end.

    Raises:
        FolderInUseError: It did not.
        ConfigError: The data folder cannot be used.

    """
    folder = settings.data_dir
    async with locked(folder, patience):
        await asyncio.to_thread(_settle_files, folder)
        key = load_key(folder)
        store = SqliteStore(folder / "lifelog.db")
        async with Lifelog(store, settings.home) as lifelog:
            keys = Keys(lifelog)
            registry = Registry(lifelog)
            vault = Vault(lifelog, key)
            commands = Commands(lifelog, registry)
            privacy = Privacy(lifelog, settings.zone)
            letters = DeadLetters(lifelog, settings.dead_letters)
            edge = _edge(settings, lifelog, registry, vault, privacy, letters)
            _connect(commands, edge)
            media = MediaLibrary(
                lifelog, LocalFiles(folder / "media" / settings.home), settings.media
            )
            checkpoints = Checkpoints(lifelog, load_checkpoint_key(folder))
            forgetting = Forgetting(lifelog, checkpoints)
            rollups = Rollups(lifelog, settings.zone)
            parts = Parts(
                settings=settings,
                info=await _info(lifelog, settings),
                lifelog=lifelog,
                registry=registry,
                exposed=edge.exposed,
                homeassistant=edge.homeassistant,
                websocket=edge.websocket,
                privacy=privacy,
                gateway=edge.gateway,
                intake=edge.intake,
                dead_letters=letters,
                replay=Replay(lifelog, registry, letters, edge.intake, edge.gateway),
                statistics=Monitor(lifelog, letters, media, privacy, folder),
                media=media,
                backups=Backups(lifelog, media, folder, settings.backup),
                checkpoints=checkpoints,
                forgetting=forgetting,
                jobs=_archive(settings, lifelog, media, checkpoints, edge),
                rollups=rollups,
                search=Search(
                    lifelog,
                    registry.get,
                    folder / "search",
                    settings.zone,
                    settings.embedding,
                ),
                retention=Retention(lifelog, forgetting, rollups, settings.retention),
                baselines=Baselines(lifelog, settings.zone, settings.baselines),
                commands=commands,
                esphome=edge.esphome,
                mqtt=edge.mqtt,
                zones=Zones(lifelog, registry, commands),
                vault=vault,
                keys=keys,
                pairing=Pairing(lifelog, keys, key),
                failures=FailureLimit(),
                health=Health(),
            )
            if edge.mqtt is not None:
                edge.mqtt.watch.changed = parts.statistics.note_dropped
            _add_erasers(parts)
            await edge.positions.load()
            await _load(parts)
            async with parts.jobs, parts.search:
                lifelog.seal()
                yield parts
            await checkpoints.close()


class _Edge(NamedTuple):
    """What speaks with devices, with scripts and with Home Assistant."""

    gateway: Gateway
    intake: Intake
    esphome: EsphomeAdapter
    exposed: Exposed
    homeassistant: HomeAssistant
    positions: Positions
    websocket: WebsocketAdapter
    mqtt: MqttAdapter | None


def _edge(
    settings: Settings,
    lifelog: Lifelog,
    registry: Registry,
    vault: Vault,
    privacy: Privacy,
    letters: DeadLetters,
) -> _Edge:
    """Return the gateway, the intake and the adapters that the settings ask for."""
    gateway = Gateway(
        lifelog, registry, letters, privacy.records, settings.quotas.pending_devices
    )
    folder = settings.data_dir / "profiles"
    profiles = Profiles(folder, registry.get, mqtt.bases(settings.mqtt))
    intake = Intake(gateway, settings.quotas, profiles)
    broker = None
    if mqtt.wanted(settings.mqtt):
        from .edge.mqtt.adapter import MqttAdapter

        broker = MqttAdapter(
            settings.mqtt, lifelog, registry, gateway, intake, profiles
        )
    exposed = Exposed(lifelog)
    positions = Positions(lifelog)
    return _Edge(
        gateway=gateway,
        intake=intake,
        esphome=EsphomeAdapter(lifelog, registry, vault, gateway, settings.esphome),
        exposed=exposed,
        homeassistant=HomeAssistant(gateway, registry, exposed),
        positions=positions,
        websocket=WebsocketAdapter(intake, gateway, registry, positions),
        mqtt=broker,
    )


def _connect(commands: Commands, edge: _Edge) -> None:
    """Have commands leave by the adapter of their device."""
    commands.connect(ESPHOME, edge.esphome)
    commands.connect(HOME_ASSISTANT, edge.homeassistant)
    commands.connect(WEBSOCKET, edge.websocket)
    commands.connect(HTTP, OneWay())
    if edge.mqtt is not None:
        commands.connect(mqtt.ADAPTER, edge.mqtt)


def _archive(
    settings: Settings,
    lifelog: Lifelog,
    media: MediaLibrary,
    checkpoints: Checkpoints,
    edge: _Edge,
) -> Jobs:
    """Return what exports and imports."""
    exporter = Exporter(lifelog, media, checkpoints.sign)
    importer = Importer(lifelog, media, settings.zone, edge.homeassistant.scale)
    return Jobs(
        lifelog,
        settings.data_dir / "transfer" / settings.home,
        {Export: exporter.run, Import: importer.run},
    )


def _add_erasers(parts: Parts) -> None:
    """Have everything forget that holds what entries say, behind the dead letters."""
    parts.lifelog.erasers += [
        RollupEraser(parts.settings.zone),
        MediaEraser(parts.media),
        JobsEraser(parts.jobs),
        BackupEraser(parts.backups),
        parts.search.eraser,
    ]


async def _load(parts: Parts) -> None:
    """Load what the parts know from before."""
    await parts.keys.load()
    await parts.exposed.load()
    await parts.privacy.load()
    await parts.media.load()
    await parts.registry.load()
    await parts.commands.settle()


@asynccontextmanager
async def serve(parts: Parts, *, network: bool) -> AsyncGenerator[None]:
    """Serve the API on the local socket and, with `network`, on the configured port."""
    settings = parts.settings
    runner = web.AppRunner(
        app.create(parts), access_log=None, shutdown_timeout=_SHUTDOWN
    )
    await runner.setup()
    try:
        local = _bind_local(settings.data_dir)
        await web.SockSite(runner, local).start()
        if network:
            try:
                await web.TCPSite(runner, settings.host, settings.port).start()
            except OSError as error:
                raise ConfigError(
                    f"Choose another `host` or `port`: {settings.host}:{settings.port} "
                    f"cannot be used ({error.strerror or error})."
                ) from None
        yield
    finally:
        await runner.cleanup()
        (settings.data_dir / SOCKET).unlink(missing_ok=True)


async def _run_services(parts: Parts, stop: asyncio.Event) -> None:
    """Run what runs beside the API until the hub is told to stop, or has to begin anew."""
    async with asyncio.TaskGroup() as group:
        services = [group.create_task(service) for service in _services(parts)]
        parts.health.started("services")
        _settle_memory()
        ends = [
            group.create_task(event.wait()) for event in (stop, parts.lifelog.roomy)
        ]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for task in (*services, *ends):
            task.cancel()


def _settle_memory() -> None:
    """Exempt what the start has made from garbage collection.

    It stays for good, and looking through it time and again would hold up every alarm for
    some tens of milliseconds.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _services(parts: Parts) -> Iterator[Coroutine[Any, Any, None]]:
    """Return the coroutines that run as long as the hub does."""
    yield _speak(parts)
    if parts.mqtt is not None:
        yield guarded("Speaking MQTT", parts.mqtt.run())
    yield guarded("Signing checkpoints", parts.checkpoints.run())
    yield guarded("Completing erasures", parts.forgetting.run())
    yield guarded("Replaying dead letters", parts.replay.run())
    yield guarded("The statistics", parts.statistics.run())
    yield guarded("Indexing", parts.search.run())
    yield guarded("The privacy schedule", parts.privacy.run())
    batteries = Watch(
        parts.lifelog, parts.registry, parts.gateway.heard, parts.settings.watch
    )
    yield guarded("The watch over batteries", batteries.run())
    yield guarded("Letting old media go", parts.media.run())
    yield guarded("Making backups", parts.backups.run())
    yield guarded("Rolling up", _roll_up(parts))
    yield guarded("Letting old entries go", parts.retention.run())
    token = os.environ.get("SUPERVISOR_TOKEN")
    if token and parts.settings.announce:
        port = parts.settings.port
        work = publish(token, parts.info, port, parts.keys, parts.vault)
        yield guarded("Telling the Supervisor", work)


async def _roll_up(parts: Parts) -> None:
    """Keep the rollups, in the days of the home's present time zone."""
    try:
        await settle_zone(parts.lifelog, parts.settings.zone)
    except LifelogUnavailableError as error:
        _LOGGER.warning("Days keep their old time zone until a start: %s", error)
    await parts.rollups.run()


async def _speak(parts: Parts) -> None:
    """Speak to nodes and, on the local network, be found and find them."""
    settings = parts.settings
    async with AsyncExitStack() as stack:
        mdns = None
        if settings.discovery or settings.announce:
            try:
                mdns = await stack.enter_async_context(open_mdns(settings.host))
            except OSError as error:
                _LOGGER.warning(
                    "Nodes are not discovered and the hub is not announced, as there "
                    "is no multicast on this network: %s",
                    error,
                )
        group = await stack.enter_async_context(asyncio.TaskGroup())
        group.create_task(parts.esphome.run(mdns if settings.discovery else None))
        if mdns is not None and settings.announce:
            supervised = "SUPERVISOR_TOKEN" in os.environ
            work = announce(
                mdns, parts.info, settings.host, settings.port, supervised=supervised
            )
            group.create_task(guarded("Announcing the hub", work))


async def _show_pairing_code(parts: Parts) -> None:
    opened = await parts.pairing.open(None)
    code = f"{opened.code[:4]} {opened.code[4:]}"
    _LOGGER.warning(
        "Nothing is paired with this hub yet. Pairing code, for 15 minutes: %s", code
    )


async def _info(lifelog: Lifelog, settings: Settings) -> HubInfo:
    """Return who the hub is; its id is made at the first start."""
    return HubInfo(
        id=await lifelog.transact(lambda unit: epoch.kept(unit, "hub_id")),
        name=settings.name,
        version=version("hearthward"),
        home=settings.home,
        epoch=await epoch.load(lifelog),
    )


def _settle_files(folder: Path) -> None:
    """Complete a restore that was cut short, or take the copy that the app's backup brought."""
    if restore.complete(folder):
        _LOGGER.warning("A restore that was cut short is completed")
    if hooks.adopt(folder):
        _LOGGER.warning("The lifelog is the one of a backup of Home Assistant")


def _bind_local(folder: Path) -> socket.socket:
    """Bind the local socket, which only the owner of the hub's files can open."""
    (folder / SOCKET).unlink(missing_ok=True)
    local = socket.socket(socket.AF_UNIX)
    with reachable(folder) as near:
        local.bind(near)
    (folder / SOCKET).chmod(0o600)
    return local


@contextmanager
def reachable(folder: Path) -> Iterator[str]:
    """Return a short name of the local socket: the real one may exceed 107 bytes."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{SOCKET}"
    finally:
        os.close(descriptor)
