import dataclasses
from typing import Any

import av
import numpy as np
import pytest
from av.video.codeccontext import VideoCodecContext
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.redact.frames import HEIGHT, WIDTH, noise, shown
from watchglass.base.clock import WallUs
from watchglass.model.media import Ticks, ViewSample
from watchglass.redact.encode import ViewEncoder
from watchglass.redact.shown import ShownFrame, again
from watchglass.store.nal import kind, split_length_prefixed

SLICE, IDR, SEI, SPS, PPS, DELIMITER = 1, 5, 6, 7, 8, 9
TICKS = 9000  # a tenth of a second


def encoded(count: int = 12, every: int = 5) -> tuple[ViewEncoder, list[ViewSample]]:
    encoder = ViewEncoder(WIDTH, HEIGHT)
    samples = [
        encoder.encode(shown(number, pts=number * TICKS), keyframe=number % every == 0) for number in range(count)
    ]
    return encoder, samples


@pytest.mark.parametrize("thing", [noise(), None, "frame"], ids=["raw", "none", "word"])
def test_a_raw_frame_is_refused(thing: Any) -> None:
    encoder = ViewEncoder(WIDTH, HEIGHT)
    with pytest.raises((TypeError, AttributeError)):
        encoder.encode(thing, keyframe=True)


def test_a_raw_frame_of_the_right_size_is_refused_by_its_type() -> None:
    with pytest.raises(TypeError, match="only a ShownFrame"):
        ViewEncoder(WIDTH, HEIGHT).encode(noise(), keyframe=True)  # type: ignore[arg-type]  # that is the test


def test_a_frame_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="a frame of 64 x 48 in a view of 128 x 96"):
        ViewEncoder(WIDTH, HEIGHT).encode(shown(width=64, height=48), keyframe=True)


def test_nothing_but_picture_leaves() -> None:
    """No SEI, where x264 says its name and settings, and no parameter sets: those are in the format (R7)."""
    _, samples = encoded()
    kinds = [[kind(unit) for unit in split_length_prefixed(sample.data)] for sample in samples]
    assert {one for found in kinds for one in found} == {SLICE, IDR}
    assert not any(b"x264" in sample.data for sample in samples)


def test_keyframes_come_first_and_when_asked_for() -> None:
    _, samples = encoded()
    assert [sample.keyframe for sample in samples] == [number % 5 == 0 for number in range(12)]
    for sample in samples:
        kinds = {kind(unit) for unit in split_length_prefixed(sample.data)}
        assert kinds == ({IDR} if sample.keyframe else {SLICE})


def test_the_first_is_a_keyframe_even_if_not_asked_for() -> None:
    sample = ViewEncoder(WIDTH, HEIGHT).encode(shown(), keyframe=False)
    assert sample.keyframe


def test_each_frame_comes_out_at_once_with_its_times() -> None:
    _, samples = encoded()
    assert [sample.pts for sample in samples] == [number * TICKS for number in range(12)]
    assert [sample.wall for sample in samples] == [number * TICKS * 11 for number in range(12)]
    assert {sample.duration for sample in samples} == {0}


@pytest.mark.parametrize(("width", "height"), [(128, 96), (768, 576), (1920, 1080), (642, 362)])
def test_the_format_says_what_a_browser_must_know(width: int, height: int) -> None:
    found = ViewEncoder(width, height).format
    assert (found.width, found.height) == (width, height)
    assert (kind(found.sps), kind(found.pps)) == (SPS, PPS)
    profile, _, level = bytes.fromhex(found.codec.removeprefix("avc1."))
    assert found.codec.startswith("avc1.")
    assert profile == 66  # baseline: every browser plays it
    assert 10 <= level <= 51
    assert found.codec == f"avc1.{found.sps[1:4].hex()}"


def decoded(encoder: ViewEncoder, samples: list[ViewSample]) -> list[bytes]:
    """The pictures that a decoder makes of a view, which must find nothing wrong with it."""
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, VideoCodecContext)
    decoder.options = {"err_detect": "explode"}
    start = b"\x00\x00\x00\x01"
    head = start + encoder.format.sps + start + encoder.format.pps
    found = []
    for sample in samples:
        units = split_length_prefixed(sample.data)
        found += decoder.decode(av.Packet(head + b"".join(start + unit for unit in units)))
    found += decoder.decode(None)
    assert not any(frame.is_corrupt for frame in found)
    return [frame.to_ndarray().tobytes() for frame in found]


