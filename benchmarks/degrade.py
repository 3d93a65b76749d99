"""Degraded copies of labelled footage, with the truth changed to match.

    python -m benchmarks.degrade VIDEO GT.txt OUTDIR [VARIANT ...]

Writes OUTDIR/VARIANT.mp4 and OUTDIR/VARIANT.txt (MOTChallenge form) for each variant:

  half     half the width and height
  lowrate  H.264 at 150 kbit/s
  dark     luma x^(1/0.35) of full scale, then sensor noise of sigma 8
  shake    the picture moved by up to 3 px each frame, truth with it
  drop     5 % of the frames missing, in a fixed pseudo-random choice
  slow     every third frame
  mid      starts in the middle
  flash    35 % brighter for 4 frames out of every 60
"""

import argparse
import collections
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.video.stream import VideoStream

Picture = npt.NDArray[np.uint8]
"""BGR: (height, width, 3)."""

Rows = Mapping[int, list[list[str]]]
"""Lines of the truth, split at commas, by number of frame from 1."""

VARIANTS = ("half", "lowrate", "dark", "shake", "drop", "slow", "mid", "flash")

_USUAL_RATE = 10


def truth(path: Path) -> Rows:
    """Lines of a file in MOTChallenge form."""
    found: dict[int, list[list[str]]] = collections.defaultdict(list)
    for line in path.read_text(encoding="ascii").splitlines():
        value = line.strip().split(",")
        if len(value) >= 6:
            found[int(float(value[0]))].append(value)
    return found


def changed(picture: Picture, variant: str, number: int) -> Picture:
    """Frame `number` as the variant shows it."""
    change = _PICTURE.get(variant)
    return change(picture, number) if change else picture


def kept(variant: str, number: int, total: int) -> bool:
    """Whether the variant has frame `number` of `total`."""
    if variant == "drop":
        return bool(np.random.default_rng(number).random() >= 0.05)
    if variant == "slow":
        return number % 3 == 1
    return not (variant == "mid" and number <= total // 2)


def moved(row: list[str], variant: str, number: int) -> list[str]:
    """A line of the truth as it is true of the variant's frame."""
    left, top, width, height = map(float, row[2:6])
    if variant == "half":
        left, top, width, height = left / 2, top / 2, width / 2, height / 2
    if variant == "shake":
        across, down = _shift(number)
        left, top = left + across, top + down
    return [*row[:2], *(f"{value:.2f}" for value in (left, top, width, height)), *row[6:]]


def write(video: Path, rows: Rows, variant: str, folder: Path) -> tuple[Path, Path]:
    """Write one variant; its video and its truth. ValueError for a variant that there is not."""
    if variant not in VARIANTS:
        raise ValueError(f"{variant} is none of {', '.join(VARIANTS)}")
    target, lines = folder / f"{variant}.mp4", folder / f"{variant}.txt"
    total = sum(1 for _ in _pictures(video))
    true: list[str] = []
    with av.open(str(target), "w") as out:
        stream: VideoStream | None = None
        rate = _rate(video)
        shown = 0
        for number, picture in enumerate(_pictures(video), start=1):
            if not kept(variant, number, total):
                continue
            now = np.ascontiguousarray(changed(picture, variant, number))
            if stream is None:
                stream = _stream(out, variant, rate, now)
            frame = av.VideoFrame.from_ndarray(now, format="bgr24")
            frame.pts, frame.time_base = shown, 1 / rate
            shown += 1
            out.mux(stream.encode(frame))
            true += [",".join([str(shown), *moved(row, variant, number)[1:]]) for row in rows.get(number, [])]
        if stream is not None:
            out.mux(stream.encode(None))
    lines.write_text("\n".join(true) + "\n", encoding="ascii")
    return target, lines


def _stream(out: av.container.OutputContainer, variant: str, rate: Fraction, picture: Picture) -> VideoStream:
    stream = out.add_stream("libx264", rate=rate)
    stream.height, stream.width = picture.shape[:2]
    stream.pix_fmt = "yuv420p"
    if variant == "lowrate":
        stream.bit_rate = 150_000
    else:
        stream.options = {"crf": "18"}
    return stream


def _pictures(video: Path) -> Iterator[Picture]:
    with av.open(str(video)) as source:
        for frame in source.decode(video=0):
            yield frame.to_ndarray(format="bgr24").astype(np.uint8, copy=False)


def _rate(video: Path) -> Fraction:
    with av.open(str(video)) as source:
        return Fraction(source.streams.video[0].average_rate or _USUAL_RATE)


def _half(picture: Picture, _: int) -> Picture:
    return picture[: picture.shape[0] // 4 * 4 : 2, : picture.shape[1] // 4 * 4 : 2]


def _dark(picture: Picture, number: int) -> Picture:
    noise = np.random.default_rng(number).normal(0, 8, picture.shape[:2])[..., None]
    dark: Picture = np.clip(255 * (picture / 255) ** (1 / 0.35) + noise, 0, 255).astype(np.uint8)
    return dark


def _flash(picture: Picture, number: int) -> Picture:
    return np.clip(picture * 1.35, 0, 255).astype(np.uint8) if number % 60 in range(30, 34) else picture


def _shift(number: int) -> tuple[int, int]:
    across, down = np.random.default_rng(number).integers(-3, 4, 2)
    return int(across), int(down)


def _shake(picture: Picture, number: int) -> Picture:
    across, down = _shift(number)
    return np.roll(picture, (down, across), axis=(0, 1))


_PICTURE: dict[str, Callable[[Picture, int], Picture]] = {
    "half": _half,
    "dark": _dark,
    "shake": _shake,
    "flash": _flash,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("variants", nargs="*", default=VARIANTS)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for variant in options.variants:
        write(options.video, truth(options.truth), variant, options.folder)
        print(variant)


if __name__ == "__main__":
    main()
