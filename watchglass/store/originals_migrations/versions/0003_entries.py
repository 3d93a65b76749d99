"""Entries for the ledger: what becomes of originals is told where it happens."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """A table that was not there before; nothing that is there changes."""
    op.create_table(
        "original_entries",
        sa.Column("number", ID, primary_key=True, autoincrement=False),
        sa.Column("entry", sa.Text, nullable=False),
        sa.CheckConstraint("number > 0", name="number"),
    )
    # Whoever builds this table anew (a batch does) loses these on the way: add columns in place.
    op.execute(
        "CREATE TRIGGER original_entries_stay BEFORE UPDATE ON original_entries"
        " BEGIN SELECT RAISE(ABORT, 'an entry is never changed'); END"
    )
    op.execute(
        "CREATE TRIGGER original_entries_last BEFORE DELETE ON original_entries"
        " BEGIN SELECT RAISE(ABORT, 'an entry is never removed'); END"
    )
    op.execute(
        "CREATE TRIGGER original_entries_follow BEFORE INSERT ON original_entries"
        " WHEN new.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM original_entries)"
        " BEGIN SELECT RAISE(ABORT, 'an entry has the next number'); END"
    )
