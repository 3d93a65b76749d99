import pytest

from watchglass.model.vision import Box
from watchglass.track.kinematics import Kinematics

BOX = Box(100, 100, 140, 200)


def walked(seconds: float, *, rate: int, speed: float = 50.0) -> Kinematics:
    """Somebody who was seen walking to the right for a time."""
    motion = Kinematics(BOX, 0.0)
    for step in range(1, round(seconds * rate) + 1):
        motion.advance(step / rate)
        motion.see(BOX.moved(speed * step / rate, 0), faint=False)
    return motion


@pytest.mark.parametrize("rate", [5, 10, 25, 50])
def test_it_goes_on_as_it_went_at_any_frame_rate(rate: int) -> None:
    motion = walked(3, rate=rate)
    motion.advance(3.4)
    assert motion.box.left == pytest.approx(100 + 50 * 3.4, abs=4)
    assert motion.box.width == pytest.approx(40, abs=2)
    assert motion.unseen == pytest.approx(0.4)


def test_what_is_not_seen_for_long_slows_down() -> None:
    motion = walked(3, rate=10)
    for step in range(1, 61):
        motion.advance(3 + step / 10)
    assert 100 + 50 * 3 + 100 < motion.box.left < 100 + 50 * 9 - 60


def test_between_two_looks_around_a_time_unseen_the_way_is_measured_anew() -> None:
    """Somebody stands, is hidden for a second, and has gone a metre: they walk, and did not jump."""
    motion = walked(2, rate=10, speed=0)
    for step in range(1, 11):
        motion.advance(2 + step / 10)
    motion.see(BOX.moved(60, 0), faint=False)
    before = motion.box.left
    motion.advance(3.5)
    assert motion.box.left - before > 12


def test_a_faint_look_moves_it_less() -> None:
    sure, faint = walked(1, rate=10, speed=0), walked(1, rate=10, speed=0)
    for motion, is_faint in ((sure, False), (faint, True)):
        motion.advance(1.1)
        motion.see(BOX.moved(30, 0), faint=is_faint)
    assert 100 < faint.box.left < sure.box.left < 130


def test_a_box_of_no_height_is_no_division_by_zero() -> None:
    motion = Kinematics(Box(5, 5, 5, 5), 0.0)
    motion.advance(0.1)
    motion.see(Box(6, 5, 6, 5), faint=True)
    assert motion.box.width == pytest.approx(0, abs=1)
