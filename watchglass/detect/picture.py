"""From the planes of a frame to the small BGR pictures that models take."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from watchglass.model.frame import RawFrame

Picture = npt.NDArray[np.uint8]


def bgr(frame: RawFrame, width: int, height: int) -> Picture:
    """The frame as a BGR picture (height, width, 3).

    Planes are resized first and converted after: at model size that is a quarter of the work.
    """
    shrink = cv2.INTER_AREA if width < frame.width else cv2.INTER_LINEAR
    size = (width, height)
    y = cv2.resize(frame.y, size, interpolation=shrink)
    u = cv2.resize(frame.u, size, interpolation=cv2.INTER_LINEAR)
    v = cv2.resize(frame.v, size, interpolation=cv2.INTER_LINEAR)
    # OpenCV names the planes Y, Cr (V), Cb (U); its YCrCb is full range, so stretch the limited range first.
    stretched = cv2.merge([_stretch(y, 16, 219), _stretch(v, 128, 224), _stretch(u, 128, 224)])
    picture: Picture = cv2.cvtColor(stretched, cv2.COLOR_YCrCb2BGR).astype(np.uint8, copy=False)
    return picture


def _tables() -> dict[tuple[int, int], Picture]:
    level = np.arange(256, dtype=np.float32)
    luma = (level - 16) * 255 / 219
    chroma = (level - 128) * 255 / 224 + 128
    as_bytes = [np.clip(np.round(table), 0, 255).astype(np.uint8) for table in (luma, chroma)]
    return {(16, 219): as_bytes[0], (128, 224): as_bytes[1]}


_TABLES = _tables()


def _stretch(plane: npt.NDArray[Any], low: int, extent: int) -> Picture:
    table: Picture = cv2.LUT(plane, _TABLES[(low, extent)]).astype(np.uint8, copy=False)
    return table
