"""Rules of cameras, as people set them."""

import dataclasses
import logging
from typing import Any

import sqlalchemy as sa

from watchglass.base.clock import Clock, SystemClock
from watchglass.base.errors import MissingInputError, UsageError
from watchglass.model.record import Actor
from watchglass.model.rule import Rule
from watchglass.model.rule_json import read, written
from watchglass.store import entries, occupancy, schema
from watchglass.store.counters import raise_counter, read_counter
from watchglass.store.database import reading, writing

_log = logging.getLogger(__name__)

MOST = 64
"""Rules that one camera may have."""

_T = schema.rules


class Rules:
    """The list of rules. Safe from several threads and processes; each call is one short transaction.

    A change raises `revision()`, which every process polls, and is entered with who made it (`by`; None is watchglass
    itself).
    """

    def __init__(self, engine: sa.Engine, clock: Clock | None = None) -> None:
        """Without a `clock`, the machine's own says when what was changed."""
        self._engine = engine
        self._clock = clock or SystemClock()

    def all(self) -> list[Rule]:
        """Every rule, by camera, in the order in which they were added. One that cannot be read is left out, and logged."""
        return self._found(sa.select(_T).order_by(_T.c.camera, _T.c.id))

    def of(self, camera: int) -> list[Rule]:
        """Those of one camera."""
        return self._found(sa.select(_T).where(_T.c.camera == camera).order_by(_T.c.id))

    def get(self, id: int) -> Rule:  # noqa: A002 - the word of the contract
        """The rule with this id. MissingInputError if there is none."""
        with reading(self._engine) as connection:
            return _rule(_row(connection, id))

    def add(self, rule: Rule, *, by: Actor | None = None) -> Rule:
        """Keep a new rule; as it is then, with its id. UsageError if its camera has one of this name, or too many."""
        with writing(self._engine) as connection:
            cameras = schema.cameras
            if connection.execute(sa.select(cameras.c.id).where(cameras.c.id == rule.camera)).first() is None:
                raise MissingInputError(f"There is no camera with the id {rule.camera}; it may have been removed.")
            if _must_be_free(connection, rule, but=0) >= MOST:
                raise UsageError(f"This camera has {MOST} rules, the most it may have: remove one first.")
            values = {"camera": rule.camera, "rule": _text(rule)}
            kept = int(connection.execute(sa.insert(_T).values(values).returning(_T.c.id)).scalar_one())
            self._changed(connection, "rule added", by, camera=rule.camera, rule=kept)
        return dataclasses.replace(rule, id=kept)

    def change(self, rule: Rule, *, by: Actor | None = None) -> None:
        """Replace the rule with this id. It stays with its camera. Unless only its name is another, it begins anew."""
        with writing(self._engine) as connection:
            before = _row(connection, rule.id)
            if before.camera != rule.camera:
                raise UsageError(f"Rule {rule.name!r} is of another camera: add it there, and remove it here.")
            _must_be_free(connection, rule, but=rule.id)
            connection.execute(sa.update(_T).where(_T.c.id == rule.id).values(rule=_text(rule)))
            if occupancy.begins_anew(before.rule, rule):
                occupancy.forget(connection, rule.id)
            self._changed(connection, "rule changed", by, camera=rule.camera, rule=rule.id)

    def remove(self, id: int, *, by: Actor | None = None) -> None:  # noqa: A002
        """Forget a rule. Its events and counts stay."""
        with writing(self._engine) as connection:
            camera = _row(connection, id).camera
            connection.execute(sa.delete(_T).where(_T.c.id == id))
            self._changed(connection, "rule removed", by, camera=camera, rule=id)

    def revision(self) -> int:
        """A number that rises with every change of any rule."""
        with reading(self._engine) as connection:
            return read_counter(connection, "rules")

    def _found(self, query: sa.Select[Any]) -> list[Rule]:
        found: list[Rule] = []
        with reading(self._engine) as connection:
            for row in connection.execute(query):
                try:
                    found.append(_rule(row))
                except UsageError as error:  # the others go on
                    _log.error("rule %d of camera %d is off until it is set anew: %s", row.id, row.camera, error)
        return found

    def _changed(self, connection: sa.Connection, what: str, by: Actor | None, **fields: int) -> None:
        entries.change(connection, schema.entries, self._clock.wall_us(), what, by, **fields)
        raise_counter(connection, "rules")


def _text(rule: Rule) -> str:
    return written(dataclasses.replace(rule, id=0))


def _rule(row: sa.Row[Any]) -> Rule:
    return dataclasses.replace(read(row.rule), id=row.id, camera=row.camera)


def _row(connection: sa.Connection, rule: int) -> sa.Row[Any]:
    row = connection.execute(sa.select(_T).where(_T.c.id == rule)).first()
    if row is None:
        raise MissingInputError(f"There is no rule with the id {rule}; it may have been removed.")
    return row


def _must_be_free(connection: sa.Connection, rule: Rule, but: int) -> int:
    """UsageError if another rule of the camera has this name; else how many there are."""
    rows = connection.execute(sa.select(_T).where(_T.c.camera == rule.camera, _T.c.id != but)).all()
    for row in rows:
        try:
            name = _rule(row).name
        except UsageError:
            continue
        if name.casefold() == rule.name.casefold():
            raise UsageError(f"This camera has a rule called {name!r} already: choose another name.")
    return len(rows)
