"""What is the same for views and originals, tried on views: spans, gaps, deletion."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.store.footage import INIT, fake_fragment
from watchglass.base.clock import MICROSECONDS, SimulatedClock, WallUs
from watchglass.base.errors import MissingInputError
from watchglass.model.camera import Camera
from watchglass.model.record import Gap, GapCause, Segment, SegmentState
from watchglass.store import kept, schema
from watchglass.store.cameras import Cameras
from watchglass.store.check import check
from watchglass.store.database import writing
from watchglass.store.folder import DataFolder
from watchglass.store.kept import JOIN_US
from watchglass.store.recovery import StuckFileError
from watchglass.store.shelf import VIEWS
from watchglass.store.views import Views

FOREVER = WallUs(1 << 60)


def second(number: float) -> WallUs:
    return WallUs(round(number * MICROSECONDS))


def record(views: Views, camera: Camera, begin: float, end: float, run: str = "run") -> Segment:
    writer = views.begin(camera.id, run, second(begin), INIT)
    writer.append(fake_fragment(0), second(end))
    return writer.close()


def test_segments_are_those_that_share_time_with_the_span(views: Views, camera: Camera, cameras: Cameras) -> None:
    other = cameras.add("Yard", camera.main)
    a, b, c = (record(views, camera, begin, begin + 10) for begin in (0, 10, 30))
    record(views, other, 0, 10)

    def found(start: float, end: float) -> list[Segment]:
        return views.segments(camera.id, second(start), second(end))

    assert found(0, 100) == [a, b, c]
    assert found(10, 30) == [b]  # a ends and c begins there: nothing of them is inside
    assert found(9.999999, 30.000001) == [a, b, c]
    assert found(20, 30) == []
    assert found(12, 12.5) == [b]
    assert views.segments(77, second(0), second(100)) == []


def test_paths_are_days_and_times_in_utc(views: Views, camera: Camera, folder: DataFolder) -> None:
    start = datetime(2026, 3, 1, 23, 59, 58, tzinfo=UTC).timestamp()
    segment = record(views, camera, start, start + 5)
    assert segment.path.startswith("views/1/20260301/235958-")
    assert views.path(segment) == folder.root / segment.path
    assert views.path(segment).is_file()


def test_what_is_not_there_is_said(views: Views) -> None:
    with pytest.raises(MissingInputError, match="no segment 5"):
        views.segment(5)
    with pytest.raises(MissingInputError, match="no camera with the id 9"):
        views.begin(9, "run", second(0), INIT)
    with pytest.raises(MissingInputError, match="no camera with the id 9"):
        views.open_gap(9, second(0), GapCause.CAMERA)


def test_bounds_are_those_of_what_is_kept(views: Views, camera: Camera) -> None:
    assert views.bounds(camera.id) is None
    assert views.latest(camera.id) is None
    first = record(views, camera, 5, 10)
    record(views, camera, 20, 30)
    views.begin(camera.id, "run", second(40), INIT)  # nothing in it
    assert views.bounds(camera.id) == (second(5), second(30))
    assert views.latest(camera.id) == second(30)
    views.delete([first])
    assert views.bounds(camera.id) == (second(20), second(30))
    with pytest.raises(MissingInputError):
        views.segment(first.id)


def test_deletion_spares_open_segments(views: Views, camera: Camera, engine: sa.Engine, folder: DataFolder) -> None:
    closed = record(views, camera, 0, 10)
    writer = views.begin(camera.id, "run", second(10), INIT)
    writer.append(fake_fragment(0), second(11))
    views.delete([closed, writer.segment])
    assert not views.path(closed).exists()
    assert views.path(writer.segment).exists()
    assert writer.close().state is SegmentState.CLOSED
    assert check(engine, folder, deep=True) == []


def test_all_that_is_kept_of_a_camera_is_given_up(
    views: Views, camera: Camera, cameras: Cameras, engine: sa.Engine, folder: DataFolder
) -> None:
    other = record(views, cameras.add("Yard", camera.main), 0, 10)
    gone = record(views, camera, 0, 10)
    writer = views.begin(camera.id, "run", second(10), INIT)
    writer.append(fake_fragment(0), second(11))
    views.forget(camera.id)
    with pytest.raises(MissingInputError):
        views.segment(gone.id)
    assert [one.id for one in views.segments(camera.id, second(0), FOREVER)] == [writer.segment.id]
    writer.close()
    views.settle()  # as retention does
    assert not views.path(gone).exists()
    assert views.path(other).exists()
    assert check(engine, folder, deep=True) == []


def test_an_emptied_day_goes_too_and_the_next_segment_brings_it_back(views: Views, camera: Camera) -> None:
    segment = record(views, camera, 0, 10)
    views.delete([segment])
    assert not views.path(segment).parent.exists()
    assert views.path(record(views, camera, 10, 20)).exists()


def test_many_are_deleted_at_once(views: Views, camera: Camera, engine: sa.Engine, folder: DataFolder) -> None:
    """More than one transaction takes: what is beyond the first batch goes as well."""
    row = {"camera": camera.id, "run": "r", "state": "closed", "size": 1, "sha256": "0" * 64}
    rows = [row | {"start_us": n, "end_us": n + 1, "path": f"views/1/19700101/{n}.mp4"} for n in range(1203)]
    with writing(engine) as connection:
        connection.execute(sa.insert(schema.segments), rows)
    views.delete(views.oldest(5000))
    assert views.oldest(5000) == []
    assert check(engine, folder) == []


def test_a_file_that_cannot_be_unlinked_is_named_and_tried_again(
    views: Views, camera: Camera, engine: sa.Engine, folder: DataFolder
) -> None:
    stuck, other = record(views, camera, 0, 10), record(views, camera, 10, 20)
    path = views.path(stuck)
    path.unlink()
    path.mkdir()  # unlink(2) refuses folders
    with pytest.raises(StuckFileError, match=stuck.path):
        views.delete([stuck, other])
    assert not views.path(other).exists()
    views.recover()  # says it in the log, and goes on
    path.rmdir()
    views.settle()
    with engine.connect() as connection:
        assert connection.execute(sa.select(schema.segments)).all() == []


def test_bytes_are_those_of_all_that_is_kept(views: Views, camera: Camera) -> None:
    assert views.kept_bytes() == 0
    sizes = [record(views, camera, begin, begin + 10).size for begin in (0, 10)]
    views.begin(camera.id, "run", second(20), INIT)
    assert views.kept_bytes() == sum(sizes) + len(INIT)
    views.delete(views.oldest(1))
    assert views.kept_bytes() == sizes[1] + len(INIT)


# ---- kept spans


def test_segments_that_play_on_are_one_span(views: Views, camera: Camera) -> None:
    join = JOIN_US / MICROSECONDS
    for begin, end in ((0, 10), (10, 20), (20 + join, 30), (30 + 1.01 * join, 40), (50, 60)):
        record(views, camera, begin, end)
    views.begin(camera.id, "run", second(70), INIT)

    def kept(start: float, end: float) -> list[tuple[float, float]]:
        spans = views.kept(camera.id, second(start), second(end))
        return [(begin / MICROSECONDS, until / MICROSECONDS) for begin, until in spans]

    assert kept(0, 100) == [(0, 30), (30 + 1.01 * join, 40), (50, 60)]
    assert kept(5, 55) == [(5, 30), (30 + 1.01 * join, 40), (50, 55)]
    assert kept(40, 50) == []
    assert kept(12, 13) == [(12, 13)]
    assert views.kept(9, WallUs(0), FOREVER) == []
    assert views.kept(camera.id, second(0), second(45), 2 * JOIN_US) == [(second(0), second(40))]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 5)), max_size=12), st.integers(0, 20), st.integers(1, 40))
def test_spans_are_what_merging_by_hand_gives(pieces: list[tuple[int, int]], start: int, length: int) -> None:
    engine = sa.create_engine("sqlite://")
    schema.METADATA.create_all(engine)
    spans, at = [], 0
    for hole, size in pieces:
        spans.append((at + hole, at + hole + size))
        at += hole + size
    same = {"camera": 1, "run": "r", "state": "closed", "size": 1, "sha256": "0" * 64}
    with engine.begin() as connection:
        for begin, until in spans:
            times = {"start_us": second(begin), "end_us": second(until), "path": str(begin)}
            connection.execute(sa.insert(schema.segments).values(same | times))
    kept.renew(engine, VIEWS)
    views = Views(engine, DataFolder(Path("/nowhere"), ""), SimulatedClock())
    expected: list[tuple[int, int]] = []
    for begin, until in spans:
        inside = max(begin, start), min(until, start + length)
        if inside[0] < inside[1]:
            joins = bool(expected) and expected[-1][1] == inside[0]
            expected.append((expected.pop()[0] if joins else inside[0], inside[1]))
    found = views.kept(1, second(start), second(start + length))
    assert found == [(second(begin), second(until)) for begin, until in expected]
    engine.dispose()


# ---- gaps and covers


def gaps(views: Views, camera: Camera, start: float = 0, end: float = 1000) -> list[tuple[float, float | None, str]]:
    return [
        (gap.start / MICROSECONDS, None if gap.end is None else gap.end / MICROSECONDS, gap.cause.value)
        for gap in views.gaps(camera.id, second(start), second(end))
    ]


def test_a_gap_lasts_until_it_is_closed(views: Views, camera: Camera) -> None:
    views.close_gap(camera.id, second(1))  # none there: fine
    views.open_gap(camera.id, second(5), GapCause.NETWORK, "no answer from 192.0.2.1")
    assert views.gaps(camera.id, second(0), second(6)) == [
        Gap(1, camera.id, second(5), None, GapCause.NETWORK, "no answer from 192.0.2.1")
    ]
    views.open_gap(camera.id, second(7), GapCause.NETWORK, "still none")  # the same: it goes on
    views.close_gap(camera.id, second(9))
    views.close_gap(camera.id, second(12))
    assert views.gaps(camera.id, second(0), second(100)) == [
        Gap(1, camera.id, second(5), second(9), GapCause.NETWORK, "no answer from 192.0.2.1")
    ]


def test_another_cause_ends_one_gap_and_begins_the_next(views: Views, camera: Camera) -> None:
    views.open_gap(camera.id, second(5), GapCause.NETWORK)
    views.open_gap(camera.id, second(8), GapCause.OFF)
    views.open_gap(camera.id, second(9), GapCause.DISK)
    assert gaps(views, camera) == [(5, 8, "network"), (8, 9, "off"), (9, None, "disk")]


def test_gaps_that_took_no_time_are_none(views: Views, camera: Camera) -> None:
    views.open_gap(camera.id, second(5), GapCause.NETWORK)
    views.close_gap(camera.id, second(5))
    assert gaps(views, camera) == []
    views.open_gap(camera.id, second(5), GapCause.NETWORK)
    views.open_gap(camera.id, second(5), GapCause.OFF)
    assert gaps(views, camera) == [(5, None, "off")]


def test_a_clock_that_was_set_back_makes_no_gap_that_ends_before_it_begins(views: Views, camera: Camera) -> None:
    views.open_gap(camera.id, second(50), GapCause.NETWORK)
    views.open_gap(camera.id, second(20), GapCause.OFF)
    assert gaps(views, camera) == [(50, None, "off")]
    views.close_gap(camera.id, second(30))
    assert gaps(views, camera) == []


def test_gaps_are_those_that_share_time_with_the_span(views: Views, camera: Camera, cameras: Cameras) -> None:
    other = cameras.add("Yard", camera.main)
    views.open_gap(other.id, second(0), GapCause.OFF)
    views.open_gap(camera.id, second(10), GapCause.CAMERA)
    views.close_gap(camera.id, second(20))
    views.open_gap(camera.id, second(30), GapCause.US)
    assert gaps(views, camera, 0, 10) == []
    assert gaps(views, camera, 20, 30) == []
    assert gaps(views, camera, 19, 31) == [(10, 20, "camera"), (30, None, "us")]
    assert gaps(views, camera, 500, 600) == [(30, None, "us")]
    assert gaps(views, other) == [(0, None, "off")]


def test_spans_are_forgotten_once_they_explain_nothing(views: Views, camera: Camera) -> None:
    for begin in (0, 10, 20):
        views.open_gap(camera.id, second(begin), GapCause.CAMERA)
        views.close_gap(camera.id, second(begin + 5))
        views.begin_cover(camera.id, second(begin), "x")
        views.end_cover(camera.id, second(begin + 5))
    views.open_gap(camera.id, second(26), GapCause.CAMERA)
    views.forget_spans(camera.id, second(15))
    assert gaps(views, camera) == [(20, 25, "camera"), (26, None, "camera")]
    assert len(views.covers(camera.id, second(0), second(100))) == 1


def test_the_catalogue_itself_allows_one_lasting_gap_only(views: Views, camera: Camera, engine: sa.Engine) -> None:
    views.open_gap(camera.id, second(0), GapCause.CAMERA)
    with pytest.raises(sa.exc.IntegrityError), writing(engine) as connection:
        connection.execute(sa.insert(schema.gaps).values(camera=camera.id, start_us=5, cause="us", detail=""))


def test_tallies_and_latest_moments_of_many_cameras(views: Views, camera: Camera, cameras: Cameras) -> None:
    assert views.tally() == {}
    assert views.latest_of([camera.id]) == {}
    other, empty = cameras.add("Yard", camera.main).id, cameras.add("Gate", camera.main).id
    sizes = [record(views, camera, begin, begin + 10).size for begin in (0, 10)]
    deleted = record(views, camera, 20, 30)
    views.begin(other, "run", second(40), INIT)  # open, and nothing in it
    views.delete([deleted])
    assert views.tally() == {camera.id: (2, sum(sizes)), other: (1, len(INIT))}
    assert views.latest_of([camera.id, other, empty]) == {camera.id: second(20)}
