"""The sensor node: what it measures, and the guard that keeps it awake for an update."""

from aioesphomeapi import BinarySensorInfo, SensorInfo, SwitchInfo

from hearthward_sim.actions import Set

from .bench import Bench


async def test_every_entity_is_there(sensor_node: Bench) -> None:
    """The names and what they measure are the contract with hub and integration."""
    assert sensor_node.info.project_name == "hearthward.sensor_node"
    assert {
        point: (type(info), getattr(info, "device_class", None))
        for point, info in sensor_node.entities.items()
    } == {
        "temperature": (SensorInfo, "temperature"),
        "humidity": (SensorInfo, "humidity"),
        "motion": (BinarySensorInfo, "motion"),
        "contact": (BinarySensorInfo, "opening"),
        "battery": (SensorInfo, "battery"),
        "battery_low": (BinarySensorInfo, "battery"),
        "prevent_sleep": (SwitchInfo, ""),
        "uptime": (SensorInfo, "duration"),
    }


async def test_measurements_arrive(sensor_node: Bench) -> None:
    """What changes is told."""
    sensor_node.apply(Set(channel="humidity", value=61))
    await sensor_node.says("humidity", 61.0)
    before = sensor_node.number("temperature")
    sensor_node.heat(living_room__air=before + 4)
    await sensor_node.until(
        lambda: sensor_node.number("temperature") > before + 2,
        "the room is warmer",
        within=60,
    )


async def test_motion_and_contact_are_told(sensor_node: Bench) -> None:
    """On and off, at once."""
    for point in ("motion", "contact"):
        sensor_node.apply(Set(channel=point, value=1))
        await sensor_node.says(point, True, within=3)
        sensor_node.apply(Set(channel=point, value=0))
        await sensor_node.says(point, False, within=3)


async def test_the_guard_is_kept_over_a_restart(sensor_node: Bench) -> None:
    """A node that was told to stay awake for an update still does after it."""
    assert sensor_node.state("prevent_sleep") is False
    await sensor_node.set("prevent_sleep", True)
    await sensor_node.restart()
    assert sensor_node.state("prevent_sleep") is True
