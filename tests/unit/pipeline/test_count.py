from pathlib import Path

import pytest

from watchglass.base.clock import MICROSECONDS, SimulatedClock, WallUs
from watchglass.model.camera import COUNTS_ONLY, Counts, Protection
from watchglass.model.record import GapCause
from watchglass.model.vision import Box, ObjectClass, Track
from watchglass.pipeline.count import LEAST, LOOKS, SILENCE, CountTeller, Tally, counts_of, note_purpose
from watchglass.pipeline.publish import Publisher
from watchglass.store.views import Views

PERSON, VEHICLE, ANIMAL, THING = ObjectClass.PERSON, ObjectClass.VEHICLE, ObjectClass.ANIMAL, ObjectClass.THING
EVER = WallUs(1 << 60)


def track(label: ObjectClass = PERSON, score: float = 0.9, missed: float = 0.0) -> Track:
    return Track(7, Box(0, 0, 10, 20), label, score, missed)


def looked(*looks: list[Track]) -> Tally:
    tally = Tally()
    for time, tracks in enumerate(looks):
        tally.looked(tracks, float(time))
    return tally


def people(tally: Tally, time: float) -> int | None:
    seen = tally.now(time)
    return None if seen is None else seen[PERSON]


class TestTally:
    def test_each_class_apart(self) -> None:
        seen = looked([track(), track(), track(VEHICLE), track(THING)]).now(0.0)
        assert seen == {PERSON: 2, VEHICLE: 1, ANIMAL: 0, THING: 1, ObjectClass.UNKNOWN: 0}

    def test_only_what_is_there_for_sure_and_now(self) -> None:
        assert people(looked([track(score=LEAST), track(score=LEAST - 0.01), track(missed=0.4)]), 0.0) == 1

    def test_one_look_that_errs_changes_nothing(self) -> None:
        two, nobody = [track(), track()], list[Track]()
        assert [people(looked(*looks), 5.0) for looks in ([two, two, nobody], [two, nobody, two])] == [2, 2]
        assert people(looked(two, nobody, nobody), 2.0) == 0
        assert LOOKS == 3

    def test_nothing_is_known_before_the_first_look_and_after_silence(self) -> None:
        assert people(Tally(), 0.0) is None
        assert people(looked([track()]), SILENCE) == 1
        assert people(looked([track()]), SILENCE + 0.1) is None
        assert people(looked([]), 0.0) == 0

    def test_another_scene_begins_at_nothing(self) -> None:
        tally = looked([track()])
        tally.reset()
        assert people(tally, 0.0) is None


def test_the_built_in_detector_counts_people_alone() -> None:
    seen = {PERSON: 2, VEHICLE: 1, THING: 4}
    assert counts_of(seen, Protection.FULL) == Counts(2, 1, 0, 4)
    assert counts_of(seen, Protection.REDUCED) == Counts(2, None, None, None)


class ToldPublisher(Publisher):
    """Remembers the numbers it was told."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.told: list[Counts | None] = []

    def counts(self, camera: int, counts: Counts | None) -> None:
        super().counts(camera, counts)
        self.told.append(counts)


class TestTeller:
    @pytest.fixture
    def publisher(self, tmp_path: Path) -> ToldPublisher:
        made = ToldPublisher(tmp_path / "run" / "watcher-0.sock")
        made.close()
        return made

    def test_tells_twice_a_second_at_most_and_again_what_has_not_changed(
        self, views: Views, publisher: ToldPublisher
    ) -> None:
        teller = CountTeller(1, views, publisher, SimulatedClock())
        for place in range(11):
            teller.tell({PERSON: 1}, place / 10, Protection.REDUCED)
        assert publisher.told == [Counts(1)] * 3

    @pytest.mark.parametrize("how", ["absent", "end"])
    def test_when_the_camera_goes_nothing_is_known(self, views: Views, publisher: ToldPublisher, how: str) -> None:
        teller = CountTeller(1, views, publisher, SimulatedClock())
        teller.tell({PERSON: 1}, 5.0, Protection.REDUCED)
        teller.tell(None, 5.6, Protection.REDUCED)
        if how == "absent":
            teller.absent(GapCause.CAMERA, "No power.")
        else:
            teller.end()
        teller.tell({PERSON: 2}, 5.7, Protection.REDUCED)
        assert publisher.told == [Counts(1), None, None, Counts(2)]

    def test_notes_that_nothing_is_kept(self, views: Views, publisher: ToldPublisher) -> None:
        clock = SimulatedClock()
        CountTeller(1, views, publisher, clock)
        clock.advance(60)
        CountTeller(1, views, publisher, clock)
        (gap,) = views.gaps(1, WallUs(0), EVER)
        assert (gap.start, gap.end) == (clock.wall_us() - 60 * MICROSECONDS, None)
        assert (gap.cause, gap.detail) == (GapCause.OFF, COUNTS_ONLY)


@pytest.mark.parametrize("cause", [GapCause.OFF, GapCause.CAMERA])
def test_another_purpose_begins_where_the_reason_before_it_ends(views: Views, cause: GapCause) -> None:
    clock = SimulatedClock()
    begun = clock.wall_us()
    views.open_gap(1, begun, cause, "Before.")
    clock.advance(60)
    note_purpose(views, clock, 1, COUNTS_ONLY)
    gaps = views.gaps(1, WallUs(0), EVER)
    assert [(gap.start, gap.end, gap.detail) for gap in gaps] == [
        (begun, clock.wall_us(), "Before."),
        (clock.wall_us(), None, COUNTS_ONLY),
    ]
