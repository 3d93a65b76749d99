"""Leak rate of a redacted video: in how many labelled places something other than cover or empty scene is shown.

    python -m benchmarks.leak ORIGINAL REDACTED GT.txt [--plate EMPTY.png] [--json]

GT.txt is in MOTChallenge form, one box a line: frame,id,left,top,width,height,... (frames from 1, pixels of ORIGINAL;
every line counts, whatever its flags). REDACTED may be smaller than ORIGINAL; it must hold one frame for each frame
of ORIGINAL.

The measure is an allow-list, like the redaction itself, and knows nothing of how that is done: inside a label a shown
pixel is fine where it is

  flat    its 5 x 5 neighbourhood has a variance under 6 in luma and in both chroma planes, in one of the few colours
          that this video fills its covers with (the six most frequent), or
  empty   within 20 levels of luma and 12 of chroma of the scene's plate: the median of the redacted video's own frames
          where nobody is labelled, or EMPTY.png where someone stands in the picture most of the time.

Any other pixel is strange: the person as it was, a moment late, brighter, blurred or in mosaic. So are pixels that are
fine by themselves if together they follow the original: where it is not empty, more than 45 % of the variance of its
luma is between the tones shown (fills, and steps of the scene's light). A picture in few levels is flat almost
everywhere, some of its levels are those of the scene, and it shows who is there.

The head of a label is its top 4-20 % of height, the body 4-90 %, both in the middle 40 % of width. Outlines are strange
as well: one around the union of the covers stays far under the bar, one around each of two that overlap may not.
"""

import argparse
import collections
import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
"""Y, U and V at full size: (3, height, width)."""

Grid = npt.NDArray[np.bool_]
Frames = Callable[[], Iterator[Picture]]
"""Gives all frames of a video from the first, as often as it is called."""

_FLAT = 6.0
_EMPTY = (20, 12, 12)
_EXPOSED = 0.4  # less is the edge of a cover
_COLOURS = 6  # five classes and the cover of a whole frame
_SAME_COLOUR = 6  # levels: an encoder moves a flat fill by one or two
_FOLLOWS = 0.45
_TELLING = 0.05  # share of a part that a tone must have to tell anything
_LARGE = 1000  # pixels: in a smaller part tones follow by chance, and few levels make more edges than flat places
_TONE = 16  # levels of luma in which two places of the empty scene count as of one tone
_LEAST = 12  # pixels of a head: fewer show nobody


@dataclasses.dataclass(frozen=True, slots=True)
class Label:
    """Where somebody is on a frame, in pixels of the original."""

    track: int
    left: float
    top: float
    width: float
    height: float


Labels = Mapping[int, Sequence[Label]]
"""By number of frame, from 1."""


@dataclasses.dataclass(frozen=True, slots=True)
class Leak:
    """What was found.

    exposed_heads   labels whose head is strange in more than 40 %
    exposed_bodies  the same for the body
    covered_frames  frames covered whole: nine tenths of them are of one colour
    masked          share of all pixels that differ from the original by more than 14 levels of luma, or lost a texture
                    of more than 5 levels; `people` is the share inside labels. masked / people says how much more than
                    people is hidden; both leave out covered frames.
    """

    frames: int
    covered_frames: int
    labels: int
    exposed_heads: int
    exposed_bodies: int
    tracks: int
    exposed_tracks: int
    masked: float
    people: float


def measure(original: Frames, redacted: Frames, truth: Labels, plate: Picture | None = None) -> Leak:
    """Compare frame by frame; all frames of one size. ValueError if one video has more frames than the other."""
    empty = plate if plate is not None else empty_scene(redacted, truth)
    colours = cover_colours(redacted, truth, empty)
    tally = _Tally()
    for number, (before, after) in enumerate(zip(original(), redacted(), strict=True), start=1):
        _measure_frame(before, after, truth.get(number, ()), _Scene(empty, colours), tally)
    return tally.leak()


def measure_files(original: Path, redacted: Path, truth: Path, plate: Path | None = None) -> Leak:
    """The same for files."""
    first = next(frames(original))
    size = (first.shape[2], first.shape[1])
    return measure(
        lambda: frames(original),
        lambda: frames(redacted, size),
        labels(truth),
        next(frames(plate, size)) if plate else None,
    )


