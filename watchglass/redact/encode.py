"""The view's encoder: H.264 from shown frames, and from nothing else (rule R6)."""

from fractions import Fraction

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

from watchglass.model.media import TICKS_PER_SECOND, Ticks, ViewFormat, ViewSample
from watchglass.redact.avframe import video_frame
from watchglass.redact.repeat import FrameNumbers
from watchglass.redact.shown import ShownFrame
from watchglass.store.nal import kind, length_prefixed, split_annexb

_SEI, _SPS, _PPS, _DELIMITER = 6, 7, 8, 9
_TIME_BASE = Fraction(1, TICKS_PER_SECOND)

# A view is a still scene with flat shapes moving over it, so nearly every block is skipped and the slow tools of x264 find
# little: against `veryfast` at CRF 23 this takes half the time (a keyframe a third). A quantiser that stays as it is takes
# a fifth less time than a CRF, which has x264 look at every picture beforehand; at 18 it costs 5 to 20 % fewer bits (some
# 950 kbit/s for a busy 640 x 480 at 10 frames a second) than the CRF of 25 that it replaced, for the same likeness. Scene cuts
# are not sought, since keyframes are forced; the deblocking filter, which the preset leaves out, keeps flat shapes flat, and
# finer colour keeps them of one colour, whatever was shown there before. `zerolatency` gives a packet for each frame at once.
_OPTIONS = {
    "preset": "ultrafast",
    "tune": "zerolatency",
    "qp": "18",
    "profile": "baseline",
    "threads": "1",
    "x264-params": "scenecut=0:no-deblock=0:deblock=0,0:chroma-qp-offset=-6",
}


class ViewEncoder:
    """Encodes one run of a view, all frames of one size. Keyframes come when asked for. Used from one thread."""

    def __init__(self, width: int, height: int, rate: float = 10.0) -> None:
        context = av.CodecContext.create("libx264", "w")
        assert isinstance(context, VideoCodecContext)  # noqa: S101 - libx264 is a video codec
        context.width, context.height, context.pix_fmt = width, height, "yuv420p"
        context.time_base = _TIME_BASE
        context.framerate = Fraction(max(1, round(rate)))
        context.options = dict(_OPTIONS)
        context.gop_size = 10 * max(1, round(rate))  # a ceiling: keyframes are forced each second
        context.flags |= av.codec.context.Flags.global_header
        context.open()
        self._context = context
        self._width, self._height = width, height
        units = split_annexb(context.extradata or b"")
        sps = next(unit for unit in units if kind(unit) == _SPS)
        pps = next(unit for unit in units if kind(unit) == _PPS)
        self.format = ViewFormat(width, height, sps, pps)
        self._numbers = FrameNumbers(sps, width, height)
        self._shown: ShownFrame | None = None

    def encode(self, shown: ShownFrame, *, keyframe: bool) -> ViewSample:
        """One sample of no duration yet: how long a frame is shown is known when the next one comes."""
        if (shown.width, shown.height) != (self._width, self._height):
            raise ValueError(f"a frame of {shown.width} x {shown.height} in a view of {self._width} x {self._height}")
        if self._shown is not None and not keyframe and shown.repeats(self._shown):
            unit, is_keyframe = self._numbers.repeated(), False
        else:
            unit, is_keyframe = self._encoded(shown, keyframe=keyframe)
            self._shown = shown
        return ViewSample(length_prefixed([unit]), Ticks(shown.pts), 0, shown.wall, is_keyframe)

    def _encoded(self, shown: ShownFrame, *, keyframe: bool) -> tuple[bytes, bool]:
        """The one slice that a picture is, and whether it is a keyframe."""
        frame = video_frame(shown)
        frame.pts, frame.time_base = shown.pts, _TIME_BASE
        frame.pict_type = PictureType.I if keyframe else PictureType.NONE
        (packet,) = self._context.encode(frame)
        # x264 writes its settings into an SEI message; nothing but picture leaves here (rule R7).
        (unit,) = (unit for unit in split_annexb(bytes(packet)) if kind(unit) not in {_SEI, _SPS, _PPS, _DELIMITER})
        return self._numbers.coded(unit), bool(packet.is_keyframe)
