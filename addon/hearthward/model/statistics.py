"""How the hub is doing: what its storage holds and how fast it takes more."""

import msgspec


class Statistics(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag="statistics",
    tag_field="type",
):
    """Also a message of the stream, sent at its start, every half minute and when a problem changes.

    Sizes are bytes, rates entries a second over the last minute, `backlog` entries that wait to be
    stored. `dead_letters` does not count those that wait for the approval of their device.
    `broker_dropped` counts messages that the MQTT broker gave up, as it says. `storage_problem` says
    what keeps the lifelog from being written, with what to do.
    """

    ts: float
    seq: int
    lifelog_bytes: int
    media_bytes: int
    free_bytes: int
    ingest_rate: float
    backlog: int
    dead_letters: int
    broker_dropped: int = 0
    storage_problem: str | None = None
    privacy_mode: bool = False
