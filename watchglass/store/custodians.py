"""Who can open originals: custodians' public halves, and how many of them it takes."""

import dataclasses
from typing import Any

import sqlalchemy as sa

from watchglass.base.clock import Clock, WallUs
from watchglass.base.errors import MissingInputError, UsageError
from watchglass.model.record import Actor
from watchglass.seal.identity import Recipient
from watchglass.seal.shamir import MOST
from watchglass.seal.shares import Custody
from watchglass.store import entries, schema
from watchglass.store.cameras import raise_revision
from watchglass.store.database import reading, writing

NEEDED = 2
"""How many it takes where nobody has said: one alone can then never open anything."""

_T = schema.custodians
_NAME_LENGTH = 64


@dataclasses.dataclass(frozen=True, slots=True)
class Custodian:
    """Somebody who has a part of the keys. `left` since when nothing is sealed to them any more."""

    id: int
    name: str
    recipient: Recipient
    added: WallUs
    left: WallUs | None = None


class Custodians:
    """Custodians of one data folder. A change raises the cameras' revision, which every process polls, and is entered with who
    made it (`by`).
    """

    def __init__(self, engine: sa.Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def all(self, *, left: bool = False) -> list[Custodian]:
        """Those who are custodians now, in the order in which they came; with `left` those who were, too."""
        query = sa.select(_T).order_by(_T.c.id)
        if not left:
            query = query.where(_T.c.left_us.is_(None))
        with reading(self._engine) as connection:
            return [_custodian(row) for row in connection.execute(query)]

    def needed(self) -> int:
        """How many it takes to open what is sealed from now on."""
        with reading(self._engine) as connection:
            return int(connection.execute(sa.select(schema.custody.c.needed)).scalar() or NEEDED)

    def custody(self) -> Custody | None:
        """To whom the next segment is sealed; None while there are fewer than it takes: nothing is kept then (rule S1)."""
        recipients = tuple(custodian.recipient for custodian in self.all())
        needed = self.needed()
        return Custody(recipients, needed) if len(recipients) >= needed else None

    def add(self, name: str, recipient: Recipient, *, by: Actor | None = None) -> Custodian:
        """Seal to one more from the next segment on. UsageError if the name or the key has been added before."""
        name = " ".join(name.split())
        if not name or len(name) > _NAME_LENGTH or not name.isprintable():
            raise UsageError(f"A custodian's name has 1 to {_NAME_LENGTH} printable characters: choose another one.")
        for known in self.all(left=True):
            if known.recipient == recipient:
                raise UsageError(
                    f"This key has been added before, as that of {known.name!r}: each custodian has their own."
                )
            if known.left is None and known.name.casefold() == name.casefold():
                raise UsageError(f"There is a custodian called {known.name!r} already: choose another name.")
        if len(self.all()) >= MOST:
            raise UsageError(f"There cannot be more than {MOST} custodians.")
        added = self._clock.wall_us()
        row = {"name": name, "public": str(recipient), "added_us": added}
        with writing(self._engine) as connection:
            identity = connection.execute(sa.insert(_T).values(row).returning(_T.c.id)).scalar_one()
            self._changed(connection, "custodian added", by, recipient=recipient.fingerprint)
        return Custodian(int(identity), name, recipient, added)

    def leave(self, name: str, *, by: Actor | None = None) -> Custodian:
        """Seal nothing to this custodian from the next segment on; what they have shares of stays as it is.

        MissingInputError if there is none of this name, UsageError if too few would be left.
        """
        there = self.all()
        found = next((one for one in there if one.name.casefold() == name.strip().casefold()), None)
        if found is None:
            names = ", ".join(repr(one.name) for one in there) or "none yet"
            raise MissingInputError(f"There is no custodian {name!r}. Custodians: {names}.")
        needed = self.needed()
        if len(there) == needed:
            raise UsageError(
                f"It takes {needed} custodians to open an original, and without {found.name!r} there would be "
                f"{needed - 1}: add another one first, or let it take fewer."
            )
        at = WallUs(max(self._clock.wall_us(), found.added))
        with writing(self._engine) as connection:
            connection.execute(sa.update(_T).where(_T.c.id == found.id).values(left_us=at))
            self._changed(connection, "custodian left", by, recipient=found.recipient.fingerprint)
        return dataclasses.replace(found, left=at)

    def set_needed(self, needed: int, *, by: Actor | None = None) -> None:
        """Say how many it takes, from the next segment on. UsageError if there can't be so many."""
        if not 1 <= needed <= MOST:
            raise UsageError(f"It takes 1 to {MOST} custodians to open an original, not {needed}.")
        there = len(self.all())
        if there and needed > there and self.custody() is not None:
            raise UsageError(
                f"There are {there} custodians: if it took {needed}, no original would be kept. Add custodians first."
            )
        with writing(self._engine) as connection:
            changed = connection.execute(sa.update(schema.custody).values(needed=needed)).rowcount
            if not changed:
                connection.execute(sa.insert(schema.custody).values(id=1, needed=needed))
            self._changed(connection, "custodians needed", by, needed=needed)

    def _changed(self, connection: sa.Connection, what: str, by: Actor | None, **fields: object) -> None:
        entries.change(connection, schema.entries, self._clock.wall_us(), what, by, **fields)
        raise_revision(connection)


def _custodian(row: sa.Row[Any]) -> Custodian:
    left = None if row.left_us is None else WallUs(row.left_us)
    return Custodian(row.id, row.name, Recipient.parse(row.public), WallUs(row.added_us), left)
