"""`check` names holds whose footage is not there any more."""

import pytest
import sqlalchemy as sa

from tests.unit.store.footage import INIT, fake_fragment
from watchglass.base.clock import MICROSECONDS, SimulatedClock, WallUs
from watchglass.model.camera import Camera
from watchglass.model.record import Actor, Segment, Through
from watchglass.store import schema
from watchglass.store.check import Proof
from watchglass.store.folder import DataFolder
from watchglass.store.held import broken_holds
from watchglass.store.holds import Holds
from watchglass.store.recovery import Store
from watchglass.store.views import Views

ANNA = Actor("anna", Through.COMMAND)


@pytest.fixture
def segment(views: Views, camera: Camera) -> Segment:
    writer = views.begin(camera.id, "run", WallUs(0), INIT)
    writer.append(fake_fragment(0), WallUs(MICROSECONDS))
    return writer.close()


def test_what_a_hold_keeps_is_there_or_is_named(
    segment: Segment, views: Views, camera: Camera, engine: sa.Engine, folder: DataFolder, clock: SimulatedClock
) -> None:
    holds, store = Holds(engine, folder, clock), Store(engine, folder, clock=clock)
    until = WallUs(clock.wall_us() + MICROSECONDS)
    held = holds.add(camera.id, WallUs(0), WallUs(2), "r", until, ANNA)
    holds.add(camera.id, WallUs(MICROSECONDS), WallUs(2 * MICROSECONDS), "another time", until, ANNA)
    views.begin(camera.id, "run", WallUs(1), INIT).close()  # nothing came: garbage from the start
    assert list(broken_holds(store)) == []
    with engine.begin() as connection:
        connection.execute(sa.update(schema.segments).values(state="garbage"))
    name = f"Hold {held.id} keeps segment {segment.id} ({segment.path})"
    assert list(broken_holds(store)) == [f"{name}, and it is given up."]
    with engine.begin() as connection:
        connection.execute(sa.update(schema.segments).where(schema.segments.c.id == segment.id).values(state="closed"))
    views.path(segment).unlink()
    assert list(broken_holds(store)) == [f"{name}, and its file is gone."]
    clock.advance(1)  # it has lapsed
    assert list(broken_holds(store)) == []


def test_it_is_a_part_of_the_check(
    segment: Segment, views: Views, camera: Camera, engine: sa.Engine, folder: DataFolder, clock: SimulatedClock
) -> None:
    Holds(engine, folder, clock).add(None, WallUs(0), WallUs(1), "r", WallUs(1 << 60), ANNA)
    assert list(Proof(engine, folder).problems()) == []
    views.path(segment).unlink()
    assert [problem.partition(" ")[0] for problem in Proof(engine, folder).problems()] == ["Segment", "Hold"]
