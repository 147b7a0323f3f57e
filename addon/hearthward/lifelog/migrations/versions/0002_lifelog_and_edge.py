"""The lifelog and the edge: checkpoints, rollups, search, media, dead letters, privacy."""

from alembic import op
import sqlalchemy as sa

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what the lifelog and the edge keep."""
    _add_proof()
    _add_adapters()
    _add_dead_letters()
    _add_rollups()
    _add_archive()


def downgrade() -> None:
    """Drop it again."""
    _drop_proof()
    _drop_adapters()
    _drop_dead_letters()
    _drop_rollups()
    _drop_archive()


def _add_adapters() -> None:
    """Bind keys to devices, and remember how far a device of a socket had counted."""
    op.add_column("access_keys", sa.Column("device", sa.Text))
    op.create_table(
        "positions",
        sa.Column("home", sa.Text, primary_key=True),
        sa.Column("device", sa.Text, primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )


def _drop_adapters() -> None:
    op.drop_table("positions")
    op.drop_column("access_keys", "device")


def _add_proof() -> None:
    """Add what proves the lifelog: signed checkpoints and what was erased."""
    op.create_table(
        "checkpoints",
        sa.Column("home", sa.Text, primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True),
        sa.Column("ts", sa.Double, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.Column("signature", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "erased",
        sa.Column("home", sa.Text, primary_key=True),
        sa.Column("first", sa.BigInteger, primary_key=True),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.Column("erasure", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "erasures",
        sa.Column("home", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )


def _drop_proof() -> None:
    for table in ("erasures", "erased", "checkpoints"):
        op.drop_table(table)


def _add_archive() -> None:
    """Add media, and the jobs that bring entries out and in."""
    op.create_table(
        "media",
        sa.Column("home", sa.Text, primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("ts", sa.Double, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("content_type", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("thumbnail", sa.Boolean, nullable=False),
        sa.Column("device", sa.Text),
        sa.Column("person", sa.Text),
        sa.Column("room", sa.Text),
        sa.Column("text", sa.Text),
        sqlite_with_rowid=False,
    )
    op.create_index("media_by_id", "media", ["home", "id"])
    op.create_index("media_by_time", "media", ["home", "ts"])
    op.create_table(
        "jobs",
        sa.Column("home", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("position", sa.Text),
        sqlite_with_rowid=False,
    )


def _drop_archive() -> None:
    for table in ("jobs", "media"):
        op.drop_table(table)


def _add_rollups() -> None:
    """Add what is kept of measurements in the long run."""
    op.create_table(
        "series",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("home", sa.Text, nullable=False),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("point", sa.Text, nullable=False),
        sa.Column("last_ts", sa.Double, nullable=False),
        sa.Column("raw_since", sa.Double, nullable=False),
        sa.Column("fine_since", sa.Double, nullable=False),
        sa.Column("hours_since", sa.Double, nullable=False),
    )
    op.create_index(
        "series_by_point", "series", ["home", "device", "point"], unique=True
    )
    op.create_table(
        "rollups",
        sa.Column("series", sa.Integer, primary_key=True),
        sa.Column("width", sa.Integer, primary_key=True),
        sa.Column("start", sa.BigInteger, primary_key=True),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("first_ts", sa.Double, nullable=False),
        sa.Column("last_ts", sa.Double, nullable=False),
        sa.Column("first", sa.Double),
        sa.Column("last", sa.Double),
        sa.Column("min", sa.Double),
        sa.Column("max", sa.Double),
        sa.Column("ended", sa.Integer, nullable=False),
        sa.Column("area", sa.Double, nullable=False),
        sa.Column("known", sa.Double, nullable=False),
        sa.Column("rise", sa.Double, nullable=False),
        sqlite_with_rowid=False,
    )


def _drop_rollups() -> None:
    op.drop_table("rollups")
    op.drop_table("series")


def _add_dead_letters() -> None:
    """Keep what is rejected."""
    op.create_table(
        "dead_letters",
        sa.Column("home", sa.Text, primary_key=True),
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("received", sa.Double, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("adapter", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.BigInteger, nullable=False),
        sa.Column("device", sa.Text),
        sa.Column("sender", sa.Text),
        sa.Column("profile", sa.Text),
        sa.Column("key", sa.Text),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "dead_letters_by_device",
        "dead_letters",
        ["home", "device", "id", "reason", "size"],
    )


def _drop_dead_letters() -> None:
    op.drop_table("dead_letters")
