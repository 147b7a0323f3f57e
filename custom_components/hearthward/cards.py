"""Give the frontend the cards of Hearthward."""

from hashlib import sha256
from pathlib import Path
from typing import Final

from homeassistant.components.frontend import add_extra_js_url
from homeassistant.components.http import StaticPathConfig
from homeassistant.core import HomeAssistant

from .const import DOMAIN

BUNDLE: Final = Path(__file__).parent / "frontend/hearthward-cards.js"
URL: Final = f"/{DOMAIN}/{BUNDLE.name}"


async def async_setup_cards(hass: HomeAssistant) -> None:
    """Let every dashboard load the cards; a new version is another address, so none is stale."""
    await hass.http.async_register_static_paths(
        [StaticPathConfig(URL, str(BUNDLE), cache_headers=True)]
    )
    digest = await hass.async_add_executor_job(_digest)
    add_extra_js_url(hass, f"{URL}?v={digest}")


def _digest() -> str:
    return sha256(BUNDLE.read_bytes()).hexdigest()[:16]
