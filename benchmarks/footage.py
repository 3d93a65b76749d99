"""What benchmarks look at: the sample street, its labels where they are at hand, and copies of it made once.

Copies lie in build/bench, which git ignores and `make clean` removes. A copy that was made is used again.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.frame import PictureType
from av.video.stream import VideoStream

from benchmarks import degrade
from benchmarks.allowed import empty_scene
from benchmarks.labelled import Label, Picture, frames, labels
from watchglass.app.detector import person_detector
from watchglass.base import assets
from watchglass.base.assets import PERSON_MODEL, STREET_FOOTAGE, Places
from watchglass.base.errors import MissingInputError
from watchglass.cli.progress import Report
from watchglass.detect.detector import Detector
from watchglass.model.camera import Protection
from watchglass.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build" / "bench"
RATE = 10

_BESIDE = ROOT.parent / "shared" / "assets"
_NOISE = 2.0  # levels, of a camera's sensor in daylight
_STILL_SECONDS = 30
_STILL_GOP = 10 * RATE
_STREET_GOP = 2 * RATE


def places() -> Places:
    """Where footage and the person model are looked for."""
    return Places.of(os.environ, _BESIDE if _BESIDE.is_dir() and "WATCHGLASS_ASSETS" not in os.environ else None)


def street(tell: Report) -> Path:
    """vtest.avi, downloaded if need be. UnreachableError that says what is missing."""
    return assets.obtain(STREET_FOOTAGE, places(), lambda what, *done: tell(f"getting the footage: {what}", *done))


def truth(tell: Report) -> Path | None:
    """The labels beside the footage; they may be used for tests only and are never shipped."""
    found = street(tell).parent / "gt.txt"
    return found if found.exists() else None


def detector(threads: int = 1) -> Detector:
    """The one with the person model. MissingInputError without it: figures of another must not pass for its own."""
    found = person_detector(Settings(Path("unused"), assets=places().given), threads=threads)
    if found.protection is not Protection.FULL:
        raise MissingInputError("There is no person model on this machine: scripts/assets.py gets it.")
    return found


def model_folder() -> Path | None:
    """Where the person model lies, for processes that are started; None leaves them to look for themselves."""
    found = assets.find(PERSON_MODEL, places())
    return found.parent if found else None


def variant(name: str, tell: Report) -> tuple[Path, Path]:
    """A degraded copy of the street, and its labels. The street itself for `plain`."""
    source, labelled = street(tell), truth(tell)
    if labelled is None:
        raise FileNotFoundError(f"{source.parent / 'gt.txt'}: the labels of PETS09-S2L1 belong beside the sample video")
    if name == "plain":
        return source, labelled
    made = FOLDER / "variants" / f"{name}.mp4"

    def write(partial: Path) -> None:
        tell(f"Making the variant {name}", 0, 1)
        video, lines = degrade.write(source, degrade.truth(labelled), name, partial.parent)
        lines.rename(made.with_suffix(".txt"))
        video.rename(partial)

    return _once(made, write), made.with_suffix(".txt")


def scaled(width: int, height: int, tell: Report) -> Path:
    """The street as H.264 of another size, without B-frames, as cameras send it."""
    source = street(tell)
    return _once(
        FOLDER / f"street-{width}x{height}.mp4",
        lambda partial: encode(_progress(_scaled(source, width, height), "Scaling the footage", tell), partial),
    )


def still(width: int, height: int, tell: Report) -> Path:
    """The street with nobody on it, and a sensor's noise: what a camera sends at night in a park that is lit."""
    source = scaled(width, height, tell)

    def write(partial: Path) -> None:
        tell("Making a still scene", 0, 1)
        first = next(frames(street(tell)))
        across, down = width / first.shape[2], height / first.shape[1]
        known = truth(tell)
        boxes = {number: _rescaled(some, across, down) for number, some in labels(known).items()} if known else {}
        encode(_noisy(empty_scene(lambda: frames(source), boxes)), partial, gop=_STILL_GOP, crf=23)

    return _once(FOLDER / f"still-{width}x{height}.mp4", write)


