from pathlib import Path

import av
import numpy as np
import pytest

from benchmarks import degrade
from tests import footage

FRAMES = 20


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return footage.make(tmp_path_factory.mktemp("video") / "a.mp4", frames=FRAMES, rate=10)


def row(number: int) -> list[str]:
    return [str(number), "4", "10", "20", "30", "60", "1", "-1"]


ROWS = {number: [row(number)] for number in range(1, FRAMES + 1)}


def pictures(path: Path) -> list[degrade.Picture]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24").astype(np.uint8) for frame in container.decode(video=0)]


@pytest.mark.parametrize("variant", degrade.VARIANTS)
def test_there_is_one_line_of_truth_for_each_frame_of_the_variant(video: Path, tmp_path: Path, variant: str) -> None:
    written, lines = degrade.write(video, ROWS, variant, tmp_path)
    shown = pictures(written)
    true = degrade.truth(lines)
    kept = [number for number in range(1, FRAMES + 1) if degrade.kept(variant, number, FRAMES)]
    assert len(shown) == len(kept)
    assert sorted(true) == list(range(1, len(kept) + 1))
    assert {len(found) for found in true.values()} == {1}
    size = (160, 120) if variant == "half" else (320, 240)
    assert {picture.shape for picture in shown} == {(size[1], size[0], 3)}


@pytest.mark.parametrize(
    ("variant", "numbers"),
    [("slow", [0, 3, 6, 9, 12, 15, 18]), ("mid", list(range(10, 20)))],
)
def test_frames_that_are_left_are_those_they_should_be(
    video: Path, tmp_path: Path, variant: str, numbers: list[int]
) -> None:
    written, _ = degrade.write(video, ROWS, variant, tmp_path)
    assert [footage.number_of(picture) for picture in pictures(written)] == numbers


def test_one_frame_in_twenty_is_dropped_and_always_the_same() -> None:
    dropped = [number for number in range(1, 1001) if not degrade.kept("drop", number, 1000)]
    assert 30 <= len(dropped) <= 70
    assert dropped == [number for number in range(1, 1001) if not degrade.kept("drop", number, 1000)]


def test_truth_goes_with_the_picture() -> None:
    assert degrade.moved(row(3), "half", 3) == ["3", "4", "5.00", "10.00", "15.00", "30.00", "1", "-1"]
    assert degrade.moved(row(3), "dark", 3)[2:6] == ["10.00", "20.00", "30.00", "60.00"]
    picture = np.zeros((100, 100, 3), np.uint8)
    picture[20:80, 10:40] = 255
    moves = set()
    for number in range(1, 30):
        left, top, width, height = (int(float(value)) for value in degrade.moved(row(number), "shake", number)[2:6])
        shaken = degrade.changed(picture, "shake", number)
        assert shaken[top : top + height, left : left + width].min() == 255
        assert shaken.sum() == picture.sum()
        moves.add((left - 10, top - 20))
    assert max(abs(side) for move in moves for side in move) == 3
    assert len(moves) > 10


def test_light_is_what_the_variants_change() -> None:
    grey = np.full((40, 40, 3), 128, np.uint8)
    assert degrade.changed(grey, "dark", 1).mean() == pytest.approx(255 * (128 / 255) ** (1 / 0.35), abs=1)
    assert degrade.changed(grey, "dark", 1).std() == pytest.approx(8, abs=0.5)
    bright = [number for number in range(120) if degrade.changed(grey, "flash", number).mean() > 128]
    assert bright == [30, 31, 32, 33, 90, 91, 92, 93]
    assert degrade.changed(grey, "flash", 30).max() == int(128 * 1.35)


def test_a_variant_that_there_is_not_is_refused(video: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="upside"):
        degrade.write(video, ROWS, "upside", tmp_path)
    assert list(tmp_path.iterdir()) == []
