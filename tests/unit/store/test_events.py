import dataclasses
import uuid

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.base.errors import MissingInputError
from watchglass.model.camera import Camera
from watchglass.model.event import Change, Event, Happening, RuleKind
from watchglass.model.place import Point
from watchglass.store import events as module
from watchglass.store import schema
from watchglass.store.cameras import Cameras
from watchglass.store.events import Events, Wanted


@pytest.fixture
def events(engine: sa.Engine) -> Events:
    return Events(engine)


def second(number: float) -> WallUs:
    return WallUs(round((1_800_000_000 + number) * MICROSECONDS))


def event(start: float, end: float | None = None, **parts: object) -> Event:
    plain = Event(
        uuid.uuid4(), 1, 3, RuleKind.INTRUSION, second(start), None if end is None else second(end), 0.7, 1, "yard"
    )
    return dataclasses.replace(plain, **parts)  # type: ignore[arg-type]


def told(one: Event, seen: float, change: Change = Change.BEGAN) -> Happening:
    return Happening(change, one, second(seen))


def test_an_event_begins_changes_and_ends(events: Events, camera: Camera) -> None:
    one = event(10, at=Point(0.25, 0.5), detail="Somebody is in yard.", camera=camera.id)
    events.take([told(one, 10)])
    assert events.get(one.id) == one
    assert events.lasting() == [one]
    better = dataclasses.replace(one, score=0.9, tracks=2)
    events.take([told(better, 11, Change.CHANGED)])
    over = dataclasses.replace(better, end=second(20))
    events.take([told(over, 20, Change.ENDED)])
    assert events.get(one.id) == over
    assert events.lasting() == []
    assert events.page(Wanted()).events == [over]


def test_all_that_happened_at_once_or_nothing(events: Events, camera: Camera) -> None:
    wrong = event(10, camera=camera.id, score=60.0)
    with pytest.raises(sa.exc.IntegrityError):
        events.take([told(event(1, camera=camera.id), 1), told(wrong, 10)])
    assert events.page(Wanted()).events == []
    events.take([])


def test_of_a_camera_that_is_gone_nothing_is_kept_and_the_rest_is(
    events: Events, camera: Camera, cameras: Cameras
) -> None:
    here = event(10, camera=camera.id)
    events.take([told(event(9, camera=99), 9), told(here, 10)])
    assert events.page(Wanted()).events == [here]
    cameras.remove(camera.id)
    assert events.page(Wanted()).events == []


def test_those_that_nobody_minds_any_more_end_when_they_were_last_told_to_last(events: Events, camera: Camera) -> None:
    """As after kill -9."""
    lasting, over = event(10), event(1, 2)
    events.take([told(over, 2), told(lasting, 10), told(dataclasses.replace(lasting, tracks=4), 40, Change.CHANGED)])
    assert events.end_lasting(camera=99) == 0
    assert events.end_lasting(camera=camera.id) == 1
    assert events.get(lasting.id) == dataclasses.replace(lasting, tracks=4, end=second(40))
    assert events.get(over.id) == over
    assert events.end_lasting() == 0


def test_a_clock_that_was_set_back_keeps_nothing_out(events: Events) -> None:
    one = event(10)
    events.take([told(one, 10), told(dataclasses.replace(one, score=0.9), 5, Change.CHANGED)])
    assert events.end_lasting() == 1
    assert events.get(one.id).end == second(10)


def test_pages_go_back_in_time_and_leave_nothing_out(events: Events) -> None:
    some = [event(number // 3, number // 3) for number in range(30)]  # three of each second
    events.take([told(one, 60) for one in some])
    found: list[Event] = []
    page = events.page(Wanted(), limit=7)
    while page.older is not None:
        found += page.events
        page = events.page(Wanted(), limit=7, after=page.older)
    found += page.events
    assert sorted(found, key=lambda one: (one.start, str(one.id)), reverse=True) == found
    assert {one.id for one in found} == {one.id for one in some}
    assert len(found) == 30
    with pytest.raises(MissingInputError, match="There is no event"):
        events.page(Wanted(), after=uuid.uuid4())


def test_what_is_wanted(events: Events, camera: Camera) -> None:
    early, late = event(0, 10, rule=1), event(100, 110, rule=2, kind=RuleKind.QUEUE, score=0.9)
    lasting = event(50, None, rule=2)
    events.take([told(one, 200) for one in (early, late, lasting)])

    def found(**wanted: object) -> list[Event]:
        return events.page(Wanted(**wanted)).events  # type: ignore[arg-type]

    assert found() == [late, lasting, early]
    assert found(camera=camera.id) == [late, lasting, early]
    assert found(camera=99) == []
    assert found(rule=2) == [late, lasting]
    assert found(kinds=(RuleKind.QUEUE, RuleKind.SPEED)) == [late]
    assert found(score=0.8) == [late]
    assert found(start=second(11)) == [late, lasting]
    assert found(start=second(10)) == [late, lasting, early]
    assert found(end=second(100)) == [lasting, early]
    assert found(start=second(20), end=second(30)) == []
    assert found(start=second(60), end=second(70)) == [lasting]


def test_those_of_age_are_forgotten_and_those_that_last_are_not(events: Events) -> None:
    old, new, lasting = event(0, 10), event(5, 20), event(1)
    events.take([told(one, 20) for one in (old, new, lasting)])
    assert events.forget(second(20), camera=99) == 0
    assert events.forget(second(20)) == 1
    assert events.page(Wanted()).events == [new, lasting]
    assert events.forget(second(99), camera=1) == 1


def test_no_column_has_a_track_s_number() -> None:
    assert {column.name for column in schema.events.columns} == {
        *("id", "camera", "rule", "kind", "start_us", "end_us", "seen_us", "score", "tracks", "place"),
        *("at_x", "at_y", "detail"),
    }
    assert isinstance(schema.events.c.tracks.type, sa.Integer)


def test_its_queries_are_postgresql_s_as_well() -> None:
    wanted = Wanted(1, 2, (RuleKind.QUEUE,), second(0), second(1), 0.5)
    query = sa.select(schema.events).where(*module._conditions(wanted))
    assert "events.end_us IS NULL OR" in str(query.compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]
