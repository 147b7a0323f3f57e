"""The golden stories that Home Assistant's entities can tell, over the integration's own way."""

from collections.abc import Iterator
import time
from typing import Any

from hearthward.config import Settings
from hearthward.model.entry import EntryQuery
from hearthward.model.security import Role
from tests.hub.conftest import running

from . import cases
from .cases import Case, Saying

AGO = 600.0

ENTITIES = {
    "temperature": "sensor.{}_temperature",
    "motion": "binary_sensor.{}_motion",
    "note": "sensor.{}_note",
    "button": "event.{}_button",
}
ATTRIBUTES: dict[str, dict[str, Any]] = {
    "temperature": {"device_class": "temperature", "unit_of_measurement": "°C"},
    "motion": {"device_class": "motion"},
    "note": {},
    "button": {"event_types": ["sos"]},
}


async def test_golden_stories_of_entities(settings: Settings) -> None:
    """The same stories give the same entries of the device `homeassistant`."""
    stories = [case for case in cases.load() if "homeassistant" not in case.unless]
    begin = round(time.time() - AGO)
    async with running(settings) as hub:
        names = [
            entity.format(case.case) for case in stories for entity in ENTITIES.values()
        ]
        await hub.ask("PUT", "/api/v1/exposed", Role.SERVICE, {"entities": names})
        for case in stories:
            for saying in case.says:
                status, _ = await hub.ask(
                    "POST",
                    "/api/v1/homeassistant/states",
                    Role.SERVICE,
                    list(_states(case, saying, begin + saying.at)),
                )
                assert status == 200
        for case in stories:
            points = {
                point: entity.format(case.case) for point, entity in ENTITIES.items()
            }
            query = EntryQuery(device="homeassistant", limit=1000)
            entries = (await hub.parts.lifelog.history(query)).entries
            told = cases.shown(
                [entry for entry in entries if entry.point in points.values()],
                begin,
                points,
            )
            expected = sorted(case.entries, key=lambda each: (str(each.at), each.point))
            assert told == expected, case.case


def _states(case: Case, saying: Saying, ts: float) -> Iterator[dict[str, Any]]:
    """Return the states that Home Assistant would tell."""
    for point, entity in ENTITIES.items():
        value = getattr(saying, point)
        if value is None:
            continue
        attributes = ATTRIBUTES[point]
        text = str(value)
        if isinstance(value, bool):
            text = "on" if value else "off"
        if point == "button":
            # The state of an event entity is the time, to the millisecond.
            text, attributes = f"{ts}", {"event_type": value} | attributes
        yield {
            "entity_id": entity.format(case.case),
            "state": text,
            "ts": ts,
            "attributes": attributes,
        }
