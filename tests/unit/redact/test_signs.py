"""Signs of the scene on pictures made here: a street that somebody covers, turns, puts something down in."""

import dataclasses
from collections.abc import Callable

import cv2
import numpy as np
import pytest

from benchmarks.leak import Picture
from tests.stage import Actor, Stage, block, cut, figure, made_street, stands, walks
from watchglass.model.look import BlobKind, SceneSigns, StillBlob
from watchglass.model.vision import Box
from watchglass.redact.cells import Geometry
from watchglass.redact.plate import Plate, Signs
from watchglass.redact.redactor import Redactor
from watchglass.redact.signs import SceneWatch

RATE = 5
LEARNT = 12 * RATE  # frames
STREET = made_street()
BAG = block(36, 30, 190.0, u=150, v=100)
BAG_AT = (200, 220)


def seen(
    stage: Stage, seconds: float, change: Callable[[int, Picture], Picture] | None = None
) -> list[tuple[float, SceneSigns]]:
    """Signs of a stage, of which `change` makes other pictures."""
    redactor = Redactor(Plate(Geometry(stage.width, stage.height)))
    watch, found = SceneWatch(redactor.plate), []
    for number in range(round(seconds * RATE)):
        frame = stage.frame(number)
        if change is not None:
            frame = dataclasses.replace(frame, y=change(number, frame.y))
        scene = redactor.push(frame, number / RATE, [])
        redactor.answered(Signs([]), scene)
        for _ in redactor.release(number / RATE, lambda _: []):
            pass
        for place in redactor.plate.places_to_look_at(number / RATE, scene.strange):
            redactor.plate.looked(place, number / RATE, person=False)
        if (signs := watch.look(scene)) is not None:
            found.append((number / RATE, signs))
    return found


def from_then(number: int, of: Callable[[Picture], Picture]) -> Callable[[int, Picture], Picture]:
    return lambda at, y: of(y) if at >= number else y


def empty() -> Stage:
    return Stage(STREET, [], rate=RATE)


def test_an_ordinary_street_has_none() -> None:
    walker = Actor(1, figure("checks"), walks((80, (30, 200)), (160, (350, 220)), last=160))
    found = seen(Stage(STREET, [walker], rate=RATE), 40)
    assert [round(time) for time, _ in found] == list(range(40))
    for time, signs in found:
        assert signs.covered < 0.1, time
        assert signs.shift < 0.02, time
        assert signs.sharpness == pytest.approx(1, abs=0.2), time
        assert signs.brightness == pytest.approx(0.45, abs=0.2)
        assert signs.frozen == 0
        assert signs.blobs == (), time


def test_a_hand_before_the_lens() -> None:
    found = seen(empty(), 60, from_then(LEARNT, lambda y: np.full_like(y, 60) + (y & 1)))
    later = [signs for time, signs in found if time > LEARNT / RATE + 1]
    assert all(signs.covered > 0.9 for signs in later)  # also when the plate has taken it in
    assert all(signs.blobs == () for signs in later)
    before = [signs for time, signs in found if time < LEARNT / RATE]
    assert all(signs.covered < 0.1 for signs in before)


