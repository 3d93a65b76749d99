"""What is known of the disk, and that nothing is recorded while nothing may be deleted."""

import pytest
import sqlalchemy as sa

from tests.unit.store.footage import INIT, fake_fragment
from watchglass.base.clock import WallUs
from watchglass.base.errors import DiskFullError
from watchglass.model.camera import Camera
from watchglass.model.record import GapCause
from watchglass.store.forecast import Forecast
from watchglass.store.room import STOPPED, Found, Room
from watchglass.store.views import Views

WHY = f"{STOPPED}: it is held."


def test_nothing_is_known_at_first(engine: sa.Engine) -> None:
    assert Room(engine).look() == Found()
    Room(engine).go_on()
    Room(engine).foresee(Forecast())
    assert Room(engine).look() == Found()


def test_since_when_is_said_once(engine: sa.Engine) -> None:
    room = Room(engine)
    room.foresee(Forecast(WallUs(50), None))
    room.stop(WallUs(5), WHY)
    room.stop(WallUs(6), WHY)
    room.stop(WallUs(7), "Another reason.")
    assert room.look() == Found(WallUs(5), "Another reason.", Forecast(WallUs(50), None))
    room.foresee(Forecast(None, WallUs(60)))
    room.go_on()
    assert room.look() == Found(None, "", Forecast(None, WallUs(60)))


def test_no_segment_begins_while_there_is_no_room_and_the_open_one_goes_on(
    engine: sa.Engine, views: Views, camera: Camera
) -> None:
    room = Room(engine)
    writer = views.begin(camera.id, "run", WallUs(0), INIT)
    room.stop(WallUs(5), WHY)
    writer.append(fake_fragment(0), WallUs(1))
    with pytest.raises(DiskFullError) as raised:
        views.begin(camera.id, "run", WallUs(0), INIT)
    assert raised.value.sentence == WHY
    assert len(list(views.path(writer.segment).parent.iterdir())) == 1
    writer.close()
    room.go_on()
    views.begin(camera.id, "run", WallUs(0), INIT).close()


def test_a_gap_on_a_full_disk_says_at_last_that_nothing_may_be_deleted(views: Views, camera: Camera) -> None:
    """The disk was full before retention had found out why."""
    for detail in ("No space is left for x.", "No space is left for y.", WHY, "No space is left for z."):
        views.open_gap(camera.id, WallUs(5), GapCause.DISK, detail)
    assert [gap.detail for gap in views.gaps(camera.id, WallUs(0), WallUs(9))] == [WHY]
