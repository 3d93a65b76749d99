import sqlalchemy as sa

from watchglass.store.counters import raise_counter, read_counter
from watchglass.store.database import reading, writing


def test_rises_with_what_it_counts_or_not_at_all(engine: sa.Engine) -> None:
    with writing(engine) as connection:
        raise_counter(connection, "alerts")
    with writing(engine) as connection:
        raise_counter(connection, "channels")
        connection.rollback()
    with reading(engine) as connection:
        assert (read_counter(connection, "alerts"), read_counter(connection, "channels")) == (1, 0)
