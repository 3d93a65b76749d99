import av
import numpy as np
import pytest

from watchglass.base.clock import WallUs
from watchglass.detect.picture import bgr, picture, size
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
    made = bgr(picture(even(*yuv), 32))
    assert made.shape == (24, 32, 3)
    assert np.abs(made.astype(int) - colour).max() <= 3


@pytest.mark.parametrize(
    ("frame", "side", "enlarge", "expected"),
    [
        ((640, 480), 416, True, (416, 312)),
        ((480, 640), 416, True, (312, 416)),
        ((1280, 720), 416, True, (416, 234)),
        ((768, 576), 384, True, (384, 288)),
        ((96, 96), 256, True, (256, 256)),
        ((96, 96), 256, False, (96, 96)),
        ((1920, 1080), 1152, False, (1152, 648)),
        ((1920, 2), 416, True, (416, 2)),  # never nothing
        ((352, 288), 416, True, (416, 340)),  # even: chroma has half as many
    ],
)
def test_the_longer_side_is_as_asked_for(
    frame: tuple[int, int], side: int, enlarge: bool, expected: tuple[int, int]
) -> None:
    made = picture(even(100, 90, 150, *frame), side, enlarge=enlarge)
    assert size(made) == expected
    assert made.shape == (expected[1] * 3 // 2, expected[0])
    assert made.flags.c_contiguous
    luma = expected[0] * expected[1]
    flat = made.ravel()
    assert [set(part.tolist()) for part in (flat[:luma], flat[luma : luma * 5 // 4], flat[luma * 5 // 4 :])] == [
        {100}, {90}, {150},
    ]  # fmt: skip


@pytest.mark.parametrize("factor", [2, 3, 4, 5, 7])
def test_no_pixel_is_passed_over(factor: int) -> None:
    """A thin bright line in a large frame is seen in the small picture wherever it runs."""
    for column in range(40, 40 + factor):
        luma = np.full((48 * factor, 64 * factor), 50, np.uint8)
        luma[:, column] = 250
        half = np.full((24 * factor, 32 * factor), 128, np.uint8)
        made = picture(RawFrame(luma, half, half, Ticks(0), WallUs(0)), 64)
        assert made[:48].max() > 50


def test_it_agrees_with_ffmpeg() -> None:
    dice = np.random.default_rng(3)
    y = np.repeat(np.repeat(dice.integers(30, 220, (6, 8), dtype=np.uint8), 8, axis=0), 8, axis=1)
    u, v = (np.repeat(np.repeat(dice.integers(90, 166, (6, 8), dtype=np.uint8), 4, 0), 4, 1) for _ in range(2))
    ours = bgr(picture(RawFrame(y, u, v, Ticks(0), WallUs(0)), 64)).astype(int)
    packed = np.concatenate([y.ravel(), u.ravel(), v.ravel()]).reshape(72, 64)
    theirs = av.VideoFrame.from_ndarray(packed, format="yuv420p").to_ndarray(format="bgr24").astype(int)
    inner = np.s_[3::8, 3::8]  # the middle of each square, where no neighbour's chroma reaches
    assert np.abs(ours[inner] - theirs[inner]).max() <= 6
