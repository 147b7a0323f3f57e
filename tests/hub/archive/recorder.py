"""Let a real recorder of Home Assistant write a database: `python -m tests.hub.archive.recorder DIR`.

The hub's tests run without Home Assistant in their process; this is a process of its own.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
import sys

from homeassistant import loader
from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.models import (
    StatisticData,
    StatisticMeanType,
    StatisticMetaData,
)
from homeassistant.components.recorder.statistics import async_import_statistics
from homeassistant.config_entries import ConfigEntries
from homeassistant.core import HomeAssistant
from homeassistant.helpers import recorder
from homeassistant.setup import async_setup_component

DATABASE = "home-assistant_v2.db"
FIRST_HOUR = datetime(2026, 1, 31, 6, tzinfo=UTC)


async def write(folder: Path) -> None:
    """Write states and hourly statistics of before."""
    hass = HomeAssistant(str(folder))
    loader.async_setup(hass)
    hass.config_entries = ConfigEntries(hass, {})
    recorder.async_initialize_recorder(hass)
    url = f"sqlite:///{folder / DATABASE}"
    config = {"recorder": {"db_url": url, "commit_interval": 0}}
    assert await async_setup_component(hass, "recorder", config)
    await hass.async_start()
    _set_states(hass)
    _add_statistics(hass)
    await hass.async_block_till_done()
    await get_instance(hass).async_block_till_done()
    await hass.async_stop()


def _set_states(hass: HomeAssistant) -> None:
    fahrenheit = {"unit_of_measurement": "°F", "device_class": "temperature"}
    for value in ("68", "70.5", "unavailable", "72"):
        hass.states.async_set("sensor.kitchen", value, fahrenheit)
    # The same state with other attributes says nothing new.
    hass.states.async_set("sensor.kitchen", "72", fahrenheit | {"battery": 90})
    for value in ("off", "on"):
        hass.states.async_set("binary_sensor.door", value)
    hass.states.async_set("climate.stove", "heat", {"temperature": 21})
    hass.states.async_set(
        "event.button", "2026-01-31T09:00:00.500+00:00", {"event_type": "pressed"}
    )


def _add_statistics(hass: HomeAssistant) -> None:
    about = StatisticMetaData(
        has_sum=False,
        mean_type=StatisticMeanType.ARITHMETIC,
        name=None,
        source="recorder",
        statistic_id="sensor.kitchen",
        unit_class="temperature",
        unit_of_measurement="°F",
    )
    hours = [
        StatisticData(
            start=FIRST_HOUR + timedelta(hours=hour),
            mean=50.0 + hour,
            min=49.0,
            max=59.0,
        )
        for hour in range(3)
    ]
    async_import_statistics(hass, about, hours)
    meter = StatisticMetaData(
        has_sum=True,
        mean_type=StatisticMeanType.NONE,
        name=None,
        source="recorder",
        statistic_id="sensor.meter",
        unit_class="energy",
        unit_of_measurement="kWh",
    )
    read = [StatisticData(start=FIRST_HOUR, state=1200.5, sum=7.25)]
    async_import_statistics(hass, meter, read)


if __name__ == "__main__":
    asyncio.run(write(Path(sys.argv[1])))
