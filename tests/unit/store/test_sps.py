from fractions import Fraction

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rtsp_script import SPS
from watchglass.store.nal import split_annexb
from watchglass.store.sps import Sps, sps_of_h264, sps_of_hevc


def made(codec: str, width: int, height: int, rate: int, **options: str) -> bytes:
    """The SPS that an encoder makes."""
    context = av.CodecContext.create(codec, "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt, context.framerate = width, height, "yuv420p", Fraction(rate)
    context.time_base = Fraction(1, rate)
    context.options = {"x265-params": "log-level=none", **options}
    context.flags |= av.codec.context.Flags.global_header
    context.open()
    kinds = {7} if codec == "libx264" else {33}
    units = split_annexb(bytes(context.extradata or b""))
    return next(unit for unit in units if (unit[0] & 31 if codec == "libx264" else unit[0] >> 1 & 63) in kinds)


@pytest.mark.parametrize(("width", "height"), [(640, 360), (1920, 1080), (178, 146)])
@pytest.mark.parametrize("rate", [5, 25])
def test_h264(width: int, height: int, rate: int) -> None:
    assert sps_of_h264(made("libx264", width, height, rate)) == Sps(0, width, height, 1, (0, 0), float(rate))


@pytest.mark.parametrize(("width", "height"), [(640, 360), (1920, 1080), (178, 146)])
def test_h265(width: int, height: int) -> None:
    assert sps_of_hevc(made("libx265", width, height, 25)) == Sps(0, width, height, 1, (0, 0))


def test_one_that_says_no_more_than_it_must() -> None:
    assert sps_of_h264(SPS).rate == 24.0
    assert sps_of_h264(SPS[:12]).rate == 0.0  # cut within the usability information


@given(st.binary(max_size=60), st.integers(0, 30))
def test_any_bytes_are_read_or_refused(data: bytes, cut: int) -> None:
    for unit in (b"\x67" + data, b"\x42\x01" + data, SPS[:cut] + data):
        for read in (sps_of_h264, sps_of_hevc):
            try:
                found = read(unit)
            except (ValueError, IndexError):
                continue
            assert 0 < found.width < 1 << 16
            assert 0.0 <= found.rate <= 1000.0
