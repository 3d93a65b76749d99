"""The catalogue's file: made, migrated with a copy kept, refused when newer, shared between processes."""

import shutil
import sqlite3
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import argon2
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.dialects import postgresql

from tests.unit.store.footage import INIT, fake_fragment
from watchglass.base.clock import SimulatedClock, WallUs
from watchglass.base.errors import BadInputError, CannotWriteError, DiskFullError, NewerDataError, UsageError
from watchglass.model.camera import (
    Camera,
    Credentials,
    Health,
    HealthState,
    Source,
    SourceKind,
    StreamRole,
    ViewPolicy,
    ViewState,
    ViewStatus,
)
from watchglass.model.count import Count, Inside
from watchglass.model.event import RuleKind
from watchglass.model.place import Direction, Point, Tripwire, Zone
from watchglass.model.record import Actor, GapCause, Through
from watchglass.model.rule import Rule
from watchglass.model.vision import ObjectClass
from watchglass.store import database, entries, schema
from watchglass.store.accounts import Accounts
from watchglass.store.cameras import Cameras
from watchglass.store.check import Proof
from watchglass.store.counts import Counts
from watchglass.store.database import open_database, open_originals, reading, writing
from watchglass.store.folder import DataFolder
from watchglass.store.holds import Holds
from watchglass.store.retention import Retention, RetentionOptions
from watchglass.store.room import Room
from watchglass.store.rules import Rules
from watchglass.store.views import Views, check

PACKAGED = Path(database.__file__).parent / "migrations"
RTSP = Source(SourceKind.RTSP, "rtsp://192.0.2.1/stream")

HEAD = database.revisions(database.MIGRATIONS)[-1]
NEW = f"{int(HEAD) + 1:04}"
NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "{new}"
down_revision = "{head}"

def upgrade() -> None:
    with op.batch_alter_table("cameras") as cameras:
        cameras.add_column(sa.Column("site", sa.Text, nullable=False, server_default="here"))
        cameras.drop_constraint("transport", type_="check")
    {then}
