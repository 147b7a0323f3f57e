"""Constants for the Hearthward integration."""

from datetime import timedelta
import logging
from typing import Final

DOMAIN: Final = "hearthward"

LOGGER: Final = logging.getLogger(__package__)

API_VERSION: Final = "v1"

CONF_CODE: Final = "code"
CONF_ASSISTANTS: Final = "assistants"
CONF_EXPOSED: Final = "exposed_entities"

DEFAULT_URL: Final = "http://homeassistant.local:8737"

# The firmware projects whose object ids this integration names and translates.
PROJECT_PREFIX: Final = "hearthward."

RECONNECT_MINIMUM: Final = timedelta(seconds=1)
RECONNECT_MAXIMUM: Final = timedelta(minutes=1)

# The hub sends a heartbeat after 15 s of silence; three missed ones mean that it is gone.
SILENCE_LIMIT: Final = timedelta(seconds=45)