def test_it_decodes_to_what_was_shown() -> None:
    pictures = decoded(*encoded())
    assert len(pictures) == 12
    luma = np.frombuffer(pictures[0], np.uint8)[: WIDTH * HEIGHT].reshape(HEIGHT, WIDTH)
    assert np.abs(luma.astype(int) - shown(0).y).mean() < 12  # noise, so the worst that can be


MOST = 16  # numbers of pictures: x264's choice for one reference picture


def numbers(encoder: ViewEncoder, samples: list[ViewSample]) -> list[tuple[int, bool]]:
    """`frame_num` of each picture (ITU-T H.264, 7.3.3), and whether it is an IDR picture."""

    def bits(data: bytes) -> str:
        return "".join(f"{byte:08b}" for byte in data.replace(b"\x00\x00\x03", b"\x00\x00"))

    def number(data: str, at: int) -> tuple[int, int]:
        end = 2 * data.index("1", at) - at + 1
        return int(data[at:end].lstrip("0"), 2) - 1, end

    sps = bits(encoder.format.sps)
    digits = number(sps, number(sps, 32)[1])[0] + 4
    assert 2**digits == MOST
    found = []
    for sample in samples:
        (unit,) = split_length_prefixed(sample.data)
        data, at = bits(unit[:32]), 8
        for _ in range(3):  # first_mb_in_slice, slice_type, pic_parameter_set_id
            _, at = number(data, at)
        found.append((int(data[at : at + digits], 2), kind(unit) == IDR))
    return found


@given(
    kinds=st.lists(st.sampled_from(["new", "again", "key"]), min_size=1, max_size=60),
    size=st.sampled_from([(128, 96), (130, 98), (16, 16), (400, 300)]),
)
@example(kinds=["key"] + ["again"] * 40 + ["new"] + ["again"] * 20 + ["new"] * 20, size=(128, 96))  # numbers wrap
@settings(max_examples=40, deadline=None)
def test_what_is_shown_again_decodes_to_the_same_and_changes_nothing_else(
    kinds: list[str], size: tuple[int, int]
) -> None:
    """Beside a view in which nothing is shown again: the same pictures, the repeated ones as often as they were shown."""
    encoder, plain = ViewEncoder(*size), ViewEncoder(*size)
    samples, others = list[ViewSample](), list[ViewSample]()
    times = list[int]()
    last: ShownFrame | None = None
    for number, sort in enumerate(kinds):
        if last is not None and sort == "again":
            last = again(last, Ticks(number * TICKS), WallUs(number))
            samples.append(encoder.encode(last, keyframe=False))
            times[-1] += 1
        else:
            last = shown(number, pts=number * TICKS, width=size[0], height=size[1])
            samples.append(encoder.encode(last, keyframe=sort == "key"))
            others.append(plain.encode(last, keyframe=sort == "key"))
            times.append(1)
    expected = [picture for picture, count in zip(decoded(plain, others), times, strict=True) for _ in range(count)]
    assert decoded(encoder, samples) == expected
    # Decoders hide a wrong number by repeating a picture, so the numbers must be looked at, too.
    due = 0
    for number, is_idr in numbers(encoder, samples):
        assert number == (0 if is_idr else due)
        due = (number + 1) % MOST


def test_what_is_shown_again_takes_some_bytes() -> None:
    encoder, first = ViewEncoder(WIDTH, HEIGHT), shown()
    encoder.encode(first, keyframe=True)
    sample = encoder.encode(again(first, Ticks(TICKS), WallUs(7)), keyframe=False)
    assert len(sample.data) < 20
    assert (sample.pts, sample.wall, sample.keyframe) == (TICKS, 7, False)


def test_a_keyframe_is_one_even_where_the_same_is_shown_again() -> None:
    encoder, first = ViewEncoder(WIDTH, HEIGHT), shown()
    encoder.encode(first, keyframe=True)
    sample = encoder.encode(again(first, Ticks(TICKS), WallUs(7)), keyframe=True)
    assert sample.keyframe
    assert [kind(unit) for unit in split_length_prefixed(sample.data)] == [IDR]


def test_what_was_shown_can_not_be_changed_once_it_is_shown_again() -> None:
    first = shown()
    again(first, Ticks(TICKS), WallUs(7))
    with pytest.raises(ValueError, match="read-only"):
        first.y[0, 0] = 0


def test_equal_formats_are_equal() -> None:
    """Two runs of one size need no new header for a player: the store compares them."""
    one, other = ViewEncoder(WIDTH, HEIGHT).format, ViewEncoder(WIDTH, HEIGHT).format
    assert dataclasses.asdict(one) == dataclasses.asdict(other)
