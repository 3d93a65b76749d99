"""Custodians: who can open originals, and how many of them it takes."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Tables that were not there before; nothing that is there changes."""
    op.create_table(
        "custodians",
        sa.Column("id", ID, primary_key=True),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("public", sa.Text, nullable=False, unique=True),
        sa.Column("added_us", sa.BigInteger, nullable=False),
        sa.Column("left_us", sa.BigInteger),
        sa.CheckConstraint("length(name) > 0", name="named"),
        sa.CheckConstraint("left_us >= added_us", name="span"),
        sqlite_autoincrement=True,
    )
    op.create_table("removed_cameras", sa.Column("camera", ID, primary_key=True, autoincrement=False))
    op.create_table(
        "custody",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("needed", sa.Integer, nullable=False),
        sa.CheckConstraint("id = 1", name="single"),
        sa.CheckConstraint("needed between 1 and 255", name="needed"),
    )
