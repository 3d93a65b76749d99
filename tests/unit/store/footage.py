"""What the store's tests keep: real H.264 of generated pictures where a decoder must read it, small fakes elsewhere."""

import dataclasses
import fractions
import functools

import av
import av.video
import numpy as np

from watchglass.base.clock import WallUs
from watchglass.model.media import TICKS_PER_SECOND, Ticks, ViewFormat, ViewSample
from watchglass.store import fmp4
from watchglass.store.nal import length_prefixed, split_annexb

WIDTH, HEIGHT, RATE = 96, 64, 10
FAKE_FORMAT = ViewFormat(64, 48, bytes.fromhex("6742c01eda0506"), bytes.fromhex("68ce3c80"))
INIT = fmp4.init_segment(FAKE_FORMAT)


@dataclasses.dataclass(frozen=True)
class Footage:
    """Pictures, and what an encoder made of them."""

    pictures: list[np.ndarray]
    format: ViewFormat
    samples: list[ViewSample]


def picture(number: int) -> np.ndarray:
    """A grey ramp over which a bright square walks: each one differs from the others."""
    frame = np.tile(np.linspace(40, 160, WIDTH, dtype=np.uint8), (HEIGHT, 1))
    left = (number * 4) % (WIDTH - 16)
    frame[20:36, left : left + 16] = 230
    return np.repeat(frame[:, :, None], 3, axis=2)


@functools.cache
def footage(count: int = 40, profile: str = "high", keyframe_every: int = RATE) -> Footage:
    """`count` frames, encoded as a view is: no B-frames, SPS and PPS in the header alone."""
    codec = av.CodecContext.create("libx264", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    codec.time_base = fractions.Fraction(1, TICKS_PER_SECOND)
    codec.framerate = fractions.Fraction(RATE)
    codec.gop_size = keyframe_every
    codec.options = {"profile": profile, "tune": "zerolatency", "crf": "10", "x264-params": "scenecut=0"}
    codec.flags |= av.codec.context.Flags.global_header
    codec.open()
    pictures = [picture(number) for number in range(count)]
    packets = []
    for number, pixels in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(pixels, "rgb24")
        frame.pts, frame.time_base = number * TICKS_PER_SECOND // RATE, codec.time_base
        packets += codec.encode(frame)
    packets += codec.encode(None)
    sps, pps = (unit for unit in split_annexb(bytes(codec.extradata or b"")) if unit[0] & 31 in {7, 8})
    samples = [
        ViewSample(
            length_prefixed(split_annexb(bytes(packet))),
            Ticks(packet.pts or 0),
            TICKS_PER_SECOND // RATE,
            WallUs(1_800_000_000_000_000 + (packet.pts or 0) * 1_000_000 // TICKS_PER_SECOND),
            packet.is_keyframe,
        )
        for packet in packets
    ]
    return Footage(pictures, ViewFormat(WIDTH, HEIGHT, sps, pps), samples)


def fake_fragment(second: int, size: int = 40, first: int = 0) -> bytes:
    """A fragment of one second, from `second` on: one NAL unit that no decoder would like, but whole."""
    body = b"\x65" + bytes(1 + (first + second + place) % 255 for place in range(size))
    sample = ViewSample(length_prefixed([body]), Ticks(second * TICKS_PER_SECOND), TICKS_PER_SECOND, WallUs(0), True)
    return fmp4.fragment(second + 1, [sample])
