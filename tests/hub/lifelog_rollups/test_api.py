"""Charts and baselines as the API gives them."""

from collections.abc import Iterator
import time

from hearthward.model.device import Point, PointKind
from hearthward.model.entry import Draft, EntryKind
from hearthward.model.message import Hello, HelloBody
from hearthward.model.security import Role
from tests.hub.conftest import Hub


def minutes(begin: float, count: int) -> Iterator[Draft]:
    """Yield a measurement a minute."""
    for index in range(count):
        yield Draft(
            ts=begin + 60 * index,
            kind=EntryKind.STATE,
            device="meter",
            point="power",
            value=float(index),
        )


async def test_a_chart_is_asked_for_by_point_and_time(hub: Hub) -> None:
    """The resolution follows from the time; a bucket is a list of seven."""
    begin = time.time() // 3600 * 3600 - 7200
    await hub.parts.lifelog.append(list(minutes(begin, 120)))
    await hub.parts.rollups.catch_up()

    path = f"/api/v1/chart?device=meter&point=power&since={begin}&until={begin + 7200}"
    status, raw = await hub.ask("GET", path)
    _, hours = await hub.ask("GET", f"{path}&points=50&resolution=hour")

    assert (status, raw["resolution"], len(raw["buckets"])) == (200, "raw", 120)
    assert hours["seconds"] == 3600
    assert hours["buckets"][0] == [begin, 60, 0.0, 59.0, 29.5, 59.0, 59.0]


async def test_a_point_that_was_never_seen_is_unknown(hub: Hub) -> None:
    """A misspelled point is told from one without measurements."""
    status, answer = await hub.ask(
        "GET", "/api/v1/chart?device=meter&point=none&since=0&until=1"
    )
    assert (status, answer["code"]) == (404, "unknown_point")
    status, answer = await hub.ask(
        "GET", "/api/v1/chart?device=meter&point=none&since=1&until=0"
    )
    assert (status, answer["code"]) == (422, "invalid_request")


async def test_what_is_usual_and_what_is_not_is_asked_for(hub: Hub) -> None:
    """Whoever has just begun has no baseline, and nothing is unusual."""
    node = Hello(
        device="node",
        ts=time.time(),
        body=HelloBody(
            name="Node",
            adapter="http",
            points=(
                Point(
                    id="motion",
                    kind=PointKind.BINARY_SENSOR,
                    name="Motion",
                    object_id="motion",
                    device_class="motion",
                ),
            ),
        ),
    )
    await hub.parts.gateway.receive([node])
    await hub.parts.registry.approve("node", "test")

    status, usual = await hub.ask(
        "GET", "/api/v1/baselines?device=node&point=motion", Role.VIEWER
    )
    assert (status, usual) == (200, {"device": "node", "point": "motion", "days": 0})
    for path in ("deviations", "deviations?device=node"):
        answer = await hub.ask("GET", f"/api/v1/baselines/{path}", Role.VIEWER)
        assert answer == (200, [])
    status, answer = await hub.ask("GET", "/api/v1/baselines?device=node&point=none")
    assert (status, answer["code"]) == (404, "unknown_point")
    status, answer = await hub.ask("GET", "/api/v1/baselines/deviations?device=none")
    assert (status, answer["code"]) == (404, "unknown_device")
