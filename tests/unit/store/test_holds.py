"""Held footage is never deleted, whoever deletes and whenever the hold is set."""

import dataclasses
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.originals import shares_of
from tests.unit.store.footage import INIT, fake_fragment
from watchglass.base import durable
from watchglass.base.clock import MICROSECONDS, SimulatedClock, WallUs
from watchglass.base.errors import CannotWriteError, MissingInputError, UsageError, WatchglassError
from watchglass.model.camera import Camera, Source, SourceKind
from watchglass.model.record import Actor, Deletion, GapCause, Hold, Segment, Through
from watchglass.seal.identity import Identity
from watchglass.seal.shares import Custody
from watchglass.store import entries, holds, recovery, schema
from watchglass.store.cameras import Cameras
from watchglass.store.database import open_originals
from watchglass.store.folder import DataFolder
from watchglass.store.holds import MOST, Holds, reason_hash
from watchglass.store.originals import Originals
from watchglass.store.retention import Retention, RetentionOptions
from watchglass.store.views import Views

ANNA, BO = Actor("anna", Through.CONSOLE), Actor("bo", Through.COMMAND)
CUSTODY = Custody((Identity(bytes(96)).recipient,), 1)
DAY_US = 24 * 3600 * MICROSECONDS
FOREVER = WallUs(1 << 60)


@pytest.fixture
def held(engine: sa.Engine, folder: DataFolder, clock: SimulatedClock) -> Holds:
    return Holds(engine, folder, clock)


@pytest.fixture
def own(folder: DataFolder) -> Iterator[sa.Engine]:
    engine = open_originals(folder)
    yield engine
    engine.dispose()


@pytest.fixture
def originals(own: sa.Engine, folder: DataFolder, clock: SimulatedClock, engine: sa.Engine) -> Originals:
    return Originals(own, folder, clock, catalogue=engine)


@pytest.fixture
def yard(cameras: Cameras) -> Camera:
    return cameras.add("Yard", Source(SourceKind.RTSP, "rtsp://192.0.2.2/stream"))


def ago(clock: SimulatedClock, days: float) -> WallUs:
    return WallUs(clock.wall_us() - round(days * DAY_US))


def view(views: Views, camera: Camera, start: WallUs) -> Segment:
    writer = views.begin(camera.id, "run", start, INIT)
    writer.append(fake_fragment(0), WallUs(start + MICROSECONDS))
    return writer.close()


def original(originals: Originals, camera: Camera, start: WallUs) -> Segment:
    writer = originals.begin(camera.id, "run", start, INIT, CUSTODY)
    writer.append(fake_fragment(0), WallUs(start + MICROSECONDS))
    return writer.close()


def hold(
    holds: Holds, clock: SimulatedClock, camera: Camera | None, days: tuple[float, float], last: float = 1
) -> Hold:
    """Hold from so many days ago to so many, for `last` days from now on."""
    number = camera.id if camera else None
    return holds.add(number, ago(clock, days[0]), ago(clock, days[1]), "Case 12", ago(clock, -last), ANNA)


# ---- setting, extending, releasing, lapsing


def test_a_hold_has_a_reason_an_owner_and_an_end(held: Holds, clock: SimulatedClock, camera: Camera) -> None:
    now = clock.wall_us()
    made = held.add(camera.id, WallUs(5), WallUs(9), "  Case\n12 ", WallUs(now + 100), ANNA)
    assert made == Hold(made.id, camera.id, WallUs(5), WallUs(9), "Case 12", "anna", now, WallUs(now + 100))
    assert held.all() == held.active() == [held.get(made.id)] == [made]
    clock.advance(100e-6)
    assert held.active() == []
    assert held.all() == [made]
    with pytest.raises(UsageError, match=f"Hold {made.id} lapsed at 2027-01-15 08:00 UTC"):
        held.extend(made.id, WallUs(now + 200), ANNA)


def test_a_hold_is_extended_but_never_cut_short(held: Holds, clock: SimulatedClock, camera: Camera) -> None:
    made = hold(held, clock, camera, (2, 1))
    with pytest.raises(UsageError, match="give a later time, or release it"):
        held.extend(made.id, made.until, BO)
    assert held.extend(made.id, ago(clock, -3), BO).until == ago(clock, -3)
    clock.advance(2 * 24 * 3600)
    assert [one.id for one in held.active()] == [made.id]


