"""Where the broker is: in the settings, or with the Supervisor."""

import logging
import os
import ssl

import aiohttp

from hearthward.config import ConfigError, MqttSettings
from hearthward.edge import supervisor

from .link import Address

_LOGGER = logging.getLogger(__name__)

_PLAIN_PORT = 1883
_TLS_PORT = 8883


def configured(settings: MqttSettings) -> Address | None:
    """Return the broker of the settings, if they name one.

    Raises:
        ConfigError: A certificate cannot be used.

    """
    if settings.host is None:
        return None
    tls = _context(settings) if settings.encrypted else None
    port = settings.port or (_PLAIN_PORT if tls is None else _TLS_PORT)
    return Address(settings.host, port, settings.username, settings.password, tls)


def supervised() -> bool:
    """Tell whether there is a Supervisor."""
    return "SUPERVISOR_TOKEN" in os.environ


async def offered(url: str = supervisor.URL) -> Address | None:
    """Return the broker that Home Assistant's Supervisor has for its apps, if any.

    Endpoint: `GET /services/mqtt` of the Supervisor's API, for apps with `services: mqtt:want`.
    """
    token = os.environ.get("SUPERVISOR_TOKEN")
    if not token:
        return None
    try:
        data = await supervisor.service(token, "mqtt", url)
    except (aiohttp.ClientError, TimeoutError, supervisor.RefusedError) as error:
        _LOGGER.info("The Supervisor offers no MQTT broker: %s", error)
        return None
    tls = ssl.create_default_context() if data.get("ssl") else None
    return Address(
        str(data["host"]),
        int(data["port"]),
        data.get("username") or None,
        data.get("password") or None,
        tls,
    )


def _context(settings: MqttSettings) -> ssl.SSLContext:
    """Return how TLS is spoken; the broker's certificate is always checked."""
    try:
        context = ssl.create_default_context(cafile=settings.ca)
        if settings.ca is not None:
            # An authority made at home rarely has all that RFC 5280 asks for; the chain and the
            # name are checked all the same.
            context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if settings.certificate is not None:
            context.load_cert_chain(settings.certificate, settings.key)
    except OSError as error:
        files = [settings.ca, settings.certificate, settings.key]
        named = ", ".join(str(file) for file in files if file is not None)
        raise ConfigError(
            f"Change `mqtt`: {named} cannot be used ({error.strerror or error})."
        ) from None
    return context
