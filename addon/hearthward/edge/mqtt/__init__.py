"""Devices that speak over an MQTT broker."""

import os

from hearthward.config import MqttSettings

ADAPTER = "mqtt"


def wanted(settings: MqttSettings) -> bool:
    """Tell whether there may be a broker: only then its library is worth its memory."""
    known = settings.host is not None or "SUPERVISOR_TOKEN" in os.environ
    return settings.enabled and known


def bases(settings: MqttSettings) -> dict[str, str]:
    """Return where the topics of profiles begin, for those that the settings move."""
    named = (each.partition("=") for each in settings.profiles)
    return {name: base for name, _, base in named if base}
