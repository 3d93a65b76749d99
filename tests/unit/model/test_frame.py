import dataclasses

import numpy as np
import pytest

from watchglass.base.clock import WallUs
from watchglass.model.frame import RawFrame
from watchglass.model.media import Ticks


def frame() -> RawFrame:
    half = np.full((24, 32), 128, np.uint8)
    return RawFrame(np.full((48, 64), 77, np.uint8), half, half, Ticks(90), WallUs(1))


def test_its_size_is_that_of_the_luma() -> None:
    assert (frame().width, frame().height) == (64, 48)


def test_its_repr_shows_no_pixels() -> None:
    assert "77" not in repr(frame())
    assert "array" not in repr(frame())


def test_it_is_frozen_and_compared_by_identity() -> None:
    one = frame()
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.y = one.u  # type: ignore[misc]  # that is the test
    assert one == one  # noqa: PLR0124 - pixels of two frames would make this an array
    assert one != frame()


def test_it_follows_the_one_before_unless_said_otherwise() -> None:
    assert not frame().jump


def test_it_has_no_door_to_a_file() -> None:
    """Raw frames never touch a file system (R6): there is nothing on one that writes."""
    public = {name for name in dir(frame()) if not name.startswith("_")}
    assert public == {"y", "u", "v", "pts", "wall", "jump", "width", "height"}
