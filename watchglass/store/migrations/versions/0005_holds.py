"""Holds, what is known of the disk, and entries for the ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Tables that were not there before; nothing that is there changes."""
    _holds()
    op.create_table(
        "disk",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("stopped_us", sa.BigInteger),
        sa.Column("stopped_why", sa.Text, nullable=False),
        sa.Column("short_us", sa.BigInteger),
        sa.Column("stops_us", sa.BigInteger),
        sa.CheckConstraint("id = 1", name="single"),
    )
    _entries()


def _holds() -> None:
    op.create_table(
        "holds",
        sa.Column("id", ID, primary_key=True),
        sa.Column("camera", ID),
        sa.Column("start_us", sa.BigInteger, nullable=False),
        sa.Column("end_us", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("salt", sa.String(32), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("set_us", sa.BigInteger, nullable=False),
        sa.Column("until_us", sa.BigInteger, nullable=False),
        sa.Column("released_us", sa.BigInteger),
        sa.Column("released_by", sa.String(64)),
        sa.CheckConstraint("end_us > start_us", name="span"),
        sa.CheckConstraint("until_us > set_us", name="until"),
        sa.CheckConstraint("length(reason) > 0", name="reasoned"),
        sa.CheckConstraint("length(owner) > 0", name="owned"),
        sa.CheckConstraint("(released_us is null) = (released_by is null)", name="released"),
        sqlite_autoincrement=True,
    )


def _entries() -> None:
    op.create_table(
        "entries",
        sa.Column("number", ID, primary_key=True, autoincrement=False),
        sa.Column("entry", sa.Text, nullable=False),
        sa.CheckConstraint("number > 0", name="number"),
    )
    # Whoever builds this table anew (a batch does) loses these on the way: add columns in place.
    op.execute(
        "CREATE TRIGGER entries_stay BEFORE UPDATE ON entries"
        " BEGIN SELECT RAISE(ABORT, 'an entry is never changed'); END"
    )
    op.execute(
        "CREATE TRIGGER entries_last BEFORE DELETE ON entries"
        " BEGIN SELECT RAISE(ABORT, 'an entry is never removed'); END"
    )
    op.execute(
        "CREATE TRIGGER entries_follow BEFORE INSERT ON entries"
        " WHEN new.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM entries)"
        " BEGIN SELECT RAISE(ABORT, 'an entry has the next number'); END"
    )
