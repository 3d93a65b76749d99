"""Tables of alerts: channels, what becomes of a rule's events, alerts and their deliveries, and what people say of them.

Rules and events are others' and referred to by number alone: an alert is still told of when its rule has gone.
"""

import dataclasses

import sqlalchemy as sa

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


@dataclasses.dataclass(frozen=True, slots=True)
class AlertTables:
    """All of them, each under its name."""

    channels: sa.Table
    alert_policies: sa.Table
    alert_routes: sa.Table
    alerts: sa.Table
    deliveries: sa.Table
    decisions: sa.Table
    verdicts: sa.Table


def one_of(column: str, *values: str) -> str:
    """The condition that a column has one of these values."""
    return f"{column} in ({', '.join(repr(value) for value in values)})"


def alert_tables(metadata: sa.MetaData) -> AlertTables:
    """Make them in `metadata`."""
    channels, policies, routes = _routes(metadata)
    alerts, deliveries = _alerts(metadata), _deliveries(metadata)
    decisions, verdicts = _said(metadata)
    return AlertTables(channels, policies, routes, alerts, deliveries, decisions, verdicts)


def _routes(metadata: sa.MetaData) -> tuple[sa.Table, sa.Table, sa.Table]:
    channels = sa.Table(
        "channels",
        metadata,
        sa.Column("id", _ID, primary_key=True),
        sa.Column("name", sa.String(64), nullable=False, unique=True),
        sa.Column("kind", sa.String(8), nullable=False),
        # JSON; passwords, keys, and addresses that hold such, are in `secrets/`.
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("enabled", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("trouble", sa.Text, nullable=False),  # a sentence; empty: none
        sa.CheckConstraint("length(name) > 0", name="named"),
        sa.CheckConstraint(one_of("kind", "webhook", "mqtt", "service", "push"), name="kind"),
        sqlite_autoincrement=True,
    )
    policies = sa.Table(
        "alert_policies",
        metadata,
        sa.Column("rule", _ID, primary_key=True, autoincrement=False),
        sa.Column("arming", sa.String(8), nullable=False),
        sa.Column("hours", sa.String(1024)),  # as `ArmedHours` writes them; null: always
        sa.Column("quiet", sa.String(1024)),
        sa.Column("snoozed_until_us", sa.BigInteger),
        sa.Column("group_s", sa.Integer, nullable=False),
        sa.Column("escalate_min", sa.Integer),
        sa.Column("threshold", sa.Float, nullable=False),
        sa.Column("sample_share", sa.Float, nullable=False),
        sa.CheckConstraint(one_of("arming", "hours", "on", "off"), name="arming"),
        sa.CheckConstraint("group_s >= 0", name="group"),
        sa.CheckConstraint("escalate_min > 0", name="escalate"),
        sa.CheckConstraint("threshold between 0 and 1", name="threshold"),
        sa.CheckConstraint("sample_share between 0 and 1", name="sample"),
    )
    routes = sa.Table(
        "alert_routes",
        metadata,
        sa.Column("rule", _ID, sa.ForeignKey("alert_policies.rule", ondelete="CASCADE"), primary_key=True),
        sa.Column("channel", _ID, sa.ForeignKey("channels.id", ondelete="CASCADE"), primary_key=True, index=True),
        sa.Column("step", sa.Integer, primary_key=True, autoincrement=False),  # 0: told first, 1: when nobody takes it
        sa.CheckConstraint("step in (0, 1)", name="step"),
    )
    return channels, policies, routes


def _alerts(metadata: sa.MetaData) -> sa.Table:
    alerts = sa.Table(
        "alerts",
        metadata,
        sa.Column("id", _ID, primary_key=True),
        sa.Column("event", sa.String(36), nullable=False, unique=True),  # that made it
        sa.Column("rule", _ID, nullable=False),
        sa.Column("rule_name", sa.String(64), nullable=False),  # as it was called then
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("camera", _ID, nullable=False),
        sa.Column("camera_name", sa.String(64), nullable=False),
        sa.Column("place", sa.String(64), nullable=False),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("tracks", sa.Integer, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("start_us", sa.BigInteger, nullable=False),
        sa.Column("end_us", sa.BigInteger),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sa.Column("last_us", sa.BigInteger, nullable=False),  # of the newest event that joined
        sa.Column("events", sa.Integer, nullable=False),
        sa.Column("muted", sa.String(16), nullable=False),
        sa.Column("escalates_us", sa.BigInteger),  # null: never, or done, or somebody has taken it
        sa.Column("taken_us", sa.BigInteger),
        sa.Column("taken_by", sa.String(64), nullable=False),
        sa.Column("test", sa.Boolean(create_constraint=False), nullable=False),
        sa.CheckConstraint("events > 0", name="events"),
        sa.CheckConstraint(one_of("muted", "", "quiet hours", "snoozed"), name="muted"),
        sa.Index(None, "rule", "start_us"),
        sa.Index(None, "created_us"),
        sqlite_autoincrement=True,
    )
    _where_open("ix_alerts_escalating", alerts.c.escalates_us)
    return alerts


def _deliveries(metadata: sa.MetaData) -> sa.Table:
    deliveries = sa.Table(
        "deliveries",
        metadata,
        sa.Column("id", _ID, primary_key=True),
        sa.Column("alert", _ID, sa.ForeignKey("alerts.id", ondelete="CASCADE"), nullable=False),
        sa.Column(
            "channel", _ID, nullable=False
        ),  # no reference: what became of an alert is told when its channel has gone
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sa.Column("next_us", sa.BigInteger),  # null: nothing is to be done any more
        sa.Column("lease_us", sa.BigInteger),  # until when somebody is at it
        sa.Column("holder", sa.String(32), nullable=False),  # who that is, or was
        sa.Column("sent_us", sa.BigInteger),
        sa.Column("cause", sa.Text, nullable=False),
        sa.UniqueConstraint("alert", "channel", "step"),
        sa.CheckConstraint("step in (0, 1)", name="step"),
        sa.CheckConstraint(one_of("state", "waiting", "sent", "failed", "undelivered"), name="state"),
        sa.CheckConstraint("(next_us is null) = (state in ('sent', 'undelivered'))", name="next"),
        sa.CheckConstraint("(sent_us is null) = (state <> 'sent')", name="sent"),
        sqlite_autoincrement=True,
    )
    _where_open("ix_deliveries_due", deliveries.c.next_us, deliveries.c.channel)
    return deliveries


def _where_open(name: str, column: sa.Column[int], *others: sa.Column[int]) -> None:
    """An index of what is looked for again and again; what is over is not in it."""
    still = column.is_not(None)
    sa.Index(name, *others, column, sqlite_where=still, postgresql_where=still)


def _said(metadata: sa.MetaData) -> tuple[sa.Table, sa.Table]:
    decisions = sa.Table(
        "decisions",
        metadata,
        # What was made of each event: that it is here says that it is not to be decided again.
        sa.Column("event", sa.String(36), primary_key=True),
        sa.Column("rule", _ID, nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("alert", _ID, sa.ForeignKey("alerts.id", ondelete="SET NULL"), index=True),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("start_us", sa.BigInteger, nullable=False),
        sa.CheckConstraint(one_of("outcome", "alerted", "grouped", "disarmed", "below", "sampled"), name="outcome"),
        sa.Index(None, "rule", "start_us"),
        sa.Index(None, "start_us"),
    )
    verdicts = sa.Table(
        "verdicts",
        metadata,
        sa.Column("event", sa.String(36), primary_key=True),
        sa.Column("judgement", sa.String(8), nullable=False),
        sa.Column("judged_by", sa.String(64), nullable=False),
        sa.Column("judged_us", sa.BigInteger, nullable=False),
        sa.CheckConstraint(one_of("judgement", "right", "wrong", "unclear"), name="judgement"),
    )
    return decisions, verdicts
