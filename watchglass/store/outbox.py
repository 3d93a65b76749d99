"""The outbox: an event becomes an alert with its deliveries in one transaction, and each delivery is there until it is done.

Nothing is lost in a crash. What an event becomes is decided once, by its id: who comes again with it gets the same answer.
Whoever sends takes a lease of a delivery, sends it, and says what came of it. One who dies in between leaves a lease that ends,
and the alert is sent again: at least once, with a key by which a receiver drops the second. An answer is taken only from who
holds the lease.
"""

import contextlib
import dataclasses
import datetime as dt
import secrets
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from watchglass.base.clock import MICROSECONDS, Clock, WallUs
from watchglass.model.alert import NEVER_RULE, Alert, Delivery, DeliveryState, Step
from watchglass.model.deciding import Decision, Outcome, decide
from watchglass.model.event import Event, RuleKind
from watchglass.store import schema
from watchglass.store.alerts import alert_of, newest_alert, to_alert
from watchglass.store.channels import must_be_there
from watchglass.store.counters import raise_counter, read_counter
from watchglass.store.database import reading, writing
from watchglass.store.policies import policy_of

LEASE_SECONDS = 60

_A, _D = schema.alerts, schema.deliveries


@dataclasses.dataclass(frozen=True, slots=True)
class Result:
    """What came of one delivery: sent, or failed until `next`, or undelivered; `cause` is the sentence on why.

    Not `tried`: it was given back as it was, for somebody else to try.
    """

    delivery: int
    state: DeliveryState
    at: WallUs
    next: WallUs | None = None
    cause: str = ""
    tried: bool = True

    def values(self) -> dict[str, Any]:
        """The columns that change."""
        sent = self.at if self.state is DeliveryState.SENT else None
        return {"state": self.state.value, "next_us": self.next, "sent_us": sent, "cause": self.cause}


@dataclasses.dataclass(frozen=True, slots=True)
class Queue:
    """Of one channel: when the next delivery is due, and when the oldest was made."""

    due: WallUs
    oldest: WallUs