def frames(path: Path, size: tuple[int, int] | None = None) -> Iterator[Picture]:
    """Frames of a file, resized to (width, height) if given."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            width, height = size or (frame.width, frame.height)
            yield frame.reformat(width, height, "yuv444p").to_ndarray().astype(np.uint8, copy=False)


def labels(path: Path) -> Labels:
    """Labels of a file in MOTChallenge form."""
    found: dict[int, list[Label]] = collections.defaultdict(list)
    for line in path.read_text(encoding="ascii").splitlines():
        value = line.strip().split(",")
        if len(value) >= 6:
            left, top, width, height = map(float, value[2:6])
            found[int(float(value[0]))].append(Label(int(float(value[1])), left, top, width, height))
    return found


def variance(plane: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Variance over the 5 x 5 neighbourhood of each pixel, in squared levels."""
    values = plane.astype(np.float32)
    mean = cv2.boxFilter(values, -1, (5, 5), borderType=cv2.BORDER_REPLICATE)
    square = cv2.boxFilter(values**2, -1, (5, 5), borderType=cv2.BORDER_REPLICATE)
    found: npt.NDArray[np.float32] = (square - mean**2).astype(np.float32, copy=False)
    return found


def empty_scene(redacted: Frames, truth: Labels, keep: int = 60) -> Picture:
    """Median of up to `keep` frames spread over the video, whole covers and everybody's labels left out.

    Where somebody is in all of them there is no empty scene: 255 in all three planes, a colour that no video has.
    """
    kept: list[Picture] = []
    shown: list[Grid] = []
    step = 1
    for number, frame in enumerate(redacted(), start=1):
        if number % step == 0 and _whole_cover(frame) is None:
            kept.append(frame)
            shown.append(~_inside(truth.get(number, ()), *frame.shape[1:]))
            if len(kept) > keep:
                kept, shown, step = kept[::2], shown[::2], step * 2
    return _median(np.stack(kept), np.stack(shown)) if kept else np.full_like(next(redacted()), 255)


def _median(pictures: npt.NDArray[np.uint8], shown: Grid) -> Picture:
    """Median over the first axis of what is `shown` (count, height, width)."""
    count = shown.sum(axis=0)
    middle = np.maximum(count - 1, 0) // 2
    planes = []
    for plane in range(3):
        ordered = np.sort(np.where(shown, pictures[:, plane], 255), axis=0)  # what is not shown goes last
        planes.append(np.take_along_axis(ordered, middle[None], axis=0)[0])
    return np.stack(planes)


