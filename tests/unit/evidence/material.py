"""Views at rest for tests: real H.264 whose brightness tells the second, in a real store."""

import fractions
import functools

import av
import av.codec.context
import av.video
import numpy as np

from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.model.media import TICKS_PER_SECOND, Ticks, ViewFormat, ViewSample
from watchglass.model.record import Segment
from watchglass.store.fmp4 import fragment, init_segment
from watchglass.store.nal import length_prefixed, split_annexb
from watchglass.store.views import Views

RATE = 10
START = WallUs(1_800_000_000 * MICROSECONDS)  # 2027-01-15T08:00:00Z
SEI = 6
LONGEST = 50  # seconds, of any run here


def at(seconds: float) -> WallUs:
    """Wall time, seconds after START."""
    return WallUs(START + round(seconds * MICROSECONDS))


def level(second: int) -> int:
    """How bright the pictures of the n-th second of a run are, 0 to 255. Neighbours are far apart."""
    return 40 + (second * 50) % 180


def encoded(seconds: int, width: int = 96, height: int = 64) -> tuple[ViewFormat, tuple[ViewSample, ...]]:
    """A run of a view: a keyframe a second. The first frame carries SEI user data (x264's own)."""
    form, samples = _longest(width, height)
    return form, samples[: seconds * RATE]


@functools.cache
def _longest(width: int, height: int) -> tuple[ViewFormat, tuple[ViewSample, ...]]:
    codec = av.CodecContext.create("libx264", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
    codec.time_base = fractions.Fraction(1, TICKS_PER_SECOND)
    codec.framerate = fractions.Fraction(RATE)
    codec.gop_size = RATE
    codec.options = {"tune": "zerolatency", "crf": "20", "x264-params": "scenecut=0"}
    codec.flags |= av.codec.context.Flags.global_header
    codec.open()
    packets = []
    for number in range(LONGEST * RATE):
        grey = np.full((height, width), level(number // RATE), dtype=np.uint8)
        frame = av.VideoFrame.from_ndarray(grey, "gray").reformat(format="yuv420p")
        frame.pts, frame.time_base = number * TICKS_PER_SECOND // RATE, codec.time_base
        packets += codec.encode(frame)
    packets += codec.encode(None)
    sps, pps = (unit for unit in split_annexb(bytes(codec.extradata or b"")) if unit[0] & 31 in {7, 8})
    samples = tuple(
        ViewSample(
            length_prefixed(split_annexb(bytes(packet))),
            Ticks(packet.pts or 0),
            TICKS_PER_SECOND // RATE,
            START,
            packet.is_keyframe,
        )
        for packet in packets
    )
    return ViewFormat(width, height, sps, pps), samples


def init(width: int = 96, height: int = 64) -> bytes:
    """The init segment of `encoded`."""
    return init_segment(encoded(1, width, height)[0])


def second(number: int, width: int = 96, height: int = 64) -> bytes:
    """The fragment with the n-th second of a run."""
    _, samples = encoded(number + 1, width, height)
    return fragment(number + 1, samples[number * RATE : (number + 1) * RATE])


def chunks(number: int) -> list[bytes]:
    """The n-th second of a run as chunks of 0.2 s; the first begins with a keyframe."""
    _, samples = encoded(number + 1)
    mine = samples[number * RATE : (number + 1) * RATE]
    return [fragment(number * 5 + place + 1, mine[place * 2 : place * 2 + 2]) for place in range(5)]


def keep(
    views: Views,
    camera: int,
    seconds: range,
    *,
    run_start: float = 0.0,
    run: str = "run-1",
    size: tuple[int, int] = (96, 64),
    close: bool = True,
) -> Segment:
    """A segment with these seconds of a run that began `run_start` seconds after START."""
    writer = views.begin(camera, run, at(run_start + seconds[0]), init(*size))
    for number in seconds:
        writer.append(second(number, *size), at(run_start + number + 1))
    return writer.close() if close else writer.segment
