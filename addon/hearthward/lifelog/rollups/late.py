"""Late measurements: they fall into buckets that hold newer ones, and cannot be joined to these.

Such a bucket is computed anew from what lies below it: 5 minutes from the entries, an hour and a
day from the 5 minutes. Where some of that has aged out, what is late still counts and moves the
extremes, and the mean stays.
"""

from collections.abc import Mapping, Sequence
from functools import reduce

from sqlalchemy import Connection, bindparam, select

from hearthward.lifelog.schema import rollups

from .buckets import FINE, Bucket
from .fold import PARTS, fine_parts, fold, raw_parts
from .parts import Part, blend, join

type Own = dict[str, object]
"""What the statements ask of a series: its number, home, device and point, and up to which seq."""


def buckets_with(
    connection: Connection, own: Own, new: Mapping[Bucket, Sequence[Part]]
) -> dict[Bucket, Part]:
    """Return what buckets of a series hold with new parts, those of each in the order of time."""
    made: dict[Bucket, Part] = {}
    # The finest come first: the others are made of them.
    for bucket in sorted(new):
        asked = own | {f"{name}_": value for name, value in bucket._asdict().items()}
        row = connection.execute(_STORED, asked).first()
        stored = None if row is None else Part(*row)
        parts = new[bucket]
        if stored is None or parts[0].first_ts >= stored.last_ts:
            made[bucket] = reduce(join, parts, *(() if stored is None else (stored,)))
            continue
        whole = _whole(connection, asked, bucket, made)
        number = stored.number + sum(part.number for part in parts)
        if whole is None or whole.number != number:
            whole = reduce(_add, parts, stored)
        made[bucket] = whole
    return made


def _whole(
    connection: Connection, asked: Own, bucket: Bucket, made: Mapping[Bucket, Part]
) -> Part | None:
    """Return all that lies below a bucket; None if nothing does any more."""
    if bucket.width == FINE:
        row = connection.execute(_RAW, asked).one()
        return None if row.count is None else Part(*row)
    fine = {start: Part(*part) for start, *part in connection.execute(_FINE, asked)}
    fine |= {
        start: part
        for (width, start, _), part in made.items()
        if width == FINE and bucket.start <= start < bucket.end
    }
    return reduce(join, (fine[start] for start in sorted(fine)))


def _add(one: Part, new: Part) -> Part:
    return join(one, new) if new.first_ts >= one.last_ts else blend(one, new)


_RAW = fold(raw_parts().subquery("parts"))
_FINE = fine_parts()
_STORED = select(*(rollups.c[name] for name in PARTS)).where(
    rollups.c.series == bindparam("series_"),
    rollups.c.width == bindparam("width_"),
    rollups.c.start == bindparam("start_"),
)
