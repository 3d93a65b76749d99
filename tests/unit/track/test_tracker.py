import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchglass.model.vision import Box, Detection, ObjectClass
from watchglass.track.tracker import EndedTrack, Tracker, TrackerOptions

WIDTH, HEIGHT = 640, 480
STEP = 0.4  # seconds between two looks
OPTIONS = TrackerOptions()


def person(left: float, top: float = 200, score: float = 0.9, label: ObjectClass = ObjectClass.PERSON) -> Detection:
    return Detection(Box(left, top, left + 40, top + 100), label, score)


def tracker(**options: float) -> Tracker:
    return Tracker(WIDTH, HEIGHT, TrackerOptions(**options))


def look(tracker: Tracker, found: list[Detection], number: int) -> list[EndedTrack]:
    return tracker.update(found, number * STEP)


def covered(tracker: Tracker, time: float, box: Box) -> bool:
    return any(one.overlap(box) > 0.99 for one, _ in tracker.covers(time))


class TestNumbers:
    def test_a_track_keeps_its_number(self) -> None:
        one = tracker()
        seen = []
        for number in range(10):
            look(one, [person(100 + 10 * number)], number)
            seen += [track.number for track in one.current(number * STEP)]
        assert len(seen) == 10
        assert len(set(seen)) == 1

    def test_numbers_are_random_and_new_for_each_track_and_tracker(self) -> None:
        numbers = []
        for _ in range(3):
            one = tracker()
            look(one, [person(60 * place) for place in range(10)], 0)
            numbers += [track.number for track in one.current(0.0)]
        assert len(set(numbers)) == 30
        assert max(numbers) > 1 << 40  # not counted from one: with 30 of 48 bits, sure to 2^-240
        assert sorted(numbers) != numbers

    def test_somebody_who_comes_back_is_somebody_new(self) -> None:
        one = tracker()
        look(one, [person(100)], 0)
        (before,) = one.current(0.0)
        for number in range(1, 6):
            look(one, [], number)
        assert one.current(2.0) == []
        look(one, [person(100)], 6)
        (after,) = one.current(2.4)
        assert after.number != before.number

    def test_people_who_cross_keep_their_numbers(self) -> None:
        """One from the left, one from the right, at ordinary speed and on nearly the same line."""
        one = tracker()
        paths: dict[str, list[int]] = {"left": [], "right": []}
        for number in range(16):
            places = {"left": person(100 + 14 * number, 200), "right": person(310 - 14 * number, 214)}
            look(one, list(places.values()), number)
            by_box = {track.box: track.number for track in one.current(number * STEP)}
            for name, found in places.items():
                paths[name].append(by_box[found.box])
        assert {len(set(numbers)) for numbers in paths.values()} == {1}
        assert paths["left"][0] != paths["right"][0]

    def test_two_found_in_one_place_are_two_tracks(self) -> None:
        one = tracker()
        look(one, [person(100), person(106)], 0)
        look(one, [person(101), person(107)], 1)
        assert len({track.number for track in one.current(STEP)}) == 2
        assert len(one.current(STEP)) == 2


