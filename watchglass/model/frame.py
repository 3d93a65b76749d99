"""A decoded camera frame. It never leaves the watch arm: what people see is a `ShownFrame`, made in `redact`."""

import dataclasses

import numpy as np
import numpy.typing as npt

from watchglass.base.clock import WallUs
from watchglass.model.media import Ticks

Plane = npt.NDArray[np.uint8]


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class RawFrame:
    """YUV 4:2:0, limited range (BT.601/709 as the camera has it): `y` (height, width), `u` and `v` half of it, even sizes.

    `jump` marks the first frame after a hole in the stream; what follows may be another scene. The arrays are not
    written to after the frame is made. Its repr shows no pixels.
    """

    y: Plane = dataclasses.field(repr=False)
    u: Plane = dataclasses.field(repr=False)
    v: Plane = dataclasses.field(repr=False)
    pts: Ticks
    wall: WallUs
    jump: bool = False

    @property
    def width(self) -> int:
        return int(self.y.shape[1])

    @property
    def height(self) -> int:
        return int(self.y.shape[0])