def test_half_of_the_lens() -> None:
    def half(y: Picture) -> Picture:
        return np.concatenate([y[:, : y.shape[1] // 2], np.full_like(y[:, y.shape[1] // 2 :], 60)], axis=1)

    found = seen(empty(), 20, from_then(LEARNT, half))
    assert found[-1][1].covered == pytest.approx(0.5, abs=0.15)


def test_the_light_goes_out() -> None:
    found = seen(empty(), 20, from_then(LEARNT, lambda y: (y // 12 + 16).astype(np.uint8)))
    assert found[-1][1].brightness < 0.1
    assert found[5][1].brightness > 0.3


def test_dusk_is_no_hand_before_the_lens() -> None:
    """A fifth of its light is left after five minutes, in half of the picture sooner than in the other."""

    def dusk(number: int, y: Picture) -> Picture:
        passed = max(0, number - LEARNT) / (300 * RATE)
        share = np.linspace(0.2 ** min(1, 1.3 * passed), 0.2 ** min(1, passed), y.shape[1])
        return ((y.astype(float) - 16) * share + 16).astype(np.uint8)

    found = seen(empty(), 330, dusk)
    assert found[-1][1].brightness < 0.12
    assert max(signs.covered for _, signs in found) < 0.3
    assert not any(signs.blobs for _, signs in found)


def test_out_of_focus() -> None:
    found = seen(empty(), 30, from_then(LEARNT, lambda y: cv2.GaussianBlur(y, (0, 0), 5).astype(np.uint8)))
    assert found[-1][1].sharpness < 0.4
    assert found[-1][1].shift < 0.02


@pytest.mark.parametrize("across", [40, -80])
def test_moved(across: int) -> None:
    """By a tenth and by a fifth of the width."""
    wide = made_street(480, 288)
    first, then = (np.ascontiguousarray(wide[:, :, left : left + 320]) for left in (80, 80 + across))
    found = seen(cut(Stage(first, [], rate=RATE), Stage(then, [], rate=RATE), LEARNT), 40)
    later = [signs.shift for time, signs in found if time > LEARNT / RATE + 1]
    assert later == pytest.approx([abs(across) / 320] * len(later), abs=0.02)


def test_turned_to_another_scene() -> None:
    other = np.ascontiguousarray(made_street(560, 480)[:, 150:438, 100:484][:, ::-1, ::-1])
    other[0, :140] = 60
    found = seen(cut(empty(), Stage(other, [], rate=RATE), LEARNT), 20)
    assert found[-1][1].shift > 0.1


def test_a_picture_that_is_frozen() -> None:
    still = empty().frame(7).y
    found = seen(empty(), 24, from_then(LEARNT, lambda _: still))
    assert found[-1][1].frozen == pytest.approx(found[-1][0] - LEARNT / RATE, abs=1)
    assert found[10][1].frozen == 0


def only(signs: SceneSigns) -> StillBlob:
    (blob,) = signs.blobs
    return blob


def test_a_scene_that_has_become_another_is_the_usual_after_a_minute() -> None:
    """As by lamps at night. Nothing of it is a thing; a bag that is put down later is."""
    blocks = np.random.default_rng(4).random((STREET.shape[1] // 32, STREET.shape[2] // 32)) < 0.7
    others = np.kron(blocks, np.ones((32, 32), np.bool_))

    def other(y: Picture) -> Picture:
        return np.where(others, 271 - y.astype(int), y).astype(np.uint8)

    bag = Actor(1, BAG, stands(BAG_AT, 120 * RATE))
    found = seen(Stage(STREET, [bag], rate=RATE), 150, from_then(LEARNT, other))
    assert max(signs.covered for _, signs in found) < 0.3
    assert not any(signs.blobs for time, signs in found if time < 119)
    assert [blob.kind for blob in found[-1][1].blobs] == [BlobKind.LEFT]


def test_something_is_left_behind_and_taken_away_again() -> None:
    bag = Actor(9, BAG, stands(BAG_AT, LEARNT, LEARNT + 80 * RATE))
    found = seen(Stage(STREET, [bag], rate=RATE), 110)
    with_it = [(time, signs) for time, signs in found if LEARNT / RATE + 5 < time < LEARNT / RATE + 80]
    for _, signs in with_it:  # also when the plate has taken it in
        blob = only(signs)
        assert blob.kind is BlobKind.LEFT
        assert blob.score >= 0.6
        assert blob.since == pytest.approx(LEARNT / RATE + 2, abs=2)
        left, top = BAG_AT[0] - 18, BAG_AT[1] - 30
        assert blob.box.overlap(Box(left, top, left + 36, top + 30)) > 0.5
    assert found[-1][1].blobs == ()


def test_something_is_missing() -> None:
    thing = Actor(9, BAG, stands(BAG_AT, 0, LEARNT + 10 * RATE))
    found = seen(Stage(STREET, [thing], rate=RATE), 50)
    blob = only(found[-1][1])
    assert blob.kind is BlobKind.TAKEN
    assert blob.score >= 0.6


def test_a_shadow_is_no_thing_to_be_sure_of() -> None:
    def shaded(y: Picture) -> Picture:
        y = y.copy()
        part = y[180:220, 150:230].astype(np.float32)
        y[180:220, 150:230] = np.rint((part - 16) * 0.6 + 16).astype(np.uint8)
        return y

    found = seen(empty(), 25, from_then(LEARNT, shaded))
    assert all(blob.score < 0.6 for blob in found[-1][1].blobs)


class Lit(Stage):
    """A lawn with a black door and a white wall, on which light changes when it was learnt: `shade` or `veil`."""

    what = ""

    def picture(self, number: int) -> Picture:
        picture = super().picture(number).astype(np.float32)
        picture[1] -= 26
        if number >= LEARNT and self.what == "shade":  # soft from one side to the other, and with an edge below
            light = np.linspace(1.0, 0.5, 100)
            picture[0, 150:210, 140:240] = 16 + (picture[0, 150:210, 140:240] - 16) * light
            picture[1:, 150:210, 140:240] = 128 + (picture[1:, 150:210, 140:240] - 128) * light
        if number >= LEARNT and self.what == "veil":
            picture[0] = 0.75 * picture[0] + 40
            picture[1:] = 128 + 0.75 * (picture[1:] - 128)
        return picture.clip(1, 254).astype(np.uint8)


def lawn() -> Picture:
    ground = STREET.copy()
    ground[0, 40:110, 40:70] = ground[0, 40:110, 40:70] // 8 + 16
    ground[0, 40:110, 250:330] = ground[0, 40:110, 250:330] // 8 + 210
    return ground


@pytest.mark.parametrize("what", ["shade", "veil"])
def test_nor_is_soft_shade_on_a_lawn_or_the_veil_of_rain(what: str) -> None:
    stage = Lit(lawn(), [], rate=RATE)
    object.__setattr__(stage, "what", what)
    found = seen(stage, 25)
    assert [blob for _, signs in found for blob in signs.blobs if blob.score >= 0.6] == []


def test_a_bag_is_a_thing_in_the_rain() -> None:
    bag = Actor(9, BAG, stands(BAG_AT, LEARNT))
    stage = Lit(lawn(), [bag], rate=RATE)
    object.__setattr__(stage, "what", "veil")
    told = [only(signs) for time, signs in seen(stage, 21) if time > LEARNT / RATE + 3]
    assert len(told) >= 5
    assert all(blob.score >= 0.6 for blob in told)


def test_whoever_goes_by_is_none() -> None:
    """Nor does a thing begin anew because somebody walked before it."""
    bag = Actor(9, BAG, stands(BAG_AT, LEARNT))
    passer = Actor(1, figure("checks"), walks((LEARNT + 100, (30, 215)), (LEARNT + 150, (350, 215)), last=LEARNT + 150))
    found = seen(Stage(STREET, [bag, passer], rate=RATE), 60)
    assert {round(only(signs).since) for time, signs in found if time > 56} == {
        round(only(signs).since) for time, signs in found if LEARNT / RATE + 6 < time < LEARNT / RATE + 18
    }
