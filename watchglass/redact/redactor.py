"""Redaction of one stream: frames in, shown frames out about 0.8 s later (rule R4).

The redactor knows nothing of detectors and trackers. Whoever drives it says when the detector has answered, where
somebody may be, and which boxes are to be covered at a time.
"""

import collections
import dataclasses
from collections.abc import Callable, Iterable, Iterator

import cv2
import numpy as np

from watchglass.base.clock import WallUs
from watchglass.model.frame import Plane, RawFrame
from watchglass.model.vision import Box
from watchglass.redact.align import Aligner, moved_back
from watchglass.redact.cells import Grid, Small, grown, shrink
from watchglass.redact.cover import CoverOptions, Labelled
from watchglass.redact.guard import Guard, GuardOptions, Look
from watchglass.redact.painter import Cells, Painter
from watchglass.redact.plate import Plate, Signs
from watchglass.redact.platebook import PlateBook
from watchglass.redact.shown import ShownFrame, plate_picture, thumbnail

_AIM_WIDTH = 64
_AIM_STILL = 2.0  # seconds: what changed since is hidden in a picture for aiming
_TOO_LIVELY = 0.5  # share of the picture
_MOST_WIND = 0.7  # share of the picture: if more changes at once, it is no wind, however often it has happened before


@dataclasses.dataclass(frozen=True, slots=True)
class RedactOptions:
    """Seconds of media time: `recall` is how long a picture is another one before earlier looks of the scene are tried,
    `give_up` before it is learnt anew. With `vehicles` these are drawn at capped density instead of flat, but for their
    upper half and wherever a person may be. Without `pictures` nothing is drawn and no frame is released.
    """

    look_ahead: float = 0.8
    recall: float = 1.0
    give_up: float = 10.0
    vehicles: bool = False
    pictures: bool = True
    cover: CoverOptions = dataclasses.field(default_factory=CoverOptions)
    guard: GuardOptions = dataclasses.field(default_factory=GuardOptions)


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What a frame looks like beside the plate: `strange` cells, pixels that are `apart`, the share of known cells that
    changed.

    `frame` is the frame with its scene where it was learnt, in case that the camera shakes. `moving`: more than noise
    and things in the wind has changed.
    """

    time: float
    frame: RawFrame
    small: Small
    strange: Grid
    apart: Plane
    is_likely: Grid
    changed: float
    moving: bool


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    scene: Scene
    restless: Grid
    plate_ready: bool
    damaged: bool


class Redactor:
    """One stream's redaction, used from one thread. Times are seconds of media time and rise from frame to frame."""

    def __init__(self, plate: Plate, options: RedactOptions | None = None, book: PlateBook | None = None) -> None:
        self._plate = plate
        self._book = book or PlateBook()
        self._options = options or RedactOptions()
        self._guard = Guard(self._options.guard)
        self._aligner = Aligner(plate.geometry.step)
        self._painter = Painter(plate.geometry, vehicles=self._options.vehicles)
        self._waiting: collections.deque[_Waiting] = collections.deque()
        self._changed_since: float | None = None
        self._tried = float("-inf")
        self._aimed: tuple[Small, list[Box], Grid] | None = None
        self._cover_options = self._options.cover

    @property
    def plate(self) -> Plate:
        return self._plate

    @property
    def book(self) -> PlateBook:
        """The scene's other looks."""
        return self._book

    def push(self, frame: RawFrame, time: float, covered: Labelled, *, damaged: bool = False) -> Scene:
        """Take in the next frame. `covered` are the boxes tracked at the moment; the plate learns nothing there."""
        plate = self._plate
        if frame.jump:
            plate.pause()
            self._aimed = None
        small, frame = (shrink(frame, plate.geometry), frame) if damaged else self._aligned(frame, time)
        scene = self._compared(small, frame, time)
        if not damaged:
            if self._has_another_look(scene, small):
                scene = self._compared(small, frame, time)
            boxes = [box for box, _ in covered]
            plate.learn(small, time, scene.strange, plate.geometry.marked(boxes, 0.15, 0.1))
            self._painter.drop(plate.take_renewed())
        self._waiting.append(_Waiting(scene, self._restless(), plate.ready, damaged))
        return scene

    def _restless(self) -> Grid:
        """Where things wave in the wind. None with a detector that misses too many people: passers-by look like that."""
        restless = self._plate.restless
        return np.zeros_like(restless) if self._cover_options.all_people else restless

    def _aligned(self, frame: RawFrame, time: float) -> tuple[Small, RawFrame]:
        """The frame, small and whole, with its scene where it was learnt."""
        small = shrink(frame, self._plate.geometry)
        if not self._aligner.anchored:
            self._aligner.anchor(self._plate.picture.y if self._plate.ready else small.y)
        shift = self._aligner.measure(small.y, time)
        if shift == (0, 0):
            return small, frame
        frame = moved_back(frame, shift)
        return shrink(frame, self._plate.geometry), frame

    def _compared(self, small: Small, frame: RawFrame, time: float) -> Scene:
        plate = self._plate
        strange, apart = plate.strange(small)
        known = int(plate.known.sum())
        changed = everything = strange & plate.known
        if everything.sum() <= _MOST_WIND * known:
            changed = everything & ~self._restless()
        share = float(changed.sum()) / known if known else 0.0
        return Scene(time, frame, small, strange, apart, plate.is_likely, share, _has_pair(changed))

    def answered(self, signs: Signs, scene: Scene, *, all_people: bool = False) -> None:
        """The detector has answered on the frame of `scene`. `all_people`: it does not tell people from other things."""
        if all_people != self._cover_options.all_people:
            self._cover_options = dataclasses.replace(self._options.cover, all_people=all_people)
        self._guard.answered(scene.time)
        self._plate.suspect(signs, scene.time, scene.strange, scene.is_likely)
        changing = self._plate.changing(scene.time, _AIM_STILL)
        self._aimed = (scene.small, [*signs.seen, *signs.foretold], changing)

    def release(self, now: float, covers: Callable[[float], Labelled]) -> Iterator[ShownFrame]:
        """Every frame that has waited long enough by `now`, in order. `covers` gives the boxes for a time."""
        while self._waiting and self._waiting[0].scene.time <= now - self._options.look_ahead + 1e-6:
            yield from self._finished(self._waiting.popleft(), covers)

    def drain(self, covers: Callable[[float], Labelled]) -> Iterator[ShownFrame]:
        """Every frame that still waits: the stream has ended."""
        while self._waiting:
            yield from self._finished(self._waiting.popleft(), covers)

    def aim(self, hidden_boxes: Iterable[Box], wall: WallUs) -> ShownFrame | None:
        """The picture to aim a camera by (R7): the plate once most of it is known, before that 64 pixels' width.

        That is the last frame that the detector has answered on, so that all it suspected there is covered, and
        `hidden_boxes` and all that moved in the last seconds besides. None until there is one.
        """
        plate = self._plate
        if plate.progress >= 0.5:
            return plate_picture(plate.picture, plate.known, wall)
        if self._aimed is None:
            return None
        small, suspects, changing = self._aimed
        if changing.mean() > _TOO_LIVELY:  # somebody stands before the lens, or everything moves
            return None
        hidden = grown(changing) | plate.geometry.marked([*suspects, *hidden_boxes], 0.2, 0.15)
        return thumbnail(small, hidden, _AIM_WIDTH, wall)

    def _finished(self, waiting: _Waiting, covers: Callable[[float], Labelled]) -> Iterator[ShownFrame]:
        if self._options.pictures:
            yield self._finish(waiting, covers)

    def _finish(self, waiting: _Waiting, covers: Callable[[float], Labelled]) -> ShownFrame:
        scene = waiting.scene
        frame = scene.frame
        look = Look(
            scene.time, waiting.plate_ready, scene.changed, scene.moving, jump=frame.jump, damaged=waiting.damaged
        )
        reason = self._guard.decide(look)
        if reason is not None:
            return self._painter.cover_whole(frame, reason.value)
        boxes = covers(scene.time)
        cells = Cells(scene.strange, waiting.restless, self._plate.known, boxes, self._cover_options)
        return self._painter.draw(frame, scene.time, cells, scene.apart, self._plate.picture)

    def _has_another_look(self, scene: Scene, small: Small) -> bool:
        """A picture that stays wholly different is another look of the scene, or another scene: whether it now is."""
        options = self._options
        if scene.changed <= options.guard.changed:
            self._changed_since = None
            return False
        if self._changed_since is None:
            self._changed_since = self._tried = scene.time
        if scene.time - self._tried >= options.recall:
            self._tried = scene.time
            if self._book.recall(self._plate, small):
                return self._begin_anew()
        if scene.time - self._changed_since <= options.give_up:
            return False
        self._book.put(self._plate)
        self._plate.forget()
        return self._begin_anew()

    def _begin_anew(self) -> bool:
        self._changed_since = None
        self._aligner.forget()
        self._painter.forget()
        return True


def _has_pair(cells: Grid) -> bool:
    """Whether two of the cells are neighbours: what is larger than noise."""
    around = cv2.boxFilter(cells.view(np.uint8), -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT)
    return bool((around[cells] > 1).any())
