"""Opened originals and exported views in players that are not ours: VLC and ffprobe, as Debian has them.

A remuxed original is a fragmented MP4, and of every such file VLC says that the tables for other files are empty and that the
fragments' numbers do not begin at 0. What it says of FFmpeg's own is therefore what it may say of ours, and no more.
"""

import io
import itertools
import subprocess
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest

from tests import vlc
from tests.remuxed import KINDS, STEP, remuxed, run, wall, whole
from tests.unit.evidence.material import at, chunks, init, keep
from tests.unit.evidence.test_footage import Kept
from watchglass.base.clock import WallUs
from watchglass.evidence.export import export_view
from watchglass.model.media import Packet, Ticks
from watchglass.record.remux import Fragment
from watchglass.seal.segment import ChunkKind, OpenedSegment, Sealer
from watchglass.seal.shares import SegmentName

KEY = bytes(range(32))
OPEN = "open GOP"
NAME = SegmentName(bytes(16), bytes(16), 1)


def opened(fragments: Sequence[Fragment]) -> bytes:
    """These fragments sealed, and opened again."""
    sealer = Sealer(KEY, NAME, WallUs(0))
    chunks = [sealer.chunk(ChunkKind.INIT, fragments[0].init, fragments[0].start)]
    chunks += [sealer.chunk(ChunkKind.FRAGMENT, one.data, one.end) for one in fragments]
    file = io.BytesIO(b"".join([sealer.header, *chunks, sealer.end()]))
    return b"".join(OpenedSegment(file, KEY).content())


def from_the_last_keyframe(fragments: Sequence[Fragment]) -> Sequence[Fragment]:
    """As in a segment that is not the first of its run."""
    return fragments[max(place for place, one in enumerate(fragments) if one.keyframe) :]


def segments_of(kinds: Sequence[str], width: int = 320) -> list[list[Fragment]]:
    """What a camera's original is made of that was set to another kind and size without a new connection."""
    info, packets = run(kinds[0], "ts")
    for kind in kinds[1:]:
        end = packets[-1].pts + STEP
        more = run(kind, "ts", width)[1]
        packets = packets + [Packet(one.data, Ticks(one.pts + end), wall(one.pts + end), one.keyframe) for one in more]
    fragments, _ = remuxed((info, packets))
    return [list(group) for _, group in itertools.groupby(fragments, key=lambda one: id(one.init))]


def of_ffmpeg(*, fragmented: bool = True) -> bytes:
    """An MP4 that FFmpeg wrote of the same footage."""
    file = io.BytesIO()
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof"} if fragmented else {}
    with (
        av.open(io.BytesIO(whole(remuxed(run("plain", "ts"))[0])), "r") as source,
        av.open(file, "w", format="mp4", options=options) as target,
    ):
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    return file.getvalue()


def pictures(video: bytes) -> list[npt.NDArray[np.uint8]]:
    with av.open(io.BytesIO(video), "r") as container:
        return vlc.without_repeats([frame.to_ndarray().astype(np.uint8).ravel() for frame in container.decode(video=0)])


def test_vlc_says_nothing_of_originals_that_it_does_not_say_of_ffmpegs_own() -> None:
    vlc.needs_vlc()
    every = [remuxed(run(kind, "ts"))[0] for kind in KINDS]
    later = [from_the_last_keyframe(one) for kind, one in zip(KINDS, every, strict=True) if kind != OPEN]
    changed = segments_of(["plain", "B-frames"])
    assert len(changed) == 2
    videos = [opened(fragments) for fragments in [*every, *later, *changed]]
    of_one = vlc.said([of_ffmpeg()])
    assert len(of_one) == 3, of_one
    assert vlc.said(videos) == of_one * len(videos)


def test_of_an_open_gop_that_is_cut_the_decoder_misses_the_pictures_before_it_and_nothing_else() -> None:
    """Those that are shown before the keyframe, and decoded after it, need pictures of the segment before."""
    vlc.needs_vlc()
    video = opened(from_the_last_keyframe(remuxed(run(OPEN, "ts"))[0]))
    more = set(vlc.said([video])) - set(vlc.said([of_ffmpeg()]))
    assert [line for line in more if not line.startswith("[h264 @ ")] == []


@pytest.mark.parametrize("kind", ["long GOP with B-frames", "hevc with B-frames"])
def test_vlc_shows_the_pictures_of_an_original(kind: str) -> None:
    vlc.needs_vlc()
    video = opened(remuxed(run(kind, "ts"))[0])
    wanted = pictures(video)
    assert len(wanted) == 110
    seen = vlc.shown(video, len(wanted))
    assert len(seen) == len(wanted)
    assert all(np.array_equal(one, other) for one, other in zip(seen, wanted, strict=True))


def test_vlc_sees_what_is_wrong() -> None:
    """So that silence means something: a second in the middle is damaged."""
    vlc.needs_vlc()
    fragments = list(remuxed(run("plain", "ts"))[0])
    damaged = bytearray(whole(fragments))
    begin = len(fragments[0].init) + len(fragments[0].data)
    damaged[begin + 900 : begin + 2000] = b"\xff" * 1100
    assert vlc.said([bytes(damaged)]) != vlc.said([of_ffmpeg()])


# ---- exports


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    made = Kept(tmp_path / "data")
    yield made
    made.engine.dispose()


def restarted(kept: Kept, *, size: tuple[int, int] = (96, 64)) -> None:
    """Three seconds; then the watcher was killed in the middle of a second, and began a run of its own, of this size."""
    keep(kept.views, kept.camera, range(3), close=False)
    writer = kept.views.begin(kept.camera, "run-1", at(3), init())
    writer.append(chunks(3)[0], at(3.2))
    with (kept.folder.root / writer.segment.path).open("ab") as file:
        file.write(chunks(3)[1][:-7])  # and no more of it reached the disk
    keep(kept.views, kept.camera, range(2), run_start=6.0, run="run-2", size=size)


@pytest.mark.parametrize("size", [(96, 64), (64, 128)], ids=["the same size", "another size"])
def test_an_export_across_a_restart_plays_through(kept: Kept, tmp_path: Path, size: tuple[int, int]) -> None:
    restarted(kept, size=size)
    out = tmp_path / "clip.mp4"
    segments = kept.views.segments(kept.camera, at(0), at(9))
    exported = export_view(kept.folder, segments, at(0), at(9), out)
    assert exported.transcoded == (size != (96, 64))
    assert exported.seconds == pytest.approx(5.2)
    command = ["ffprobe", "-v", "warning", "-show_entries", "frame=pts_time", "-of", "csv=p=0", str(out)]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    assert told.stderr == ""
    times = [Fraction(line.strip(",")) for line in told.stdout.split()]
    assert [round(time, 3) for time in times] == [Fraction(number, 10) for number in range(52)]
    vlc.needs_vlc()
    video = out.read_bytes()
    assert vlc.said([video]) == vlc.said([of_ffmpeg(fragmented=False)])
    count = len(pictures(video))
    assert len(vlc.shown(video, count)) == count