def cover_colours(redacted: Frames, truth: Labels, empty: Picture) -> list[npt.NDArray[np.int16]]:
    """The colours that people are filled with in this video, most frequent first."""
    counts: collections.Counter[int] = collections.Counter()
    for number, frame in enumerate(redacted(), start=1):
        boxes = truth.get(number, ())
        if not boxes or _whole_cover(frame) is not None:
            continue
        flat = _flat(frame) & ~_matches(frame, empty)
        for label in boxes:
            place = _part(label, 0.9, *frame.shape[1:])
            y, u, v = (frame[plane][place][flat[place]].astype(np.int64) // 2 for plane in range(3))
            counts.update((y << 16 | u << 8 | v).tolist())
    found: list[npt.NDArray[np.int16]] = []
    for key, _ in counts.most_common():
        colour = np.array([2 * (key >> 16), 2 * (key >> 8 & 255), 2 * (key & 255)], np.int16)
        if all(np.abs(colour - other).max() > _SAME_COLOUR for other in found):
            found.append(colour)
        if len(found) == _COLOURS:
            break
    return found


@dataclasses.dataclass(frozen=True, slots=True)
class _Scene:
    empty: Picture
    colours: list[npt.NDArray[np.int16]]


class _Tally:
    def __init__(self) -> None:
        self.frames = self.covered = self.labels = self.heads = self.bodies = 0
        self.tracks: set[int] = set()
        self.exposed: set[int] = set()
        self.masked: list[float] = []
        self.people: list[float] = []

    def leak(self) -> Leak:
        return Leak(
            frames=self.frames,
            covered_frames=self.covered,
            labels=self.labels,
            exposed_heads=self.heads,
            exposed_bodies=self.bodies,
            tracks=len(self.tracks),
            exposed_tracks=len(self.exposed),
            masked=round(float(np.mean(self.masked)), 4) if self.masked else 1.0,
            people=round(float(np.mean(self.people)), 4) if self.people else 0.0,
        )


def _measure_frame(before: Picture, after: Picture, boxes: Sequence[Label], scene: _Scene, tally: _Tally) -> None:
    whole = _whole_cover(after)
    empty, flat = _matches(after, scene.empty), _flat(after)
    filled = _filled(after, flat & ~empty, [*scene.colours, whole] if whole is not None else scene.colours)
    strange = ~empty & (filled < 0)
    # What is shown where somebody is: which fill, or which light the scene is said to have there.
    tone = np.where(filled >= 0, filled, _COLOURS + 1 + after[0] // _TONE).astype(np.int16)
    tone[strange | _matches(before, scene.empty)] = -1
    height, width = flat.shape
    tally.frames += 1
    tally.covered += whole is not None
    for label in boxes:
        head, body = _part(label, 0.20, height, width), _part(label, 0.90, height, width)
        if strange[head].size < _LEAST:
            continue
        tally.labels += 1
        tally.tracks.add(label.track)
        exposed = _exposed(before[0][head], strange[head], tone[head])
        tally.heads += exposed
        tally.bodies += _exposed(before[0][body], strange[body], tone[body])
        if exposed:
            tally.exposed.add(label.track)
    if whole is None:
        same = cv2.absdiff(before[0], after[0]) <= 14
        lost = (variance(after[0]) < 4) & (variance(before[0]) > 25)
        tally.masked.append(float(1 - (same & ~lost).mean()))
        tally.people.append(float(_inside(boxes, height, width).mean()))


def _filled(picture: Picture, plain: Grid, colours: list[npt.NDArray[np.int16]]) -> npt.NDArray[np.int16]:
    """Which of the colours each of the `plain` pixels is filled with; -1 for none."""
    values = picture[:, plain].astype(np.int16)
    found = np.full(values.shape[1], -1, np.int16)
    for index, colour in enumerate(colours):
        found[np.logical_and.reduce(np.abs(values - colour[:, None]) <= _SAME_COLOUR)] = index
    filled = np.full(plain.shape, -1, np.int16)
    filled[plain] = found
    return filled


def _exposed(before: npt.NDArray[np.uint8], strange: Grid, tone: npt.NDArray[np.int16]) -> bool:
    """Whether more of a part is strange than the edge of a cover would be."""
    share = float(strange.mean())
    if share <= _EXPOSED and tone.size >= _LARGE and _follows(before, tone):
        share += float((tone >= 0).mean())
    return share > _EXPOSED


def _follows(before: npt.NDArray[np.uint8], tone: npt.NDArray[np.int16]) -> bool:
    """Whether the tones shown in a part tell its light from its dark places, as a picture in few levels does."""
    groups = [before[tone == value].astype(np.float64) for value in np.unique(tone[tone >= 0])]
    groups = [group for group in groups if group.size >= _TELLING * tone.size]
    if len(groups) < 2:
        return False
    every = np.concatenate(groups)
    total = float(((every - every.mean()) ** 2).sum())
    within = float(sum(((group - group.mean()) ** 2).sum() for group in groups))
    return total > 30 * every.size and 1 - within / total > _FOLLOWS


def _flat(picture: Picture) -> Grid:
    found: Grid = np.logical_and.reduce([variance(plane) < _FLAT for plane in picture])
    return found


def _matches(picture: Picture, empty: Picture) -> Grid:
    found: Grid = np.logical_and.reduce(
        [cv2.absdiff(one, other) <= limit for one, other, limit in zip(picture, empty, _EMPTY, strict=True)]
    )
    return found


def _whole_cover(picture: Picture) -> npt.NDArray[np.int16] | None:
    """The one colour of a frame that is covered whole (what is written on it aside); None for any other frame."""
    some = picture[:, ::3, ::3]
    colour = np.array([np.bincount(plane.ravel(), minlength=256).argmax() for plane in some], np.int16)
    near = np.logical_and.reduce(np.abs(some - colour[:, None, None]) <= 3)
    return colour if near.mean() > 0.9 else None


def _span(low: float, high: float, limit: int) -> slice:
    return slice(min(limit, max(0, int(low))), min(limit, max(0, int(high))))


def _part(label: Label, down_to: float, height: int, width: int) -> tuple[slice, slice]:
    """Rows and columns of a label from 4 % of its height down to a share of it, in the middle 40 % of its width."""
    return (
        _span(label.top + 0.04 * label.height, label.top + down_to * label.height, height),
        _span(label.left + 0.3 * label.width, label.left + 0.7 * label.width, width),
    )


def _inside(boxes: Sequence[Label], height: int, width: int) -> Grid:
    inside = np.zeros((height, width), np.bool_)
    for label in boxes:
        rows = _span(label.top, label.top + label.height, height)
        inside[rows, _span(label.left, label.left + label.width, width)] = True
    return inside


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("original", type=Path)
    parser.add_argument("redacted", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--plate", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = dataclasses.asdict(measure_files(options.original, options.redacted, options.truth, options.plate))
    print(json.dumps(found) if options.json else "\n".join(f"{key}: {value}" for key, value in found.items()))


if __name__ == "__main__":
    main()
