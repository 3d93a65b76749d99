"""Runs of real footage of x264 and x265, as ingest gives them, and what the remuxer makes of them."""

import functools
import tempfile
from collections.abc import Sequence
from pathlib import Path

import av

from tests import clips
from watchglass.base.clock import WallUs
from watchglass.model.media import TICKS_PER_SECOND, Packet, StreamInfo, Ticks
from watchglass.record.remux import Fragment, Remuxer

RATE = 25
STEP = TICKS_PER_SECOND // RATE
EPOCH = 1_700_000_000_000_000

Run = tuple[StreamInfo, list[Packet]]


def wall(pts: int) -> WallUs:
    return WallUs(EPOCH + pts * 100 // 9)


def demuxed(path: Path) -> Run:
    """What ingest gives of a file, with its own times."""
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        context = video.codec_context
        info = StreamInfo(context.name, bytes(context.extradata or b""), context.width, context.height, float(RATE))
        packets = []
        for packet in container.demux(video):
            if packet.size:
                assert packet.pts is not None
                pts = int(packet.pts * packet.time_base * TICKS_PER_SECOND)
                packets.append(Packet(bytes(packet), Ticks(pts), wall(pts), packet.is_keyframe))
        return info, packets


X264 = {
    "plain": "bframes=0:keyint=25",
    "B-frames": "bframes=3:b-pyramid=normal:b-adapt=0:keyint=25",
    "open GOP": "bframes=3:b-pyramid=strict:b-adapt=0:open-gop=1:keyint=40",
    "long GOP": "bframes=0:keyint=500",
    "long GOP with B-frames": "bframes=3:b-pyramid=normal:b-adapt=0:keyint=500",
    "slices": "bframes=0:slices=4:aud=1:keyint=25",
}
X265 = {
    "hevc": "bframes=0:keyint=25",
    "hevc with B-frames": "bframes=4:b-adapt=0:keyint=35",  # open GOP, as is its habit
}
KINDS = [*X264, *X265]


@functools.cache
def run(kind: str, suffix: str, width: int = 160) -> Run:
    """Four seconds and a bit. MP4 has lengths, and parameter sets in a header; MPEG-TS start codes, and them in band."""
    codec, name = ("libx265", "x265-params") if kind in X265 else ("libx264", "x264-params")
    parameters = "log-level=none:scenecut=0:" + {**X264, **X265}[kind]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"clip.{suffix}"
        made = clips.make(path, codec=codec, frames=110, rate=RATE, width=width, options={name: parameters})
        return demuxed(made)


def remuxed(run: Run) -> tuple[list[Fragment], Remuxer]:
    remuxer = Remuxer(run[0])
    given = [fragment for packet in run[1] if (fragment := remuxer.take(packet))]
    return given + remuxer.rest(), remuxer


def whole(fragments: Sequence[Fragment]) -> bytes:
    assert all(fragment.init is fragments[0].init for fragment in fragments)
    return fragments[0].init + b"".join(fragment.data for fragment in fragments)
