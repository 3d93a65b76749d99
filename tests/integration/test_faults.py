"""Rule R5 on a stage: the camera is turned, the light jumps, the plate on disk is another's or damaged. In no frame that is
shown is anybody seen, and after a while the view is there again.
"""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.leak import Picture
from tests.directed import Directed, Performance, learnt, mostly, perform, sees
from tests.stage import KINDS, Actor, Stage, cut, figure, stands, walks
from watchglass.model.vision import ObjectClass
from watchglass.redact import platefile
from watchglass.redact.cells import Geometry
from watchglass.redact.plate import Plate
from watchglass.redact.platebook import PlateBook

RATE = 5
TURN = 100  # the frame from which on everything is otherwise
END = TURN + 50 * RATE


def street(backdrop: Picture, first: int = 30) -> Stage:
    """People who cross, one after the other, and one who stands from frame `first` + 60 on."""
    crossing = [
        Actor(track, figure(KINDS[track % 3], seed=track), walks((start, (-20, 215)), (start + 55, (410, 205))))
        for track, start in enumerate(range(first, END, 45), start=1)
    ]
    return Stage(
        backdrop, [*crossing, Actor(100, figure("checks"), walks((first, (330, 320)), (first + 60, (330, 235))))]
    )


def run(stage: Stage, *, jump: bool = False, plate: Plate | None = None, every: int = 5) -> Performance:
    people = [actor.track for actor in stage.actors if actor.label is ObjectClass.PERSON]
    answers = Directed(stage, dict.fromkeys(people, sees()), dict.fromkeys(people, mostly(1.0)))
    return perform(stage, answers, END, plate=plate, every=every, jumps=[TURN] if jump else [])


def assert_nobody_seen(done: Performance, backdrop: Picture | None = None, since: int = 0, until: int = END) -> None:
    found = done.leak(lambda number: since <= number < until, backdrop)
    assert (found.exposed_heads, found.exposed_bodies) == (0, 0), found


def mirrored(picture: Picture) -> Picture:
    return np.ascontiguousarray(picture[:, :, ::-1])


def moved(picture: Picture) -> Picture:
    """As after a knock: 14 pixels to the side, 9 down."""
    return np.roll(picture, (9, 14), axis=(1, 2))


def knocked_lightly(picture: Picture) -> Picture:
    return np.roll(picture, (1, 3), axis=(1, 2))


def brighter(picture: Picture) -> Picture:
    return np.stack([np.clip(picture[0].astype(int) + 45, 16, 235), picture[1], picture[2]]).astype(np.uint8)


def dark(picture: Picture) -> Picture:
    return np.stack([picture[0] // 3 + 10, picture[1], picture[2]]).astype(np.uint8)


def another_exposure(picture: Picture) -> Picture:
    return np.stack([np.clip(picture[0] * 1.18, 16, 235), picture[1], picture[2]]).astype(np.uint8)


def infrared(picture: Picture) -> Picture:
    """Night: no colour, and light that comes from the camera."""
    luma = np.clip(235 - 0.7 * picture[0], 16, 235)
    return np.stack([luma, np.full_like(luma, 128), np.full_like(luma, 128)]).astype(np.uint8)


def shadow(picture: Picture) -> Picture:
    """A cloud over four tenths of the street."""
    dimmed = picture.copy()
    width = round(0.4 * picture.shape[2])
    dimmed[0, :, :width] = dimmed[0, :, :width] * 0.7
    return dimmed


CHANGES: list[Callable[[Picture], Picture]] = [
    mirrored,
    moved,
    knocked_lightly,
    brighter,
    dark,
    another_exposure,
    infrared,
    shadow,
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "jump"),
    [(change, False) for change in CHANGES] + [(mirrored, True), (another_exposure, True)],
    ids=lambda value: (
        {False: "in mid-stream", True: "after a hole"}[value] if isinstance(value, bool) else value.__name__
    ),
)
def test_everything_is_otherwise(backdrop: Picture, change: Callable[[Picture], Picture], jump: bool) -> None:
    before = street(backdrop)
    after = dataclasses.replace(before, backdrop=change(backdrop))
    done = run(cut(before, after, TURN), jump=jump, plate=learnt(dataclasses.replace(before, actors=())))
    assert_nobody_seen(done, until=TURN)
    assert_nobody_seen(done, after.backdrop, since=TURN)
    assert [number for number in done.open() if number < TURN]
    assert [number for number in done.open() if number > END - 15 * RATE], "the view does not come back"


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.4, 2.0, 8.0])
def test_light_that_goes_up_and_down(backdrop: Picture, seconds: float) -> None:
    """A camera that looks for its exposure, a lamp that fails: 30 levels and back within so many seconds."""
    period = seconds * RATE
    lit = dataclasses.replace(
        street(backdrop), light=lambda number: 15 * (1 - np.cos(2 * np.pi * number / period)) if number > TURN else 0
    )
    done = run(lit, plate=learnt(dataclasses.replace(lit, light=lambda _: 0.0)))
    for number in [one for one in done.open() if one > TURN][::3]:
        light = round(lit.light(number))
        bright = np.stack([np.clip(backdrop[0].astype(int) + light, 0, 255), backdrop[1], backdrop[2]]).astype(np.uint8)
        found = dataclasses.replace(done, shown={number: done.shown[number]}).leak(backdrop=bright)
        assert (found.exposed_heads, found.exposed_bodies) == (0, 0), (number, found)


