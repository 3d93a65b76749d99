"""Files as people have them: any size, any pixel format, turned, uneven. As many frames come out as went in, as they are
shown, and what they show of the empty street has its colours.
"""

import dataclasses
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tests import clips, footage
from tests.clips import Rgb
from watchglass.base.errors import BadInputError, WatchglassError
from watchglass.model.camera import Protection
from watchglass.model.frame import RawFrame
from watchglass.model.vision import Detection
from watchglass.pipeline.file import Progress, redact_file

QUICK = {"preset": "ultrafast"}
FRAMES = 45  # at 5 a second: long enough to learn the street


@dataclasses.dataclass
class Nobody:
    """A detector that sees nobody: what differs from the street is covered all the same."""

    name: str = "nobody"
    protection: Protection = Protection.FULL
    model_hash: str = ""

    def detect(self, frame: RawFrame, *, close: bool = False) -> list[Detection]:
        return []


def quietly(_: Progress) -> None:
    """Nobody waits for it."""


@dataclasses.dataclass(frozen=True)
class Film:
    """What a player makes of a file: frames as they are shown, their rate, how long it runs, pixels' aspect."""

    frames: list[Rgb]
    rate: Fraction
    seconds: float

    @property
    def size(self) -> tuple[int, int]:
        return int(self.frames[0].shape[1]), int(self.frames[0].shape[0])


def played(path: Path) -> Film:
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        frames = [
            np.rot90(frame.to_ndarray(format="rgb24"), round(frame.rotation / 90)) for frame in container.decode(video)
        ]
        rate = video.average_rate
        assert rate is not None
        return Film([frame.astype(np.uint8) for frame in frames], rate, len(frames) / float(rate))


def redacted(path: Path) -> Film:
    """The view of a file; checked for what holds for all: one lane, no words on it, nothing left behind."""
    target = path.with_name("view.mp4")
    before = set(path.parent.iterdir())
    report = redact_file(path, target, Nobody(), quietly)
    assert set(path.parent.iterdir()) == before | {target}
    with av.open(str(target)) as container:
        assert [stream.type for stream in container.streams] == ["video"]
        assert not {"comment", "title", "location", "make", "model", "creation_time"} & container.metadata.keys()
    view = played(target)
    assert (report.frames, report.width, report.height) == (len(view.frames), *view.size)
    return view


