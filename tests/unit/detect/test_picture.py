import av
import numpy as np
import pytest

from watchglass.base.clock import WallUs
from watchglass.detect.picture import bgr
from watchglass.model.frame import RawFrame
from watchglass.model.media import Ticks


def even(y: int, u: int, v: int, width: int = 32, height: int = 24) -> RawFrame:
    half = (height // 2, width // 2)
    return RawFrame(
        np.full((height, width), y, np.uint8),
        np.full(half, u, np.uint8),
        np.full(half, v, np.uint8),
        Ticks(0),
        WallUs(0),
    )


@pytest.mark.parametrize(
    ("yuv", "colour"),
    [
        ((16, 128, 128), (0, 0, 0)),
        ((235, 128, 128), (255, 255, 255)),
        ((126, 128, 128), (128, 128, 128)),
        ((81, 90, 240), (0, 0, 255)),  # red, as BGR
        ((145, 54, 34), (0, 255, 0)),
        ((41, 240, 110), (255, 0, 0)),
        ((0, 128, 128), (0, 0, 0)),  # below limited range
        ((255, 128, 128), (255, 255, 255)),
    ],
)
def test_colours_of_limited_range_become_full(yuv: tuple[int, int, int], colour: tuple[int, int, int]) -> None:
    picture = bgr(even(*yuv), 32, 24)
    assert np.abs(picture.astype(int) - colour).max() <= 3


@pytest.mark.parametrize("size", [(32, 24), (16, 12), (64, 48), (11, 7)])
def test_the_picture_has_the_size_that_was_asked_for(size: tuple[int, int]) -> None:
    picture = bgr(even(100, 128, 128), *size)
    assert picture.shape == (size[1], size[0], 3)
    assert picture.dtype == np.uint8
    assert np.unique(picture).size == 1


def test_it_agrees_with_ffmpeg() -> None:
    dice = np.random.default_rng(3)
    y = np.repeat(np.repeat(dice.integers(30, 220, (6, 8), dtype=np.uint8), 8, axis=0), 8, axis=1)
    u, v = (np.repeat(np.repeat(dice.integers(90, 166, (6, 8), dtype=np.uint8), 4, 0), 4, 1) for _ in range(2))
    ours = bgr(RawFrame(y, u, v, Ticks(0), WallUs(0)), 64, 48).astype(int)
    packed = np.concatenate([y.ravel(), u.ravel(), v.ravel()]).reshape(72, 64)
    theirs = av.VideoFrame.from_ndarray(packed, format="yuv420p").to_ndarray(format="bgr24").astype(int)
    inner = np.s_[3::8, 3::8]  # the middle of each square, where no neighbour's chroma reaches
    assert np.abs(ours[inner] - theirs[inner]).max() <= 6