def save(plate: Plate, path: Path) -> None:
    """Keep a plate that is the only one of its camera."""
    platefile.save(plate, PlateBook(), path)


def load(plate: Plate, path: Path) -> bool:
    return platefile.load(plate, PlateBook(), path)


class TestPlateFiles:
    """Of a plate on disk nothing is believed that the camera does not show again."""

    @pytest.fixture
    def kept(self, backdrop: Picture, tmp_path: Path) -> Path:
        path = tmp_path / "plate.npz"
        save(learnt(Stage(backdrop, [])), path)
        return path

    def test_is_taken_up(self, backdrop: Picture, kept: Path) -> None:
        """So that those below fail for a reason."""
        plate = Plate(Geometry(backdrop.shape[2], backdrop.shape[1]))
        assert load(plate, kept)
        done = run(street(backdrop, first=10), plate=plate)
        assert min(done.open()) < 3 * RATE
        assert_nobody_seen(done)

    @pytest.mark.parametrize("at", [0.0, 0.02, 0.3, 0.6, 0.9, 0.999])
    @pytest.mark.parametrize("how", ["torn", "flipped"])
    def test_damaged(self, backdrop: Picture, kept: Path, at: float, how: str) -> None:
        """Left out, and learnt anew; or it was a byte that means nothing, and the plate is what it was."""
        good = Plate(Geometry(backdrop.shape[2], backdrop.shape[1]))
        assert load(good, kept)
        data = bytearray(kept.read_bytes())
        place = min(len(data) - 1, round(at * len(data)))
        if how == "torn":
            del data[place:]
        else:
            data[place] ^= 0xFF
        kept.write_bytes(data)
        plate = Plate(good.geometry)
        if load(plate, kept):
            assert np.array_equal(plate.picture.y, good.picture.y)
            assert np.array_equal(plate.picture.u, good.picture.u)
            assert np.array_equal(plate.picture.v, good.picture.v)
            assert np.array_equal(plate.known, good.known)
        else:
            assert not plate.known.any()

    def test_of_another_scene(self, backdrop: Picture, tmp_path: Path) -> None:
        path = tmp_path / "plate.npz"
        save(learnt(Stage(mirrored(backdrop), [])), path)
        plate = Plate(Geometry(backdrop.shape[2], backdrop.shape[1]))
        load(plate, path)
        done = run(street(backdrop, first=10), plate=plate)
        assert_nobody_seen(done)
        assert max(done.open()) > END - 15 * RATE, "the view does not come back"

    def test_of_another_size(self, backdrop: Picture, kept: Path) -> None:
        for width, height in ((backdrop.shape[2] // 2, backdrop.shape[1] // 2), (backdrop.shape[1], backdrop.shape[2])):
            plate = Plate(Geometry(width, height))
            assert not load(plate, kept)
            assert not plate.known.any()

    def test_with_somebody_in_it(self, backdrop: Picture, tmp_path: Path) -> None:
        """The worst: a plate in which a figure stands. It is drawn into nothing that the camera shows now."""
        place = (200.0, 230.0)
        figures = [Actor(1, figure("checks"), stands(place))]
        path = tmp_path / "plate.npz"
        save(learnt_blindly(Stage(backdrop, figures)), path)
        plate = Plate(Geometry(backdrop.shape[2], backdrop.shape[1]))
        assert load(plate, path)
        stage = Stage(backdrop, [])
        done = perform(stage, Directed(stage), 30 * RATE, plate=plate, every=2)
        there = Stage(backdrop, figures)
        found = dataclasses.replace(done, stage=there).leak()
        assert (found.exposed_heads, found.exposed_bodies) == (0, 0), found


def learnt_blindly(stage: Stage) -> Plate:
    """What a detector that sees nobody makes of a stage."""
    plate = perform(stage, Directed(stage), 60 * RATE, every=1 << 30).plate
    plate.pause()
    return plate
