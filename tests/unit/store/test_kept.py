"""Spans are what the closed segments make of them, whatever happens to those and in whatever order."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.store.footage import INIT, fake_fragment
from watchglass.base.clock import MICROSECONDS, SimulatedClock, WallUs
from watchglass.model.camera import Camera
from watchglass.model.record import Deletion, Segment, SegmentState
from watchglass.store import kept, recovery, schema
from watchglass.store.cameras import Cameras
from watchglass.store.database import reading, writing
from watchglass.store.folder import DataFolder
from watchglass.store.kept import JOIN_US, Span
from watchglass.store.shelf import VIEWS
from watchglass.store.views import Views

CAMERAS = (1, 2)
FOREVER = WallUs(1 << 60)


def at(units: int) -> WallUs:
    """Times of these tests, in halves of what still joins: 2 of them apart is the same span, 3 is not."""
    return WallUs(units * JOIN_US // 2)


def test_merging() -> None:
    assert kept.merged([]) == []
    assert kept.merged([(at(5), at(5))]) == []  # what takes no time is nothing
    assert kept.merged([(at(12), at(15)), (at(0), at(4)), (at(6), at(9))]) == [
        Span(at(0), at(9), at(4)),
        Span(at(12), at(15), at(3)),
    ]
    assert kept.merged([(at(0), at(9)), (at(1), at(2)), (at(11), at(12))]) == [Span(at(0), at(12), at(9))]
    assert len(kept.merged([(at(0), at(1)), (at(5), at(6))], 2 * JOIN_US)) == 1


@pytest.fixture
def empty() -> Iterator[recovery.Store]:
    yield from stores()


def stores() -> Iterator[recovery.Store]:
    engine = sa.create_engine("sqlite://")
    schema.METADATA.create_all(engine)
    yield recovery.Store(engine, DataFolder(Path("/nowhere"), ""))
    engine.dispose()


def insert(store: recovery.Store, camera: int, start: WallUs, end: WallUs) -> Segment:
    """An open segment's row."""
    times = {"camera": camera, "start_us": start, "end_us": start, "run": "r", "state": "open", "size": 1}
    with writing(store.engine) as connection:
        count = connection.execute(sa.select(sa.func.count()).select_from(store.table)).scalar_one()
        query = sa.insert(store.table).values(**times, path=str(count)).returning(store.table.c.id)
        identity = connection.execute(query).scalar_one()
    return Segment(identity, camera, "r", SegmentState.CLOSED, start, end, str(count), 1, "0" * 64)


Turn = tuple[int, int, int]


@settings(max_examples=40)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.sampled_from(CAMERAS), st.integers(0, 40), st.integers(0, 9)),  # closed: from, how long
            st.tuples(st.just(0), st.integers(0, 30), st.integers(1, 4)),  # deleted: from which one on, how many
        ),
        max_size=20,
    )
)
def test_spans_fit_after_every_turn(turns: list[Turn]) -> None:
    """Segments overlap, as they do when the clock is set back, and are deleted from the middle."""
    for store in stores():
        live: list[Segment] = []
        for kind, first, second in turns:
            if kind:
                live.append(insert(store, kind, at(first), at(first + second)))
                recovery.save(store, live[-1])
            else:
                place = first % max(1, len(live))
                gone = live[place : place + second]
                recovery.mark_garbage(store, gone, Deletion.AGE)
                live = [one for one in live if one not in gone]
            with reading(store.engine) as connection:
                for camera in CAMERAS:
                    expected = kept.merged((one.start, one.end) for one in live if one.camera == camera)
                    assert kept.stored(connection, VIEWS, camera) == [(span.start, span.end) for span in expected]


def test_what_is_deleted_from_the_middle_leaves_both_sides_whole(empty: recovery.Store) -> None:
    minutes = [insert(empty, 1, at(number * 4), at(number * 4 + 4)) for number in range(20)]
    for one in minutes:
        recovery.save(empty, one)
    recovery.mark_garbage(empty, minutes[9:10], Deletion.AGE)
    with reading(empty.engine) as connection:
        assert kept.stored(connection, VIEWS, 1) == [(at(0), at(36)), (at(40), at(80))]
    recovery.mark_garbage(empty, [minutes[3], *minutes[14:16], minutes[19]], Deletion.AGE)
    with reading(empty.engine) as connection:
        spans = [(at(0), at(12)), (at(16), at(36)), (at(40), at(56)), (at(64), at(76))]
        assert kept.stored(connection, VIEWS, 1) == spans


