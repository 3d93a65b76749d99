import pytest

from tests.unit.rules.staged import SIZE, car, person, thing
from watchglass.base.clock import WallUs
from watchglass.model.look import Look
from watchglass.model.vision import ObjectClass, Track
from watchglass.rules.followed import GUESSED, HEIR, LINGER, STANDING, USUAL, Followed, Tracks


class Scene:
    """Looks at tracks, and says who is there."""

    def __init__(self) -> None:
        self.tracks = Tracks()

    def see(self, now: float, *tracks: Track) -> list[Followed]:
        return self.tracks.see(Look(now, WallUs(0), SIZE, SIZE, tracks))


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_where_somebody_is(scene: Scene) -> None:
    [one] = scene.see(0, person(0.5, 0.6))
    assert (one.x, one.y, one.width, one.height, one.shape) == pytest.approx((0.5, 0.6, 0.04, 0.1, 0.4))
    assert one.whole
    assert one.fresh
    assert not scene.see(1, person(0.01, 0.6, 2))[-1].whole  # cut by the picture's edge


def test_the_highest_score_stays_and_a_guessed_box_moves_nothing(scene: Scene) -> None:
    scene.see(0, person(0.5, 0.6, score=0.7))
    [one] = scene.see(0.5, person(0.6, 0.6, score=0.9, missed=0.5))
    assert (one.x, one.best, one.fresh, one.looks) == (0.5, 0.7, False, 1)
    [one] = scene.see(1.0, person(0.6, 0.6, score=0.4))
    assert (one.x, one.best, one.looks) == (0.6, 0.7, 2)


def test_the_class_is_what_most_detections_say(scene: Scene) -> None:
    scene.see(0, car(0.5, 0.6))
    scene.see(0.1, car(0.5, 0.6))
    truck = thing(0.5, 0.6, label=ObjectClass.TRUCK, size=(200, 80))
    assert scene.see(0.2, truck)[0].label is ObjectClass.CAR
    scene.see(0.3, truck)
    assert scene.see(0.4, truck)[0].label is ObjectClass.TRUCK


def test_one_who_is_lost_counts_as_there_for_a_while(scene: Scene) -> None:
    scene.see(0, person(0.5, 0.6))
    assert len(scene.see(LINGER)) == 1
    assert scene.see(LINGER + 0.1) == []
    [again] = scene.see(HEIR - 0.1, person(0.5, 0.6))
    assert again.looks == 2


def test_changes_of_the_scene_are_not_followed(scene: Scene) -> None:
    assert scene.see(0, thing(0.5, 0.6, label=ObjectClass.UNKNOWN)) == []


def test_a_number_that_was_only_guessed_begins_nobody(scene: Scene) -> None:
    assert scene.see(0, person(0.5, 0.6, missed=GUESSED + 0.1)) == []


def test_a_detection_that_is_a_little_old_at_every_look_is_one(scene: Scene) -> None:
    scene.see(0, person(0.5, 0.6, missed=0.3))
    [one] = scene.see(0.1, person(0.51, 0.6, missed=0.4))
    assert (one.x, one.looks) == (0.5, 1)
    [one] = scene.see(0.5, person(0.55, 0.6, missed=0.3))
    assert (one.x, one.looks) == (0.55, 2)


