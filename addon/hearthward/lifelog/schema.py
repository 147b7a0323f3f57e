"""The lifelog's tables, the same for every engine; each belongs to a home."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.schema import SchemaItem

metadata = MetaData()


def _key(name: str, kind: Any = Text) -> Column[Any]:
    return Column(name, kind, primary_key=True)


def _needed(name: str, kind: Any = Text) -> Column[Any]:
    return Column(name, kind, nullable=False)


def _table(name: str, *items: SchemaItem) -> Table:
    """Define a table that is kept in the order of its key, the home first."""
    return Table(name, metadata, _key("home"), *items, sqlite_with_rowid=False)


# `salt` keeps the digest of a forgotten entry from being guessed.
entries = _table(
    "entries",
    _key("seq", BigInteger),
    _needed("ts", Double),
    _needed("received", Double),
    _needed("kind"),
    Column("device", Text),
    Column("point", Text),
    Column("value", Double),
    Column("text", Text),
    Column("body", Text),
    _needed("salt", LargeBinary),
    Index("entries_by_time", "home", "ts"),
    Index("entries_by_point", "home", "device", "point", "ts"),
    # Measurements are by far the most; the rest is found without passing them.
    Index(
        "entries_by_kind", "home", "kind", "ts", sqlite_where=text("kind <> 'state'")
    ),
)

# Idempotency keys stand apart, so that they can expire before the entries do; `key` is the digest
# of the device and its key (`chain.key_digest`).
idempotency = _table(
    "idempotency", _key("key", LargeBinary), _needed("seq", BigInteger)
)

# One row per commit: the digests of its entries, chained to the row before.
batches = _table(
    "batches",
    _key("first", BigInteger),
    _needed("last", BigInteger),
    _needed("ts", Double),
    _needed("digests", LargeBinary),
    _needed("hash", LargeBinary),
)

states = _table(
    "states",
    _key("device"),
    _key("point"),
    _needed("seq", BigInteger),
    _needed("ts", Double),
    Column("value", Double),
    Column("text", Text),
    Column("body", Text),
)

# Signatures over the chain up to a batch's end; `key` is the public key (Ed25519).
checkpoints = _table(
    "checkpoints",
    _key("seq", BigInteger),
    _needed("ts", Double),
    _needed("hash", LargeBinary),
    _needed("key", LargeBinary),
    _needed("signature", LargeBinary),
)

# Which entries are gone, and the erasure that an entry of the kind `erasure` records.
erased = _table(
    "erased", _key("first", BigInteger), _needed("last", BigInteger), _needed("erasure")
)

# Erasures that have begun and must be completed, even by the next start of the hub.
erasures = _table("erasures", _key("id"), _needed("body"))

# Uploads of media, each told of by the entry `seq`; `id` names the file.
media = _table(
    "media",
    _key("seq", BigInteger),
    _needed("id"),
    _needed("ts", Double),
    _needed("kind"),
    _needed("content_type"),
    _needed("size", BigInteger),
    _needed("thumbnail", Boolean),
    Column("device", Text),
    Column("person", Text),
    Column("room", Text),
    Column("text", Text),
    Index("media_by_id", "home", "id"),
    Index("media_by_time", "home", "ts"),
)

# Exports and imports; `body` is the struct of model/transfer.py, `position` where to go on.
jobs = _table(
    "jobs", _key("id"), _needed("kind"), _needed("body"), Column("position", Text)
)

cursors = _table("cursors", _key("follower"), _needed("seq", BigInteger))

devices = _table("devices", _key("id"), _needed("body"))

# Which Home Assistant entities the hub may see.
exposed = _table("exposed", _key("entity"))

access_keys = _table(
    "access_keys",
    _key("id"),
    _needed("name"),
    _needed("role"),
    _needed("hash", LargeBinary),
    _needed("created", Double),
    Column("last_used", Double),
    Column("revoked", Double),
    Column("device", Text),
)

# How far each device of the edge's sockets had counted when the hub last looked.
positions = _table("positions", _key("device"), _needed("seq", BigInteger))

# Rejected messages, byte for byte; `sender` is the only device that the sender might speak for.
dead_letters = _table(
    "dead_letters",
    _key("id", BigInteger),
    _needed("received", Double),
    _needed("reason"),
    _needed("detail"),
    _needed("adapter"),
    _needed("address"),
    _needed("size", BigInteger),
    _needed("attempts", BigInteger),
    Column("device", Text),
    Column("sender", Text),
    Column("profile", Text),
    Column("key", Text),
    _needed("payload", LargeBinary),
    # What bounds them is asked of the index alone.
    Index("dead_letters_by_device", "home", "device", "id", "reason", "size"),
)

# At most one pairing code is open in a home.
pairing_codes = _table(
    "pairing_codes",
    _needed("hash", LargeBinary),
    _needed("expires", Double),
    _needed("attempts", BigInteger),
)

# Secrets that must be read back, sealed with the key of the secrets file.
secrets = _table("secrets", _key("name"), _needed("sealed", LargeBinary))

# What the hub knows about itself, such as its id.
properties = _table("properties", _key("name"), _needed("value"))

# Points with measurements, numbered to keep rollups small. `last_ts` is the newest measurement
# rolled up; before `raw_since`, `fine_since` and `hours_since` the entries, the 5-minute and the
# hourly rollups have aged out.
series = Table(
    "series",
    metadata,
    Column("id", Integer, primary_key=True),
    _needed("home"),
    _needed("device"),
    _needed("point"),
    _needed("last_ts", Double),
    _needed("raw_since", Double),
    _needed("fine_since", Double),
    _needed("hours_since", Double),
    Index("series_by_point", "home", "device", "point", unique=True),
)

# What was measured in a bucket, without what it inherits from before it: see rollups/parts.py.
rollups = Table(
    "rollups",
    metadata,
    _key("series", Integer),
    _key("width", Integer),
    _key("start", BigInteger),
    _needed("count", BigInteger),
    _needed("first_ts", Double),
    _needed("last_ts", Double),
    Column("first", Double),
    Column("last", Double),
    Column("min", Double),
    Column("max", Double),
    _needed("ended", Integer),
    _needed("area", Double),
    _needed("known", Double),
    _needed("rise", Double),
    sqlite_with_rowid=False,
)
