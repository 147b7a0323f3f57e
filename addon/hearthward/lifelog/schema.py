"""The lifelog's tables, the same for every engine."""

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

metadata = MetaData()

# `salt` keeps the digest of a forgotten entry from being guessed.
entries = Table(
    "entries",
    metadata,
    Column("home", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("ts", Double, nullable=False),
    Column("received", Double, nullable=False),
    Column("kind", Text, nullable=False),
    Column("device", Text),
    Column("point", Text),
    Column("value", Double),
    Column("text", Text),
    Column("body", Text),
    Column("salt", LargeBinary, nullable=False),
    Index("entries_by_time", "home", "ts"),
    Index("entries_by_point", "home", "device", "point", "ts"),
    # Measurements are by far the most; the rest is found without passing them.
    Index(
        "entries_by_kind",
        "home",
        "kind",
        "ts",
        sqlite_where=text("kind <> 'state'"),
    ),
    sqlite_with_rowid=False,
)

# Idempotency keys stand apart, so that they can expire before the entries do.
idempotency = Table(
    "idempotency",
    metadata,
    Column("home", Text, primary_key=True),
    Column("device", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# One row per commit: the digests of its entries, chained to the row before.
batches = Table(
    "batches",
    metadata,
    Column("home", Text, primary_key=True),
    Column("first", BigInteger, primary_key=True),
    Column("last", BigInteger, nullable=False),
    Column("ts", Double, nullable=False),
    Column("digests", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

states = Table(
    "states",
    metadata,
    Column("home", Text, primary_key=True),
    Column("device", Text, primary_key=True),
    Column("point", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("ts", Double, nullable=False),
    Column("value", Double),
    Column("text", Text),
    Column("body", Text),
    sqlite_with_rowid=False,
)

cursors = Table(
    "cursors",
    metadata,
    Column("home", Text, primary_key=True),
    Column("follower", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

devices = Table(
    "devices",
    metadata,
    Column("home", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("body", Text, nullable=False),
    sqlite_with_rowid=False,
)

# Which Home Assistant entities the hub may see.
exposed = Table(
    "exposed",
    metadata,
    Column("home", Text, primary_key=True),
    Column("entity", Text, primary_key=True),
    sqlite_with_rowid=False,
)

access_keys = Table(
    "access_keys",
    metadata,
    Column("home", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("created", Double, nullable=False),
    Column("last_used", Double),
    Column("revoked", Double),
    sqlite_with_rowid=False,
)

# At most one pairing code is open in a home.
pairing_codes = Table(
    "pairing_codes",
    metadata,
    Column("home", Text, primary_key=True),
    Column("hash", LargeBinary, nullable=False),
    Column("expires", Double, nullable=False),
    Column("attempts", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# Secrets that must be read back, sealed with the key of the secrets file.
secrets = Table(
    "secrets",
    metadata,
    Column("home", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

# What the hub knows about itself, such as its id.
properties = Table(
    "properties",
    metadata,
    Column("home", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)
