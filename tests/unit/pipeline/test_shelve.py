"""Fragments on their way to disk: when segments begin and end, what is a gap, and whose fault it was.

More of it, through the keeper of views: test_keep.py.
"""

import functools

import pytest
import sqlalchemy as sa

from tests.unit.store.faults import FaultyFiles
from tests.unit.store.footage import INIT, fake_fragment
from watchglass.base.clock import MICROSECONDS, SimulatedClock, WallUs
from watchglass.model.camera import Camera
from watchglass.model.record import Gap, GapCause, Segment
from watchglass.pipeline.shelve import INTERRUPTED, NOT_RUNNING, Piece, ShelveOptions, Shelver
from watchglass.store.folder import DataFolder
from watchglass.store.views import Views

EVER = WallUs(1 << 60)


def second(number: float) -> WallUs:
    return WallUs(round(number * MICROSECONDS))


class Shelving:
    """A shelver, and pieces of a second for it."""

    def __init__(self, views: Views, camera: Camera, clock: SimulatedClock) -> None:
        self.views, self.camera, self.clock = views, camera, clock
        self.shelver = self.another()

    def another(self) -> Shelver:
        begin = functools.partial(self.views.begin, self.camera.id)
        self.shelver = Shelver(self.camera.id, self.views, begin, self.clock, ShelveOptions(segment=10))
        return self.shelver

    def put(self, *seconds: float, run: str = "run", init: bytes = INIT, begins: bool = True) -> None:
        for start in seconds:
            piece = Piece(run, init, fake_fragment(round(start)), second(start), second(start + 1), begins)
            self.shelver.put(piece)

    @property
    def segments(self) -> list[tuple[float, float]]:
        return [(one.start / MICROSECONDS, one.end / MICROSECONDS) for one in self._segments()]

    def _segments(self) -> list[Segment]:
        return self.views.segments(self.camera.id, WallUs(0), EVER)

    @property
    def gaps(self) -> list[tuple[float, float | None, GapCause, str]]:
        return [_plain(gap) for gap in self.views.gaps(self.camera.id, WallUs(0), EVER)]


def _plain(gap: Gap) -> tuple[float, float | None, GapCause, str]:
    return gap.start / MICROSECONDS, None if gap.end is None else gap.end / MICROSECONDS, gap.cause, gap.detail


@pytest.fixture
def shelving(views: Views, camera: Camera, clock: SimulatedClock) -> Shelving:
    return Shelving(views, camera, clock)


def test_segments_are_as_long_as_they_shall_be(shelving: Shelving) -> None:
    shelving.put(*range(25))
    assert shelving.segments == [(0, 10), (10, 20), (20, 25)]
    assert shelving.gaps == []


def test_a_segment_goes_on_until_it_can_be_played_from(shelving: Shelving) -> None:
    shelving.put(*range(9))
    shelving.put(*range(9, 13), begins=False)
    shelving.put(13)
    assert shelving.segments == [(0, 13), (13, 14)]


def test_nothing_begins_where_it_cannot_be_played_from(shelving: Shelving) -> None:
    shelving.put(0, 1, begins=False)
    shelving.put(2)
    assert shelving.segments == [(2, 3)]


def test_another_run_begins_another_segment(shelving: Shelving) -> None:
    shelving.put(0, 1)
    shelving.put(2, run="next")
    assert shelving.segments == [(0, 2), (2, 3)]


def test_other_parameters_begin_another_segment(shelving: Shelving) -> None:
    shelving.put(0, 1)
    shelving.put(2, init=bytes(bytearray(INIT)))
    assert shelving.segments == [(0, 2), (2, 3)]


def test_a_hole_is_a_gap_with_the_cause_that_was_given(shelving: Shelving) -> None:
    shelving.put(0)
    shelving.shelver.close()
    shelving.shelver.absent(second(1), GapCause.CAMERA, "It does not answer.")
    assert shelving.gaps == [(1, None, GapCause.CAMERA, "It does not answer.")]
    shelving.put(7)
    assert shelving.gaps == [(1, 7, GapCause.CAMERA, "It does not answer.")]


def test_a_hole_that_nobody_explained_is_the_networks(shelving: Shelving) -> None:
    shelving.put(0)
    shelving.put(5, run="next")
    assert shelving.gaps == [(1, 5, GapCause.NETWORK, INTERRUPTED)]


def test_a_hole_in_the_middle_of_a_run_is_a_gap(shelving: Shelving) -> None:
    shelving.put(0, 5)
    assert shelving.segments == [(0, 1), (5, 6)]
    assert shelving.gaps == [(1, 5, GapCause.NETWORK, INTERRUPTED)]


def test_a_hole_in_the_middle_of_a_gop_is_a_gap(shelving: Shelving) -> None:
    shelving.put(0)
    shelving.put(5, begins=False)
    assert shelving.gaps == [(1, 5, GapCause.NETWORK, INTERRUPTED)]


def test_what_was_dropped_before_an_absence_is_a_gap_too(shelving: Shelving) -> None:
    shelving.put(0)
    shelving.shelver.close()
    shelving.put(1, 2, 3, begins=False)
    shelving.shelver.absent(second(4), GapCause.CAMERA, "It does not answer.")
    shelving.put(7)
    assert shelving.gaps == [
        (1, 4, GapCause.NETWORK, INTERRUPTED),
        (4, 7, GapCause.CAMERA, "It does not answer."),
    ]


def test_what_was_not_kept_before_us_is_ours(shelving: Shelving) -> None:
    shelving.put(0)
    shelving.shelver.close()
    shelving.another()
    shelving.put(30)
    assert shelving.gaps == [(1, 30, GapCause.US, NOT_RUNNING)]


def test_fragments_that_were_lost_are_a_gap_until_the_next(shelving: Shelving) -> None:
    shelving.put(0, 1)
    shelving.shelver.lost(second(2), GapCause.DISK, "Too slow.")
    shelving.put(5, begins=False)
    shelving.put(6)
    assert shelving.segments == [(0, 2), (6, 7)]
    assert shelving.gaps == [(2, 6, GapCause.DISK, "Too slow.")]


def test_a_full_disk_is_tried_again_after_a_while(
    engine: sa.Engine, folder: DataFolder, camera: Camera, clock: SimulatedClock
) -> None:
    files = FaultyFiles(10, "full")  # after the first fragment
    shelving = Shelving(Views(engine, folder, clock, files), camera, clock)
    shelving.put(0, 1)
    assert shelving.segments == [(0, 1)]
    ((start, end, cause, detail),) = shelving.gaps
    assert (start, end, cause) == (1, None, GapCause.DISK)
    assert "No space is left" in detail
    files.mend()
    shelving.put(2)  # too soon
    clock.advance(11)
    shelving.put(12)
    assert shelving.segments == [(0, 1), (12, 13)]
    assert [gap[:3] for gap in shelving.gaps] == [(1, 12, GapCause.DISK)]