"""


@pytest.fixture
def newer(tmp_path: Path) -> Callable[..., str]:
    """Migrations of a watchglass to come: those of today and one more, which rebuilds a table others refer to."""

    def make(then: str = "pass") -> str:
        folder = tmp_path / "migrations"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(PACKAGED, folder, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "versions" / f"{NEW}_site.py").write_text(NEXT.format(then=then, new=NEW, head=HEAD))
        return str(folder)

    return make


def dump(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


# ---- made


def test_a_new_catalogue_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = DataFolder.open(tmp_path / "data")
    engine = open_database(folder)
    Cameras(engine, folder).add("Yard", RTSP)
    files = sorted(path.name for path in folder.root.iterdir() if path.is_file())
    assert files == ["catalogue.db", "catalogue.db-shm", "catalogue.db-wal", "folder.json"]
    assert {stat.S_IMODE((folder.root / name).stat().st_mode) for name in files} == {0o600}
    engine.dispose()


def test_every_connection_is_durable_and_patient(engine: sa.Engine) -> None:
    with engine.connect() as first, engine.connect() as second:
        for connection in (first, second):
            asked = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "trusted_schema")
            found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in asked]
            assert found == ["wal", 2, 1, 10_000, 0]


CATALOGUES = pytest.mark.parametrize(
    ("opened", "metadata"), [(open_database, schema.METADATA), (open_originals, schema.ORIGINALS)]
)


@CATALOGUES
def test_migrations_make_the_tables_that_the_code_uses(
    folder: DataFolder, opened: Callable[[DataFolder], sa.Engine], metadata: sa.MetaData
) -> None:
    engine = opened(folder)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


@CATALOGUES
def test_migrations_make_the_same_constraints_and_indexes(
    folder: DataFolder, opened: Callable[[DataFolder], sa.Engine], metadata: sa.MetaData
) -> None:
    """What compare_metadata does not look at: checks, partial indexes, autoincrement."""
    engine, fresh = opened(folder), sa.create_engine("sqlite://")
    metadata.create_all(fresh)

    def statements(engine: sa.Engine) -> list[str]:
        query = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name <> 'alembic_version' ORDER BY name"
        with engine.connect() as connection:
            texts = connection.exec_driver_sql(query).scalars()
            return [" ".join(sorted(text.replace(",", " ").split())) for text in texts]

    assert statements(engine) == statements(fresh)
    engine.dispose()
    fresh.dispose()


def test_opening_again_changes_nothing(folder: DataFolder, engine: sa.Engine) -> None:
    before = dump(folder.database)
    open_database(folder).dispose()
    assert dump(folder.database) == before
    assert not list(folder.root.glob("catalogue-*.db"))


def test_many_who_open_a_new_catalogue_at_once_make_one(tmp_path: Path) -> None:
    folder = DataFolder.open(tmp_path / "data")
    start = threading.Barrier(6)
    revisions: list[int] = []

    def open_it() -> None:
        start.wait()
        engine = open_database(folder)
        revisions.append(Cameras(engine, folder).revision())
        engine.dispose()

    threads = [threading.Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert revisions == [0] * 6


# ---- migrated


def test_an_older_catalogue_is_migrated_with_its_rows_and_a_copy_is_kept(
    folder: DataFolder, newer: Callable[..., str]
) -> None:
    engine = open_database(folder)
    cameras = Cameras(engine, folder)
    cameras.set_health(1, StreamRole.MAIN, Health(HealthState.UP, WallUs(5)))
    before = dump(folder.database)  # with the rows that are still in the WAL
    migrated = open_database(folder, newer())
    assert Cameras(migrated, folder).get(1).name == "Front door"
    assert Cameras(migrated, folder).health(1) == {StreamRole.MAIN: Health(HealthState.UP, WallUs(5))}
    with migrated.connect() as connection:
        assert connection.exec_driver_sql("SELECT site FROM cameras").scalars().all() == ["here"]
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all() == [NEW]
    copy = folder.root / f"catalogue-{HEAD}.db"
    assert dump(copy) == before
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert not [
        path for path in folder.root.iterdir() if "partial" in path.name or path.name.startswith(f"{copy.name}-")
    ]
    engine.dispose()
    migrated.dispose()


def older_folder(tmp_path: Path, last: str) -> DataFolder:
    """One as an older watchglass left it, that had one camera more before: it knew of no schema after `last`."""
    older = tmp_path / "migrations"
    shutil.copytree(PACKAGED, older, ignore=shutil.ignore_patterns("__pycache__"))
    for step in (older / "versions").glob("0*.py"):
        if step.name[:4] > last:
            step.unlink()
    folder = DataFolder.open(tmp_path / "data")
    engine = open_database(folder, str(older))
    with writing(engine) as connection:
        connection.exec_driver_sql(
            "INSERT INTO cameras (name, main_kind, main_address, transport, enabled)"
            " VALUES ('Yard', 'rtsp', 'rtsp://192.0.2.1/', 'tcp', 1), ('Gone', 'rtsp', 'rtsp://192.0.2.2/', 'tcp', 1)"
        )
        connection.exec_driver_sql("DELETE FROM cameras WHERE name = 'Gone'")
    engine.dispose()
    return folder


def test_cameras_of_the_first_schema_show_flat_shapes(tmp_path: Path) -> None:
    folder = older_folder(tmp_path, last="0001")
    migrated = open_database(folder)
    cameras = Cameras(migrated, folder)
    assert [(camera.name, camera.policy) for camera in cameras.all()] == [("Yard", ViewPolicy.FLAT)]
    assert cameras.add("Road", RTSP).id == 3  # an id is still never used twice
    assert (folder.root / "catalogue-0001.db").exists()
    migrated.dispose()


def test_no_sound_is_kept_of_cameras_from_before_it_could_be(tmp_path: Path) -> None:
    folder = older_folder(tmp_path, last="0006")
    migrated = open_database(folder)
    cameras = Cameras(migrated, folder)
    assert [(camera.name, camera.sound) for camera in cameras.all()] == [("Yard", False)]
    assert cameras.add("Road", RTSP, sound=True).id == 3  # an id is still never used twice
    assert (folder.root / "catalogue-0006.db").exists()
    assert check(migrated, folder, deep=True) == []
    migrated.dispose()

    for side in ("-wal", "-shm"):
        (folder.root / f"catalogue.db{side}").unlink(missing_ok=True)
    shutil.copy(folder.root / "catalogue-0006.db", folder.database)  # the way back
    back = open_database(folder, str(tmp_path / "migrations"))
    with back.connect() as connection:
        assert connection.exec_driver_sql("SELECT name FROM cameras").scalars().all() == ["Yard"]
    assert check(back, folder, deep=True) == []
    back.dispose()


def test_a_catalogue_from_before_rules_gets_them_and_finds_back(tmp_path: Path) -> None:
    folder = older_folder(tmp_path, last="0007")
    migrated = open_database(folder)
    assert Rules(migrated).all() == []
    assert Rules(migrated).revision() == 0
    corners = (Point(0, 0), Point(1, 0), Point(1, 1))
    [yard] = Cameras(migrated, folder).all()
    rule = Rule(camera=yard.id, name="x", kind=RuleKind.INTRUSION, zone=Zone("x", corners))
    assert Rules(migrated).add(rule).id == 1
    assert (folder.root / "catalogue-0007.db").exists()
    assert check(migrated, folder, deep=True) == []
    migrated.dispose()

    for side in ("-wal", "-shm"):
        (folder.root / f"catalogue.db{side}").unlink(missing_ok=True)
    shutil.copy(folder.root / "catalogue-0007.db", folder.database)  # the way back
    back = open_database(folder, str(tmp_path / "migrations"))
    with back.connect() as connection:
        assert connection.exec_driver_sql("SELECT name FROM cameras").scalars().all() == ["Yard"]
        tables = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
        assert not {"rules", "events", "crossing_counts", "occupancies"} & set(tables)
    assert check(back, folder, deep=True) == []
    back.dispose()


def test_there_is_a_way_back(folder: DataFolder, engine: sa.Engine, newer: Callable[..., str]) -> None:
    engine.dispose()
    open_database(folder, newer()).dispose()
    with pytest.raises(NewerDataError):
        open_database(folder)
    shutil.copy(folder.root / f"catalogue-{HEAD}.db", folder.database)  # what docs/design/store.md says to do
    back = open_database(folder)
    assert [camera.name for camera in Cameras(back, folder).all()] == ["Front door"]
    back.dispose()


def test_a_newer_catalogue_is_refused_and_untouched(
    folder: DataFolder, engine: sa.Engine, newer: Callable[..., str]
) -> None:
    engine.dispose()
    open_database(folder, newer()).dispose()
    before = dump(folder.database)
    with pytest.raises(NewerDataError) as raised:
        open_database(folder)
    sentence = str(raised.value)
    assert str(folder.root) in sentence
    for words in (f"schema {NEW}", f"up to {HEAD}", "update watchglass", f"catalogue-{HEAD}.db"):
        assert words in sentence
    assert dump(folder.database) == before


@pytest.mark.parametrize(
    ("then", "error"),
    [
        ("raise KeyError('a step that fails')", KeyError),
        ("op.execute('UPDATE health SET camera = 77')", BadInputError),  # a row that refers to nothing
    ],
)
def test_a_migration_that_fails_changes_nothing(
    then: str, error: type[Exception], folder: DataFolder, newer: Callable[..., str]
) -> None:
    engine = open_database(folder)
    Cameras(engine, folder).set_health(1, StreamRole.MAIN, Health(HealthState.UP, WallUs(5)))
    engine.dispose()
    before = dump(folder.database)
    with pytest.raises(error):
        open_database(folder, newer(then))
    assert dump(folder.database) == before
    engine = open_database(folder)
    assert Cameras(engine, folder).get(1).name == "Front door"
    engine.dispose()


def test_a_copy_that_was_cut_short_is_made_again(
    folder: DataFolder, engine: sa.Engine, newer: Callable[..., str]
) -> None:
    (folder.root / f".catalogue-{HEAD}.db.partial").write_bytes(b"half a copy")
    open_database(folder, newer()).dispose()
    assert any("Front door" in line for line in dump(folder.root / f"catalogue-{HEAD}.db"))


# ---- another folder's


@pytest.mark.parametrize("name", ["catalogue.db", "originals.db"])
def test_a_catalogue_of_another_recorder_is_refused_and_untouched(
    name: str, fresh: Callable[[], DataFolder], tmp_path: Path
) -> None:
    """A disk that was mounted in the wrong place, or one file of it that was copied."""
    ours, other = fresh(), DataFolder.open(tmp_path / "other")
    for folder in (ours, other):
        open_database(folder).dispose()
        open_originals(folder).dispose()
    shutil.copy(other.root / name, ours.root / name)
    before = dump(ours.root / name)
    opened = open_database if name == "catalogue.db" else open_originals
    with pytest.raises(UsageError) as raised:
        opened(ours)
    sentence = str(raised.value)
    for words in (
        str(ours.root / name),
        f"the data folder {other.uuid}",
        f"the data folder {ours.uuid}",
        "mount the right",
    ):
        assert words in sentence
    assert dump(ours.root / name) == before
    open_database(other).dispose()


def test_an_older_catalogue_of_another_recorder_is_not_even_migrated(
    folder: DataFolder, engine: sa.Engine, newer: Callable[..., str], tmp_path: Path
) -> None:
    engine.dispose()
    other = DataFolder.open(tmp_path / "other")
    shutil.copy(folder.database, other.database)
    with pytest.raises(UsageError, match=folder.uuid):
        open_database(other, newer())
    assert not list(other.root.glob("catalogue-*.db"))


# ---- shared


def test_who_will_write_takes_the_lock_first(
    folder: DataFolder, engine: sa.Engine, open_engine: Callable[[DataFolder], sa.Engine]
) -> None:
    """A transaction that reads, and writes after somebody else wrote, would fail at once with SQLITE_BUSY."""
    other = open_engine(folder)
    entered, done = threading.Event(), threading.Event()

    def rename_too() -> None:
        entered.wait()
        Cameras(other, folder).rename(1, "Back door")
        done.set()

    thread = threading.Thread(target=rename_too)
    thread.start()
    with writing(engine) as connection:
        name = connection.execute(sa.select(schema.cameras.c.name)).scalar()
        entered.set()
        assert not done.wait(0.2)  # the other waits
        connection.execute(sa.update(schema.cameras).values(name=f"{name}!"))
    thread.join()
    assert Cameras(engine, folder).get(1).name == "Back door"


def test_readers_do_not_wait_for_a_writer(
    folder: DataFolder, engine: sa.Engine, open_engine: Callable[[DataFolder], sa.Engine]
) -> None:
    other = open_engine(folder)
    with writing(engine) as connection:
        connection.execute(sa.update(schema.cameras).values(name="New"))
        assert Cameras(other, folder).get(1).name == "Front door"
    assert Cameras(other, folder).get(1).name == "New"


def test_a_reader_sees_one_state(
    folder: DataFolder, engine: sa.Engine, open_engine: Callable[[DataFolder], sa.Engine]
) -> None:
    other = open_engine(folder)
    with reading(engine) as connection:
        query = sa.select(schema.cameras.c.name)
        assert connection.execute(query).scalar() == "Front door"
        Cameras(other, folder).rename(1, "Back door")
        assert connection.execute(query).scalar() == "Front door"


def test_what_an_exception_interrupts_is_undone(folder: DataFolder, engine: sa.Engine) -> None:
    def rename(name: str) -> None:
        with writing(engine) as connection:
            connection.execute(sa.update(schema.cameras).values(name=name))
            raise KeyError(name)

    with pytest.raises(KeyError):
        rename("New")
    assert Cameras(engine, folder).get(1).name == "Front door"


def test_two_engines_record_and_delete_at_once(
    folder: DataFolder, engine: sa.Engine, open_engine: Callable[[DataFolder], sa.Engine], cameras: Cameras
) -> None:
    """As watchers and the console do: each camera by one writer, retention beside them."""
    ids = [1, *(cameras.add(f"Camera {n}", RTSP).id for n in (2, 3))]
    clock = SimulatedClock()
    failures: list[BaseException] = []

    def record(views: Views, camera: int) -> None:
        try:
            for turn in range(6):
                writer = views.begin(camera, "run", WallUs(turn * 10), INIT)
                for second in range(3):
                    writer.append(fake_fragment(second), WallUs(turn * 10 + second + 1))
                writer.close()
                views.open_gap(camera, WallUs(turn * 10 + 3), GapCause.US)
                views.close_gap(camera, WallUs(turn * 10 + 10))
        except BaseException as error:
            failures.append(error)
            raise

    threads = [
        threading.Thread(target=record, args=(Views(open_engine(folder), folder, clock), camera)) for camera in ids
    ]
    for thread in threads:
        thread.start()
    views = Views(engine, folder, clock)
    deleted = 0
    while any(thread.is_alive() for thread in threads):
        old = views.oldest(1)
        views.delete(old)
        deleted += len(old)
    for thread in threads:
        thread.join()
    assert failures == []
    assert check(engine, folder, deep=True) == []
    left = sum(len(views.segments(camera, WallUs(0), WallUs(1000))) for camera in ids)
    assert left + deleted == 18
    assert [len(views.gaps(camera, WallUs(0), WallUs(1000))) for camera in ids] == [6, 6, 6]


# ---- what the database says, in words


def fails_with(engine: sa.Engine, name: str) -> None:
    def refuse(*_args: object) -> None:
        error = sqlite3.OperationalError(f"simulated {name}")
        error.sqlite_errorname = name
        raise error

    sa.event.listen(engine, "before_cursor_execute", refuse)


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("SQLITE_FULL", DiskFullError, "free some space"),
        ("SQLITE_BUSY", CannotWriteError, "locked by another program"),
        ("SQLITE_BUSY_SNAPSHOT", CannotWriteError, "locked by another program"),
        ("SQLITE_CORRUPT", BadInputError, "restore a backup"),
        ("SQLITE_NOTADB", BadInputError, "restore a backup"),
        ("SQLITE_READONLY_DIRECTORY", CannotWriteError, "check the disk"),
        ("SQLITE_IOERR_FSYNC", CannotWriteError, "check the disk"),
        ("SQLITE_CANTOPEN", CannotWriteError, "check the disk"),
        ("SQLITE_ERROR", sa.exc.OperationalError, "simulated"),  # our own fault: not dressed up
    ],
)
def test_errors_of_the_database_are_sentences_about_the_file(
    name: str, error: type[Exception], words: str, engine: sa.Engine, folder: DataFolder
) -> None:
    fails_with(engine, name)
    with pytest.raises(error, match=words) as raised:
        Cameras(engine, folder).all()
    if error is not sa.exc.OperationalError:
        assert str(folder.database) in str(raised.value)


def test_a_file_that_is_no_catalogue_is_named(folder: DataFolder) -> None:
    folder.database.write_bytes(b"this is not a database, whatever its name says\n" * 100)
    for path in folder.root.glob("catalogue.db-*"):
        path.unlink()
    with pytest.raises(BadInputError, match=r"catalogue\.db is damaged"):
        open_database(folder)


def test_a_full_disk_met_by_sqlite_itself(engine: sa.Engine, folder: DataFolder) -> None:
    def fill() -> None:
        with writing(engine) as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1")
            connection.exec_driver_sql("CREATE TABLE filler AS SELECT zeroblob(1000000)")

    with pytest.raises(DiskFullError, match=r"catalogue\.db"):
        fill()


# ---- PostgreSQL


def _postgresql() -> sa.Dialect:
    dialect: sa.Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    return dialect


def _hold_and_delete(
    engine: sa.Engine, folder: DataFolder, cameras: Cameras, views: Views, clock: SimulatedClock
) -> None:
    """What retention does, with holds and a disk that is watched."""
    options = RetentionOptions(days=0, max_bytes=0, free_space=lambda _: 1 << 40)
    holds, anna, until = Holds(engine, folder, clock), Actor("anna", Through.COMMAND), clock.wall_us() + 5
    for wanted in (1, None):
        holds.add(wanted, WallUs(0), WallUs(1), "r", WallUs(until), anna)
    room = Room(engine)
    Retention(views, cameras, folder, clock, options, room=room).run()
    room.stop(WallUs(5), "")
    room.go_on()
    for number in (1, 2):
        holds.extend(number, WallUs(until + 1), anna)
        holds.release(number, anna)
    entries.read(engine, schema.entries)


def _count(engine: sa.Engine) -> None:
    """What a watcher does with crossings."""
    way = Tripwire("gate", Point(0.5, 1), Point(0.5, 0))
    shop = Rule(camera=2, name="shop", kind=RuleKind.OCCUPANCY, tripwire=way, direction=Direction.FORWARD)
    shop, counts = Rules(engine).add(shop), Counts(engine)
    for _ in range(2):
        one = Count(2, shop.id, "gate", ObjectClass.PERSON, Direction.FORWARD, WallUs(0), 1, 1)
        counts.add([one], [(shop, Inside(1, 0, 1))])
    assert list(counts.inside()) == [shop.id]


def test_every_query_can_be_written_for_postgresql(
    folder: DataFolder, engine: sa.Engine, cameras: Cameras, views: Views, clock: SimulatedClock, camera: Camera
) -> None:
    """No server here: but each statement that the store runs must compile for it, and hold nothing of SQLite's own."""
    compiled: list[str] = []
    raw: list[str] = []

    def compile_too(_connection: object, clause: sa.ClauseElement, *_rest: object) -> None:
        if isinstance(clause, sa.ClauseElement):
            compiled.append(str(clause.compile(dialect=_postgresql())))

    def note_raw(
        connection: sa.Connection, _cursor: object, statement: str, _p: object, context: object, _m: bool
    ) -> None:
        if getattr(context, "compiled", None) is None:
            raw.append(statement)

    sa.event.listen(engine, "before_execute", compile_too)
    sa.event.listen(engine, "before_cursor_execute", note_raw)

    cameras.add("Yard", RTSP, credentials=Credentials("a", "b"))
    cameras.rename(2, "Garden")
    cameras.set_enabled(2, False)
    cameras.set_health(2, StreamRole.MAIN, Health(HealthState.UP, WallUs(0)))
    cameras.set_view_status(2, ViewStatus(ViewState.SHOWN, WallUs(0)))
    cameras.revision()
    _count(engine)
    writer = views.begin(camera.id, "run", WallUs(0), INIT)
    writer.append(fake_fragment(0), WallUs(5))
    views.segments(camera.id, WallUs(0), WallUs(9))
    segment = writer.close()
    views.segment(segment.id)
    views.kept(camera.id, WallUs(0), WallUs(9))
    views.bounds(camera.id)
    assert [views.tally()[1][0], *views.latest_of([camera.id]), *cameras.healths()] == [1, camera.id, 2]
    views.open_gap(camera.id, WallUs(0), GapCause.US)
    views.close_gap(camera.id, WallUs(5))
    views.gaps(camera.id, WallUs(0), WallUs(5))
    views.recover()
    list(Proof(engine, folder, deep=True).problems())
    _hold_and_delete(engine, folder, cameras, views, clock)
    accounts = Accounts(engine, clock, argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    eva = accounts.use_setup_token(accounts.new_setup_token(), "Eva", "correct horse")
    accounts.session(accounts.new_session(accounts.check("Eva", "correct horse")))
    accounts.set_password(eva.name, "battery staple")
    accounts.end_session("x")
    cameras.remove(camera.id)

    assert len(set(compiled)) > 40
    assert set(raw) == {"BEGIN", "BEGIN IMMEDIATE"}
