"""Alerts: channels, what becomes of a rule's events, alerts and their deliveries, and what people say of them."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Tables that were not there before; nothing that is there changes."""
    _routes()
    _alerts()
    _deliveries()
    _said()
    op.execute("INSERT INTO counters (name, value) VALUES ('alerts', 0), ('channels', 0)")


def _routes() -> None:
    op.create_table(
        "channels",
        sa.Column("id", ID, primary_key=True),
        sa.Column("name", sa.String(64), nullable=False, unique=True),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("enabled", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("trouble", sa.Text, nullable=False),
        sa.CheckConstraint("length(name) > 0", name="named"),
        sa.CheckConstraint("kind in ('webhook', 'mqtt', 'service', 'push')", name="kind"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "alert_policies",
        sa.Column("rule", ID, primary_key=True, autoincrement=False),
        sa.Column("arming", sa.String(8), nullable=False),
        sa.Column("hours", sa.String(1024)),
        sa.Column("quiet", sa.String(1024)),
        sa.Column("snoozed_until_us", sa.BigInteger),
        sa.Column("group_s", sa.Integer, nullable=False),
        sa.Column("escalate_min", sa.Integer),
        sa.Column("threshold", sa.Float, nullable=False),
        sa.Column("sample_share", sa.Float, nullable=False),
        sa.CheckConstraint("arming in ('hours', 'on', 'off')", name="arming"),
        sa.CheckConstraint("group_s >= 0", name="group"),
        sa.CheckConstraint("escalate_min > 0", name="escalate"),
        sa.CheckConstraint("threshold between 0 and 1", name="threshold"),
        sa.CheckConstraint("sample_share between 0 and 1", name="sample"),
    )
    op.create_table(
        "alert_routes",
        sa.Column("rule", ID, sa.ForeignKey("alert_policies.rule", ondelete="CASCADE"), primary_key=True),
        sa.Column("channel", ID, sa.ForeignKey("channels.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("step", sa.Integer, primary_key=True, autoincrement=False),
        sa.CheckConstraint("step in (0, 1)", name="step"),
    )
    op.create_index("ix_alert_routes_channel", "alert_routes", ["channel"])


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", ID, primary_key=True),
        sa.Column("event", sa.String(36), nullable=False, unique=True),
        sa.Column("rule", ID, nullable=False),
        sa.Column("rule_name", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("camera", ID, nullable=False),
        sa.Column("camera_name", sa.String(64), nullable=False),
        sa.Column("place", sa.String(64), nullable=False),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("tracks", sa.Integer, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("start_us", sa.BigInteger, nullable=False),
        sa.Column("end_us", sa.BigInteger),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sa.Column("last_us", sa.BigInteger, nullable=False),
        sa.Column("events", sa.Integer, nullable=False),
        sa.Column("muted", sa.String(16), nullable=False),
        sa.Column("escalates_us", sa.BigInteger),
        sa.Column("taken_us", sa.BigInteger),
        sa.Column("taken_by", sa.String(64), nullable=False),
        sa.Column("test", sa.Boolean(create_constraint=False), nullable=False),
        sa.CheckConstraint("events > 0", name="events"),
        sa.CheckConstraint("muted in ('', 'quiet hours', 'snoozed')", name="muted"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alerts_rule_start_us", "alerts", ["rule", "start_us"])
    op.create_index("ix_alerts_created_us", "alerts", ["created_us"])
    op.create_index(
        "ix_alerts_escalating",
        "alerts",
        ["escalates_us"],
        sqlite_where=sa.text("escalates_us IS NOT NULL"),
        postgresql_where=sa.text("escalates_us IS NOT NULL"),
    )


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", ID, primary_key=True),
        sa.Column("alert", ID, sa.ForeignKey("alerts.id", ondelete="CASCADE"), nullable=False),
        sa.Column("channel", ID, nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sa.Column("next_us", sa.BigInteger),
        sa.Column("lease_us", sa.BigInteger),
        sa.Column("holder", sa.String(32), nullable=False),
        sa.Column("sent_us", sa.BigInteger),
        sa.Column("cause", sa.Text, nullable=False),
        sa.UniqueConstraint("alert", "channel", "step"),
        sa.CheckConstraint("step in (0, 1)", name="step"),
        sa.CheckConstraint("state in ('waiting', 'sent', 'failed', 'undelivered')", name="state"),
        sa.CheckConstraint("(next_us is null) = (state in ('sent', 'undelivered'))", name="next"),
        sa.CheckConstraint("(sent_us is null) = (state <> 'sent')", name="sent"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["channel", "next_us"],
        sqlite_where=sa.text("next_us IS NOT NULL"),
        postgresql_where=sa.text("next_us IS NOT NULL"),
    )


def _said() -> None:
    op.create_table(
        "decisions",
        sa.Column("event", sa.String(36), primary_key=True),
        sa.Column("rule", ID, nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("alert", ID, sa.ForeignKey("alerts.id", ondelete="SET NULL")),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("start_us", sa.BigInteger, nullable=False),
        sa.CheckConstraint("outcome in ('alerted', 'grouped', 'disarmed', 'below', 'sampled')", name="outcome"),
    )
    op.create_index("ix_decisions_alert", "decisions", ["alert"])
    op.create_index("ix_decisions_rule_start_us", "decisions", ["rule", "start_us"])
    op.create_index("ix_decisions_start_us", "decisions", ["start_us"])
    op.create_table(
        "verdicts",
        sa.Column("event", sa.String(36), primary_key=True),
        sa.Column("judgement", sa.String(8), nullable=False),
        sa.Column("judged_by", sa.String(64), nullable=False),
        sa.Column("judged_us", sa.BigInteger, nullable=False),
        sa.CheckConstraint("judgement in ('right', 'wrong', 'unclear')", name="judgement"),
    )
