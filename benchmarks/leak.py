"""Leak rate of a redacted video: in how many labelled places something other than cover or empty scene is shown.

    python -m benchmarks.leak ORIGINAL REDACTED GT.txt [--plate EMPTY.png] [--json]

GT.txt is in MOTChallenge form, one box a line: frame,id,left,top,width,height,... (frames from 1, pixels of ORIGINAL;
every line counts, whatever its flags). REDACTED may be smaller than ORIGINAL; it must hold one frame for each frame
of ORIGINAL.

The measure is an allow-list, like the redaction itself, and knows nothing of how that is done: inside a label a shown
pixel is fine where it is

  flat    its 5 x 5 neighbourhood has a variance under 6 in luma and in both chroma planes, in one of the few colours
          that this video fills its covers with (the six most frequent where it differs from the original), or
  empty   within 20 levels of luma and 12 of chroma of the scene's plate: the median of the redacted video's own frames
          where nobody is labelled (the original's where the two are unlike), or EMPTY.png where someone who has no
          label stands in the picture most of the time.

Any other pixel is strange: the person as it was, a moment late, brighter, blurred or in mosaic. The head of a label is
its top 4-20 % of height, the body 4-90 %, both in the middle 40 % of width; it is exposed if more than 40 % of it is
strange (less is the edge of a cover). Outlines are strange as well: one around the union of the covers stays far under
the bar, one around each of two that overlap may not. What is a mixture of both is not strange where two fills meet,
and where a fill meets the empty scene in front of somebody of whom hardly anything (a fifth at most) can be seen in the
original either. It is exposed, too, if together with what is strange it shows

  levels  pixels that are fine one by one and follow the original's light and dark, as a picture in few levels does,
  ghost   pixels of a fill, or of the empty scene where the original is not empty, that follow the original however
          faintly: somebody mixed into the cover or into the scene,
  strips  a fifth of a head in one frame as it was, or over a second, by and by, more than 40 %: a grating that moves,
  figure  the body only: more than 30 % of somebody's own pixels as they were, at the sides of a cover in the middle,
  echo    the same picture at the same place within the next three seconds, when they are no longer there.

On a frame that is covered whole, writing over somebody is none of this, as long as it doesn't follow the original.
"""

import argparse
import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from benchmarks.allowed import Allowed, empty_scene, learn
from benchmarks.exposed import Echoes, Seen, Strips, body_exposed, head_exposed, is_unseen, shot_of
from benchmarks.labelled import Frames, Label, Labels, Picture, frames, head, inside, labels, variance

__all__ = ["Label", "Labels", "Leak", "Picture", "empty_scene", "labels", "measure", "measure_files", "variance"]

_LEAST = 12  # pixels of a head: fewer show nobody


@dataclasses.dataclass(frozen=True, slots=True)
class Leak:
    """What was found.

    exposed_heads   labels whose head is exposed
    exposed_bodies  the same for the body
    unseen          labels whose head cannot be told from the empty scene in the original either: nothing is proved there
    covered_frames  frames covered whole: nine tenths of them are of one colour
    masked          share of all pixels that differ from the original by more than 14 levels of luma, or lost a texture
                    of more than 5 levels; `people` is the share inside labels. masked / people says how much more than
                    people is hidden
    elsewhere       share of all pixels that are strange and in no label: outlines of covers, and whatever else is shown
                    of what the truth knows nothing of. These three leave out covered frames.
    """

    frames: int
    covered_frames: int
    labels: int
    unseen: int
    exposed_heads: int
    exposed_bodies: int
    tracks: int
    exposed_tracks: int
    masked: float
    people: float
    elsewhere: float


def measure(original: Frames, redacted: Frames, truth: Labels, plate: Picture | None = None) -> Leak:
    """Compare frame by frame; all frames of one size. ValueError if one video has more frames than the other."""
    tally = _Tally(learn(original, redacted, truth, plate))
    for number, (before, after) in enumerate(zip(original(), redacted(), strict=True), start=1):
        tally.add(number, before, after, truth.get(number, ()))
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


class _Tally:
    def __init__(self, allowed: Allowed) -> None:
        self._allowed = allowed
        self._echoes, self._strips = Echoes(), Strips()
        self._seen: list[Seen] = []
        self._frames = self._covered = self._unseen = 0
        self._shares: list[tuple[float, float, float]] = []

    def add(self, number: int, before: Picture, after: Picture, boxes: Sequence[Label]) -> None:
        """One more frame."""
        shot = shot_of(before, after, self._allowed)
        self._frames += 1
        now: list[Seen] = []
        for label in boxes:
            upper = head(label, before.shape)
            if shot.strange[upper].size < _LEAST:
                continue
            seen = Seen(label)
            seen.head = head_exposed(shot, label) | self._strips.head(number, shot, label)
            seen.body = body_exposed(shot, label) | self._strips.body(number, shot, label)
            self._unseen += is_unseen(shot, upper)
            now.append(seen)
        self._echoes.find(shot, now)
        self._seen += now
        if shot.whole is not None:
            self._covered += 1
        else:
            labelled = inside(boxes, before.shape)
            elsewhere = float((shot.strange & ~labelled).mean())
            self._shares.append((_masked(before, after), float(labelled.mean()), elsewhere))

    def leak(self) -> Leak:
        """What all of them come to."""
        masked, people, elsewhere = np.mean(self._shares, axis=0) if self._shares else (1.0, 0.0, 0.0)
        return Leak(
            frames=self._frames,
            covered_frames=self._covered,
            labels=len(self._seen),
            unseen=self._unseen,
            exposed_heads=sum(seen.head for seen in self._seen),
            exposed_bodies=sum(seen.body for seen in self._seen),
            tracks=len({seen.label.track for seen in self._seen}),
            exposed_tracks=len({seen.label.track for seen in self._seen if seen.head}),
            masked=round(float(masked), 4),
            people=round(float(people), 4),
            elsewhere=round(float(elsewhere), 4),
        )


def _masked(before: Picture, after: Picture) -> float:
    same = cv2.absdiff(before[0], after[0]) <= 14
    lost = (variance(after[0]) < 4) & (variance(before[0]) > 25)
    return float(1 - (same & ~lost).mean())


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
