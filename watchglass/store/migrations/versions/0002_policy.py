"""What a camera's purpose allows to be seen of it. Cameras that are there keep what they have: flat shapes."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Give every camera a policy."""
    # Not as a batch: that would build the table anew, and forget on the way that its ids are never used twice.
    op.execute(
        "ALTER TABLE cameras ADD COLUMN policy VARCHAR(24) DEFAULT 'people-and-things' NOT NULL"
        " CONSTRAINT ck_cameras_policy CHECK (policy in ('people-and-things', 'vehicles', 'counts-only'))"
    )
