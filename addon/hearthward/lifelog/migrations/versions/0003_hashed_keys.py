"""Idempotency keys are kept as their digests: a third of the size, and nothing of what was sent."""

from hashlib import blake2b

from alembic import op
import sqlalchemy as sa

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_AT_ONCE = 10_000


def upgrade() -> None:
    """Make a digest of each device and key."""
    op.rename_table("idempotency", "idempotency_0002")
    op.create_table(
        "idempotency",
        sa.Column("home", sa.Text, primary_key=True),
        sa.Column("key", sa.LargeBinary, primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    connection = op.get_bind()
    known = connection.execute(
        sa.text("SELECT home, device, key, seq FROM idempotency_0002")
    )
    put = sa.text("INSERT INTO idempotency VALUES (:home, :key, :seq)")
    for rows in known.partitions(_AT_ONCE):
        connection.execute(
            put,
            [
                {"home": home, "key": _digest(device, key), "seq": seq}
                for home, device, key, seq in rows
            ],
        )
    op.drop_table("idempotency_0002")


def downgrade() -> None:
    """Forget the keys: what they were made of is not known any more."""
    op.drop_table("idempotency")
    op.create_table(
        "idempotency",
        sa.Column("home", sa.Text, primary_key=True),
        sa.Column("device", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )


def _digest(device: str, key: str) -> bytes:
    return blake2b(f"{len(device)} {device} {key}".encode(), digest_size=16).digest()
