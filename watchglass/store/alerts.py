"""Alerts as people see them: the list, who has taken one, what they say of it, and how often a rule is right."""

import uuid
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from watchglass.base.clock import Clock, WallUs
from watchglass.base.errors import MissingInputError, UsageError
from watchglass.model.alert import Alert, Judgement, Muted, Verdict
from watchglass.model.deciding import Outcome
from watchglass.model.event import Event, RuleKind
from watchglass.model.precision import Judged
from watchglass.store import schema
from watchglass.store.counters import raise_counter, read_counter
from watchglass.store.database import reading, writing
from watchglass.store.events import to_event

_A, _V, _DECISIONS, _E = schema.alerts, schema.verdicts, schema.decisions, schema.events
_JUDGED = frozenset({Outcome.ALERTED.value, Outcome.SAMPLED.value})
_WHO_LENGTH = 64
_LOOKED_THROUGH = 1000


class Alerts:
    """Alerts of one data folder. Safe from several threads and processes. A change raises `revision()`, which the console polls."""

    def __init__(self, engine: sa.Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def revision(self) -> int:
        """Rises with everything that changes what the console shows of alerts."""
        with reading(self._engine) as connection:
            return read_counter(connection, "alerts")

    def newest(self, limit: int = 100, before: int | None = None) -> list[Alert]:
        """Alerts, the newest first; those before an id, where one is given."""
        query = sa.select(_A).order_by(_A.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(_A.c.id < before)
        with reading(self._engine) as connection:
            return [to_alert(row) for row in connection.execute(query)]

    def untaken(self) -> int:
        """How many nobody has taken, tests left out. Of the newest thousand: it is asked for every few seconds."""
        newest = sa.select(_A.c.taken_us, _A.c.test).order_by(_A.c.id.desc()).limit(_LOOKED_THROUGH).subquery()
        query = sa.select(sa.func.count()).where(newest.c.taken_us.is_(None), ~newest.c.test)
        with reading(self._engine) as connection:
            return int(connection.execute(query).scalar_one())

    def get(self, id: int) -> Alert:  # noqa: A002
        """One alert. MissingInputError if there is none."""
        with reading(self._engine) as connection:
            return alert_of(connection, id)

    def find(self, event: uuid.UUID) -> Alert:
        """The alert that an event made. MissingInputError if there is none, or none any more."""
        with reading(self._engine) as connection:
            row = connection.execute(sa.select(_A).where(_A.c.event == str(event))).first()
        if row is None:
            raise MissingInputError("There is no such alert any more.")
        return to_alert(row)

    def take(self, id: int, by: str) -> Alert:  # noqa: A002
        """Somebody sees to an alert: nobody else is told of it. The first who takes it has it; a second time changes nothing."""
        who = _who(by)
        with writing(self._engine) as connection:
            alert = alert_of(connection, id)
            if alert.taken is None:
                self._taken(connection, id, who)
            return alert_of(connection, id)

    def judge(self, event: uuid.UUID, judgement: Judgement, by: str, *, only_over_own: bool = False) -> Verdict:
        """Say what an event was that made an alert, or was drawn to be looked at. Whoever judges an alert has taken it.

        The last verdict holds; with `only_over_own` what somebody else has said stays, and is what is given back.
        MissingInputError if there is no such event. UsageError for any other: whoever chose what to judge below the threshold
        would bend what the draw is to tell.
        """
        who = _who(by)
        with writing(self._engine) as connection:
            alert = connection.execute(sa.select(_A.c.id, _A.c.taken_us).where(_A.c.event == str(event))).first()
            if alert is None:
                _must_be_judged(connection, event)
            before = connection.execute(sa.select(_V).where(_V.c.event == str(event))).first()
            if only_over_own and before is not None and before.judged_by != who:
                return _to_verdict(before)
            verdict = Verdict(event, judgement, who, self._clock.wall_us())
            values = {"judgement": judgement.value, "judged_by": who, "judged_us": verdict.at}
            if before is None:
                connection.execute(sa.insert(_V).values(values | {"event": str(event)}))
            else:
                connection.execute(sa.update(_V).where(_V.c.event == str(event)).values(values))
            if alert is not None and alert.taken_us is None:
                self._taken(connection, alert.id, who)
            raise_counter(connection, "alerts")
        return verdict

    def verdict(self, event: uuid.UUID) -> Verdict | None:
        """What was said of an event last, None if nothing was."""
        return self.verdicts([event]).get(event)

    def verdicts(self, events: Iterable[uuid.UUID]) -> dict[uuid.UUID, Verdict]:
        """What was said last of each of these of which anything was."""
        query = sa.select(_V).where(_V.c.event.in_([str(event) for event in events]))
        with reading(self._engine) as connection:
            found = [_to_verdict(row) for row in connection.execute(query)]
        return {one.event: one for one in found}

    def samples(self, rule: int, limit: int = 20) -> list[Event]:
        """Events below a rule's threshold that are to be looked at: drawn, and nobody has judged them.

        The earliest first, for they come of age first. Those that have are left out: of them there is nothing to be seen any more.
        """
        query = _drawn(sa.select(_E), rule).order_by(_E.c.start_us, _E.c.id).limit(limit)
        with reading(self._engine) as connection:
            return [to_event(row) for row in connection.execute(query)]

    def samples_left(self, rule: int) -> int:
        """How many such events there are."""
        with reading(self._engine) as connection:
            return int(connection.execute(_drawn(sa.select(sa.func.count(_E.c.id)), rule)).scalar_one())

    def judged(self, rule: int, since: WallUs) -> list[Judged]:
        """Every event of a rule since a time that made an alert, or was below the threshold, and what was said of it.

        Those that joined an alert or came while the rule was disarmed are in neither: nobody was told of them.
        """
        d = _DECISIONS.c
        counted = [Outcome.ALERTED.value, Outcome.BELOW.value, Outcome.SAMPLED.value]
        wanted = sa.and_(d.rule == rule, d.start_us >= since, d.outcome.in_(counted))
        query = sa.select(d.score, d.outcome, _V.c.judgement).outerjoin(_V, _V.c.event == d.event).where(wanted)
        with reading(self._engine) as connection:
            return [
                Judged(row.score, row.judgement and Judgement(row.judgement), row.outcome == Outcome.ALERTED)
                for row in connection.execute(query)
            ]

    def forget(self, before: WallUs) -> int:
        """Remove alerts and all that was said and decided before a time; how many alerts. What still waits to be sent stays."""
        table = schema.deliveries
        waiting = sa.select(table.c.alert).where(table.c.next_us.is_not(None))
        old = sa.and_(_A.c.created_us < before, _A.c.id.not_in(waiting))
        kept = sa.select(_A.c.event)
        with writing(self._engine) as connection:
            gone = connection.execute(sa.delete(_A).where(old)).rowcount  # deliveries with them
            past = sa.and_(_DECISIONS.c.start_us < before, _DECISIONS.c.event.not_in(kept))
            connection.execute(sa.delete(_DECISIONS).where(past))
            known = sa.select(_DECISIONS.c.event)
            connection.execute(sa.delete(_V).where(_V.c.event.not_in(known), _V.c.event.not_in(kept)))
            if gone:
                raise_counter(connection, "alerts")
        return gone

    def _taken(self, connection: sa.Connection, id: int, who: str) -> None:  # noqa: A002
        values = {"taken_us": self._clock.wall_us(), "taken_by": who, "escalates_us": None}
        connection.execute(sa.update(_A).where(_A.c.id == id).values(values))
        raise_counter(connection, "alerts")


def alert_of(connection: sa.Connection, id: int) -> Alert:  # noqa: A002
    """In a transaction that is open. MissingInputError if there is none."""
    row = connection.execute(sa.select(_A).where(_A.c.id == id)).first()
    if row is None:
        raise MissingInputError(f"There is no alert {id}, or none any more.")
    return to_alert(row)


def newest_alert(connection: sa.Connection, rule: int) -> Alert | None:
    """The alert of a rule that began last; None if there is none."""
    query = sa.select(_A).where(_A.c.rule == rule, ~_A.c.test).order_by(_A.c.start_us.desc(), _A.c.id.desc()).limit(1)
    row = connection.execute(query).first()
    return None if row is None else to_alert(row)


def to_alert(row: sa.Row[Any], prefix: str = "") -> Alert:
    """From a row of the table, whose columns may have a prefix."""
    values = row._mapping  # noqa: SLF001 - the documented name (https://docs.sqlalchemy.org/en/20/core/connections.html)

    def wall(name: str) -> WallUs | None:
        found = values[f"{prefix}{name}"]
        return None if found is None else WallUs(found)

    return Alert(
        id=values[f"{prefix}id"],
        event=uuid.UUID(values[f"{prefix}event"]),
        rule=values[f"{prefix}rule"],
        rule_name=values[f"{prefix}rule_name"],
        kind=RuleKind(values[f"{prefix}kind"]),
        camera=values[f"{prefix}camera"],
        camera_name=values[f"{prefix}camera_name"],
        place=values[f"{prefix}place"],
        score=values[f"{prefix}score"],
        tracks=values[f"{prefix}tracks"],
        detail=values[f"{prefix}detail"],
        start=WallUs(values[f"{prefix}start_us"]),
        end=wall("end_us"),
        created=WallUs(values[f"{prefix}created_us"]),
        last=WallUs(values[f"{prefix}last_us"]),
        events=values[f"{prefix}events"],
        muted=Muted(values[f"{prefix}muted"]),
        escalates=wall("escalates_us"),
        taken=wall("taken_us"),
        taken_by=values[f"{prefix}taken_by"],
        test=values[f"{prefix}test"],
    )


def _to_verdict(row: sa.Row[Any]) -> Verdict:
    return Verdict(uuid.UUID(row.event), Judgement(row.judgement), row.judged_by, WallUs(row.judged_us))


def _drawn(query: sa.Select[Any], rule: int) -> sa.Select[Any]:
    """Of events, those of a rule that were drawn and wait for a verdict."""
    d = _DECISIONS.c
    joined = query.join(_DECISIONS, d.event == _E.c.id).outerjoin(_V, _V.c.event == _E.c.id)
    return joined.where(d.rule == rule, d.outcome == Outcome.SAMPLED.value, _V.c.event.is_(None))


def _must_be_judged(connection: sa.Connection, event: uuid.UUID) -> None:
    outcome = connection.execute(sa.select(_DECISIONS.c.outcome).where(_DECISIONS.c.event == str(event))).scalar()
    if outcome is None:
        raise MissingInputError("There is no such event any more, so nothing can be said of it.")
    if outcome not in _JUDGED:
        raise UsageError(
            "This event made no alert of its own and was not drawn to be looked at. Say it of an alert, or of what the rule's "
            "page shows below the threshold."
        )


def _who(name: str) -> str:
    cleaned = " ".join(name.split())
    if not cleaned or len(cleaned) > _WHO_LENGTH or not cleaned.isprintable():
        raise UsageError(f"Say who you are, in 1 to {_WHO_LENGTH} printable characters.")
    return cleaned
