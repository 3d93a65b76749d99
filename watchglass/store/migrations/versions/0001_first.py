"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _camera(on_delete: str, *, primary_key: bool = False, nullable: bool = False) -> sa.Column[int]:
    reference = sa.ForeignKey("cameras.id", ondelete=on_delete)
    return sa.Column("camera", ID, reference, primary_key=primary_key, nullable=nullable, autoincrement=False)


def upgrade() -> None:
    """Make every table of the first schema."""
    _cameras()
    _camera_states()
    _segments()
    _spans()
    _accounts()


def _cameras() -> None:
    counters = op.create_table(
        "counters",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("value", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(counters, [{"name": "cameras", "value": 0}])
    op.create_table(
        "cameras",
        sa.Column("id", ID, primary_key=True),
        sa.Column("name", sa.String(64), nullable=False, unique=True),
        sa.Column("main_kind", sa.String(8), nullable=False),
        sa.Column("main_address", sa.Text, nullable=False),
        sa.Column("sub_kind", sa.String(8)),
        sa.Column("sub_address", sa.Text),
        sa.Column("transport", sa.String(8), nullable=False),
        sa.Column("enabled", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("retention_days", sa.Float),
        sa.CheckConstraint("length(name) > 0", name="named"),
        sa.CheckConstraint("main_kind in ('rtsp', 'file', 'usb')", name="main_kind"),
        sa.CheckConstraint("(sub_kind is null) = (sub_address is null)", name="sub_whole"),
        sa.CheckConstraint("sub_kind in ('rtsp', 'file', 'usb')", name="sub_kind"),
        sa.CheckConstraint("transport in ('tcp', 'udp')", name="transport"),
        sa.CheckConstraint("retention_days >= 0", name="retention"),
        sqlite_autoincrement=True,
    )


def _camera_states() -> None:
    op.create_table(
        "health",
        _camera("CASCADE", primary_key=True),
        sa.Column("role", sa.String(8), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("since_us", sa.BigInteger, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.CheckConstraint("role in ('main', 'sub')", name="role"),
        sa.CheckConstraint("state in ('starting', 'up', 'degraded', 'down', 'off')", name="state"),
    )
    op.create_table(
        "view_status",
        _camera("CASCADE", primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("since_us", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("progress", sa.Float, nullable=False),
        sa.Column("protection", sa.String(16), nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.CheckConstraint("state in ('waiting', 'learning', 'shown', 'covered', 'paused')", name="state"),
        sa.CheckConstraint("protection in ('full', 'reduced')", name="protection"),
    )


def _segments() -> None:
    op.create_table(
        "segments",
        sa.Column("id", ID, primary_key=True),
        _camera("SET NULL", nullable=True),
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
        sa.CheckConstraint("camera is not null or state = 'garbage'", name="owned"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_segments_camera_end_us_start_us_state", "segments", ["camera", "end_us", "start_us", "state"])
    op.create_index("ix_segments_state_end_us", "segments", ["state", "end_us"])


def _spans() -> None:
    op.create_table(
        "gaps",
        sa.Column("id", ID, primary_key=True),
        _camera("CASCADE"),
        sa.Column("start_us", sa.BigInteger, nullable=False),
        sa.Column("end_us", sa.BigInteger),
        sa.Column("cause", sa.String(16), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.CheckConstraint("cause in ('camera', 'network', 'disk', 'us', 'off')", name="cause"),
        sa.CheckConstraint("end_us > start_us", name="span"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "covers",
        sa.Column("id", ID, primary_key=True),
        _camera("CASCADE"),
        sa.Column("start_us", sa.BigInteger, nullable=False),
        sa.Column("end_us", sa.BigInteger),
        sa.Column("reason", sa.Text, nullable=False),
        sa.CheckConstraint("end_us > start_us", name="span"),
        sqlite_autoincrement=True,
    )
    lasting = sa.text("end_us IS NULL")
    for table in ("gaps", "covers"):
        op.create_index(f"ix_{table}_camera_start_us", table, ["camera", "start_us"])
        op.create_index(
            f"ix_{table}_lasting", table, ["camera"], unique=True, sqlite_where=lasting, postgresql_where=lasting
        )


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", ID, primary_key=True),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("name_key", sa.String(256), nullable=False, unique=True),
        sa.Column("password_hash", sa.String(256), nullable=False),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "sessions",
        sa.Column("token_sha256", sa.String(64), primary_key=True),
        sa.Column("account", ID, sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sa.Column("expires_us", sa.BigInteger, nullable=False, index=True),
    )
    op.create_table(
        "setup_tokens",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.CheckConstraint("id = 1", name="single"),
    )
