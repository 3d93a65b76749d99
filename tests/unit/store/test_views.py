"""What views have that originals have not: spans in which they were covered whole."""

from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.model.camera import Camera
from watchglass.model.record import CoveredSpan
from watchglass.store.views import Views


def second(number: float) -> WallUs:
    return WallUs(round(number * MICROSECONDS))


def test_covers_behave_as_gaps_do_with_the_reason_for_a_cause(views: Views, camera: Camera) -> None:
    views.begin_cover(camera.id, second(1), "learning the empty scene")
    views.begin_cover(camera.id, second(2), "learning the empty scene")
    views.begin_cover(camera.id, second(4), "the camera moved")
    views.end_cover(camera.id, second(6))
    views.end_cover(camera.id, second(7))
    assert views.covers(camera.id, second(0), second(10)) == [
        CoveredSpan(1, camera.id, second(1), second(4), "learning the empty scene"),
        CoveredSpan(2, camera.id, second(4), second(6), "the camera moved"),
    ]
    assert views.covers(camera.id, second(6), second(10)) == []
    assert views.gaps(camera.id, second(0), second(10)) == []