def test_a_hold_is_released_once(held: Holds, clock: SimulatedClock, camera: Camera) -> None:
    made = hold(held, clock, camera, (2, 1))
    released = held.release(made.id, BO)
    assert (released.released_at, released.released_by, released.owner) == (clock.wall_us(), "bo", "anna")
    assert held.active() == []
    with pytest.raises(UsageError, match=f"Hold {made.id} was released by bo"):
        held.release(made.id, BO)
    with pytest.raises(UsageError, match=f"Hold {made.id} was released by bo"):
        held.extend(made.id, ago(clock, -9), BO)


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"camera": 77}, MissingInputError, "no camera with the id 77"),
        ({"end": WallUs(5)}, UsageError, "must end after it begins"),
        ({"until": WallUs(9)}, UsageError, "lies ahead, and it is 2027-01-15 08:00 UTC now"),
        ({"reason": " "}, UsageError, "reason of a hold has 1 to 1000"),
        ({"reason": "x" * 1001}, UsageError, "reason of a hold has 1 to 1000"),
        ({"by": Actor("", Through.COMMAND)}, UsageError, "owner of a hold has 1 to 64"),
    ],
)
def test_what_makes_no_sense_is_refused(
    changes: dict[str, object], error: type[WatchglassError], words: str, held: Holds, camera: Camera
) -> None:
    wanted = {"camera": camera.id, "start": WallUs(5), "end": WallUs(9), "reason": "r", "until": FOREVER, "by": ANNA}
    with pytest.raises(error, match=words):
        held.add(**(wanted | changes))  # type: ignore[arg-type]
    assert held.all() == []
    with pytest.raises(MissingInputError, match="There is no hold 1"):
        held.release(1, ANNA)


def test_each_is_told_to_the_ledger_without_the_reason(
    held: Holds, clock: SimulatedClock, camera: Camera, engine: sa.Engine
) -> None:
    made = hold(held, clock, camera, (2, 1))
    every = hold(held, clock, None, (2, 1))
    held.extend(made.id, FOREVER, BO)
    held.release(made.id, ANNA)
    latest = 2**53 - 1  # that JSON holds
    with engine.connect() as connection:
        salts = {row.id: row.salt for row in connection.execute(sa.select(schema.holds))}
    said = [entries.parse(text) for text in entries.read(engine, schema.entries) if b'"kind":"hold"' in text]
    assert [(one["action"], one["hold"], one.get("camera"), one["by"], one["through"]) for one in said] == [
        ("set", made.id, camera.id, "anna", "console"),
        ("set", every.id, None, "anna", "console"),
        ("extended", made.id, camera.id, "bo", "command"),
        ("released", made.id, camera.id, "anna", "console"),
    ]
    assert [one["until_us"] for one in said] == [made.until, every.until, latest, latest]
    assert [one["reason_sha256"] for one in said] == [reason_hash(salts[one["hold"]], "Case 12") for one in said]
    assert salts[made.id] != salts[every.id]


# ---- what retention does