KINDS: dict[str, Callable[[Path], Path]] = {
    "portrait": lambda folder: clips.make(
        folder / "a.mp4", frames=FRAMES, rate=5, width=120, height=208, options=QUICK
    ),
    "4:2:2": lambda folder: clips.make(folder / "a.mp4", frames=FRAMES, rate=5, pixels="yuv422p", options=QUICK),
    "4:4:4": lambda folder: clips.make(folder / "a.mp4", frames=FRAMES, rate=5, pixels="yuv444p", options=QUICK),
    "10 bit": lambda folder: clips.make(folder / "a.mp4", frames=FRAMES, rate=5, pixels="yuv420p10le", options=QUICK),
    "10 bit 4:2:2": lambda folder: clips.make(
        folder / "a.mp4", frames=FRAMES, rate=5, pixels="yuv422p10le", options=QUICK
    ),
    "full range": lambda folder: clips.make(folder / "a.mp4", frames=FRAMES, rate=5, full_range=True, options=QUICK),
    "motion JPEG": lambda folder: clips.make(
        folder / "a.avi", frames=FRAMES, rate=5, codec="mjpeg", pixels="yuvj422p", full_range=True
    ),
    "grey": lambda folder: clips.make(folder / "a.mkv", frames=FRAMES, rate=5, codec="ffv1", pixels="gray"),
    "RGB": lambda folder: clips.make(folder / "a.mkv", frames=FRAMES, rate=5, codec="ffv1", pixels="bgr0"),
    "interlaced": lambda folder: clips.make(
        folder / "a.mp4", frames=FRAMES, rate=5, options={**QUICK, "x264-params": "interlaced=1:tff=1"}
    ),
    "B-frames": lambda folder: clips.make(folder / "a.mp4", frames=FRAMES, rate=5, options={"bf": "3"}),
    "turned right": lambda folder: clips.turned(
        clips.make(folder / "a.mp4", frames=FRAMES, rate=5, options=QUICK), folder / "b.mp4", 90
    ),
    "turned left": lambda folder: clips.turned(
        clips.make(folder / "a.mp4", frames=FRAMES, rate=5, options=QUICK), folder / "b.mp4", 270
    ),
    "upside down": lambda folder: clips.turned(
        clips.make(folder / "a.mp4", frames=FRAMES, rate=5, options=QUICK), folder / "b.mp4", 180
    ),
    "a broken rate": lambda folder: clips.make(
        folder / "a.mp4", frames=FRAMES, rate=Fraction(15000, 2002), options=QUICK
    ),
    "another ending": lambda folder: clips.make(folder / "a.mp4", frames=FRAMES, rate=5, options=QUICK).rename(
        folder / "a.jpg"
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_comes_out_as_it_went_in(kind: str, tmp_path: Path) -> None:
    """As many frames, of the size and at the rate at which a player shows them; the wall and the sky as they were."""
    source = KINDS[kind](tmp_path)
    original, view = played(source), redacted(source)
    assert len(view.frames) == len(original.frames) == FRAMES
    assert view.size == original.size
    assert view.rate == original.rate
    was, shown = original.frames[-1].astype(int), view.frames[-1].astype(int)
    for corner in ((3, 3), (3, -4), (-4, 3), (-4, -4)):
        assert np.abs(was[corner] - shown[corner]).max() <= 8, (kind, corner)
    assert chequered(original.frames) == FRAMES
    assert chequered(view.frames) == 0


def chequered(frames: list[Rgb]) -> int:
    """In how many frames there is somebody: a place where black and white lie side by side."""
    found = 0
    for frame in frames:
        grey = frame.astype(int).mean(axis=2)
        found += bool(((grey > 225).sum() > 20) and ((grey < 20).sum() > 20))
    return found


def test_odd_sides_lose_a_row_and_a_column_at_most(tmp_path: Path) -> None:
    """H.264 in 4:2:0, which everything plays, has even sides only."""
    source = clips.make(
        tmp_path / "a.mkv", codec="ffv1", pixels="yuv444p", width=161, height=119, frames=FRAMES, rate=5
    )
    original, view = played(source), redacted(source)
    assert len(view.frames) == FRAMES
    assert original.size == (161, 119)
    assert view.size == (160, 118)
    assert chequered(view.frames) == 0


def test_uneven_times_run_as_long_as_they_did(tmp_path: Path) -> None:
    """Frames come at an even pace instead, and none is lost."""
    dice = np.random.default_rng(5)
    times = [0, *np.cumsum(dice.choice([20, 200, 500], FRAMES - 1)).tolist()]
    source = clips.make(tmp_path / "a.mp4", frames=FRAMES, times=times, options=QUICK)
    original, view = played(source), redacted(source)
    assert len(view.frames) == FRAMES
    assert view.seconds == pytest.approx(original.seconds, rel=0.05)


def test_one_frame(tmp_path: Path) -> None:
    """Nothing can be learnt from it, so all of it is covered."""
    view = redacted(clips.make(tmp_path / "a.mp4", frames=1, options=QUICK))
    (frame,) = view.frames
    assert float(np.median(frame)) < 60
    assert chequered([frame]) == 0


def test_pixels_that_are_not_square(tmp_path: Path) -> None:
    source = clips.make(tmp_path / "a.mp4", frames=5, aspect=Fraction(16, 11), options=QUICK)
    redacted(source)
    with av.open(str(tmp_path / "view.mp4")) as container:
        assert container.streams.video[0].sample_aspect_ratio == Fraction(16, 11)


@pytest.mark.parametrize("seed", range(4))
def test_damaged_in_the_middle(tmp_path: Path, seed: int) -> None:
    """Every frame that a decoder gives for it, and nobody in any of them."""
    whole = clips.make(tmp_path / "a.ts", frames=FRAMES, rate=5, options={**QUICK, "g": "15"})
    source = footage.scribbled(whole, tmp_path / "b.ts", seed, 0.002)
    with av.open(str(source)) as container:
        original = sum(1 for _ in decodable(container))
    view = redacted(source)
    assert len(view.frames) == original
    assert original >= 10
    assert chequered(view.frames) == 0


def decodable(container: av.container.InputContainer) -> list[av.VideoFrame]:
    found: list[av.VideoFrame] = []
    video = container.streams.video[0]
    try:
        for packet in container.demux(video):
            try:
                found += video.decode(packet)
            except av.error.FFmpegError:
                continue
    except av.error.FFmpegError:
        pass
    return found


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (clips.without_frames, "holds no picture that can be decoded"),
        (lambda path: footage.make_sound(path.with_suffix(".m4a")), "holds no video"),
        (lambda path: footage.noise(path, 1), "is not a video that can be read"),
    ],
)
def test_nothing_to_redact(make: Callable[[Path], Path], words: str, tmp_path: Path) -> None:
    source = make(tmp_path / "a.mp4")
    refused = error_of(source, tmp_path / "view.mp4")
    assert isinstance(refused, BadInputError)
    assert words in refused.sentence
    assert set(tmp_path.iterdir()) == {source}


def error_of(source: Path, target: Path) -> WatchglassError:
    with pytest.raises(WatchglassError) as caught:
        redact_file(source, target, Nobody(), quietly)
    assert str(source) in caught.value.sentence
    return caught.value
