"""From tracks to rows: what rules make of looks, as it is kept; and what is left of it when whoever minds them is killed."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.unit.rules.staged import BEGIN, Stage, person
from tests.unit.rules.staged import rule as staged
from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.model.camera import Source, SourceKind
from watchglass.model.count import MINUTE
from watchglass.model.event import RuleKind
from watchglass.rules.counting import by_minute
from watchglass.rules.engine import Engine
from watchglass.rules.sentry import TELL
from watchglass.store.cameras import Cameras
from watchglass.store.counts import Counts, as_csv
from watchglass.store.database import open_database
from watchglass.store.events import Events, Wanted
from watchglass.store.folder import DataFolder
from watchglass.store.rules import Rules

FOREVER = WallUs(1 << 60)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    folder = DataFolder.open(tmp_path / "data")
    opened = open_database(folder)
    Cameras(opened, folder).add("Yard", Source(SourceKind.RTSP, "rtsp://192.0.2.1/"))
    rules = Rules(opened)
    rules.add(staged(RuleKind.INTRUSION))
    rules.add(dataclasses.replace(staged(RuleKind.CROSSING, armed=False), name="count"))
    yield opened
    opened.dispose()


class Minder:
    """What a watcher does with rules, in a line each."""

    def __init__(self, engine: sa.Engine) -> None:
        self.events, self.counts = Events(engine), Counts(engine)
        self.events.end_lasting(camera=1)
        self.stage = Stage(*Rules(engine).of(1))
        self.written = 0

    def write(self) -> None:
        """All that has happened since the last time."""
        self.events.take(self.stage.happenings[self.written :])
        self.written = len(self.stage.happenings)
        self.counts.add(by_minute(self.stage.crossings))
        self.stage.crossings = []


def test_somebody_comes_in_and_goes(engine: sa.Engine) -> None:
    minder = Minder(engine)
    one = minder.stage.walk(person(0.2, 0.6), (0.6, 0.6), 4)
    minder.write()
    [event] = minder.events.page(Wanted()).events
    assert event.end is None
    minder.stage.walk(one, (0.2, 0.6), 4)
    minder.stage.stay(60)
    minder.write()
    [event] = minder.events.page(Wanted()).events
    assert event.end is not None
    assert (event.kind, event.score, event.tracks) == (RuleKind.INTRUSION, 0.8, 1)
    lines = as_csv(minder.counts.of(WallUs(0), FOREVER)).splitlines()[1:]
    assert lines == [
        "2027-01-15T08:00:00Z,1,1,2,gate,person,backward,1",
        "2027-01-15T08:00:00Z,1,1,2,gate,person,forward,1",
    ]


def test_an_event_outlives_whoever_minded_it_and_ends(engine: sa.Engine) -> None:
    killed = Minder(engine)
    for _ in range(100):
        killed.stage.stay(1, person(0.6, 0.6))
        killed.write()
    [before] = killed.events.lasting()
    last = killed.stage.wall
    del killed

    again = Minder(engine)
    assert again.events.lasting() == []
    ended = again.events.get(before.id)
    assert ended.end is not None
    assert last - TELL * MICROSECONDS <= ended.end <= last
    assert ended == dataclasses.replace(before, end=ended.end)


def test_rules_that_are_changed_are_followed(engine: sa.Engine) -> None:
    minder, rules = Minder(engine), Rules(engine)
    minder.stage.stay(1, person(0.6, 0.6))
    seen = rules.revision()
    rules.change(dataclasses.replace(rules.get(1), enabled=False))
    assert rules.revision() > seen
    assert isinstance(minder.stage.engine, Engine)
    minder.stage.take(minder.stage.engine.set_rules(rules.of(1), minder.stage.wall))
    minder.write()
    [event] = minder.events.page(Wanted()).events
    assert event.end == minder.stage.wall


def test_numbers_of_tracks_are_in_no_file(engine: sa.Engine) -> None:
    """Rule R10: they are random, and so would be found anywhere in the catalogue."""
    minder, number = Minder(engine), 271828182845904
    minder.stage.walk(person(0.2, 0.6, number), (0.6, 0.6), 4)
    minder.stage.stay(70)
    minder.write()
    assert minder.events.page(Wanted()).events
    assert minder.counts.of(BEGIN, WallUs(BEGIN + MINUTE))
    path = Path(str(engine.url.database))
    for file in (path, path.with_name(f"{path.name}-wal")):
        content = file.read_bytes()
        assert str(number).encode() not in content
        assert number.to_bytes(6, "big") not in content