class TestTakingOver:
    def key(self, scene: Scene, gap: float, *tracks: Track) -> int:
        """Whoever is the last one, after a walk of a second at 0.1 of the picture a second and then nobody."""
        for step in range(11):
            scene.see(step / 10, person(0.4 + step / 100, 0.6))
        return scene.see(1 + gap, *tracks)[-1].key

    def test_who_begins_where_another_was_lost(self, scene: Scene) -> None:
        assert self.key(scene, 0.1, person(0.51, 0.6, 2)) == 1

    def test_where_the_other_would_be_by_now(self, scene: Scene) -> None:
        assert self.key(scene, 1.0, person(0.60, 0.6, 2)) == 1

    @pytest.mark.parametrize(
        "stranger",
        [
            person(0.70, 0.6, 2),
            person(0.51, 0.75, 2),
            thing(0.51, 0.6, 2, size=(90, 210)),
            thing(0.51, 0.6, 2, size=(20, 45)),
            thing(0.51, 0.6, 2, label=ObjectClass.CAR),
        ],
        ids=["too far off", "too far down", "twice as large", "half as large", "of another class"],
    )
    def test_who_does_not(self, scene: Scene, stranger: Track) -> None:
        assert self.key(scene, 0.1, stranger) != 1

    def test_not_after_a_while(self, scene: Scene) -> None:
        assert self.key(scene, HEIR + 0.1, person(0.60, 0.6, 2)) != 1

    def test_not_from_one_who_is_there(self, scene: Scene) -> None:
        assert self.key(scene, 0.1, person(0.51, 0.6, 1), person(0.53, 0.6, 2)) != 1

    def test_from_one_whose_box_is_guessed(self, scene: Scene) -> None:
        assert self.key(scene, 0.4, person(0.51, 0.6, 1, missed=0.41), person(0.53, 0.6, 2)) == 1

    def test_from_one_of_the_same_drawn_class(self, scene: Scene) -> None:
        scene.see(0, car(0.5, 0.6))
        scene.see(1, thing(0.5, 0.6, 2, label=ObjectClass.BUS, size=(210, 90)))
        assert {one.key for one in scene.see(1.1, thing(0.5, 0.6, 2, label=ObjectClass.BUS, size=(210, 90)))} == {1}

    def test_not_from_one_who_went_out_of_the_picture(self, scene: Scene) -> None:
        for step in range(6):
            scene.see(step / 10, person(0.9 + step * 0.02, 0.6))
        assert scene.see(0.7, person(0.99, 0.6, 2))[-1].key != 1

    def test_from_one_who_stood_at_the_edge(self, scene: Scene) -> None:
        scene.see(0, car(0.95, 0.6))
        scene.see(1.5, car(0.95, 0.6))
        assert [one.key for one in scene.see(2, car(0.95, 0.6, 2))] == [1]

    @pytest.mark.parametrize(
        ("stood", "gap", "same"), [(2.0, STANDING, True), (2.0, STANDING + 0.1, False), (0.9, HEIR + 0.1, False)]
    )
    def test_from_a_vehicle_that_stood_for_longer(self, scene: Scene, stood: float, gap: float, same: bool) -> None:
        scene.see(0, car(0.5, 0.6))
        scene.see(stood, car(0.5, 0.6))
        assert scene.see(stood + 2) == []
        assert (scene.see(stood + gap, car(0.51, 0.6, 2))[0].key == 1) is same

    def test_not_from_a_person_who_stood(self, scene: Scene) -> None:
        scene.see(0, person(0.5, 0.6))
        scene.see(2, person(0.5, 0.6))
        assert scene.see(2 + HEIR + 0.1, person(0.5, 0.6, 2))[0].key != 1

    def test_the_nearest_comes_first(self, scene: Scene) -> None:
        both = scene.see(0, person(0.50, 0.6, 1), person(0.53, 0.6, 2))
        assert scene.see(0.2, person(0.535, 0.6, 3))[-1].key == both[1].key


def test_hidden_legs_do_not_lift_anybody_s_feet(scene: Scene) -> None:
    for step in range(10):
        scene.see(step / 10, person(0.5, 0.6))
    hidden = thing(0.5, 0.56, size=(40, 60))  # whose head is where it was
    assert scene.see(1.0, hidden)[0].y == pytest.approx(0.6)
    assert scene.see(1.1, person(0.5, 0.6))[0].y == pytest.approx(0.6)
    for step in range(12, 12 + round(USUAL * 10)):
        scene.see(step / 10, hidden)
    assert scene.see(4, hidden)[0].y == pytest.approx(0.56)


def test_a_car_is_where_its_box_ends(scene: Scene) -> None:
    for step in range(10):
        scene.see(step / 10, car(0.5, 0.6))
    assert scene.see(1.0, thing(0.5, 0.56, label=ObjectClass.CAR, size=(200, 40)))[0].y == pytest.approx(0.56)


def test_one_who_was_seen_once_may_have_gone_further(scene: Scene) -> None:
    scene.see(0, person(0.5, 0.6))
    assert scene.see(1, person(0.565, 0.6, 2))[-1].key == 1
    scene.see(20, person(0.5, 0.6, 3))
    assert len({one.key for one in scene.see(21, person(0.575, 0.6, 4))}) == 2


def test_rest_begins_anew_where_something_moves_and_jitter_is_no_move(scene: Scene) -> None:
    for step in range(20):
        assert scene.see(step / 10, car(0.5 + 0.005 * (step % 2), 0.6))[0].rest == 0
    [one] = scene.see(2, car(0.6, 0.6))
    assert one.rest == 2
