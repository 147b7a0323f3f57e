"""The spine: entries, their chain, current state, devices and security."""

from typing import Any

from alembic import op
import sqlalchemy as sa

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _key(name: str, kind: type[sa.types.TypeEngine[Any]] = sa.Text) -> sa.Column[Any]:
    return sa.Column(name, kind, primary_key=True)


def upgrade() -> None:
    """Create the first schema."""
    op.create_table(
        "entries",
        _key("home"),
        _key("seq", sa.BigInteger),
        sa.Column("ts", sa.Double, nullable=False),
        sa.Column("received", sa.Double, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("device", sa.Text),
        sa.Column("point", sa.Text),
        sa.Column("value", sa.Double),
        sa.Column("text", sa.Text),
        sa.Column("body", sa.Text),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("entries_by_time", "entries", ["home", "ts"])
    op.create_index("entries_by_point", "entries", ["home", "device", "point", "ts"])
    op.create_index(
        "entries_by_kind",
        "entries",
        ["home", "kind", "ts"],
        sqlite_where=sa.text("kind <> 'state'"),
    )
    op.create_table(
        "idempotency",
        _key("home"),
        _key("device"),
        _key("key"),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "batches",
        _key("home"),
        _key("first", sa.BigInteger),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.Column("ts", sa.Double, nullable=False),
        sa.Column("digests", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "states",
        _key("home"),
        _key("device"),
        _key("point"),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("ts", sa.Double, nullable=False),
        sa.Column("value", sa.Double),
        sa.Column("text", sa.Text),
        sa.Column("body", sa.Text),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "cursors",
        _key("home"),
        _key("follower"),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "devices",
        _key("home"),
        _key("id"),
        sa.Column("body", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table("exposed", _key("home"), _key("entity"), sqlite_with_rowid=False)
    op.create_table(
        "access_keys",
        _key("home"),
        _key("id"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("last_used", sa.Double),
        sa.Column("revoked", sa.Double),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "pairing_codes",
        _key("home"),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("expires", sa.Double, nullable=False),
        sa.Column("attempts", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "secrets",
        _key("home"),
        _key("name"),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "properties",
        _key("home"),
        _key("name"),
        sa.Column("value", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drop everything; there is nothing before the first schema."""
    for table in (
        "properties",
        "secrets",
        "pairing_codes",
        "access_keys",
        "exposed",
        "devices",
        "cursors",
        "states",
        "batches",
        "idempotency",
        "entries",
    ):
        op.drop_table(table)
