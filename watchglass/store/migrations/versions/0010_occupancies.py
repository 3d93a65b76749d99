"""How many are inside by rules of occupancy. It was known to whoever counted alone; whoever starts begins with nobody once more."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """A table that was not there before; nothing that is there changes."""
    reference = sa.ForeignKey("rules.id", ondelete="CASCADE")
    op.create_table(
        "occupancies",
        sa.Column("rule", ID, reference, primary_key=True, autoincrement=False),
        sa.Column("went_in", sa.BigInteger, nullable=False),
        sa.Column("went_out", sa.BigInteger, nullable=False),
        sa.Column("inside", sa.BigInteger, nullable=False),
        sa.Column("minute_us", sa.BigInteger, nullable=False),
        sa.CheckConstraint("went_in >= 0 and went_out >= 0 and inside between 0 and went_in", name="counted"),
        sa.CheckConstraint("minute_us % 60000000 = 0", name="minute"),
    )
