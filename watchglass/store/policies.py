"""Alert policies: what becomes of each rule's events. A rule without one makes alerts that are on the console alone."""

import dataclasses
from typing import Any

import sqlalchemy as sa

from watchglass.base.clock import WallUs
from watchglass.base.errors import UsageError
from watchglass.model.alert import AlertPolicy, Arming, Step
from watchglass.model.hours import ArmedHours, QuietHours
from watchglass.store import schema
from watchglass.store.counters import raise_counter
from watchglass.store.database import reading, writing

_T, _ROUTES = schema.alert_policies, schema.alert_routes


class Policies:
    """Alert policies of one data folder. Safe from several threads and processes."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def get(self, rule: int) -> AlertPolicy:
        """That of a rule; the default where nobody has set one."""
        with reading(self._engine) as connection:
            return policy_of(connection, rule)

    def set(self, rule: int, policy: AlertPolicy) -> None:
        """Replace that of a rule. UsageError if it names a channel that there is not."""
        with writing(self._engine) as connection:
            _write(connection, rule, policy)

    def change(self, rule: int, **changed: Any) -> AlertPolicy:
        """Change some of it and leave the rest, as `change(3, snoozed_until=then)` or `change(3, arming=Arming.OFF)`."""
        with writing(self._engine) as connection:
            policy = dataclasses.replace(policy_of(connection, rule), **changed)
            _write(connection, rule, policy)
        return policy

    def forget(self, rule: int) -> None:
        """A rule has gone: what became of its events stays."""
        with writing(self._engine) as connection:
            connection.execute(sa.delete(_T).where(_T.c.rule == rule))


def policy_of(connection: sa.Connection, rule: int) -> AlertPolicy:
    """That of a rule, in a transaction that is open."""
    row = connection.execute(sa.select(_T).where(_T.c.rule == rule)).first()
    if row is None:
        return AlertPolicy()
    found = connection.execute(sa.select(_ROUTES).where(_ROUTES.c.rule == rule).order_by(_ROUTES.c.channel)).all()
    channels = {step: tuple(one.channel for one in found if one.step == step) for step in Step}
    escalation = channels[Step.ESCALATION]
    return AlertPolicy(
        channels[Step.FIRST],
        Arming(row.arming),
        ArmedHours.parse(row.hours) if row.hours else None,
        QuietHours.parse(row.quiet) if row.quiet else None,
        None if row.snoozed_until_us is None else WallUs(row.snoozed_until_us),
        row.group_s,
        row.escalate_min if escalation else None,  # the last of its channels may have been removed
        escalation,
        row.threshold,
        row.sample_share,
    )


def _write(connection: sa.Connection, rule: int, policy: AlertPolicy) -> None:
    _must_exist(connection, (*policy.channels, *policy.escalation))
    connection.execute(sa.delete(_T).where(_T.c.rule == rule))  # its routes with it
    connection.execute(sa.insert(_T).values(_values(rule, policy)))
    for step, channels in ((Step.FIRST, policy.channels), (Step.ESCALATION, policy.escalation)):
        for channel in channels:
            connection.execute(sa.insert(_ROUTES).values(rule=rule, channel=channel, step=step.value))
    raise_counter(connection, "alerts")


def _values(rule: int, policy: AlertPolicy) -> dict[str, Any]:
    return {
        "rule": rule,
        "arming": policy.arming.value,
        "hours": None if policy.hours is None else str(policy.hours),
        "quiet": None if policy.quiet is None else str(policy.quiet),
        "snoozed_until_us": policy.snoozed_until,
        "group_s": policy.group_seconds,
        "escalate_min": policy.escalate_minutes,
        "threshold": policy.threshold,
        "sample_share": policy.sample_share,
    }


def _must_exist(connection: sa.Connection, channels: tuple[int, ...]) -> None:
    known = set(connection.execute(sa.select(schema.channels.c.id)).scalars())
    for channel in channels:
        if channel not in known:
            raise UsageError(
                f"There is no channel with the id {channel}; it may have been removed. Choose another one."
            )
