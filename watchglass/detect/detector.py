"""What every detector promises."""

from typing import Protocol

from watchglass.detect.picture import Picture, Sides, picture, size
from watchglass.model.camera import Protection
from watchglass.model.frame import RawFrame
from watchglass.model.vision import Detection

FAINT = 0.05
"""Least score that keeps a place from becoming plate. Not enough to draw a person by itself."""


class Detector(Protocol):
    """Finds objects on one frame. Implementations keep nothing between frames and may be called from many threads."""

    @property
    def name(self) -> str:
        """What reports and health call it."""

    @property
    def protection(self) -> Protection:
        """`REDUCED` for the built-in detector that needs no download (rule R8)."""

    @property
    def model_hash(self) -> str:
        """SHA-256 of the model file in hex; empty where there is none."""

    def detect(self, frame: RawFrame, *, close: bool = False) -> list[Detection]:
        """Every object with a score of at least `FAINT`, boxes in pixels of the frame.

        `close` where the frame is a part that was cut out to be looked at enlarged.
        """


class PictureDetector(Detector, Protocol):
    """One that can be served to other processes, which make the small picture and keep the frame to themselves."""

    @property
    def sides(self) -> Sides:
        """How large it wants its pictures."""

    def find(self, made: Picture) -> list[Detection]:
        """As `detect`, boxes in pixels of the picture."""


def look_at(detector: PictureDetector, frame: RawFrame, *, close: bool) -> list[Detection]:
    """`Detector.detect` by way of a picture."""
    sides = detector.sides
    made = picture(frame, sides.close if close else sides.whole, enlarge=sides.enlarge)
    return in_frame(detector.find(made), made, frame.width, frame.height)


def in_frame(found: list[Detection], made: Picture, width: int, height: int) -> list[Detection]:
    """What was found on a picture, in pixels of the frame of this size that it was made of."""
    across, down = size(made)
    return [Detection(one.box.scaled(width / across, height / down), one.label, one.score) for one in found]