class Outbox:
    """The outbox of one data folder. Safe from several threads and processes. `told` is called when something may be sent."""

    def __init__(
        self, engine: sa.Engine, clock: Clock, zone: dt.tzinfo, told: Callable[[], None] = lambda: None
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._zone = zone
        self._told = told

    # ---- what comes in

    def take(self, event: Event, rule_name: str, camera_name: str) -> Outcome:
        """Make of an event what its rule's policy says. Durable on return; the same event again changes nothing."""
        with self.together() as connection:
            return self.take_in(connection, event, rule_name, camera_name)

    @contextlib.contextmanager
    def together(self) -> Iterator[sa.Connection]:
        """A transaction for whoever keeps the event as well: `take_in` it, and both are there or neither."""
        with writing(self._engine) as connection:
            yield connection
        self._told()

    def take_in(self, connection: sa.Connection, event: Event, rule_name: str, camera_name: str) -> Outcome:
        """As `take`, in the transaction of `together`."""
        table = schema.decisions
        known = connection.execute(sa.select(table.c.outcome).where(table.c.event == str(event.id))).scalar()
        if known is not None:
            return Outcome(known)
        now = self._clock.wall_us()  # in here: to get here may have taken seconds
        open_alert = newest_alert(connection, event.rule)
        decision = decide(event, policy_of(connection, event.rule), open_alert, now, self._zone)
        alert = None
        if decision.outcome is Outcome.ALERTED:
            alert = self._insert(connection, event, (rule_name, camera_name), decision, now)
        elif decision.outcome is Outcome.GROUPED and open_alert is not None:
            alert = open_alert.id
            _join(connection, open_alert, event)
        row = {"event": str(event.id), "rule": event.rule, "outcome": decision.outcome.value, "alert": alert}
        connection.execute(sa.insert(table).values(row | {"score": event.score, "start_us": event.start}))
        raise_counter(connection, "alerts")
        return decision.outcome

    def take_test(self, channel: int, by: str) -> Alert:
        """A test alert for one channel. It says that it is one, everywhere."""
        with writing(self._engine) as connection:
            must_be_there(connection, channel)
            now = self._clock.wall_us()
            event = Event(uuid.uuid4(), 0, NEVER_RULE, RuleKind.TAMPERING, now, now, 1.0, 0, detail=f"Sent by {by}.")
            decision = Decision(Outcome.ALERTED, channels=(channel,))
            id_ = self._insert(connection, event, ("Test alert", ""), decision, now, test=True)
            raise_counter(connection, "alerts")
            alert = alert_of(connection, id_)
        self._told()
        return alert

    def _insert(
        self,
        connection: sa.Connection,
        event: Event,
        names: tuple[str, str],
        decision: Decision,
        now: WallUs,
        *,
        test: bool = False,
    ) -> int:
        values = {
            "event": str(event.id),
            "rule": event.rule,
            "rule_name": names[0],
            "kind": event.kind.value,
            "camera": event.camera,
            "camera_name": names[1],
            "place": event.place,
            "score": event.score,
            "tracks": event.tracks,
            "detail": event.detail,
            "start_us": event.start,
            "end_us": event.end,
            "created_us": now,
            "last_us": event.start,
            "events": 1,
            "muted": decision.muted.value,
            "escalates_us": decision.escalates,
            "taken_by": "",
            "test": test,
        }
        id_ = int(connection.execute(sa.insert(_A).values(values).returning(_A.c.id)).scalar_one())
        _deliver(connection, id_, decision.channels, Step.FIRST, now)
        return id_

    # ---- what goes out

    def revisions(self) -> tuple[int, int]:
        """Of channels, and of alerts: where neither has changed, nothing new waits."""
        with reading(self._engine) as connection:
            return read_counter(connection, "channels"), read_counter(connection, "alerts")

    def escalate(self) -> int:
        """Tell others of alerts that nobody has taken in time; how many there were. Each escalates once."""
        with reading(self._engine) as connection:
            due = connection.execute(self._overdue()).all()
        if not due:
            return 0
        with writing(self._engine) as connection:
            now = self._clock.wall_us()
            due = connection.execute(self._overdue()).all()
            for row in due:
                channels = policy_of(connection, row.rule).escalation
                _deliver(connection, row.id, channels, Step.ESCALATION, now)
                connection.execute(sa.update(_A).where(_A.c.id == row.id).values(escalates_us=None))
            raise_counter(connection, "alerts")
        return len(due)

    def _overdue(self) -> sa.Select[tuple[int, int]]:
        now = self._clock.wall_us()
        return sa.select(_A.c.id, _A.c.rule).where(_A.c.escalates_us.is_not(None), _A.c.escalates_us <= now)

    def waiting(self) -> dict[int, Queue]:
        """What waits for each channel, of those for which anything does."""
        when = sa.func.min(sa.case((_D.c.lease_us > _D.c.next_us, _D.c.lease_us), else_=_D.c.next_us))
        query = sa.select(_D.c.channel, when, sa.func.min(_D.c.created_us)).where(_D.c.next_us.is_not(None))
        with reading(self._engine) as connection:
            found = connection.execute(query.group_by(_D.c.channel))
            return {row[0]: Queue(WallUs(row[1]), WallUs(row[2])) for row in found}

    def next_escalation(self) -> WallUs | None:
        """When one is due; None if none is to come."""
        with reading(self._engine) as connection:
            query = sa.select(sa.func.min(_A.c.escalates_us)).where(_A.c.escalates_us.is_not(None))
            found = connection.execute(query).scalar()
        return None if found is None else WallUs(found)

    def claim(self, channel: int, most: int) -> tuple[str, list[tuple[Delivery, Alert]]]:
        """Deliveries of a channel that are due, oldest first, and the name under which they are held."""
        holder = secrets.token_hex(16)
        with writing(self._engine) as connection:
            now = self._clock.wall_us()
            free = sa.or_(_D.c.lease_us.is_(None), _D.c.lease_us <= now)
            due = sa.and_(_D.c.channel == channel, _D.c.next_us.is_not(None), _D.c.next_us <= now, free)
            query = (
                sa.select(_D, _A).join(_A, _A.c.id == _D.c.alert).where(due).order_by(_D.c.next_us, _D.c.id).limit(most)
            )
            rows = connection.execute(query.set_label_style(sa.LABEL_STYLE_TABLENAME_PLUS_COL)).all()
            claimed = [(_delivery(row, "deliveries_"), to_alert(row, "alerts_")) for row in rows]
            ids = [delivery.id for delivery, _ in claimed]
            lease = {"lease_us": now + LEASE_SECONDS * MICROSECONDS, "holder": holder}
            if ids:
                connection.execute(sa.update(_D).where(_D.c.id.in_(ids)).values(lease))
        return holder, claimed

    def settle(self, holder: str, results: Sequence[Result]) -> int:
        """Say what came of deliveries; how many it was taken for: not for those whose lease somebody else has by now."""
        taken = 0
        with writing(self._engine) as connection:
            for result in results:
                mine = sa.and_(_D.c.id == result.delivery, _D.c.holder == holder, _D.c.next_us.is_not(None))
                values = result.values() | {"lease_us": None}
                if result.tried:
                    values["attempts"] = _D.c.attempts + 1
                taken += connection.execute(sa.update(_D).where(mine).values(values)).rowcount
            raise_counter(connection, "alerts")
        return taken

    def release_leases(self) -> int:
        """Let go of all leases: for a sender that knows that it is the only one. How many there were."""
        with writing(self._engine) as connection:
            return connection.execute(sa.update(_D).where(_D.c.lease_us.is_not(None)).values(lease_us=None)).rowcount

    def give_up(self, channel: int, before: WallUs, cause: str) -> int:
        """Call undelivered what has waited for a channel since before a time, and nobody is at; how many there were.

        What failed keeps the reason that it has.
        """
        free = sa.or_(_D.c.lease_us.is_(None), _D.c.lease_us <= self._clock.wall_us())
        old = sa.and_(_D.c.channel == channel, _D.c.next_us.is_not(None), _D.c.created_us < before, free)
        values = {"state": DeliveryState.UNDELIVERED.value, "next_us": None, "lease_us": None}
        reason = sa.case((_D.c.cause == "", cause), else_=_D.c.cause)
        with writing(self._engine) as connection:
            given_up = connection.execute(sa.update(_D).where(old).values(values | {"cause": reason})).rowcount
            if given_up:
                raise_counter(connection, "alerts")
        return given_up

    def deliveries(self, alert: int) -> list[Delivery]:
        """What has become of an alert on each channel."""
        return self.deliveries_of([alert]).get(alert, [])

    def deliveries_of(self, alerts: Iterable[int]) -> dict[int, list[Delivery]]:
        """What has become of each of these alerts on each channel; one that nobody was sent is left out."""
        query = sa.select(_D).where(_D.c.alert.in_(list(alerts))).order_by(_D.c.id)
        found: dict[int, list[Delivery]] = {}
        with reading(self._engine) as connection:
            for row in connection.execute(query):
                found.setdefault(row.alert, []).append(_delivery(row, ""))
        return found

    def tally(self) -> dict[DeliveryState, int]:
        """How many deliveries there are in each state."""
        query = sa.select(_D.c.state, sa.func.count()).group_by(_D.c.state)
        with reading(self._engine) as connection:
            found = {DeliveryState(row[0]): int(row[1]) for row in connection.execute(query)}
        return {state: found.get(state, 0) for state in DeliveryState}


def _deliver(connection: sa.Connection, alert: int, channels: Iterable[int], step: Step, now: WallUs) -> None:
    """One delivery for each channel that is switched on."""
    table = schema.channels
    known = sa.select(table.c.id).where(table.c.id.in_(list(channels)), table.c.enabled)
    for channel in connection.execute(known.order_by(table.c.id)).scalars().all():
        row = {"alert": alert, "channel": channel, "step": step.value, "state": DeliveryState.WAITING.value}
        row |= {"attempts": 0, "created_us": now, "next_us": now, "holder": "", "cause": ""}
        connection.execute(sa.insert(_D).values(row))


def _join(connection: sa.Connection, alert: Alert, event: Event) -> None:
    """Count an event with an alert, which tells the highest score of all."""
    values = {
        "events": alert.events + 1,
        "last_us": max(alert.last, event.start),
        "score": max(alert.score, event.score),
    }
    connection.execute(sa.update(_A).where(_A.c.id == alert.id).values(values))


def _delivery(row: sa.Row[Any], prefix: str) -> Delivery:
    values = row._mapping  # noqa: SLF001 - the documented name (https://docs.sqlalchemy.org/en/20/core/connections.html)
    sent, following = values[f"{prefix}sent_us"], values[f"{prefix}next_us"]
    return Delivery(
        values[f"{prefix}id"],
        values[f"{prefix}alert"],
        values[f"{prefix}channel"],
        Step(values[f"{prefix}step"]),
        DeliveryState(values[f"{prefix}state"]),
        values[f"{prefix}attempts"],
        WallUs(values[f"{prefix}created_us"]),
        None if following is None else WallUs(following),
        None if sent is None else WallUs(sent),
        values[f"{prefix}cause"],
    )
