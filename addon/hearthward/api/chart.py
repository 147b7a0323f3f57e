"""Charts of what was measured."""

import time

from msgspec.structs import replace

from hearthward.home.commands import UnknownPointError
from hearthward.lifelog.rollups import chart
from hearthward.model.chart import Chart, ChartQuery
from hearthward.model.device import Point
from hearthward.model.security import Role

from .routes import Call, Routes

routes = Routes("lifelog")

_METERS = ("total", "total_increasing")


@routes.route("GET", "/chart", role=Role.VIEWER, errors=(404, 422))
async def read_chart(call: Call, query: ChartQuery) -> Chart:
    """Return a point's measurements over time, as fine as can be drawn."""
    parts = call.parts
    point = _point(call, query)
    zone = parts.settings.zone
    found = await parts.lifelog.load(
        lambda connection: chart.read(
            connection, parts.lifelog.home, query, zone, time.time()
        )
    )
    if point is None:
        if not found.buckets:
            raise UnknownPointError(f"{query.device} has no point {query.point}")
        return found
    if point.state_class in _METERS:
        return replace(found, unit=point.unit)
    buckets = tuple(replace(bucket, sum=None) for bucket in found.buckets)
    return replace(found, unit=point.unit, buckets=buckets)


def _point(call: Call, query: ChartQuery) -> Point | None:
    """Return the point as its device describes it; what is gone still has its history."""
    device = call.parts.registry.get(query.device)
    points = () if device is None else device.points
    return next((point for point in points if point.id == query.point), None)
