"""Rules, the events that come of them, and counts of crossings. There are none yet."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Tables that were not there before; nothing that is there changes."""
    op.execute("INSERT INTO counters (name, value) VALUES ('rules', 0)")
    op.create_table(
        "rules",
        sa.Column("id", ID, primary_key=True),
        _camera(),
        sa.Column("rule", sa.Text, nullable=False),
        sa.CheckConstraint("length(rule) > 0", name="whole"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_rules_camera", "rules", ["camera"])
    _events()
    _counts()


def _camera() -> sa.Column[int]:
    reference = sa.ForeignKey("cameras.id", ondelete="CASCADE")
    return sa.Column("camera", ID, reference, nullable=False, autoincrement=False)


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.String(36), primary_key=True),
        _camera(),
        sa.Column("rule", ID, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("start_us", sa.BigInteger, nullable=False),
        sa.Column("end_us", sa.BigInteger),
        sa.Column("seen_us", sa.BigInteger, nullable=False),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("tracks", sa.Integer, nullable=False),
        sa.Column("place", sa.String(64), nullable=False),
        sa.Column("at_x", sa.Float),
        sa.Column("at_y", sa.Float),
        sa.Column("detail", sa.Text, nullable=False),
        sa.CheckConstraint("end_us >= start_us", name="span"),
        sa.CheckConstraint("seen_us >= start_us", name="seen"),
        sa.CheckConstraint("score between 0 and 1", name="score"),
        sa.CheckConstraint("tracks >= 0", name="tracks"),
        sa.CheckConstraint("(at_x is null) = (at_y is null)", name="at"),
    )
    op.create_index("ix_events_camera_start_us", "events", ["camera", "start_us"])
    op.create_index("ix_events_rule_start_us", "events", ["rule", "start_us"])
    op.create_index("ix_events_start_us", "events", ["start_us"])
    lasting = sa.text("end_us IS NULL")
    op.create_index("ix_events_lasting", "events", ["camera"], sqlite_where=lasting, postgresql_where=lasting)


def _counts() -> None:
    op.create_table(
        "crossing_counts",
        sa.Column("rule", ID, primary_key=True, autoincrement=False),
        sa.Column("minutes", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("begin_us", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("class", sa.String(16), primary_key=True),
        sa.Column("direction", sa.String(8), primary_key=True),
        sa.Column("place", sa.String(64), primary_key=True),
        sa.Column("camera", ID, nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.CheckConstraint("direction in ('forward', 'backward')", name="direction"),
        sa.CheckConstraint("minutes in (1, 60)", name="minutes"),
        sa.CheckConstraint("begin_us % (minutes * 60000000) = 0", name="begin"),
        sa.CheckConstraint("count > 0", name="count"),
    )
    op.create_index("ix_crossing_counts_camera_begin_us", "crossing_counts", ["camera", "begin_us"])
    op.create_index("ix_crossing_counts_minutes_begin_us", "crossing_counts", ["minutes", "begin_us"])
