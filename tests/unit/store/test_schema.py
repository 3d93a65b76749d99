"""What the tables themselves refuse, and what they may never hold."""

import re

import pytest
import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable

from watchglass.store import schema

CAMERA = {
    "id": 1,
    "name": "Yard",
    "main_kind": "rtsp",
    "main_address": "x",
    "sub_kind": None,
    "sub_address": None,
    "transport": "tcp",
    "enabled": True,
    "retention_days": None,
    "policy": "vehicles",
    "sound": False,
}
SEGMENT = {
    "camera": 1,
    "run": "r",
    "state": "closed",
    "start_us": 5,
    "end_us": 6,
    "path": "p",
    "size": 1,
    "sha256": "0" * 64,
}
GAP = {"camera": 1, "start_us": 5, "end_us": 6, "cause": "us", "detail": ""}
STATUS = {
    "camera": 1,
    "state": "shown",
    "since_us": 0,
    "reason": "",
    "progress": 0.0,
    "protection": "full",
    "width": 0,
    "height": 0,
}
EVENT = {
    "id": "e",
    "camera": 1,
    "rule": 1,
    "kind": "intrusion",
    "start_us": 5,
    "end_us": 6,
    "seen_us": 6,
    "score": 0.6,
    "tracks": 1,
    "place": "",
    "at_x": None,
    "at_y": None,
    "detail": "",
}
COUNT = {
    "rule": 1,
    "minutes": 60,
    "begin_us": 3_600_000_000,
    "class": "car",
    "direction": "forward",
    "place": "gate",
    "camera": 1,
    "count": 1,
}
INSIDE = {"rule": 1, "went_in": 2, "went_out": 1, "inside": 1, "minute_us": 60_000_000}
HEALTH = {"camera": 1, "role": "main", "state": "up", "since_us": 0, "cause": ""}


@pytest.mark.parametrize(
    ("table", "row", "wrong"),
    [
        ("cameras", CAMERA, {"name": ""}),
        ("cameras", CAMERA, {"name": None}),
        ("cameras", CAMERA, {"main_kind": "ftp"}),
        ("cameras", CAMERA, {"sub_kind": "rtsp"}),
        ("cameras", CAMERA, {"sub_address": "x"}),
        ("cameras", CAMERA, {"sub_kind": "ftp", "sub_address": "x"}),
        ("cameras", CAMERA, {"transport": "quic"}),
        ("cameras", CAMERA, {"retention_days": -1}),
        ("cameras", CAMERA, {"policy": "faces"}),
        ("cameras", CAMERA, {"policy": None}),
        ("cameras", CAMERA, {"sound": None}),
        ("segments", SEGMENT, {"state": "lost"}),
        ("segments", SEGMENT, {"end_us": 4}),
        ("segments", SEGMENT, {"size": -1}),
        ("segments", SEGMENT, {"sha256": None}),
        ("segments", SEGMENT, {"sha256": "0"}),
        ("segments", SEGMENT, {"camera": None}),
        ("segments", SEGMENT, {"path": None}),
        ("gaps", GAP, {"end_us": 5}),
        ("gaps", GAP, {"cause": "weather"}),
        ("covers", {"camera": 1, "start_us": 5, "end_us": 6, "reason": ""}, {"end_us": 5}),
        ("health", HEALTH, {"role": "third"}),
        ("health", HEALTH, {"state": "fine"}),
        ("view_status", STATUS, {"state": "raw"}),
        ("view_status", STATUS, {"protection": "none"}),
        ("rules", {"camera": 1, "rule": "{}"}, {"rule": ""}),
        ("rules", {"camera": 1, "rule": "{}"}, {"camera": None}),
        ("events", EVENT, {"end_us": 4}),
        ("events", EVENT, {"seen_us": 4}),
        ("events", EVENT, {"score": 60}),
        ("events", EVENT, {"tracks": -1}),
        ("events", EVENT, {"at_x": 0.5}),
        ("crossing_counts", COUNT, {"begin_us": 60_000_000}),
        ("crossing_counts", COUNT, {"minutes": 1, "begin_us": 1}),
        ("crossing_counts", COUNT, {"minutes": 15}),
        ("crossing_counts", COUNT, {"direction": "up"}),
        ("crossing_counts", COUNT, {"count": 0}),
        ("occupancies", INSIDE, {"inside": -1}),
        ("occupancies", INSIDE, {"inside": 3}),
        ("occupancies", INSIDE, {"went_out": -1}),
        ("occupancies", INSIDE, {"minute_us": 61_000_000}),
        ("setup_tokens", {"id": 1, "token_sha256": ""}, {"id": 2}),
    ],
)
def test_rows_that_make_no_sense_are_refused(table: str, row: dict[str, object], wrong: dict[str, object]) -> None:
    engine = sa.create_engine("sqlite://")
    schema.METADATA.create_all(engine)
    target = schema.METADATA.tables[table]
    with engine.begin() as connection:
        connection.execute(sa.insert(target).values(row))
        connection.execute(sa.delete(target))
        with pytest.raises(sa.exc.IntegrityError):
            connection.execute(sa.insert(target).values(row | wrong))
    engine.dispose()


@pytest.mark.parametrize("name", ["sqlite", "postgresql"])
def test_every_table_can_be_made_on_both_databases(name: str) -> None:
    dialect = sa.URL.create(name).get_dialect()()
    for table in schema.METADATA.sorted_tables:
        assert "CREATE TABLE" in str(CreateTable(table).compile(dialect=dialect))
        for index in table.indexes:
            text = str(CreateIndex(index).compile(dialect=dialect))
            assert ("WHERE end_us IS NULL" in text) == ("lasting" in str(index.name))


def test_no_column_may_hold_what_a_person_looks_like_or_a_secret() -> None:
    """Design, section 1: a fixed property, held over the schema."""
    banned = re.compile(
        r"face|gait|embed|template|vector|person|age|gender|emotion|plate_number|password$|secret$|token$"
    )
    columns = [f"{table.name}.{column.name}" for table in schema.METADATA.sorted_tables for column in table.columns]
    assert len(columns) > 40
    assert [column for column in columns if banned.search(column.split(".")[1])] == []


def test_every_constraint_has_a_name_so_that_a_migration_can_drop_it() -> None:
    constraints = [c for table in schema.METADATA.sorted_tables for c in table.constraints]
    assert all(isinstance(c.name, str) for c in constraints if not isinstance(c, sa.PrimaryKeyConstraint))
