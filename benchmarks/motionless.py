"""How often somebody who does not move is taken for scenery: real people, cut out of footage, in the empty sample street.

    python -m benchmarks.motionless [--seconds S] [--heights PIXELS ...] [--places N] [--also FILE] [--jobs N]

Each stands still before the detector for so many seconds, four at a time and apart: once from the first frame on, before
anything of the street is known, and once having walked in after it was learnt. Every picture is put at every height
(pixels), at `--places` places that are drawn from a fixed seed. The pictures are of the sample street, and of `--also`. A person counts as *taken for scenery* who is exposed
(benchmarks/leak.py) on the last frame, and as *in sight* on any frame that is not covered whole.
"""

import argparse
import concurrent.futures
import dataclasses
import functools
import multiprocessing
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks import footage, leak
from benchmarks.labelled import Picture
from tests import cutouts
from tests.cutouts import CutOut
from tests.directed import Performance, perform
from tests.stage import Actor, Place, Stage, seen, stands, walks
from watchglass.cli.progress import Report, reporting
from watchglass.pipeline.sight import Direct
from watchglass.redact.cells import Geometry, work_in_one_thread
from watchglass.redact.plate import Plate

HEIGHTS = (45, 70, 110, 170)

_RATE = 2.5  # frames a second: what looks have to go by does not depend on more
_EVERY = 5  # frames, of which one is measured
_TOGETHER = 4
_PEOPLE, _VISITORS = 40, 12
_WALK = 10.0  # seconds of walking in
_LEARN = 50.0  # seconds before the first of them comes
_SIZE = (768, 576)
_HORIZON, _FLOOR = 190, 570  # rows between which feet stand in this street
_TRIES = 500


@dataclasses.dataclass(frozen=True, slots=True)
class Stand:
    """Somebody's place: which picture, how tall in pixels, where the feet are."""

    picture: int
    height: int
    feet: Place


@dataclasses.dataclass(frozen=True, slots=True)
class Group:
    """People who stand in the street at the same time; `walking` if they walk in. `also` as in `pictures`."""

    stands: tuple[Stand, ...]
    walking: bool
    seconds: float
    also: Path | None


@dataclasses.dataclass(frozen=True, slots=True)
class Fate:
    """What became of one of them: on how many of the measured frames they were exposed, and whether on the last."""

    stand: Stand
    walking: bool
    exposed: int
    scenery: bool


@functools.cache
def pictures(also: Path | None) -> list[CutOut]:
    """All pictures of people, always the same: of the sample street, and of a file in which people come one by one."""
    return cutouts.people(footage.street(_quietly), _PEOPLE) + (cutouts.visitors(also, _VISITORS) if also else [])


def groups(heights: Sequence[int], places: int, seconds: float, also: Path | None) -> list[Group]:
    """Everybody at each height, at so many places each, once standing and once walking in."""
    found = []
    for walking in (False, True):
        dice = np.random.default_rng([3, walking])
        left = [
            (picture, height) for height in heights for picture in range(len(pictures(also))) for _ in range(places)
        ]
        dice.shuffle(left)
        while left:
            together: list[Stand] = []
            while left and len(together) < _TOGETHER and (feet := _place(dice, left[-1][1], together)) is not None:
                picture, height = left.pop()
                together.append(Stand(int(picture), int(height), feet))
            found.append(Group(tuple(together), walking, seconds, also))
    return found


def _place(dice: np.random.Generator, height: int, others: Sequence[Stand]) -> Place | None:
    """Where somebody so tall stands apart from the others; None where there is no room. The first always has some."""
    for _ in range(_TRIES):
        feet = (dice.uniform(60, _SIZE[0] - 60), dice.uniform(max(_HORIZON, height + 30), _FLOOR))
        if all(_are_apart(feet, height, other) for other in others):
            return feet
    return None


def _are_apart(feet: Place, height: int, other: Stand) -> bool:
    across, down = abs(feet[0] - other.feet[0]), abs(feet[1] - other.feet[1])
    return across > 0.54 * (height + other.height) or down > 1.3 * max(height, other.height)