@pytest.mark.parametrize(
    "options",
    [
        RetentionOptions(days=0, original_days=0, free_space=lambda _: 1 << 50),
        RetentionOptions(max_bytes=0, max_original_bytes=0, free_space=lambda _: 1 << 50),
        RetentionOptions(min_free_bytes=1 << 40, free_space=lambda _: 0),
    ],
    ids=["age", "size", "space"],
)
def test_nothing_that_is_held_goes(
    options: RetentionOptions,
    held: Holds,
    views: Views,
    originals: Originals,
    cameras: Cameras,
    folder: DataFolder,
    clock: SimulatedClock,
    camera: Camera,
    yard: Camera,
) -> None:
    """View and original both, with shares, gaps and covers; what touches the span goes with neither."""
    made = hold(held, clock, camera, (2, 1))
    after = [ago(clock, 1), WallUs(made.start - MICROSECONDS)]  # end to end with the span, and not in it
    inside = [WallUs(made.start - MICROSECONDS + 1), ago(clock, 1.5), WallUs(made.end - 1)]
    kinds: list[tuple[Views | Originals, Callable[[Camera, WallUs], Segment]]] = [
        (views, lambda of, start: view(views, of, start)),
        (originals, lambda of, start: original(originals, of, start)),
    ]
    kept: dict[int, list[int]] = {}
    for number, (footage, make) in enumerate(kinds):
        for of, starts in ((camera, after), (yard, inside)):
            for start in starts:
                make(of, start)
        kept[number] = sorted(make(camera, start).id for start in inside)
        for at in (inside[1], ago(clock, 3)):
            footage.open_gap(camera.id, at, GapCause.DISK)
            footage.close_gap(camera.id, WallUs(at + 1))
    views.begin_cover(camera.id, inside[1], "dark")
    views.end_cover(camera.id, WallUs(inside[1] + 1))
    if options.min_free_bytes > 1 << 39:  # each deletion frees something, and never enough
        free = iter(range(1000))
        options = dataclasses.replace(options, free_space=lambda _: next(free))
    Retention(views, cameras, folder, clock, options, originals=originals).run()
    for number, (footage, _) in enumerate(kinds):
        left = footage.segments(camera.id, WallUs(0), FOREVER)
        assert sorted(one.id for one in left) == kept[number]
        assert all(footage.path(one).exists() for one in left)
        assert footage.segments(yard.id, WallUs(0), FOREVER) == []
        assert [gap.start for gap in footage.gaps(camera.id, inside[1], made.end)] == [inside[1]]
    assert all(shares_of(folder, one).exists() for one in originals.segments(camera.id, WallUs(0), FOREVER))
    assert len(list(folder.shares.rglob("*.shares"))) == len(inside)
    assert len(views.covers(camera.id, WallUs(0), FOREVER)) == 1
    if not options.days:
        assert [gap.start for gap in views.gaps(camera.id, WallUs(0), FOREVER)] == [inside[1]]

    held.release(made.id, BO)
    options = RetentionOptions(days=0, original_days=0, free_space=lambda _: 1 << 50)
    Retention(views, cameras, folder, clock, options, originals=originals).run()
    for footage, _ in kinds:
        assert footage.segments(camera.id, WallUs(0), FOREVER) == []
        assert footage.gaps(camera.id, WallUs(0), FOREVER) == []


def test_a_hold_of_all_cameras_holds_all(
    held: Holds, views: Views, clock: SimulatedClock, camera: Camera, yard: Camera
) -> None:
    hold(held, clock, None, (2, 1))
    segments = [view(views, one, ago(clock, days)) for one in (camera, yard) for days in (1.5, 3)]
    assert views.delete(segments) == [segments[1], segments[3]]
    assert [views.path(one).exists() for one in segments] == [True, False, True, False]


def test_somebody_who_deletes_what_is_kept_cannot_delete_what_is_held(
    held: Holds, views: Views, clock: SimulatedClock, camera: Camera
) -> None:
    hold(held, clock, camera, (2, 1))
    view(views, camera, ago(clock, 3))
    mine = view(views, camera, ago(clock, 1.5))
    views.forget(camera.id)
    assert views.segments(camera.id, WallUs(0), FOREVER) == [mine]


def test_a_lapsed_hold_holds_nothing(held: Holds, views: Views, clock: SimulatedClock, camera: Camera) -> None:
    hold(held, clock, camera, (2, 1), last=1)
    segment = view(views, camera, ago(clock, 1.5))
    clock.advance(24 * 3600 - 1)
    assert views.delete([segment]) == []
    clock.advance(1)
    assert views.delete([segment]) == [segment]


def test_a_camera_with_a_hold_cannot_be_removed(
    held: Holds, cameras: Cameras, views: Views, clock: SimulatedClock, camera: Camera, yard: Camera
) -> None:
    segment = view(views, camera, ago(clock, 1.5))
    mine = hold(held, clock, camera, (2, 1))
    with pytest.raises(UsageError) as raised:
        cameras.remove(camera.id)
    for words in ("Camera 'Front door'", f"hold {mine.id} of anna (Case 12)", "until 2027-01-16 08:00", "Release"):
        assert words in str(raised.value)
    assert views.segments(camera.id, WallUs(0), FOREVER) == [segment]
    cameras.remove(yard.id)
    held.release(mine.id, BO)
    every = hold(held, clock, None, (2, 1))
    with pytest.raises(UsageError, match=f"hold {every.id} of anna"):
        cameras.remove(camera.id)
    held.release(every.id, BO)
    cameras.remove(camera.id)
    assert held.get(mine.id).camera == camera.id


