"""From the planes of a frame to the small picture that a detector looks at.

A picture is YUV 4:2:0 as the frame is (I420: `height` rows of luma, then both chroma planes of a quarter each), so that a
look costs 1.5 bytes a pixel on its way to the detector's process; the model's colours are made there.
"""

import dataclasses

import cv2
import numpy as np
import numpy.typing as npt

from watchglass.model.frame import Plane, RawFrame

Picture = npt.NDArray[np.uint8]
"""I420, (height * 3 / 2, width), both sides even."""


@dataclasses.dataclass(frozen=True, slots=True)
class Sides:
    """Longest side, in pixels, of the pictures that a detector wants: of a whole frame, and of a part looked at closer.

    `enlarge` where a smaller frame is to be enlarged to it.
    """

    whole: int
    close: int
    enlarge: bool = True


def picture(frame: RawFrame, side: int, *, enlarge: bool = True) -> Picture:
    """The frame with `side` pixels as its longer side, or as it is where that would enlarge it and must not."""
    scale = side / max(frame.width, frame.height)
    if scale > 1 and not enlarge:
        scale = 1.0
    width, height = _even(frame.width * scale), _even(frame.height * scale)
    made = np.empty((height * 3 // 2, width), np.uint8)
    _resize(frame.y, made[:height])
    for plane, first in ((frame.u, 0), (frame.v, 1)):
        rows = made[height:].reshape(2, height // 2, width // 2)[first]
        _resize(plane, rows)
    return made


def size(made: Picture) -> tuple[int, int]:
    """Width and height of a picture."""
    return int(made.shape[1]), int(made.shape[0]) * 2 // 3


def bgr(made: Picture) -> npt.NDArray[np.uint8]:
    """The picture in BGR (height, width, 3), full range."""
    colours: npt.NDArray[np.uint8] = cv2.cvtColor(made, cv2.COLOR_YUV2BGR_I420).astype(np.uint8, copy=False)
    return colours


def _even(side: float) -> int:
    return max(2, round(side / 2) * 2)


def _resize(plane: Plane, into: Plane) -> None:
    height, width = into.shape
    # Halving averages all pixels and is quick; from there a straight line between pixels skips none.
    while plane.shape[0] >= 2 * height and plane.shape[1] >= 2 * width:
        half = (plane.shape[1] // 2, plane.shape[0] // 2)
        even = plane[: half[1] * 2, : half[0] * 2]
        plane = cv2.resize(even, half, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    cv2.resize(plane, (width, height), dst=into, interpolation=cv2.INTER_LINEAR)