def fates(group: Group) -> list[Fate]:
    """Let them stand there and see. Runs in a process of its own."""
    work_in_one_thread()
    stage = Stage(_street(), tuple(_actors(group)), rate=_RATE)
    plate = Plate(Geometry(stage.width, stage.height))
    if group.walking:
        plate.restore(_learnt().kept())
    shown = perform(stage, Direct(footage.detector()), round(group.seconds * _RATE), every=_EVERY, plate=plate)
    return [_fate(group, stand, stage.actors[number], shown) for number, stand in enumerate(group.stands)]


def _actors(group: Group) -> Iterator[Actor]:
    for number, stand in enumerate(group.stands):
        look = pictures(group.also)[stand.picture].look.tall(stand.height)
        path = stands(stand.feet)
        if group.walking:
            outside = (-30.0 if stand.feet[0] < _SIZE[0] / 2 else _SIZE[0] + 30.0, stand.feet[1])
            began = round(4 * _RATE)
            path = walks((began, outside), (began + round(_WALK * _RATE), stand.feet))
        yield Actor(number, look, path)


def _fate(group: Group, stand: Stand, actor: Actor, shown: Performance) -> Fate:
    alone = dataclasses.replace(shown.stage, actors=(actor,))
    exposed = []
    for number in shown.open():
        people = alone.people(number)
        if people:
            found = leak.measure(
                lambda number=number: iter([shown.stage.picture(number)]),  # type: ignore[misc]
                lambda number=number: iter([seen(shown.shown[number])]),  # type: ignore[misc]
                {1: people},
                shown.stage.backdrop,
            )
            exposed.append(found.exposed_heads + found.exposed_bodies > 0)
    return Fate(stand, group.walking, sum(exposed), bool(exposed and exposed[-1]))


def _street() -> Picture:
    return cutouts.empty_street(footage.street(_quietly))


@functools.cache
def _learnt() -> Plate:
    """The plate of the street before anybody comes."""
    empty = Stage(_street(), (), rate=_RATE)
    return perform(empty, Direct(footage.detector()), round(_LEARN * _RATE), every=1 << 30).plate


def measure(work: Sequence[Group], jobs: int, tell: Report) -> list[Fate]:
    """What became of all of them, so many groups at a time."""
    found: list[Fate] = []
    with concurrent.futures.ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        waiting = [pool.submit(fates, group) for group in work]
        for done, future in enumerate(concurrent.futures.as_completed(waiting), start=1):
            found += future.result()
            tell("People who stand still", done, len(work))
    return found


def said(found: Sequence[Fate]) -> Iterator[str]:
    """The result in lines: both ways, by height, and who was taken for scenery."""
    for walking, words in ((False, "there from the first frame on"), (True, "walked in and then stood still")):
        some = [fate for fate in found if fate.walking is walking]
        scenery, exposed = sum(fate.scenery for fate in some), sum(fate.exposed > 0 for fate in some)
        yield f"{words}: {scenery} of {len(some)} taken for scenery, {exposed} in sight on any frame"
        for height in sorted({fate.stand.height for fate in some}):
            of_height = [fate for fate in some if fate.stand.height == height]
            bad = [fate for fate in of_height if fate.exposed]
            who = "; ".join(
                f"picture {fate.stand.picture} at {fate.stand.feet[0]:.0f}, {fate.stand.feet[1]:.0f}: "
                f"{fate.exposed} frames{', to the end' if fate.scenery else ''}"
                for fate in bad
            )
            yield f"  {height} pixels tall: {len(bad)} of {len(of_height)}{f' ({who})' if who else ''}"


def _quietly(*_: object) -> None:
    """Work in a process beside others, of which none has the screen."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=90.0)
    parser.add_argument("--heights", type=int, nargs="+", default=HEIGHTS)
    parser.add_argument("--places", type=int, default=1, help="for each picture and height")
    parser.add_argument("--also", type=Path, help="footage in which people are seen from near, one at a time")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="so many at a time")
    options = parser.parse_args()
    with reporting() as tell:
        work = groups(options.heights, options.places, options.seconds, options.also)
        found = measure(work, options.jobs, tell)
    print("\n".join(said(found)))


if __name__ == "__main__":
    main()