class TestBegin:
    @pytest.mark.parametrize(("score", "tracks"), [(0.25, 1), (0.24, 0), (0.10, 0), (0.05, 0)])
    def test_only_a_strong_detection_begins_a_track(self, score: float, tracks: int) -> None:
        one = tracker()
        look(one, [person(100, score=score)], 0)
        assert len(one.current(0.0)) == tracks

    @pytest.mark.parametrize(("score", "missed"), [(0.24, 0.0), (0.10, 0.0), (0.09, STEP)])
    def test_a_faint_one_keeps_it_alive(self, score: float, missed: float) -> None:
        one = tracker()
        look(one, [person(100)], 0)
        look(one, [person(104, score=score)], 1)
        (track,) = one.current(STEP)
        assert track.missed == pytest.approx(missed)

    def test_a_strong_detection_goes_before_a_faint_one(self) -> None:
        one = tracker()
        look(one, [person(100)], 0)
        look(one, [person(100, score=0.2), person(110)], 1)
        (track,) = one.current(STEP)
        assert track.box == person(110).box

    def test_person_evidence_wins_over_every_other_class(self) -> None:
        one = tracker()
        look(one, [person(100, label=ObjectClass.ANIMAL)], 0)
        look(one, [person(104)], 1)
        look(one, [person(108, label=ObjectClass.VEHICLE)], 2)
        (track,) = one.current(2 * STEP)
        assert track.label is ObjectClass.PERSON
        assert {label for _, label in one.covers(0.0)} == {ObjectClass.PERSON}  # back to the start (R4)

    def test_something_far_off_is_another(self) -> None:
        one = tracker()
        look(one, [person(100)], 0)
        look(one, [person(100 + 31)], 1)  # 31 of 40 pixels: overlap 0.13, and not near
        assert len(one.current(STEP)) == 2

    def test_somebody_much_taller_is_another(self) -> None:
        one = tracker()
        look(one, [Detection(Box(100, 200, 120, 250), ObjectClass.PERSON, 0.9)], 0)
        look(one, [Detection(Box(80, 160, 140, 300), ObjectClass.PERSON, 0.9)], 1)
        assert len(one.current(STEP)) == 2


class TestCovers:
    def test_look_back_covers_before_the_first_detection(self) -> None:
        one = tracker()
        look(one, [person(100)], 5)
        assert covered(one, 5 * STEP - 0.8, person(100).box)
        assert one.covers(5 * STEP - 0.81) == []

    def test_look_back_goes_back_along_the_track(self) -> None:
        one = tracker()
        look(one, [person(200)], 5)
        look(one, [person(216)], 6)  # 40 pixels a second
        boxes = [box for box, _ in one.covers(5 * STEP - 0.5)]
        assert person(200).box in boxes
        assert any(box.left == pytest.approx(180) and box.top == 200 for box in boxes)

    def test_between_two_looks_the_cover_is_between_the_boxes(self) -> None:
        one = tracker()
        look(one, [person(100)], 0)
        look(one, [person(120, top=210)], 1)
        ((box, label),) = one.covers(0.3)
        assert box.left == pytest.approx(115)
        assert box.top == pytest.approx(207.5)
        assert [box.width, box.height] == pytest.approx([40, 100])
        assert label is ObjectClass.PERSON

    def test_at_the_time_of_a_look_the_cover_is_what_was_seen(self) -> None:
        one = tracker()
        for number in range(4):
            look(one, [person(100 + 8 * number)], number)
        for number in range(4):
            assert covered(one, number * STEP, person(100 + 8 * number).box)

    def test_one_who_is_no_longer_detected_stays_covered_for_a_second_and_a_half(self) -> None:
        one = tracker()
        look(one, [person(100)], 0)
        look(one, [person(110)], 1)
        for number in range(2, 9):
            look(one, [], number)
        last = STEP
        for after in (0.1, 0.7, 1.4, 1.5):
            assert covered(one, last + after, person(110).box), f"{after} s after the last detection"
        assert one.covers(last + 1.51) == []

    def test_it_is_covered_where_it_was_and_where_it_may_have_gone(self) -> None:
        one = tracker()
        look(one, [person(100)], 0)
        look(one, [person(110)], 1)  # 25 pixels a second
        lefts = sorted(box.left for box, _ in one.covers(STEP + 0.4))
        assert lefts == [pytest.approx(110), pytest.approx(120)]

    def test_a_prediction_does_not_run_away(self) -> None:
        one = tracker()
        look(one, [person(100)], 0)
        look(one, [person(110)], 1)
        assert max(box.left for box, _ in one.covers(STEP + 1.0)) == pytest.approx(110 + 25 * 0.8)

    def test_after_a_second_only_where_they_were_seen_is_covered(self) -> None:
        one = tracker()
        look(one, [person(100)], 0)
        look(one, [person(110)], 1)
        assert [box.left for box, _ in one.covers(STEP + 1.5)] == [110]

    def test_nobody_is_faster_than_three_body_heights_a_second(self) -> None:
        one = tracker()
        look(one, [person(100)], 0)
        one.update([person(120)], 0.01)  # 2000 pixels a second
        (track,) = one.current(0.51)
        assert track.box.left == pytest.approx(120 + 0.5 * 3 * 100)

    def test_two_looks_at_one_time_are_no_division_by_nothing(self) -> None:
        one = tracker()
        look(one, [person(100)], 1)
        look(one, [person(102)], 1)
        assert covered(one, STEP, person(100).box) or covered(one, STEP, person(102).box)
        assert len(one.current(STEP)) == 1