def test_a_hold_that_is_set_while_a_camera_is_removed_keeps_it(
    held: Holds, cameras: Cameras, views: Views, clock: SimulatedClock, camera: Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery, "BATCH", 2)
    segments = [view(views, camera, ago(clock, 1.5 - n / 100)) for n in range(6)]
    mark = recovery.mark_garbage

    def mark_and_hold(store: recovery.Store, some: list[Segment], reason: Deletion) -> list[Segment]:
        marked = mark(store, some, reason)
        if not held.active():
            hold(held, clock, camera, (2, 1))
        return marked

    monkeypatch.setattr(recovery, "mark_garbage", mark_and_hold)
    with pytest.raises(UsageError, match="Front door"):
        cameras.remove(camera.id)
    assert views.segments(camera.id, WallUs(0), FOREVER) == segments[2:]


def test_originals_of_a_camera_that_was_removed_stay_while_a_hold_of_all_keeps_them(
    held: Holds, cameras: Cameras, originals: Originals, clock: SimulatedClock, camera: Camera
) -> None:
    """Between the removal and the retention that is to follow somebody says: all of that day."""
    segment, older = original(originals, camera, ago(clock, 1.5)), original(originals, camera, ago(clock, 3))
    for days in (1.5, 3):
        originals.open_gap(camera.id, ago(clock, days), GapCause.DISK)
        originals.close_gap(camera.id, WallUs(ago(clock, days) + 1))
    cameras.remove(camera.id)
    every = hold(held, clock, None, (2, 1))
    originals.settle()
    assert [one.id for one in originals.segments(camera.id, WallUs(0), FOREVER)] == [segment.id]
    assert [gap.start for gap in originals.gaps(camera.id, WallUs(0), FOREVER)] == [ago(clock, 1.5)]
    assert not originals.path(older).exists()
    held.release(every.id, BO)
    originals.settle()
    assert not originals.path(segment).exists()


def test_what_is_held_and_cannot_be_read_any_more_is_left_as_it_is(
    held: Holds, views: Views, clock: SimulatedClock, camera: Camera
) -> None:
    """Somebody may read more of it than we can."""
    made = hold(held, clock, camera, (2, 1))
    writer = views.begin(camera.id, "run", ago(clock, 1.5), INIT)
    clock.advance(6)
    writer.append(fake_fragment(0), WallUs(ago(clock, 1.5) + MICROSECONDS))  # synced
    path = views.path(writer.segment)
    path.write_bytes(b"x" + path.read_bytes()[1:])
    writer._release()  # as when its process dies
    views.recover()
    assert path.exists()
    held.release(made.id, BO)
    views.recover()
    assert not path.exists()


def test_as_many_holds_as_there_may_be_are_one_query(
    held: Holds, views: Views, clock: SimulatedClock, camera: Camera, engine: sa.Engine
) -> None:
    row = {"camera": camera.id, "reason": "r", "salt": "", "owner": "o", "set_us": 0, "until_us": FOREVER}
    rows = [{**row, "start_us": DAY_US * n, "end_us": DAY_US * n + 5} for n in range(MOST)]
    with engine.begin() as connection:
        connection.execute(sa.insert(schema.holds), rows)
    segment = view(views, camera, WallUs(DAY_US * (MOST - 1) + 4))
    free = view(views, camera, WallUs(DAY_US * (MOST - 1) + 5))
    assert views.oldest(10) == [free]
    assert views.delete([segment, free]) == [free]
    assert views.stocks(WallUs(0))[0].held == segment.size
    with pytest.raises(UsageError, match=f"There are {MOST} holds"):
        hold(held, clock, camera, (2, 1))


def test_spans_that_touch_are_one() -> None:
    def one(camera: int | None, start: int, end: int) -> Hold:
        return Hold(1, camera, WallUs(start), WallUs(end), "r", "o", WallUs(0), FOREVER)

    given = [one(2, 5, 9), one(None, 1, 2), one(2, 1, 5), one(2, 20, 30), one(2, 6, 7), one(None, 4, 5)]
    assert holds._merged(given) == {None: [(1, 2), (4, 5)], 2: [(1, 9), (20, 30)]}


# ---- set in the moment of deleting


