"""What was sent and what was shown, set side by side."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from benchmarks import footage, recorded
from benchmarks.labelled import Label, Picture
from tests.originals import picture_of
from watchglass.model.media import TICKS_PER_SECOND, Ticks
from watchglass.store import nal

FRAMES, WIDTH, HEIGHT = 12, 96, 64
TICK = TICKS_PER_SECOND // footage.RATE


def _marked(number: int) -> av.VideoFrame:
    """A frame whose left half says its number."""
    picture = np.tile(np.linspace(40, 200, WIDTH).astype(np.uint8), (HEIGHT * 3 // 2, 1))
    picture[:HEIGHT, : WIDTH // 2] = 20 + 10 * number
    return av.VideoFrame.from_ndarray(picture, format="yuv420p")


def _covered() -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.full((HEIGHT * 3 // 2, WIDTH), 42, np.uint8), format="yuv420p")


def _said(pictures: Iterator[Picture]) -> list[int]:
    return [round((float(np.median(picture[0][:, : WIDTH // 3])) - 20) / 10) for picture in pictures]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recorded") / "street.mp4"
    footage.encode((_marked(number) for number in range(1, FRAMES + 1)), path, gop=4)
    return path


def test_frames_are_told_by_their_bytes_in_whatever_form_they_come(source: Path) -> None:
    numbers = recorded._numbers(source)
    assert sorted(numbers.values()) == list(range(1, FRAMES + 1))
    data, _ = footage.packets_of(source)[4]
    units = nal.split_length_prefixed(data)
    stream = b"".join(b"\x00\x00\x00\x01" + unit for unit in [b"\x09\xf0", *units])  # as it comes over RTSP
    assert numbers[picture_of(nal.split_annexb(stream))] == 5


def test_footage_in_which_frames_are_alike_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "still.mp4"
    footage.encode((_covered() for _ in range(8)), path, gop=1)
    with pytest.raises(ValueError, match="cannot be told apart"):
        recorded._numbers(path)


def test_the_view_is_set_beside_what_was_sent_from_its_first_frame_on_once_through(
    source: Path, tmp_path: Path
) -> None:
    """The view begins with frame 8, is covered for two frames, leaves out one, and goes on into the second time through."""
    order = [8, 9, 10, 11, 12, *range(1, 13), 1, 2]
    kept = tmp_path / "view.mp4"
    footage.encode((_covered() if place < 2 else _marked(number) for place, number in enumerate(order)), kept)
    sent = {Ticks(place * TICK): number for place, number in enumerate(order)}
    sent[Ticks(10**9)] = 3  # nothing of it is kept
    boxes = {number: [Label(number, 0, 0, 5, 5)] for number in range(1, FRAMES + 1) if number != 11}
    found = recorded._beside(source, boxes, [kept], sent)
    once = [10, 11, 12, *range(1, 10)]
    assert found.count == len(once) == FRAMES
    assert _said(found.original()) == _said(found.redacted()) == once
    assert _said(found.redacted()) == once  # as often as it is asked
    assert {place: [label.track for label in some] for place, some in found.truth.items()} == {
        place: [number] if number != 11 else [] for place, number in enumerate(once, start=1)
    }
    assert found.ready == pytest.approx(0.2)


def test_a_view_that_left_out_a_frame_is_set_beside_the_others(source: Path, tmp_path: Path) -> None:
    order = list(range(1, FRAMES + 1))
    kept = tmp_path / "view.mp4"
    with av.open(str(kept), "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=footage.RATE, options={"bf": "0"})
        stream.width, stream.height = WIDTH, HEIGHT
        for place, number in enumerate(order):
            if number != 4:
                frame = _marked(number)
                frame.pts = place
                out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    found = recorded._beside(source, {}, [kept], {Ticks(place * TICK): number for place, number in enumerate(order)})
    assert _said(found.original()) == _said(found.redacted()) == [1, 2, 3, *range(5, FRAMES + 1)]


def test_a_view_that_never_showed_anything_is_no_measurement(source: Path, tmp_path: Path) -> None:
    kept = tmp_path / "view.mp4"
    footage.encode((_covered() for _ in range(5)), kept)
    with pytest.raises(ValueError, match="no frame"):
        recorded._beside(source, {}, [kept], {Ticks(0): 1})
