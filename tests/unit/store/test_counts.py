import csv
import dataclasses
import io
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet
from sqlalchemy.dialects import postgresql

from watchglass.base.clock import WallUs
from watchglass.base.errors import UsageError
from watchglass.model.count import HOUR, MINUTE, Count
from watchglass.model.place import Direction
from watchglass.model.vision import ObjectClass
from watchglass.store import schema
from watchglass.store.cameras import Cameras
from watchglass.store.counts import COLUMNS, Counts, as_csv, published, write_parquet

NOON = WallUs(500_000 * HOUR)
FOREVER = WallUs(1 << 60)


@pytest.fixture
def counts(engine: sa.Engine) -> Counts:
    return Counts(engine)


def count(minute: int, number: int = 1, **parts: object) -> Count:
    plain = Count(
        1, 2, "gate", ObjectClass.CAR, Direction.FORWARD, WallUs(NOON + minute * MINUTE), minutes=1, count=number
    )
    return dataclasses.replace(plain, **parts)  # type: ignore[arg-type]


def hour(number: int, of: int = 0) -> Count:
    return count(of * 60, number, minutes=60)


def test_what_was_counted_is_added_up(counts: Counts) -> None:
    counts.add([count(0, 2), count(1, 3)])
    counts.add([count(1, 4), count(1, 5, direction=Direction.BACKWARD)])
    counts.add([])
    counts.add([count(2), count(2, 3), count(0, 2), count(0)])
    assert counts.of(NOON, FOREVER) == [
        count(0, 5),
        count(1, 5, direction=Direction.BACKWARD),
        count(1, 7),
        count(2, 4),
    ]
    assert counts.of(NOON, FOREVER, hours=True) == [
        count(0, 5, minutes=60, direction=Direction.BACKWARD),
        hour(16),
    ]


def test_all_or_nothing(counts: Counts) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        counts.add([count(0), count(1, 0)])
    assert counts.of(NOON, FOREVER) == []


def test_of_whom_and_when(counts: Counts) -> None:
    counts.add([count(0), count(1, rule=3), count(2, camera=4, rule=5)])
    assert counts.of(NOON, FOREVER, camera=1) == [count(0), count(1, rule=3)]
    assert counts.of(NOON, FOREVER, rule=3) == [count(1, rule=3)]
    assert counts.of(WallUs(NOON + MINUTE), WallUs(NOON + 2 * MINUTE)) == [count(1, rule=3)]


def test_minutes_become_hours_and_no_number_changes(counts: Counts) -> None:
    counts.add([count(minute, minute + 1) for minute in range(0, 60 * 60, 7)])  # two days and a half
    before = counts.of(NOON, FOREVER, hours=True)
    assert counts.roll_up(WallUs(NOON + 50 * HOUR + 5 * MINUTE)) == len(range(0, 50 * 60, 7))
    assert counts.of(NOON, FOREVER, hours=True) == before
    kept = counts.of(NOON, FOREVER)
    assert [one.minutes for one in kept] == [60] * 50 + [1] * (len(kept) - 50)
    assert counts.roll_up(WallUs(NOON + 50 * HOUR)) == 0


def test_a_minute_that_comes_late_is_added_to_its_hour(counts: Counts) -> None:
    counts.add([count(0, 3)])
    counts.roll_up(WallUs(NOON + HOUR))
    counts.add([count(5, 4)])
    assert counts.roll_up(WallUs(NOON + HOUR)) == 1
    assert counts.of(NOON, FOREVER) == [hour(7)]


def test_they_outlive_their_camera(counts: Counts, cameras: Cameras) -> None:
    counts.add([count(0)])
    cameras.remove(1)
    assert counts.of(NOON, FOREVER) == [count(0)]


def test_they_may_be_forgotten(counts: Counts) -> None:
    counts.add([count(0), count(1)])
    assert counts.forget(WallUs(NOON + MINUTE)) == 1
    assert counts.of(NOON, FOREVER) == [count(1)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(1, 9), st.sampled_from(Direction)), max_size=20),
    st.integers(0, 6),
)
def test_nothing_is_lost_on_the_way(engine: sa.Engine, some: list[tuple[int, int, Direction]], hours: int) -> None:
    counts = Counts(engine)
    counts.forget(FOREVER)
    for minute, number, way in some:
        counts.add([count(minute, number, direction=way)])
        counts.roll_up(WallUs(NOON + hours * HOUR))
    for by_hour in (False, True):
        found = counts.of(NOON, FOREVER, hours=by_hour)
        assert sum(one.count for one in found) == sum(number for _, number, _ in some)
        assert len({(one.begin, one.direction) for one in found}) == len(found)


class TestPublished:
    def test_under_five_is_left_out_as_if_it_were_nothing(self) -> None:
        assert published([hour(4), hour(5, 1), hour(1, 2), hour(99, 3)]) == [hour(5, 1), hour(99, 3)]

    def test_minutes_are_not_published(self) -> None:
        with pytest.raises(UsageError, match="Counts are published by the hour"):
            published([count(0, 100)])


class TestCsv:
    def test_it_has_a_head_and_times_in_utc(self) -> None:
        lines = as_csv([count(1, 7)]).split("\r\n")
        assert lines[0] == ",".join(COLUMNS) == "begin,minutes,camera,rule,place,class,direction,count"
        assert lines[1:] == ["2027-01-15T08:01:00Z,1,1,2,gate,car,forward,7", ""]

    @pytest.mark.parametrize("place", ["=1+1", "+a", "-a", "@a"])
    def test_a_place_is_no_formula(self, place: str) -> None:
        [_, row] = csv.reader(io.StringIO(as_csv([count(0, place=place)])))
        assert row[4] == f"'{place}"

    def test_commas_and_quotes(self) -> None:
        [_, row] = csv.reader(io.StringIO(as_csv([count(0, place='north, "old" gate')])))
        assert row[4] == 'north, "old" gate'


class TestParquet:
    def test_without_its_library_it_says_what_to_install(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "pyarrow", None)
        with pytest.raises(UsageError, match=r"run pip install 'watchglass\[parquet\]', or take CSV"):
            write_parquet([count(0)], tmp_path / "counts.parquet")
        assert list(tmp_path.iterdir()) == []

    def test_there_and_back(self, tmp_path: Path) -> None:
        write_parquet([count(0, 3), count(1, 4)], tmp_path / "counts.parquet")
        table = parquet.read_table(tmp_path / "counts.parquet")
        assert tuple(table.column_names) == COLUMNS
        assert table.column("count").to_pylist() == [3, 4]
        write_parquet([], tmp_path / "empty.parquet")


def test_no_column_is_more_than_a_number_and_what_it_is_of() -> None:
    assert {column.name for column in schema.crossing_counts.columns} == {
        *("rule", "minutes", "begin_us", "class", "direction", "place", "camera", "count")
    }


def test_its_query_is_postgresql_s_as_well(counts: Counts, engine: sa.Engine) -> None:
    said: list[str] = []

    def keep(_connection: object, clause: object, *_rest: object) -> None:
        if isinstance(clause, sa.Select):
            said.append(str(clause.compile(dialect=postgresql.dialect())))  # type: ignore[no-untyped-call]

    sa.event.listen(engine, "before_execute", keep)
    counts.of(NOON, FOREVER, 1, 2, hours=True)
    sa.event.remove(engine, "before_execute", keep)
    [query] = said
    hours = "crossing_counts.begin_us - crossing_counts.begin_us %% 3600000000"
    assert query.count(hours) == 3  # chosen, grouped by and ordered by: the same text each time