def test_a_hold_set_after_the_oldest_was_looked_for_keeps_it(
    held: Holds, views: Views, originals: Originals, clock: SimulatedClock, camera: Camera
) -> None:
    mine = view(views, camera, ago(clock, 1.5)), original(originals, camera, ago(clock, 1.5))
    found = views.oldest(10), originals.oldest(10)
    assert found == ([mine[0]], [mine[1]])
    hold(held, clock, camera, (2, 1))
    assert views.delete(found[0], Deletion.AGE) == []
    assert originals.delete(found[1], Deletion.AGE) == []
    assert (views.path(mine[0]).exists(), originals.path(mine[1]).exists()) == (True, True)
    assert shares_of(originals._store.folder, mine[1]).exists()


def test_a_hold_set_after_gaps_that_are_due_were_looked_for_keeps_them(
    held: Holds,
    views: Views,
    originals: Originals,
    clock: SimulatedClock,
    camera: Camera,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for footage in (views, originals):
        footage.open_gap(camera.id, ago(clock, 1.8), GapCause.CAMERA)
        footage.close_gap(camera.id, ago(clock, 1.5))
    hold(held, clock, camera, (2, 1))
    monkeypatch.setattr(recovery.Store, "active_holds", lambda _store: [])  # as it was before
    for footage in (views, originals):
        footage.forget_spans(camera.id, clock.wall_us())
        assert len(footage.gaps(camera.id, WallUs(0), FOREVER)) == 1
    held.release(1, ANNA)
    for footage in (views, originals):
        footage.forget_spans(camera.id, clock.wall_us())
        assert footage.gaps(camera.id, WallUs(0), FOREVER) == []


def test_a_hold_counts_as_set_once_a_deletion_under_way_is_over(
    held: Holds, originals: Originals, own: sa.Engine, engine: sa.Engine, clock: SimulatedClock, camera: Camera
) -> None:
    """The deletion has looked at the holds, and none was there. Whoever sets one must not be told that it holds before
    the deletion is through.
    """
    segment = original(originals, camera, ago(clock, 1.5))
    written, order = threading.Event(), list[str]()

    def set_it() -> None:
        hold(held, clock, camera, (2, 1))
        order.append("set")

    setting = threading.Thread(target=set_it)

    def while_deleting(_connection: sa.Connection) -> None:
        if not order:
            order.append("deleting")
            setting.start()
            assert written.wait(60)  # the hold is in the catalogue, and not set yet
            setting.join(0.2)
            order.append("deleted")

    def noted(_connection: sa.Connection) -> None:
        if setting.is_alive():
            written.set()

    sa.event.listen(own, "commit", while_deleting)
    sa.event.listen(engine, "commit", noted)
    assert originals.delete([segment]) == [segment]
    setting.join(60)
    assert order == ["deleting", "deleted", "set"]
    assert originals.segments(camera.id, WallUs(0), FOREVER) == []


def test_nothing_is_deleted_while_somebody_sets_a_hold(
    originals: Originals, folder: DataFolder, clock: SimulatedClock, camera: Camera
) -> None:
    segment = original(originals, camera, ago(clock, 1.5))
    descriptor = os.open(folder.run, os.O_RDONLY | os.O_DIRECTORY)
    durable.lock(descriptor)
    with pytest.raises(CannotWriteError, match="a hold is being set"):
        originals.delete([segment])
    assert originals.path(segment).exists()
    os.close(descriptor)
    assert originals.delete([segment]) == [segment]


def test_nobody_is_kept_from_starting_by_somebody_who_sets_a_hold(
    originals: Originals, cameras: Cameras, folder: DataFolder, clock: SimulatedClock, camera: Camera
) -> None:
    segment = original(originals, camera, ago(clock, 1.5))
    cameras.remove(camera.id)
    descriptor = os.open(folder.run, os.O_RDONLY | os.O_DIRECTORY)
    durable.lock(descriptor)
    originals.recover()
    assert originals.path(segment).exists()
    os.close(descriptor)
    originals.recover()
    assert not originals.path(segment).exists()


def test_a_lock_that_cannot_be_taken_is_said(
    held: Holds, originals: Originals, folder: DataFolder, clock: SimulatedClock, camera: Camera
) -> None:
    segment = original(originals, camera, ago(clock, 1.5))
    folder.run.rename(folder.root / "away")
    with pytest.raises(CannotWriteError, match=str(folder.run)):
        originals.delete([segment])
    with pytest.raises(CannotWriteError, match=str(folder.run)):
        hold(held, clock, camera, (2, 1))
    (folder.root / "away").rename(folder.run)
    assert Path(originals.path(segment)).exists()
