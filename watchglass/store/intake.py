"""From events to alerts: of every event that is in the catalogue and nobody has decided about yet.

Whoever saw an event writes it down and rings; that it is written is enough. If they die before they ring, or whoever decides dies in
the middle, the event is found undecided by the next who looks: each is decided once, by its id.
"""

import sqlalchemy as sa

from watchglass.base.clock import WallUs
from watchglass.store import schema
from watchglass.store.database import reading
from watchglass.store.events import to_event
from watchglass.store.outbox import Outbox
from watchglass.store.policies import Policies
from watchglass.store.rules import Rules

MOST = 200
"""Events that are decided about before anything else is looked after."""

_E, _D = schema.events, schema.decisions


class Intake:
    """Safe from several processes: the second to decide about an event changes nothing."""

    def __init__(self, engine: sa.Engine, outbox: Outbox) -> None:
        self._engine = engine
        self._outbox = outbox

    def take(self, since: WallUs) -> int:
        """Decide about events that began since then, the earliest first, `MOST` at a time; how many that was.

        Of one that lasts, and whose score is too low for an alert so far, that is done when it ends or its score is not.
        """
        undecided = sa.and_(_E.c.start_us >= since, _D.c.event.is_(None))
        query = sa.select(_E).outerjoin(_D, _D.c.event == _E.c.id).where(undecided).order_by(_E.c.start_us, _E.c.id)
        with reading(self._engine) as connection:
            rows = connection.execute(query.limit(MOST)).all()
            if not rows:
                return 0
            names = connection.execute(sa.select(schema.cameras.c.id, schema.cameras.c.name))
            cameras = {row.id: row.name for row in names}
        rules = {rule.id: rule.name for rule in Rules(self._engine).all()}
        policies, taken = Policies(self._engine), 0
        for event in map(to_event, rows):
            if event.end is None and event.score < policies.get(event.rule).threshold:
                continue
            # A rule that has gone meanwhile is told by what it looked for.
            name = rules.get(event.rule) or str(event.kind)
            self._outbox.take(event, name, cameras.get(event.camera, ""))
            taken += 1
        return taken
