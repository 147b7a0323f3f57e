"""Points that the hub adds to a device: what its battery points mean for the person behind them."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hearthward.model.device import Point, PointCategory, PointKind

_BATTERY = "battery"
_LOW = "_low"
_STALE = "_stale"


class Battery(NamedTuple):
    """A battery point and the points that are derived of it.

    `low` is None where the device itself says when its battery is low.
    """

    level: str
    low: str | None
    stale: str


def with_derived(points: Iterable[Point]) -> tuple[Point, ...]:
    """Return a device's points and, for each battery point, those that the hub keeps."""
    own = tuple(points)
    return (*own, *_derived(own))


def batteries(points: Iterable[Point]) -> tuple[Battery, ...]:
    """Return the battery points of a device, derived points included among its points."""
    known = {point.id: point for point in points}
    return tuple(
        Battery(point.id, _if_derived(known, point.id + _LOW), point.id + _STALE)
        for point in known.values()
        if _is_level(point)
    )


def _if_derived(known: dict[str, Point], id_: str) -> str | None:
    return id_ if id_ in known and known[id_].derived else None


def _is_level(point: Point) -> bool:
    return point.kind is PointKind.SENSOR and point.device_class == _BATTERY


def _derived(own: tuple[Point, ...]) -> Iterator[Point]:
    ids = {point.id for point in own}
    for point in own:
        if not _is_level(point):
            continue
        if point.id + _LOW not in ids:
            yield _point(point, _LOW, f"{point.name} low", _BATTERY)
        if point.id + _STALE not in ids:
            yield _point(point, _STALE, f"{point.name} not heard from", "problem")


def _point(level: Point, ending: str, name: str, device_class: str) -> Point:
    return Point(
        id=level.id + ending,
        kind=PointKind.BINARY_SENSOR,
        name=name,
        object_id=level.object_id + ending,
        zone=level.zone,
        category=PointCategory.DIAGNOSTIC,
        device_class=device_class,
        derived=True,
    )