class TestEnd:
    def test_a_track_ends_after_the_hold_and_is_told_once(self) -> None:
        one = tracker()
        look(one, [person(300)], 0)
        told = [look(one, [], number) for number in range(1, 8)]
        assert [len(ended) for ended in told] == [0, 0, 0, 1, 0, 0, 0]  # 1.6 s is the first beyond 1.5 s
        (ended,) = told[3]
        assert ended == EndedTrack(person(300).box, ObjectClass.PERSON, 0.0, left_picture=False)

    @pytest.mark.parametrize(
        ("first", "second", "left"),
        [
            (person(300), person(310), False),
            (person(30), person(10), True),  # to the left
            (person(570), person(590), True),  # to the right
            (person(300, top=30), person(300, top=12), True),  # over the top edge
            (person(300, top=420), person(300, top=450), True),  # under the bottom edge
            (person(300, top=370), person(300, top=376), False),  # feet at the bottom edge, not leaving
            (person(40), person(60), False),  # in from the left
            (person(560), person(540), False),  # in from the right
        ],
    )
    def test_it_says_whether_it_left_the_picture(self, first: Detection, second: Detection, left: bool) -> None:
        one = tracker()
        look(one, [first], 0)
        look(one, [second], 1)
        ended = list(itertools.chain.from_iterable(look(one, [], number) for number in range(2, 8)))
        assert [end.left_picture for end in ended] == [left]
        assert ended[0].seen == STEP

    def test_two_side_by_side_stay_two_when_one_hides_the_other(self) -> None:
        """Who is half hidden stays covered where last seen (R2)."""
        one = tracker()
        look(one, [person(100), person(115)], 0)
        look(one, [person(100)], 1)
        assert max(box.right for box, _ in one.covers(STEP + 0.1)) >= 155

    def test_reset_forgets_everything(self) -> None:
        one = tracker()
        look(one, [person(100)], 0)
        for number in range(1, 6):
            look(one, [person(400)], number)
        one.reset()
        assert one.current(2.0) == []
        assert [one.covers(time / 10) for time in range(60)] == [[]] * 60
        assert look(one, [], 20) == []

    def test_memory_does_not_grow(self) -> None:
        one = tracker()
        for number in range(3000):
            walker = person(100 + number % 50)
            passer = [person(400, top=number * 3 % 300)] if number % 9 == 0 else []
            look(one, [walker, *passer], number)
        kept = [*one._paths, *one._past]
        assert len(kept) <= 5
        assert all(len(path.times) == len(path.boxes) for path in kept)
        assert max(len(path.times) for path in kept) <= OPTIONS.memory / STEP + 2


coordinates = st.integers(-50, 650)  # whole pixels: what lies between two boxes then has no rounding
found = st.builds(
    lambda left, top, width, height, label, score: Detection(Box(left, top, left + width, top + height), label, score),
    coordinates,
    coordinates,
    st.integers(1, 200),
    st.integers(1, 300),
    st.sampled_from(ObjectClass),
    st.floats(0, 1),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0.04, 3.0), st.lists(found, max_size=5)), max_size=12))
def test_whatever_is_strong_is_covered_when_it_was_seen_and_before(looks: list[tuple[float, list[Detection]]]) -> None:
    one = tracker()
    time = 0.0
    for seconds, detections in looks:
        time += seconds
        one.update(detections, time)
        numbers = [track.number for track in one.current(time)]
        assert len(set(numbers)) == len(numbers)
        for detection in detections:
            if detection.score >= OPTIONS.begin:
                assert any(box == detection.box for box, _ in one.covers(time))
                if detection.label is ObjectClass.PERSON:
                    assert any(box == detection.box and label is ObjectClass.PERSON for box, label in one.covers(time))
