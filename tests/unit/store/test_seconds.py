"""Every second from the oldest footage on is in a segment or in a gap."""

import dataclasses
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from tests.unit.store.faults import FaultyFiles
from tests.unit.store.footage import INIT, fake_fragment
from watchglass.base.clock import MICROSECONDS, SimulatedClock, WallUs
from watchglass.model.camera import Camera
from watchglass.model.record import Actor, GapCause, SegmentState, Through
from watchglass.store import kept, recovery, schema
from watchglass.store.cameras import Cameras
from watchglass.store.check import Proof, check
from watchglass.store.database import writing
from watchglass.store.folder import DataFolder
from watchglass.store.holds import Holds
from watchglass.store.recovery import Store
from watchglass.store.retention import Retention, RetentionOptions
from watchglass.store.shelf import ORIGINALS, VIEWS
from watchglass.store.views import Views

ANNA = Actor("anna", Through.COMMAND)
DAY_US = 24 * 3600 * MICROSECONDS
UNEXPLAINED = "Camera 'Front door': nothing says why there is no view from"


def second(number: float) -> WallUs:
    return WallUs(round(number * MICROSECONDS))


@pytest.fixture
def problems(engine: sa.Engine, folder: DataFolder) -> Callable[[], list[str]]:
    return lambda: list(Proof(engine, folder).problems())


@pytest.fixture
def record(views: Views, camera: Camera) -> Callable[[float, float], None]:
    def recorded(begin: float, end: float) -> None:
        writer = views.begin(camera.id, "run", second(begin), INIT)
        writer.append(fake_fragment(0), second(end))
        writer.close()

    return recorded


Record = Callable[[float, float], None]
Problems = Callable[[], list[str]]


def gap(views: Views, camera: Camera, start: float, end: float | None) -> None:
    views.open_gap(camera.id, second(start), GapCause.NETWORK)
    if end is not None:
        views.close_gap(camera.id, second(end))


def test_what_is_no_hole_to_the_keepers_is_none_here() -> None:
    assert (VIEWS.hole_us, ORIGINALS.hole_us) == (1_500_000, 100_000)


def test_a_hole_is_named(
    record: Record, problems: Problems, views: Views, camera: Camera, engine: sa.Engine, folder: DataFolder
) -> None:
    record(0, 10)
    record(11.5, 20)  # as long as a view may pause
    assert problems() == []
    record(21.6, 30)
    assert problems() == [f"{UNEXPLAINED} 1970-01-01 00:00:20 UTC to 1970-01-01 00:00:21 UTC, 1.6 s."]
    gap(views, camera, 20, 21.6)
    assert problems() == []
    assert check(engine, folder) == []


def test_a_gap_may_be_a_little_late_and_no_more(
    record: Record, problems: Problems, views: Views, camera: Camera
) -> None:
    record(0, 10)
    record(100, 110)
    gap(views, camera, 11, 99)
    assert problems() == []
    record(200, 210)
    gap(views, camera, 150, 200)
    assert problems() == [f"{UNEXPLAINED} 1970-01-01 00:01:50 UTC to 1970-01-01 00:02:30 UTC, 40.0 s."]


def test_a_gap_that_lasts_explains_all_that_follows(
    record: Record, problems: Problems, views: Views, camera: Camera
) -> None:
    record(0, 10)
    gap(views, camera, 10, None)
    record(5000, 5010)  # the catalogue could not yet be told that it is over
    assert problems() == []


def test_before_the_oldest_footage_nothing_has_to_be_explained(
    record: Record, problems: Problems, views: Views, camera: Camera
) -> None:
    """Retention took what was there, and left the gaps for now."""
    gap(views, camera, 0, 10)
    gap(views, camera, 500, 510)
    record(1000, 1010)
    assert problems() == []
    record(1100, 1110)
    assert len(problems()) == 1


def test_what_is_being_written_counts_as_far_as_it_can_be_read(
    record: Record,
    problems: Problems,
    views: Views,
    camera: Camera,
    clock: SimulatedClock,
    folder: DataFolder,
    engine: sa.Engine,
) -> None:
    """The row of an open segment is seconds behind its file."""
    record(0, 10)
    files = FaultyFiles()
    writer = Views(engine, folder, clock, files).begin(camera.id, "run", second(10), INIT)
    for number in range(4):
        writer.append(fake_fragment(number), second(number + 11))
    gap(views, camera, 14, None)
    assert views.segment(writer.segment.id).end > writer.segment.end
    assert problems() == []
    files.let_go()


def test_cameras_are_apart(record: Record, problems: Problems, views: Views, cameras: Cameras, camera: Camera) -> None:
    other = cameras.add("Yard", camera.main)
    record(0, 10)
    record(100, 110)
    gap(views, other, 10, 100)
    assert len(problems()) == 1


def test_spans_of_timelines_are_proven_too(record: Record, problems: Problems, engine: sa.Engine) -> None:
    record(0, 10)
    with writing(engine) as connection:
        connection.execute(sa.delete(schema.kept_spans))
    assert problems() == ["Camera 'Front door': timelines do not show what is kept of its view, 0 spans instead of 1."]


def test_what_went_between_held_footage_and_the_rest_is_told_by_entries(
    record: Record,
    problems: Problems,
    views: Views,
    cameras: Cameras,
    camera: Camera,
    clock: SimulatedClock,
    engine: sa.Engine,
    folder: DataFolder,
) -> None:
    """Retention takes what is free, one minute after another, and the gaps between it."""
    spans = [(0, 10), (10, 20), (50, 60), (60, 70), (70, 80)]
    for start, end in spans:
        record(start, end)
    gap(views, camera, 20, 50)
    Holds(engine, folder, clock).add(camera.id, second(0), second(10), "r", WallUs(1 << 60), ANNA)
    options = RetentionOptions(days=1, min_free_bytes=0)
    retention = Retention(views, cameras, folder, clock, options)
    for _, end in spans[:3]:
        clock.step_wall((second(end) + DAY_US - clock.wall_us()) / MICROSECONDS)
        retention.run()
        assert problems() == []
    assert [segment.start for segment in views.segments(camera.id, second(0), second(99))] == [
        0,
        second(60),
        second(70),
    ]
    assert views.gaps(camera.id, second(0), second(99)) == []
    with writing(engine) as connection:
        gone = connection.execute(
            sa.delete(schema.segments).where(schema.segments.c.start_us == second(60)).returning(schema.segments.c.id)
        )
        assert len(gone.all()) == 1
        kept.take_away(connection, VIEWS, camera.id, [(second(60), second(70))])
    assert [problem for problem in problems() if "nothing says" in problem] == [
        f"{UNEXPLAINED} 1970-01-01 00:01:00 UTC to 1970-01-01 00:01:10 UTC, 10.0 s."
    ]


def test_what_was_lost_explains_nothing(
    record: Record, problems: Problems, views: Views, camera: Camera, engine: sa.Engine, folder: DataFolder
) -> None:
    record(0, 10)
    writer = views.begin(camera.id, "run", second(10), INIT)
    writer.append(fake_fragment(0), second(20))
    lost = views.segment(writer.segment.id)
    recovery.save(Store(engine, folder), dataclasses.replace(lost, state=SegmentState.GARBAGE), lost)
    record(20, 30)
    assert problems() == [f"{UNEXPLAINED} 1970-01-01 00:00:10 UTC to 1970-01-01 00:00:20 UTC, 10.0 s."]
