"""What is usual in the home, and what is not."""

from hearthward.home.commands import UnknownPointError
from hearthward.model.baseline import Baseline, BaselineQuery, Deviation, DeviationQuery
from hearthward.model.security import Role

from .routes import Call, Routes

routes = Routes("lifelog")


@routes.route("GET", "/baselines", role=Role.VIEWER, errors=(404,))
async def read_baseline(call: Call, query: BaselineQuery) -> Baseline:
    """Return what is usual for a point on a day such as today."""
    device = call.parts.registry.require(query.device)
    for point in device.points:
        if point.id == query.point:
            return await call.parts.baselines.learned(device, point)
    raise UnknownPointError(f"{device.id} has no point {query.point}")


@routes.route("GET", "/baselines/deviations", role=Role.VIEWER, errors=(404,))
async def list_deviations(call: Call, query: DeviationQuery) -> tuple[Deviation, ...]:
    """Return what is unusual now, of one device or of all."""
    registry = call.parts.registry
    devices = (
        registry.devices() if query.device is None else [registry.require(query.device)]
    )
    return tuple(await call.parts.baselines.deviations(devices))
