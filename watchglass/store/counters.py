"""Counters that rise in the transaction of what they count, so that other processes learn of it by polling."""

import sqlalchemy as sa

from watchglass.store import schema

_T = schema.counters


def raise_counter(connection: sa.Connection, name: str) -> None:
    """Let every process know that something has changed."""
    connection.execute(sa.update(_T).where(_T.c.name == name).values(value=_T.c.value + 1))


def read_counter(connection: sa.Connection, name: str) -> int:
    """How often it was raised."""
    return int(connection.execute(sa.select(_T.c.value).where(_T.c.name == name)).scalar_one())
