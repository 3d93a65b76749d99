"""Privacy hours of cameras. Those that are there have none."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A column more; not as a batch, see the second step."""
    op.execute("ALTER TABLE cameras ADD COLUMN privacy_hours VARCHAR(1024)")