def long(source: Path, seconds: int, start: int, tell: Report) -> Path:
    """A file played again and again, remuxed into one of so many seconds; times go on over the seams.

    It begins at keyframe number `start`, so that cameras which play the same footage are not in step.
    """
    return _once(
        FOLDER / f"{source.stem}-{seconds}s-{start}.mp4",
        lambda partial: remux(source, partial, seconds, start, tell),
    )


def remux(source: Path, target: Path, seconds: int, start: int, tell: Report) -> None:
    """What `long` does, without keeping it."""
    packets = packets_of(source)
    keys = [number for number, (_, keyframe) in enumerate(packets) if keyframe]
    first = keys[start % len(keys)]
    with av.open(str(source)) as container, av.open(str(target), "w", format="mp4") as out:
        stream = out.add_stream_from_template(container.streams.video[0])
        for number in range(seconds * RATE):
            data, keyframe = packets[(first + number) % len(packets)]
            packet = av.Packet(data)
            packet.stream = stream
            packet.pts = packet.dts = number
            packet.duration = 1
            packet.time_base = Fraction(1, RATE)
            packet.is_keyframe = keyframe
            out.mux_one(packet)
            if number % 1000 == 0:
                tell(f"Lengthening {source.stem}", number, seconds * RATE)


def packets_of(path: Path) -> list[tuple[bytes, bool]]:
    """Every packet of a file's video and whether it is a keyframe, in order of decoding."""
    with av.open(str(path)) as container:
        return [(bytes(packet), bool(packet.is_keyframe)) for packet in container.demux(video=0) if packet.size]


def encode(pictures: Iterable[av.VideoFrame], target: Path, *, gop: int = _STREET_GOP, crf: int = 20) -> None:
    """H.264 in MP4 as a camera makes it: no B-frames, a keyframe every `gop` frames."""
    with av.open(str(target), "w", format="mp4") as out:
        stream: VideoStream | None = None
        for number, frame in enumerate(pictures):
            if stream is None:
                options = {"preset": "veryfast", "crf": str(crf), "bf": "0", "g": str(gop), "sc_threshold": "0"}
                stream = out.add_stream("libx264", rate=RATE, options=options)
                stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, "yuv420p"
            frame.pts, frame.time_base, frame.pict_type = number, Fraction(1, RATE), PictureType.NONE
            out.mux(stream.encode(frame))
        if stream is not None:
            out.mux(stream.encode(None))


def _once(path: Path, write: Callable[[Path], None]) -> Path:
    """What `write` makes, unless it is there; never half of it."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.stem}.{os.getpid()}.partial")
        try:
            write(partial)
            partial.rename(path)
        finally:
            partial.unlink(missing_ok=True)
    return path


def _scaled(source: Path, width: int, height: int) -> Iterator[av.VideoFrame]:
    with av.open(str(source)) as container:
        for frame in container.decode(video=0):
            yield frame.reformat(width, height, "yuv420p")


def _noisy(scene: Picture) -> Iterator[av.VideoFrame]:
    dice = np.random.default_rng(1)
    for _ in range(_STILL_SECONDS * RATE):
        picture = scene.copy()
        picture[0] = np.clip(scene[0] + dice.normal(0, _NOISE, scene[0].shape), 16, 235)
        yield av.VideoFrame.from_ndarray(picture, format="yuv444p").reformat(format="yuv420p")


def _rescaled(boxes: Iterable[Label], across: float, down: float) -> list[Label]:
    return [Label(box.track, box.left * across, box.top * down, box.width * across, box.height * down) for box in boxes]


def _progress(pictures: Iterator[av.VideoFrame], what: str, tell: Report) -> Iterator[av.VideoFrame]:
    for number, frame in enumerate(pictures):
        if number % 50 == 0:
            tell(what, number, 0)
        yield frame
