"""How spans begin and end is tested through Views (test_views.py); here is what a reader must never see."""

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from watchglass.base.clock import WallUs
from watchglass.store import schema, spans

FOREVER = WallUs(1 << 60)
steps = st.lists(st.tuples(st.sampled_from(["a", "b", "end"]), st.integers(0, 30)), max_size=20)


@given(steps)
def test_whatever_is_said_in_whatever_order_one_span_lasts_at_most_and_none_ends_before_it_begins(
    said: list[tuple[str, int]],
) -> None:
    engine = sa.create_engine("sqlite://")
    schema.METADATA.create_all(engine)
    table = schema.covers
    with engine.begin() as connection:
        for what, at in said:
            if what == "end":
                spans.end(connection, table, 1, WallUs(at))
            else:
                spans.begin(connection, table, 1, WallUs(at), {"reason": what}, "reason")
        rows = connection.execute(sa.select(table).order_by(table.c.id)).all()
        lasting = [row for row in rows if row.end_us is None]
        assert len(lasting) == (1 if [what for what, _ in said][-1:] not in ([], ["end"]) else 0)
        assert all(row.end_us > row.start_us for row in rows if row.end_us is not None)
        assert spans.within(connection, table, 1, WallUs(-1), FOREVER) == sorted(rows, key=lambda r: (r.start_us, r.id))
    engine.dispose()


@pytest.mark.parametrize(("start", "end", "found"), [(0, 10, 0), (0, 11, 1), (19, 30, 1), (20, 30, 0), (12, 13, 1)])
def test_a_span_is_found_by_the_time_that_it_shares(start: int, end: int, found: int) -> None:
    engine = sa.create_engine("sqlite://")
    schema.METADATA.create_all(engine)
    with engine.begin() as connection:
        spans.begin(connection, schema.covers, 1, WallUs(10), {"reason": "x"}, "reason")
        spans.end(connection, schema.covers, 1, WallUs(20))
        assert len(spans.within(connection, schema.covers, 1, WallUs(start), WallUs(end))) == found
    engine.dispose()
