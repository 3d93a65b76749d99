"""Spans that are kept, so that timelines need not read every segment; and which data folder the catalogue belongs to."""

import sqlalchemy as sa
from alembic import context, op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JOIN_US = 100_000

# Closed segments of a camera in the order of their starts; one that begins later than all before it have ended is the
# first of a span, and as many as have begun so far number it.
SPANS = """
INSERT INTO {spans} (camera, start_us, end_us, longest_us)
SELECT camera, min(start_us), max(end_us), max(end_us - start_us) FROM (
  SELECT camera, start_us, end_us, sum(first) OVER (PARTITION BY camera ORDER BY start_us, end_us, id) AS number FROM (
    SELECT id, camera, start_us, end_us, CASE WHEN start_us - max(end_us) OVER (
      PARTITION BY camera ORDER BY start_us, end_us, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) <= {join} THEN 0 ELSE 1 END AS first
    FROM {segments} WHERE state = 'closed' AND end_us > start_us
  ) AS marked
) AS numbered GROUP BY camera, number ORDER BY camera, number
"""


def upgrade() -> None:
    """Make both tables and fill them."""
    op.create_table(
        "original_kept_spans",
        sa.Column("id", ID, primary_key=True),
        sa.Column("camera", ID, nullable=False, autoincrement=False),
        sa.Column("start_us", sa.BigInteger, nullable=False),
        sa.Column("end_us", sa.BigInteger, nullable=False),
        sa.Column("longest_us", sa.BigInteger, nullable=False),
        sa.CheckConstraint("end_us > start_us", name="span"),
        sa.CheckConstraint("longest_us > 0", name="longest"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_original_kept_spans_camera_end_us", "original_kept_spans", ["camera", "end_us"])
    op.execute(SPANS.format(spans="original_kept_spans", segments="originals", join=JOIN_US))
    folder = op.create_table(
        "data_folder",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("uuid", sa.String(36), nullable=False),
        sa.CheckConstraint("id = 1", name="single"),
    )
    op.bulk_insert(folder, [{"id": 1, "uuid": context.config.attributes["folder"]}])
