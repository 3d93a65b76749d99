"""From every schema that there ever was to ours, one step at a time, with a small catalogue that is real: and back again."""

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.unit.store.footage import INIT, fake_fragment
from watchglass.base.clock import MICROSECONDS, SimulatedClock, WallUs
from watchglass.model.record import Gap, GapCause
from watchglass.seal.identity import Identity
from watchglass.seal.shares import Custody
from watchglass.store import schema
from watchglass.store.cameras import Cameras
from watchglass.store.check import Proof, check
from watchglass.store.database import (
    MIGRATIONS,
    ORIGINALS_MIGRATIONS,
    open_database,
    open_originals,
    revisions,
)
from watchglass.store.folder import DataFolder
from watchglass.store.originals import Originals
from watchglass.store.views import Views

STEPS = revisions(MIGRATIONS)
ORIGINALS_STEPS = revisions(ORIGINALS_MIGRATIONS)
CUSTODY = Custody((Identity(bytes(96)).recipient,), 1)
START = 1_800_000_000
FOREVER = WallUs(1 << 60)


def second(number: int) -> WallUs:
    return WallUs((START + number) * MICROSECONDS)


@pytest.fixture
def until(tmp_path: Path) -> Callable[[str, str], str]:
    """The migrations of a watchglass that knew of no schema after the one that is named."""

    def made(migrations: str, last: str) -> str:
        folder = tmp_path / f"{Path(migrations).name}-{last}"
        if not folder.exists():
            shutil.copytree(migrations, folder, ignore=shutil.ignore_patterns("__pycache__"))
            for step in (folder / "versions").glob("0*.py"):
                if step.name[:4] > last:
                    step.unlink()
        return str(folder)

    return made


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as ours makes it: a minute, a hole that a gap explains, another minute that was cut short by kill -9."""
    folder = DataFolder.open(tmp_path_factory.mktemp("recorded") / "data")
    engine, own = open_database(folder), open_originals(folder)
    with engine.begin() as connection:  # columns of the first schema alone
        connection.exec_driver_sql(
            "INSERT INTO cameras (name, main_kind, main_address, transport, enabled)"
            " VALUES ('Yard', 'rtsp', 'rtsp://192.0.2.1/', 'tcp', 1)"
        )
    clock = SimulatedClock()
    views, originals = Views(engine, folder, clock), Originals(own, folder, clock, catalogue=engine)
    for begin in (0, 1, 9):
        for writer in (
            views.begin(1, "run", second(begin), INIT),
            originals.begin(1, "run", second(begin), INIT, CUSTODY),
        ):
            writer.append(fake_fragment(begin), second(begin + 1))
            writer.close()
    for footage in (views, originals):
        footage.open_gap(1, second(2), GapCause.NETWORK, "no answer")
        footage.close_gap(1, second(9))
    engine.dispose()
    own.dispose()
    return folder.root


def aged(recorded: Path, to: Path, name: str, migrations: str) -> DataFolder:
    """The same folder, one of its catalogues as an older watchglass would have written it: its tables, our rows."""
    shutil.copytree(recorded, to)
    folder = DataFolder.open(to)
    path, ours = to / name, to / "ours.db"
    path.rename(ours)
    (open_database if name == "catalogue.db" else open_originals)(folder, migrations).dispose()
    connection = sqlite3.connect(path)
    connection.execute("ATTACH ? AS ours", (str(ours),))
    tables = [row[0] for row in connection.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")]
    for table in tables:
        if table not in {"alembic_version", "sqlite_sequence", "counters", "data_folder"}:
            columns = ", ".join(row[1] for row in connection.execute(f"PRAGMA main.table_info({table})"))
            copied = f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM ours.{table}"  # noqa: S608 - our own names
            connection.execute(copied)
    connection.commit()
    connection.close()
    for left in to.glob("ours.db*"):
        left.unlink()
    return folder


def everything_is_there(engine: sa.Engine, folder: DataFolder, clock: SimulatedClock) -> None:
    own = open_originals(folder)
    for footage in (Views(engine, folder, clock), Originals(own, folder, clock, catalogue=engine)):
        assert [one.start for one in footage.segments(1, second(0), FOREVER)] == [second(0), second(1), second(9)]
        assert footage.kept(1, second(0), FOREVER) == [(second(0), second(2)), (second(9), second(10))]
        assert footage.gaps(1, second(0), FOREVER) == [Gap(1, 1, second(2), second(9), GapCause.NETWORK, "no answer")]
    own.dispose()


@pytest.mark.parametrize("first", STEPS[:-1])
def test_each_step_leaves_a_store_that_agrees_with_itself(
    first: str, recorded: Path, tmp_path: Path, until: Callable[[str, str], str], clock: SimulatedClock
) -> None:
    folder = aged(recorded, tmp_path / "data", "catalogue.db", until(MIGRATIONS, first))
    for step in STEPS[STEPS.index(first) :]:
        engine = open_database(folder, until(MIGRATIONS, step))
        assert check(engine, folder, deep=True) == []
        engine.dispose()
    engine = open_database(folder)
    assert list(Proof(engine, folder, deep=True).problems()) == []
    everything_is_there(engine, folder, clock)
    engine.dispose()


@pytest.mark.parametrize("first", ORIGINALS_STEPS[:-1])
def test_each_step_of_the_originals_too(
    first: str, recorded: Path, tmp_path: Path, until: Callable[[str, str], str], clock: SimulatedClock
) -> None:
    folder = aged(recorded, tmp_path / "data", "originals.db", until(ORIGINALS_MIGRATIONS, first))
    for step in ORIGINALS_STEPS[ORIGINALS_STEPS.index(first) :]:
        open_originals(folder, until(ORIGINALS_MIGRATIONS, step)).dispose()
    engine = open_database(folder)
    assert list(Proof(engine, folder, deep=True).problems()) == []
    everything_is_there(engine, folder, clock)
    engine.dispose()


@pytest.mark.parametrize(
    ("name", "migrations", "older"),
    [
        ("catalogue", MIGRATIONS, STEPS[-2]),
        ("originals", ORIGINALS_MIGRATIONS, ORIGINALS_STEPS[-2]),
    ],
)
def test_the_documented_way_back_and_forward_again(
    name: str,
    migrations: str,
    older: str,
    recorded: Path,
    tmp_path: Path,
    until: Callable[[str, str], str],
    clock: SimulatedClock,
) -> None:
    """docs/design/store.md, "The catalogue"; what was recorded by the newer one meanwhile is taken in again."""
    folder = aged(recorded, tmp_path / "data", f"{name}.db", until(migrations, older))
    engine, own = open_database(folder), open_originals(folder)  # the update
    views, originals = Views(engine, folder, clock), Originals(own, folder, clock, catalogue=engine)
    for writer in (views.begin(1, "run", second(10), INIT), originals.begin(1, "run", second(10), INIT, CUSTODY)):
        writer.append(fake_fragment(10), second(11))
        writer.close()
    engine.dispose()
    own.dispose()

    for side in ("-wal", "-shm"):
        (folder.root / f"{name}.db{side}").unlink(missing_ok=True)
    shutil.copy(folder.root / f"{name}-{older}.db", folder.root / f"{name}.db")
    back = (open_database if name == "catalogue" else open_originals)(folder, until(migrations, older))
    with back.connect() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == older
        table = schema.segments if name == "catalogue" else schema.originals
        assert connection.execute(sa.select(sa.func.count()).select_from(table)).scalar() == 3
    back.dispose()

    engine, own = open_database(folder), open_originals(folder)
    assert [camera.name for camera in Cameras(engine, folder).all()] == ["Yard"]
    views, originals = Views(engine, folder, clock), Originals(own, folder, clock, catalogue=engine)
    for footage in (views, originals):
        footage.recover()
        assert [one.start for one in footage.segments(1, second(10), FOREVER)] == [second(10)]
        assert footage.kept(1, second(0), FOREVER) == [(second(0), second(2)), (second(9), second(11))]
    assert list(Proof(engine, folder, deep=True).problems()) == []
    engine.dispose()
    own.dispose()


def test_spans_of_a_catalogue_from_before_them_are_what_its_segments_say(
    tmp_path: Path, until: Callable[[str, str], str]
) -> None:
    """Segments that overlap, contain others and take no time, of several cameras; times in tenths of a second."""

    def tenth(number: int) -> WallUs:
        return WallUs(second(0) + number * MICROSECONDS // 10)

    folder = DataFolder.open(tmp_path / "data")
    older = open_database(folder, until(MIGRATIONS, "0003"))
    times = [(0, 60), (60, 120), (90, 95), (10, 300), (302, 400), (500, 500), (600, 700), (701, 710)]
    with older.begin() as connection:
        for camera in (1, 2):
            yard = {"name": f"Camera {camera}", "main_kind": "rtsp", "main_address": "x", "transport": "tcp"}
            connection.execute(sa.insert(schema.cameras).values(**yard, enabled=True))
            same = {"camera": camera, "run": "r", "size": 1, "sha256": "0" * 64}
            for number, (start, end) in enumerate(times):
                state = "garbage" if number == camera else "closed"
                row = {"state": state, "start_us": tenth(start), "end_us": tenth(end), "path": f"{camera}/{number}"}
                connection.execute(sa.insert(schema.segments).values(**same, **row))
    older.dispose()
    engine = open_database(folder)
    views = Views(engine, folder, SimulatedClock())
    for camera in (1, 2):
        assert views.kept(camera, second(0), FOREVER) == [
            (tenth(0), tenth(300)),
            (tenth(302), tenth(400)),
            (tenth(600), tenth(710)),
        ]
    assert not [problem for problem in Proof(engine, folder).problems() if "timelines" in problem]
    engine.dispose()
