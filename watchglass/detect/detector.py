"""What every detector promises."""

from typing import Protocol

from watchglass.model.camera import Protection
from watchglass.model.frame import RawFrame
from watchglass.model.vision import Detection


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

    def detect(self, frame: RawFrame) -> list[Detection]:
        """Every object with a score of at least `FAINT`, boxes in pixels of the frame."""


FAINT = 0.05
"""Least score that keeps a place from becoming plate. Not enough to draw a person by itself."""
