"""Whether a camera's sound is kept with its originals. Cameras that are there keep none."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the setting, off."""
    # In place: a batch would build the table anew, and forget on the way that its ids are never used twice.
    op.execute("ALTER TABLE cameras ADD COLUMN sound BOOLEAN DEFAULT 0 NOT NULL")
