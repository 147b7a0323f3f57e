"""The lifelog and the edge: checkpoints, rollups, search, media, dead letters, privacy."""

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what the lifelog and the edge keep."""


def downgrade() -> None:
    """Drop it again."""
