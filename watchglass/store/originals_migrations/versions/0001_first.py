"""Sealed originals and their gaps."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """All tables."""
    _originals()
    _gaps()


def _originals() -> None:
    op.create_table(
        "originals",
        sa.Column("id", ID, primary_key=True),
        sa.Column("camera", ID, nullable=False, autoincrement=False),
        sa.Column("run", sa.String(64), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("start_us", sa.BigInteger, nullable=False),
        sa.Column("end_us", sa.BigInteger, nullable=False),
        sa.Column("path", sa.String(128), nullable=False, unique=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64)),
        sa.CheckConstraint("state in ('open', 'closed', 'garbage')", name="state"),
        sa.CheckConstraint("end_us >= start_us", name="span"),
        sa.CheckConstraint("size >= 0", name="size"),
        sa.CheckConstraint("state <> 'closed' or (sha256 is not null and length(sha256) = 64)", name="hashed"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_originals_camera_end_us_start_us_state", "originals", ["camera", "end_us", "start_us", "state"])
    op.create_index("ix_originals_state_end_us", "originals", ["state", "end_us"])


def _gaps() -> None:
    op.create_table(
        "original_gaps",
        sa.Column("id", ID, primary_key=True),
        sa.Column("camera", ID, nullable=False, autoincrement=False),
        sa.Column("start_us", sa.BigInteger, nullable=False),
        sa.Column("end_us", sa.BigInteger),
        sa.Column("cause", sa.String(16), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.CheckConstraint("cause in ('camera', 'network', 'disk', 'us', 'off')", name="cause"),
        sa.CheckConstraint("end_us > start_us", name="span"),
        sqlite_autoincrement=True,
    )
    lasting = sa.text("end_us IS NULL")
    op.create_index("ix_original_gaps_camera_start_us", "original_gaps", ["camera", "start_us"])
    op.create_index(
        "ix_original_gaps_lasting",
        "original_gaps",
        ["camera"],
        unique=True,
        sqlite_where=lasting,
        postgresql_where=lasting,
    )
