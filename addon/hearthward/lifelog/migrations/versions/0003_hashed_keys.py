"""Idempotency keys are kept as their digests: a third of the size, and nothing of what was sent."""

from hashlib import blake2b

from alembic import op
import sqlalchemy as sa

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


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
    driver = op.get_bind().connection.driver_connection
    assert driver is not None
    driver.create_function("key_digest", 2, _digest, deterministic=True)
    # In their new order: each page is written once, however many there are.
    op.execute(
        "INSERT INTO idempotency SELECT home, key_digest(device, key) AS digest, seq "
        "FROM idempotency_0002 ORDER BY home, digest"
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
