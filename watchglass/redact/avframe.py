"""A shown frame in FFmpeg's form."""

import numpy as np
from av.video.frame import VideoFrame

from watchglass.redact.shown import ShownFrame


def video_frame(shown: ShownFrame) -> VideoFrame:
    """A copy of the shown frame for an encoder. TypeError for anything that is not one (rule R6)."""
    if not isinstance(shown, ShownFrame):
        raise TypeError("only a ShownFrame can be encoded")
    frame = VideoFrame(shown.width, shown.height, "yuv420p")
    for plane, pixels in zip(frame.planes, (shown.y, shown.u, shown.v), strict=True):
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        rows[: pixels.shape[0], : pixels.shape[1]] = pixels
    return frame
