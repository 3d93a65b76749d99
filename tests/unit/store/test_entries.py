"""Entries for the ledger: one way to write each, and logs that only ever grow."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.store.footage import INIT, fake_fragment
from watchglass.base.clock import MICROSECONDS, SimulatedClock, WallUs
from watchglass.base.errors import BadInputError
from watchglass.model.camera import Camera, Credentials, Source, SourceKind, ViewPolicy
from watchglass.model.hours import PrivacyHours
from watchglass.model.record import Actor, Deletion, GapCause, Segment, SegmentState, Through
from watchglass.seal.identity import Identity
from watchglass.store import entries, schema
from watchglass.store.cameras import Cameras
from watchglass.store.custodians import Custodians
from watchglass.store.database import reading, writing
from watchglass.store.holds import reason_hash
from watchglass.store.views import Views

VECTORS = json.loads((Path(__file__).parents[3] / "docs/formats/vectors/ledger-entry-1.json").read_bytes())
ANNA = Actor("anna", Through.CONSOLE)
NOW = SimulatedClock().wall_us()


def told(engine: sa.Engine, table: sa.Table = schema.entries) -> list[dict[str, object]]:
    """What a log tells, without what all entries have."""
    read = [entries.parse(text) for text in entries.read(engine, table)]
    assert [entry["n"] for entry in read] == list(range(1, len(read) + 1))
    assert {entry["log"] for entry in read} <= {table.info["log"]}
    return [{key: value for key, value in entry.items() if key not in {"v", "log", "n", "at_us"}} for entry in read]


# ---- bytes


@pytest.mark.parametrize("vector", VECTORS["entries"])
def test_the_vectors_are_what_is_written_and_read(vector: dict[str, object]) -> None:
    data = str(vector["canonical"]).encode()
    assert entries.canonical(vector["entry"]) == data  # type: ignore[arg-type]
    assert entries.parse(data) == vector["entry"]
    assert hashlib.sha256(data).hexdigest() == vector["sha256"]


@pytest.mark.parametrize("vector", VECTORS["refused"], ids=lambda vector: vector["why"])
def test_what_is_no_entry_is_refused(vector: dict[str, str]) -> None:
    with pytest.raises(BadInputError, match="no entry of the ledger"):
        entries.parse(vector["text"].encode())


def test_bytes_that_are_no_text_and_too_many_are_refused() -> None:
    for data in (b"\xff", b'{"a":"' + b"x" * entries.LARGEST + b'"}', b"[" * 5000):
        with pytest.raises(BadInputError, match="no entry of the ledger"):
            entries.parse(data)


def test_the_vector_of_a_reason() -> None:
    vector = VECTORS["reason"]
    assert reason_hash(vector["salt"], vector["reason"]) == vector["sha256"]


@given(st.recursive(st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(), st.lists, max_leaves=5))
def test_whatever_is_written_is_read_as_it_was(value: object) -> None:
    assert json.loads(entries.canonical({"a": value})) == {"a": value}


@pytest.mark.parametrize("value", [1.5, None, 2**53, -(2**53), "\ud800", {"A": 1}, {1: 1}, b"", [[[[[1]]]]]])
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        entries.canonical({"a": value})


# ---- logs that only grow


@pytest.fixture
def log() -> Iterator[sa.Engine]:
    """A catalogue of both kinds, in memory; that migrations make the same tables is tested in test_database.py."""
    engine = sa.create_engine("sqlite://")
    schema.METADATA.create_all(engine)
    schema.ORIGINALS.create_all(engine)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("table", [schema.entries, schema.original_entries], ids=lambda table: table.name)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {0} SET entry = 'x' WHERE number = 1",
        "UPDATE {0} SET number = 9",
        "DELETE FROM {0}",
        "DELETE FROM {0} WHERE number = 2",
        "INSERT INTO {0} VALUES (4, 'x')",
        "INSERT INTO {0} VALUES (2, 'x')",
        "INSERT OR REPLACE INTO {0} VALUES (2, 'x')",
        "INSERT OR IGNORE INTO {0} VALUES (0, 'x')",
        "INSERT INTO {0} VALUES (NULL, 'x')",
    ],
)
def test_nothing_is_changed_removed_or_left_out(statement: str, table: sa.Table, log: sa.Engine) -> None:
    with writing(log) as connection:
        for _ in range(2):
            entries.append(connection, table, NOW, "change", what="camera removed", camera=1)
    before = entries.read(log, table)

    def attempt() -> None:
        with writing(log) as connection:
            connection.exec_driver_sql(statement.format(table.name))

    with pytest.raises(sa.exc.IntegrityError):
        attempt()
    assert entries.read(log, table) == before
    assert len(before) == 2


def test_what_is_undone_leaves_no_hole(log: sa.Engine) -> None:
    def fail() -> None:
        with writing(log) as connection:
            entries.append(connection, schema.entries, NOW, "change", what="camera removed", camera=1)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with writing(log) as connection:
        assert entries.append(connection, schema.entries, NOW, "change", what="camera removed", camera=2) == 1
        assert entries.append(connection, schema.entries, NOW, "change", what="camera removed", camera=3) == 2
    assert [one["camera"] for one in told(log)] == [2, 3]
    assert len(entries.read(log, schema.entries, after=1)) == 1
    assert len(entries.read(log, schema.entries, limit=1)) == 1


def test_an_entry_that_could_not_be_read_is_not_written(log: sa.Engine) -> None:
    def write() -> None:
        with writing(log) as connection:
            entries.append(connection, schema.entries, NOW, "gap", footage="view", camera=1, cause="disk")

    with pytest.raises(ValueError, match="fields"):
        write()
    assert told(log) == []


def test_many_deletions_are_many_entries_of_bounded_size(log: sa.Engine) -> None:
    longest = "x" * 128
    many = [
        Segment(n, 1 + n % 2, "r", SegmentState.CLOSED, WallUs(n), WallUs(n + 5), longest, 1, "a" * 64)
        for n in range(2 * entries.MOST_SEGMENTS + 2)
    ]
    with writing(log) as connection:
        entries.deletions(connection, schema.entries, NOW, "view", many, Deletion.AGE)
    found = [
        (one["camera"], one["from_us"], one["to_us"], len(one["segments"]))  # type: ignore[arg-type]
        for one in told(log)
    ]
    most = entries.MOST_SEGMENTS
    assert found == [
        (1, 0, 2 * most + 3, most),
        (1, 2 * most, 2 * most + 5, 1),
        (2, 1, 2 * most + 4, most),
        (2, 2 * most + 1, 2 * most + 6, 1),
    ]
    assert max(len(text) for text in entries.read(log, schema.entries)) <= entries.LARGEST


# ---- each is written with what it tells of


def recorded(views: Views, camera: Camera, start: int) -> Segment:
    writer = views.begin(camera.id, "run", WallUs(start), INIT)
    writer.append(fake_fragment(0), WallUs(start + MICROSECONDS))
    return writer.close()


def test_a_deletion_is_told_with_its_segments(views: Views, camera: Camera, engine: sa.Engine) -> None:
    first, second = recorded(views, camera, 0), recorded(views, camera, 2 * MICROSECONDS)
    views.delete([first, second], Deletion.SPACE)
    assert told(engine)[1:] == [  # the first is that the camera was added
        {
            "kind": "deletion",
            "footage": "view",
            "camera": camera.id,
            "from_us": 0,
            "to_us": 3 * MICROSECONDS,
            "reason": "space",
            "segments": [{"file": one.path, "sha256": one.sha256} for one in (first, second)],
        }
    ]


def test_nothing_is_deleted_that_could_not_be_told(
    views: Views, camera: Camera, engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    segment = recorded(views, camera, 0)

    def refuse(*_: object, **__: object) -> int:
        raise KeyError

    monkeypatch.setattr(entries, "append", refuse)
    for attempt in (
        lambda: views.delete([segment]),
        lambda: views.forget(camera.id),
        lambda: views.open_gap(camera.id, WallUs(5), GapCause.DISK),
    ):
        with pytest.raises(KeyError):
            attempt()
    assert views.segments(camera.id, WallUs(0), WallUs(9)) == [segment]
    assert views.gaps(camera.id, WallUs(0), WallUs(9)) == []


def test_gaps_are_told_when_they_open_and_close(views: Views, camera: Camera, engine: sa.Engine) -> None:
    views.open_gap(camera.id, WallUs(10), GapCause.DISK, "No space.")
    views.open_gap(camera.id, WallUs(12), GapCause.DISK, "No space.")  # it goes on
    views.open_gap(camera.id, WallUs(20), GapCause.CAMERA)
    views.close_gap(camera.id, WallUs(15))  # the clock was set back: it took no time
    views.close_gap(camera.id, WallUs(30))  # there is none
    common = {"kind": "gap", "footage": "view", "camera": camera.id}
    assert told(engine)[1:] == [
        {**common, "action": "opened", "from_us": 10, "cause": "disk"},
        {**common, "action": "closed", "from_us": 10, "to_us": 20, "cause": "disk"},
        {**common, "action": "opened", "from_us": 20, "cause": "camera"},
        {**common, "action": "closed", "from_us": 20, "to_us": 20, "cause": "camera"},
    ]


def test_changes_of_cameras_are_told_with_who_made_them(engine: sa.Engine, cameras: Cameras, views: Views) -> None:
    yard = cameras.add(
        "Yard of Mr Smith",
        Source(SourceKind.RTSP, "rtsp://192.0.2.7/stream"),
        retention_days=2.5,
        policy=ViewPolicy.VEHICLES,
        by=ANNA,
    )
    cameras.rename(yard.id, "Yard", by=ANNA)
    cameras.set_enabled(yard.id, False, by=ANNA)
    cameras.set_policy(yard.id, ViewPolicy.FLAT, by=ANNA)
    cameras.set_sound(yard.id, True, by=ANNA)
    cameras.set_privacy_hours(yard.id, PrivacyHours.parse("mon 08:00-16:00"), by=ANNA)
    cameras.set_privacy_hours(yard.id, None, by=ANNA)
    cameras.set_credentials(yard.id, Credentials("user", "secret"), by=ANNA)
    open_one = views.begin(yard.id, "run", WallUs(0), INIT)
    cameras.remove(yard.id)  # watchglass itself
    common = {"kind": "change", "camera": yard.id, "by": "anna", "through": "console"}
    assert told(engine)[1:] == [
        {**common, "what": "camera added", "policy": "vehicles", "retention_s": 216000},
        {**common, "what": "camera renamed"},
        {**common, "what": "camera enabled", "enabled": False},
        {**common, "what": "camera policy", "policy": "people-and-things"},
        {**common, "what": "camera sound", "sound": True},
        {**common, "what": "camera privacy hours", "hours": "mon 08:00-16:00"},
        {**common, "what": "camera privacy hours", "hours": "none"},
        {**common, "what": "camera credentials"},
        {
            "kind": "deletion",
            "footage": "view",
            "camera": yard.id,
            "from_us": 0,
            "to_us": 0,
            "reason": "camera removed",
            "segments": [{"file": open_one.segment.path}],
        },
        {"kind": "change", "what": "camera removed", "camera": yard.id},
    ]
    everything = b"".join(entries.read(engine, schema.entries))
    assert not any(word in everything for word in (b"Smith", b"192.0.2.7", b"secret", b"user"))
    open_one.close()


def test_changes_of_custodians_are_told_without_their_names(engine: sa.Engine, clock: SimulatedClock) -> None:
    custodians = Custodians(engine, clock)
    ada, bo = (Identity(bytes([number]) * 96).recipient for number in (1, 2))
    custodians.set_needed(1, by=ANNA)
    custodians.add("Ada Lovelace", ada, by=ANNA)
    custodians.add("Bo", bo, by=ANNA)
    custodians.leave("Ada Lovelace", by=ANNA)
    common = {"kind": "change", "by": "anna", "through": "console"}
    assert told(engine)[1:] == [
        {**common, "what": "custodians needed", "needed": 1},
        {**common, "what": "custodian added", "recipient": ada.fingerprint},
        {**common, "what": "custodian added", "recipient": bo.fingerprint},
        {**common, "what": "custodian left", "recipient": ada.fingerprint},
    ]
    assert b"Lovelace" not in b"".join(entries.read(engine, schema.entries))


def test_footage_that_was_lost_is_told(views: Views, camera: Camera, engine: sa.Engine, clock: SimulatedClock) -> None:
    writer = views.begin(camera.id, "run", WallUs(0), INIT)
    clock.advance(6)
    writer.append(fake_fragment(0), WallUs(MICROSECONDS))  # synced, and its row knows of it
    views.path(writer.segment).unlink()
    writer._release()  # as when its process dies
    views.settle()
    (lost,) = told(engine)[1:]
    assert (lost["reason"], lost["to_us"]) == ("lost", MICROSECONDS)
    with reading(engine) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(schema.segments)).scalar() == 0


def test_what_never_had_any_footage_is_not_told(views: Views, camera: Camera, engine: sa.Engine) -> None:
    views.begin(camera.id, "run", WallUs(0), INIT).close()
    views.begin(camera.id, "run", WallUs(0), INIT)._release()
    views.settle()
    assert told(engine)[1:] == []
