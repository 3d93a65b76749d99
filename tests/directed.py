"""Whoever answers for the detector on a stage, as a script says, and a performance of it: frames in, a view out."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from benchmarks import leak
from benchmarks.leak import Leak, Picture
from tests.stage import Actor, Stage, seen
from watchglass.model.camera import Protection
from watchglass.model.frame import RawFrame
from watchglass.model.media import TICKS_PER_SECOND
from watchglass.model.vision import Box, Detection, ObjectClass
from watchglass.pipeline.sight import Answers, Sight, SightOptions
from watchglass.redact.cells import Geometry
from watchglass.redact.plate import Plate
from watchglass.redact.redactor import RedactOptions, Redactor
from watchglass.redact.shown import ShownFrame
from watchglass.track.tracker import Tracker

Says = Callable[[Actor, Box, int], list[Detection]]
"""What a detector makes of somebody in a box when it looks at the whole picture for the n-th time."""


@dataclasses.dataclass(eq=False)
class Directed:
    """Answers as a detector that was told what to say: `says` by track, `near` is the score of a close look by track.

    Who is not named is not seen.
    """

    stage: Stage
    says: dict[int, Says] = dataclasses.field(default_factory=dict)
    near: dict[int, Callable[[int], float]] = dataclasses.field(default_factory=dict)
    looks: int = 0
    close_looks: int = 0
    protection: Protection = Protection.FULL

    def whole(self, frame: RawFrame, time: float) -> list[Detection]:
        self.looks += 1
        found: list[Detection] = []
        for actor, box in self.stage.boxes(self.stage.number(time)):
            if actor.track in self.says:
                found += self.says[actor.track](actor, box, self.looks)
        return found

    def close(self, frame: RawFrame, place: Box) -> float:
        self.close_looks += 1
        number = round(frame.pts * self.stage.rate / TICKS_PER_SECOND)
        scores = [
            self.near[actor.track](self.close_looks)
            for actor, box in self.stage.boxes(number)
            if actor.track in self.near and box.overlap(place) > 0
        ]
        return max(scores, default=0.0)


def sees(score: float = 0.9) -> Says:
    """Sees them every time, as what they are."""
    return lambda actor, box, _: [Detection(box, actor.label, score)]


def glimpses(share: float, score: float) -> Says:
    """Sees them in a share of its looks, always the same ones."""

    def says(actor: Actor, box: Box, look: int) -> list[Detection]:
        return [Detection(box, actor.label, score)] if chance(look, actor.track) < share else []

    return says


def misnames(label: ObjectClass, score: float, faint: float = 0.1, *, grow: float = 0.0) -> Says:
    """Calls them something else, in a box larger by a share, with a faint person in it."""

    def says(actor: Actor, box: Box, look: int) -> list[Detection]:
        across, down = grow * box.width, grow * box.height
        larger = Box(box.left - across, box.top - down, box.right + across, box.bottom + down)
        wrong = [Detection(larger, label, score)]
        return wrong + ([Detection(box, ObjectClass.PERSON, faint)] if faint else [])

    return says


def mostly(share: float, score: float = 0.8) -> Callable[[int], float]:
    """Close looks that find somebody in a share of the cases."""
    return lambda look: score if chance(look, 0) < share else 0.05


def chance(look: int, track: int) -> float:
    """0 to 1, always the same for a look and a track."""
    return float(np.random.default_rng([look, track]).random())


@dataclasses.dataclass(frozen=True, eq=False)
class Performance:
    """What was shown of a stage: some frames by their numbers, and the sight as it was left."""

    stage: Stage
    shown: dict[int, ShownFrame]
    sight: Sight

    @property
    def plate(self) -> Plate:
        return self.sight.redactor.plate

    def open(self) -> list[int]:
        """Frames that were not covered whole."""
        return [number for number, shown in self.shown.items() if shown.covered is None]

    def leak(self, only: Callable[[int], bool] = lambda _: True, backdrop: Picture | None = None) -> Leak:
        """What is seen of people in the open frames that were kept (and are wanted), against the truly empty street."""
        numbers = [number for number in self.open() if only(number)]
        return leak.measure(
            lambda: self._original(numbers),
            lambda: (seen(self.shown[number]) for number in numbers),
            self.stage.truth(numbers),
            self.stage.backdrop if backdrop is None else backdrop,
        )

    def _original(self, numbers: Iterable[int]) -> Iterator[Picture]:
        return (self.stage.picture(number) for number in numbers)


def perform(
    stage: Stage,
    answers: Answers,
    count: int,
    *,
    plate: Plate | None = None,
    every: int = 1,
    options: RedactOptions | None = None,
    first: int = 0,
    jumps: Sequence[int] = (),
) -> Performance:
    """Let frames `first` to `count` - 1 be seen as a camera's are, and keep one shown frame in `every`.

    Frames in `jumps` follow a hole in the stream, as the first does.
    """
    redactor = Redactor(plate or Plate(Geometry(stage.width, stage.height)), options)
    sight = Sight(answers, Tracker(stage.width, stage.height), redactor, SightOptions())
    kept: dict[int, ShownFrame] = {}

    def keep(frames: Iterable[ShownFrame]) -> None:
        for shown in frames:
            number = stage.number(shown.pts / TICKS_PER_SECOND)
            if number % every == 0:
                kept[number] = shown

    for number in range(first, count):
        keep(sight.take(stage.frame(number, jump=number == first or number in jumps), stage.time(number)))
    keep(sight.finish())
    return Performance(stage, kept, sight)


def learnt(stage: Stage, seconds: float = 20.0) -> Plate:
    """The plate of a stage on which nobody has come yet."""
    empty = dataclasses.replace(stage, actors=())
    plate = perform(empty, Directed(empty), round(seconds * stage.rate), every=1 << 30).plate
    plate.pause()
    return plate
