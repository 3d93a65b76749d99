"""What rules are given of a moment: tracks, and signs of the scene that somebody else found in the pictures."""

import dataclasses
import enum

from watchglass.base.clock import WallUs
from watchglass.model.vision import Box, Track


class BlobKind(enum.StrEnum):
    """Whether something is there that the empty scene has not, or is not there that it has."""

    LEFT = "left"
    TAKEN = "taken"


@dataclasses.dataclass(frozen=True, slots=True)
class StillBlob:
    """A piece of the picture that differs from the empty scene and has not moved since a moment of media time.

    `score` (0..1) is how sure it is that this is a thing, and not light or shadow.
    """

    box: Box
    since: float
    score: float
    kind: BlobKind


@dataclasses.dataclass(frozen=True, slots=True)
class SceneSigns:
    """Of the whole picture, against what is usual for this camera and light.

    `covered` is the share of the picture, 0..1, without any texture where the empty scene has some; `brightness` is its mean,
    0..1; `sharpness` is relative to the usual (1); `shift` is how far the empty scene has moved, of the picture's width;
    `frozen` is for how many seconds not one pixel has changed.
    """

    covered: float = 0.0
    brightness: float = 0.5
    sharpness: float = 1.0
    shift: float = 0.0
    frozen: float = 0.0
    blobs: tuple[StillBlob, ...] = ()


NO_SIGNS = SceneSigns()


@dataclasses.dataclass(frozen=True, slots=True)
class Look:
    """A camera's frame at a moment of media time (seconds) and of wall time: its size, and tracks in its pixels."""

    media: float
    wall: WallUs
    width: int
    height: int
    tracks: tuple[Track, ...] = ()
    signs: SceneSigns | None = None
    """None where nobody looked for them on this frame: what was seen before goes on."""