def test_what_is_long_is_found_from_far_away(empty: recovery.Store) -> None:
    """A segment that covers an hour reaches over many short ones, which are deleted under it."""
    recovery.save(empty, insert(empty, 1, at(0), at(1000)))
    short = [insert(empty, 1, at(number), at(number + 1)) for number in (500, 501, 502)]
    for one in short:
        recovery.save(empty, one)
    recovery.mark_garbage(empty, short, Deletion.AGE)
    with reading(empty.engine) as connection:
        assert kept.stored(connection, VIEWS, 1) == [(at(0), at(1000))]


def test_a_segment_and_its_span_are_noted_together_or_not_at_all(
    empty: recovery.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    segment = insert(empty, 1, at(0), at(9))

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(kept, "add", killed)
        with pytest.raises(KeyboardInterrupt):
            recovery.save(empty, segment)
    with reading(empty.engine) as connection:
        assert connection.execute(sa.select(empty.table.c.state)).scalars().all() == ["open"]
        assert kept.stored(connection, VIEWS, 1) == []
    recovery.save(empty, segment)
    with monkeypatch.context() as patched:
        patched.setattr(kept, "take_away", killed)
        with pytest.raises(KeyboardInterrupt):
            recovery.mark_garbage(empty, [segment], Deletion.AGE)
    with reading(empty.engine) as connection:
        assert connection.execute(sa.select(empty.table.c.state)).scalars().all() == ["closed"]
        assert kept.agree(connection, VIEWS, 1)


def test_what_is_being_kept_is_in_what_is_told_and_in_no_span(
    views: Views, camera: Camera, engine: sa.Engine, clock: SimulatedClock
) -> None:
    def second(number: int) -> WallUs:
        return WallUs(number * MICROSECONDS)

    writer = views.begin(camera.id, "run", second(0), INIT)
    writer.append(fake_fragment(0), second(1))
    writer.close()
    writer = views.begin(camera.id, "run", second(1), INIT)
    clock.advance(5)
    writer.append(fake_fragment(1), second(6))  # synced, and so noted
    assert views.kept(camera.id, second(0), FOREVER) == [(second(0), second(6))]
    with reading(engine) as connection:
        assert kept.stored(connection, VIEWS, camera.id) == [(second(0), second(1))]
    writer.close()
    with reading(engine) as connection:
        assert kept.stored(connection, VIEWS, camera.id) == [(second(0), second(6))]


def test_a_camera_takes_its_spans_along(views: Views, cameras: Cameras, camera: Camera, engine: sa.Engine) -> None:
    for turn in range(2):
        writer = views.begin(camera.id, "run", WallUs(turn), INIT)
        writer.append(fake_fragment(0), WallUs(turn + 1_000_000))
        writer.close()
        with reading(engine) as connection:
            assert len(kept.stored(connection, VIEWS, camera.id)) == 1
        if turn == 0:
            views.forget(camera.id)
        else:
            cameras.remove(camera.id)
        with reading(engine) as connection:
            assert connection.execute(sa.select(schema.kept_spans)).all() == []


def test_spans_that_do_not_fit_are_made_anew(empty: recovery.Store) -> None:
    for camera in CAMERAS:
        recovery.save(empty, insert(empty, camera, at(0), at(9)))
    wrong = {"camera": 2, "start_us": 0, "end_us": 5, "longest_us": 5}
    with writing(empty.engine) as connection:
        kept.forget(connection, VIEWS, 2)
        connection.execute(sa.insert(schema.kept_spans), [wrong, wrong | {"camera": 7}])
    assert kept.renew(empty.engine, VIEWS) == [2, 7]
    assert kept.renew(empty.engine, VIEWS) == []
    with reading(empty.engine) as connection:
        assert sorted(set(kept.cameras(connection, VIEWS))) == [1, 2]
        assert kept.stored(connection, VIEWS, 2) == [(at(0), at(9))]
