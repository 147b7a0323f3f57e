"""Turn what can go wrong with the hub into what a person reads."""

from collections.abc import Iterator
from contextlib import contextmanager

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from .const import DOMAIN
from .coordinator import HearthwardConfigEntry
from .exceptions import (
    HearthwardAuthenticationError,
    HearthwardDeviceOfflineError,
    HearthwardDeviceTimeoutError,
    HearthwardError,
    HearthwardRateLimitError,
    HearthwardRequestError,
)


@contextmanager
def translated_errors(
    hass: HomeAssistant, entry: HearthwardConfigEntry, name: str
) -> Iterator[None]:
    """Raise translated errors; `name` is the device, or the hub, that was spoken to."""
    try:
        yield
    except HearthwardAuthenticationError as error:
        entry.async_start_reauth(hass)
        raise _translated("invalid_auth") from error
    except HearthwardDeviceOfflineError as error:
        raise _translated("device_offline", name=name) from error
    except HearthwardDeviceTimeoutError as error:
        raise _translated("device_timeout", name=name) from error
    except HearthwardRateLimitError as error:
        raise _translated("hub_busy", error=str(error)) from error
    except HearthwardRequestError as error:
        raise _translated("request_refused", name=name, error=str(error)) from error
    except HearthwardError as error:
        raise _translated("cannot_connect", error=str(error)) from error


def _translated(key: str, **placeholders: str) -> HomeAssistantError:
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders=placeholders or None,
    )
