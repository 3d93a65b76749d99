"""Redaction of a video file: the same rules as live, read twice, in memory that does not grow with the file.

The first pass learns the plate, the second shows. Answers of the detector are kept from the first to the second (a few
numbers a look), so the model sees each picture once.
"""

import dataclasses
import os
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from watchglass.base.errors import CannotWriteError
from watchglass.detect.detector import Detector
from watchglass.ingest.whole import VideoFile
from watchglass.model.camera import Protection
from watchglass.model.frame import RawFrame
from watchglass.model.vision import Box, Detection
from watchglass.pipeline.sight import Direct, Sight, SightOptions
from watchglass.redact.cells import Geometry
from watchglass.redact.filewriter import ViewFile
from watchglass.redact.plate import Plate
from watchglass.redact.redactor import Redactor
from watchglass.redact.shown import ShownFrame
from watchglass.track.tracker import Tracker

_CLOSER = 2  # a file waits for its answers, so more places can be looked at


@dataclasses.dataclass(frozen=True, slots=True)
class Progress:
    """How far a redaction is. `total` frames is an estimate of the container, 0 where it gives none."""

    step: str
    done: int
    total: int


@dataclasses.dataclass(frozen=True, slots=True)
class Report:
    """What a redaction did. `covered` counts frames covered whole by reason, `masked` is the mean share of pixels filled
    in the others.
    """

    frames: int
    covered: dict[str, int]
    masked: float
    width: int
    height: int
    rate: float
    detector: str
    model_sha256: str
    protection: str


class _Remembered:
    """Answers of the first pass, handed out again in the second; what was never asked is asked now."""

    def __init__(self, detector: Detector) -> None:
        self.detector = detector
        self._direct = Direct(detector)
        self._whole: dict[float, list[Detection]] = {}

    @property
    def protection(self) -> Protection:
        return self.detector.protection

    def whole(self, frame: RawFrame, time: float) -> list[Detection]:
        if time not in self._whole:
            self._whole[time] = self._direct.whole(frame, time)
        return self._whole[time]

    def close(self, frame: RawFrame, place: Box) -> float:
        return self._direct.close(frame, place)


def redact_file(source: Path, target: Path, detector: Detector, progress: Callable[[Progress], None]) -> Report:
    """Write the view of the video `source` to `target` (MP4, H.264), as many frames as it has, of the same size and rate.

    Errors name the file: MissingInputError, BadInputError, CannotWriteError, DiskFullError. On any error no `target`
    is left behind, and one that was there before stays.
    """
    check_place(target)
    with VideoFile(source) as video:
        geometry = Geometry(video.width, video.height)
        plate, answers = Plate(geometry), _Remembered(detector)
        total = video.frames_estimate
        for number, _ in enumerate(_shown(video, plate, answers), start=1):
            progress(Progress("Learning the empty scene", number, total))
        plate.close()
        partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}.partial")
        tally = _Tally()
        with ViewFile(partial, target, video.width, video.height, video.rate, video.aspect) as out:
            for number, shown in enumerate(_shown(video, plate, answers), start=1):
                out.write(shown)
                tally.add(shown)
                progress(Progress("Writing the view", number, total))
        return tally.report(video, detector)


def check_place(target: Path) -> None:
    """Say at once, and not after the first pass, what stands against writing there. CannotWriteError."""
    if target.is_dir():
        raise CannotWriteError(f"{target} is a folder: name a file in it.")
    if not target.parent.is_dir():
        raise CannotWriteError(f"{target} cannot be written: there is no folder {target.parent}.")
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise CannotWriteError(f"{target} cannot be written: this user may not write to {target.parent}.")


def _shown(video: VideoFile, plate: Plate, answers: _Remembered) -> Iterator[ShownFrame]:
    """One pass over the file: a shown frame for each of its frames."""
    tracker = Tracker(video.width, video.height)
    options = dataclasses.replace(SightOptions.of(answers.detector), closer=_CLOSER)
    sight = Sight(answers, tracker, Redactor(plate), options)
    for number, decoded in enumerate(video.decode()):
        # A frame's number is the clock here: times in files may jump or stand still.
        yield from sight.take(decoded.frame, float(number / video.rate), damaged=decoded.damaged)
    yield from sight.finish()


class _Tally:
    def __init__(self) -> None:
        self._frames = 0
        self._covered: Counter[str] = Counter()
        self._masked = 0.0

    def add(self, shown: ShownFrame) -> None:
        self._frames += 1
        if shown.covered is not None:
            self._covered[shown.covered] += 1
        else:
            self._masked += shown.masked

    def report(self, video: VideoFile, detector: Detector) -> Report:
        open_frames = self._frames - self._covered.total()
        return Report(
            frames=self._frames,
            covered=dict(self._covered),
            masked=round(self._masked / open_frames, 4) if open_frames else 1.0,
            width=video.width,
            height=video.height,
            rate=float(video.rate),
            detector=detector.name,
            model_sha256=detector.model_hash,
            protection=str(detector.protection),
        )
