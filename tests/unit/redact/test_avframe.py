from typing import Any

import numpy as np
import pytest

from tests.unit.redact.frames import covered, noise, shown
from watchglass.redact.avframe import video_frame


@pytest.mark.parametrize(
    "thing", [noise(), noise().y, None, "frame", object()], ids=["raw", "plane", "none", "word", "object"]
)
def test_only_a_shown_frame_can_be_encoded(thing: Any) -> None:
    with pytest.raises(TypeError, match="only a ShownFrame"):
        video_frame(thing)


@pytest.mark.parametrize("size", [(128, 96), (130, 98), (16, 16), (642, 362)])
def test_all_planes_are_copied_as_they_are(size: tuple[int, int]) -> None:
    """Sizes that are no multiple of FFmpeg's rows too."""
    one = shown(width=size[0], height=size[1])
    frame = video_frame(one)
    assert (frame.width, frame.height, frame.format.name) == (*size, "yuv420p")
    packed = np.concatenate([one.y.ravel(), one.u.ravel(), one.v.ravel()])
    np.testing.assert_array_equal(frame.to_ndarray().ravel(), packed)


def test_it_is_a_copy() -> None:
    one = covered()
    frame = video_frame(one)
    one.y[:] = 0
    assert frame.to_ndarray().max() > 100
