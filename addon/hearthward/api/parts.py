"""What the routes work with."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hearthward.config import Settings
from hearthward.edge.deadletters import DeadLetters
from hearthward.edge.esphome.adapter import EsphomeAdapter
from hearthward.edge.gateway import Gateway
from hearthward.edge.homeassistant import HomeAssistant
from hearthward.edge.intake import Intake
from hearthward.edge.replay import Replay
from hearthward.edge.websocket import WebsocketAdapter
from hearthward.heating.zones import Zones
from hearthward.home.commands import Commands
from hearthward.home.exposed import Exposed
from hearthward.home.privacy import Privacy
from hearthward.home.registry import Registry
from hearthward.lifelog import Lifelog
from hearthward.lifelog.archive.jobs import Jobs
from hearthward.lifelog.baselines import Baselines
from hearthward.lifelog.checkpoints import Checkpoints
from hearthward.lifelog.forgetting.forgetting import Forgetting
from hearthward.lifelog.media import MediaLibrary
from hearthward.lifelog.retention import Retention
from hearthward.lifelog.rollups import Rollups
from hearthward.lifelog.search import Search
from hearthward.model.stream import HubInfo
from hearthward.ops.backup.backups import Backups
from hearthward.ops.health import Health
from hearthward.ops.statistics import Monitor
from hearthward.security.keys import Keys
from hearthward.security.limits import FailureLimit
from hearthward.security.pairing import Pairing
from hearthward.security.vault import Vault

if TYPE_CHECKING:
    # Most homes have no broker: its library is imported with the adapter.
    from hearthward.edge.mqtt.adapter import MqttAdapter


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Parts:
    """The parts of a running hub."""

    settings: Settings
    info: HubInfo
    lifelog: Lifelog
    registry: Registry
    exposed: Exposed
    homeassistant: HomeAssistant
    websocket: WebsocketAdapter
    privacy: Privacy
    gateway: Gateway
    intake: Intake
    dead_letters: DeadLetters
    replay: Replay
    statistics: Monitor
    media: MediaLibrary
    backups: Backups
    checkpoints: Checkpoints
    forgetting: Forgetting
    jobs: Jobs
    rollups: Rollups
    search: Search
    retention: Retention
    baselines: Baselines
    commands: Commands
    esphome: EsphomeAdapter
    mqtt: MqttAdapter | None
    zones: Zones
    vault: Vault
    keys: Keys
    pairing: Pairing
    failures: FailureLimit
    health: Health
