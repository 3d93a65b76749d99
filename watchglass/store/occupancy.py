"""How many are inside by each rule of occupancy, kept so that it outlives whoever counts. Numbers, and the minute of the last change.

A rule that is another now, by more than its name, has counted nobody yet: its row goes in the transaction that changes it, and
what was counted by the rule as it was before is not written any more.
"""

import dataclasses
from collections.abc import Iterable

import sqlalchemy as sa

from watchglass.base.clock import WallUs
from watchglass.base.errors import UsageError
from watchglass.model.count import Inside
from watchglass.model.rule import Rule
from watchglass.model.rule_json import read
from watchglass.store import schema

_T, _R = schema.occupancies, schema.rules


def keep(connection: sa.Connection, inside: Iterable[tuple[Rule, Inside]]) -> None:
    """How many are inside now, by rules as they were when that was counted."""
    some = {rule.id: (rule, one) for rule, one in inside}
    if not some:
        return
    kept = connection.execute(sa.select(_R.c.id, _R.c.rule).where(_R.c.id.in_(some)))
    rows = [
        {"rule": id_, "went_in": one.entered, "went_out": one.left, "inside": one.now, "minute_us": one.at}
        for id_, text in kept
        for rule, one in [some[id_]]
        if not begins_anew(text, rule)
    ]
    if rows:
        connection.execute(sa.delete(_T).where(_T.c.rule.in_([row["rule"] for row in rows])))
        connection.execute(sa.insert(_T), rows)


def known(connection: sa.Connection) -> dict[int, Inside]:
    """How many were inside when that was last written, by rule."""
    rows = connection.execute(sa.select(_T))
    return {row.rule: Inside(row.went_in, row.went_out, row.inside, WallUs(row.minute_us)) for row in rows}


def forget(connection: sa.Connection, rule: int) -> None:
    """Counting by a rule begins anew."""
    connection.execute(sa.delete(_T).where(_T.c.rule == rule))


def begins_anew(kept: str, rule: Rule) -> bool:
    """Whether what was counted by a rule as it is kept, JSON, says nothing of it as it is here."""
    try:
        return dataclasses.replace(read(kept), id=rule.id, camera=rule.camera).differs(rule)
    except UsageError:  # of a newer watchglass: nobody minds it here
        return True
