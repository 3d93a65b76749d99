"""Redaction of one stream: frames in, shown frames out about 0.8 s later (rule R4).

The redactor knows nothing of detectors and trackers. Whoever drives it says when the detector has answered, where
somebody may be, and which boxes are to be covered at a time.
"""

import collections
import dataclasses
from collections.abc import Callable, Iterable, Iterator

from watchglass.base.clock import WallUs
from watchglass.model.frame import RawFrame
from watchglass.model.vision import Box
from watchglass.redact.cells import Grid, Small, shrink
from watchglass.redact.cover import CoverOptions, Labelled, cover
from watchglass.redact.guard import CoverReason, Guard, GuardOptions, Look
from watchglass.redact.plate import Plate
from watchglass.redact.shown import ShownFrame, Specks, cover_whole, draw, plate_picture, thumbnail

_AIM_WIDTH = 64


@dataclasses.dataclass(frozen=True, slots=True)
class RedactOptions:
    """`look_ahead` and `give_up` in seconds of media time."""

    look_ahead: float = 0.8
    give_up: float = 10.0
    cover: CoverOptions = dataclasses.field(default_factory=CoverOptions)
    guard: GuardOptions = dataclasses.field(default_factory=GuardOptions)


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What a frame looks like beside the plate: `strange` cells, and the share of known cells that changed."""

    time: float
    strange: Grid
    changed: float


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    frame: RawFrame
    scene: Scene
    plate_ready: bool
    damaged: bool


class Redactor:
    """One stream's redaction, used from one thread. Times are seconds of media time and rise from frame to frame."""

    def __init__(self, plate: Plate, options: RedactOptions | None = None) -> None:
        self._plate = plate
        self._options = options or RedactOptions()
        self._guard = Guard(self._options.guard)
        self._waiting: collections.deque[_Waiting] = collections.deque()
        self._changed_since: float | None = None
        self._newest: Small | None = None
        self._aimed: tuple[Small, list[Box]] | None = None

    @property
    def plate(self) -> Plate:
        return self._plate

    @property
    def reason(self) -> CoverReason | None:
        """Why frames that come in now will be covered whole, as far as it is known before their turn."""
        return None if self._plate.ready else CoverReason.LEARNING

    def push(self, frame: RawFrame, time: float, covered: Labelled, *, damaged: bool = False) -> Scene:
        """Take in the next frame. `covered` are the boxes tracked at the moment; the plate learns nothing there."""
        plate = self._plate
        geometry = plate.geometry
        if frame.jump:
            plate.pause()
            self._aimed = None
        small = shrink(frame, geometry)
        self._newest = None if damaged else small
        strange = plate.strange(small)
        known = int(plate.known.sum())
        scene = Scene(time, strange, float((strange & plate.known).sum()) / known if known else 0.0)
        self._watch_for_lasting_change(scene)
        if not damaged:
            plate.learn(small, time, strange, geometry.marked([box for box, _ in covered], 0.15, 0.1))
        self._waiting.append(_Waiting(frame, scene, plate.ready, damaged))
        return scene

    def answered(self, time: float, suspects: Iterable[Box], scene: Scene) -> None:
        """The detector has answered on the newest frame, that of `time`: `suspects` are all signs of a person there."""
        suspects = list(suspects)
        self._guard.answered(time)
        self._plate.suspect(suspects, time, scene.strange)
        self._aimed = (self._newest, suspects) if self._newest is not None else None

    def release(self, now: float, covers: Callable[[float], Labelled]) -> Iterator[ShownFrame]:
        """Every frame that has waited long enough by `now`, in order. `covers` gives the boxes for a time."""
        while self._waiting and self._waiting[0].scene.time <= now - self._options.look_ahead + 1e-6:
            yield self._finish(self._waiting.popleft(), covers)

    def drain(self, covers: Callable[[float], Labelled]) -> Iterator[ShownFrame]:
        """Every frame that still waits: the stream has ended."""
        while self._waiting:
            yield self._finish(self._waiting.popleft(), covers)

    def aim(self, hidden: Iterable[Box], wall: WallUs) -> ShownFrame | None:
        """The picture to aim a camera by (R7): the plate once most of it is known, before that 64 pixels' width.

        That is the last frame that the detector has answered on, so that all it suspected there is covered, and `hidden`
        besides. None until there is one.
        """
        plate = self._plate
        if plate.progress >= 0.5:
            return plate_picture(plate.picture, plate.known, wall)
        if self._aimed is None:
            return None
        small, suspects = self._aimed
        return thumbnail(small, plate.geometry.marked([*suspects, *hidden], 0.2, 0.15), _AIM_WIDTH, wall)

    def _finish(self, waiting: _Waiting, covers: Callable[[float], Labelled]) -> ShownFrame:
        frame, scene = waiting.frame, waiting.scene
        look = Look(scene.time, waiting.plate_ready, scene.changed, jump=frame.jump, damaged=waiting.damaged)
        reason = self._guard.decide(look)
        if reason is not None:
            return cover_whole(frame, reason.value)
        made = cover(scene.strange, covers(scene.time), self._plate.geometry, self._plate.known, self._options.cover)
        return draw(frame, made.shapes, Specks(made.specks, self._plate.picture) if made.specks.any() else None)

    def _watch_for_lasting_change(self, scene: Scene) -> None:
        """A picture that stays wholly different is another scene: its plate is learnt anew."""
        if scene.changed <= self._options.guard.changed:
            self._changed_since = None
        elif self._changed_since is None:
            self._changed_since = scene.time
        elif scene.time - self._changed_since > self._options.give_up:
            self._plate.forget()
            self._changed_since = None
