"""Whether somebody can be seen in a part of a view: what is strange there, and what is fine by itself and still tells."""

import collections
import dataclasses
import itertools
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.allowed import EMPTY, SAME_COLOUR, Allowed, Colour, is_empty, is_flat, whole_cover
from benchmarks.labelled import Grid, Label, Picture, Place, body, head, whole

Values = npt.NDArray[np.float64]
Shares = npt.NDArray[np.float32]

_EXPOSED = 0.4  # less is the edge of a cover
_PARTLY = 0.2  # of a head, just as it was: no edge of a cover shows that
_FIGURE = 0.3  # of somebody's pixels, just as they were; a head alone is less
_HIDDEN = 0.2  # of a part in the original: where less is anything but the empty scene, there is nothing to see
_EDGE = 9  # pixels: two fills are up to 8 apart where they meet, as chroma is coarse and flat means 5 x 5

_FOLLOWS = 0.45
_TELLING = 0.05  # share of a part that a tone, or a strip, must have to tell anything
_LARGE = 1000  # pixels: in a smaller part tones follow by chance, and few levels make more edges than flat places
_TONE = 16  # levels of luma in which two places of the empty scene count as of one tone

_GHOST = 0.6  # correlation with the original from which faint traces are somebody
_FAINT = 1.0  # levels, standard deviation: encoders leave less than half of it in a fill
_GHOST_SHARE = 0.2
_GHOST_PIXELS = 40

_WRITING = 0.4
_WRITING_CHROMA = 8

_MEMORY = 30  # frames in which an echo is looked for
_ECHO = 0.8
_STAYED = 0.5  # overlap with the same person's label of now: they stand there still, which is no echo

_SECOND = 10  # frames, over which strips add up
_HEAD_GRID, _BODY_GRID = (6, 6), (6, 12)  # columns and rows


@dataclasses.dataclass(eq=False, slots=True)
class Seen:
    """A label, and whether its head and its body are exposed."""

    label: Label
    head: bool = False
    body: bool = False


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Shot:
    """A frame before and after, and what each pixel of the view is.

    there    where the original is not the empty scene
    strange  neither fill nor empty scene
    filled   which of `colours` it is filled with, -1 for none
    whole    the colour of a frame that is covered whole
    """

    before: Picture
    after: Picture
    empty: Picture
    colours: list[Colour]
    there: Grid
    strange: Grid
    filled: npt.NDArray[np.int16]
    whole: Colour | None

    def as_it_was(self, place: Place) -> Grid:
        """Where a part shows what was there, and something was."""
        found: Grid = self.strange[place] & self.there[place]
        for was, shown, limit in zip(self.before, self.after, EMPTY, strict=True):
            found &= cv2.absdiff(was[place], shown[place]) <= limit
        return found


def shot_of(before: Picture, after: Picture, allowed: Allowed) -> Shot:
    """Look at one frame."""
    covered = whole_cover(after)
    colours = [*allowed.colours, covered] if covered is not None else list(allowed.colours)
    empty = is_empty(after, allowed.empty)
    filled = _filled(after, is_flat(after) & ~empty, colours)
    return Shot(
        before=before,
        after=after,
        empty=allowed.empty,
        colours=colours,
        there=~is_empty(before, allowed.empty),
        strange=~empty & (filled < 0),
        filled=filled,
        whole=covered,
    )


def head_exposed(shot: Shot, label: Label) -> bool:
    """Whether a head can be seen."""
    place = head(label, shot.before.shape)
    return _is_exposed(shot, place) or float(shot.as_it_was(place).mean()) > _PARTLY


def body_exposed(shot: Shot, label: Label) -> bool:
    """Whether a body can be seen, in its middle or, beside a cover that is too narrow, wherever in the label."""
    if _is_exposed(shot, body(label, shot.before.shape)):
        return True
    place = whole(label, shot.before.shape)
    there = int(shot.there[place].sum())
    return there >= _GHOST_PIXELS and int(shot.as_it_was(place).sum()) > _FIGURE * there


def _is_exposed(shot: Shot, place: Place) -> bool:
    """Whether a part shows more of somebody than the edge of a cover would."""
    share = float(shot.strange[place].mean())
    if share > _EXPOSED:
        share = float((shot.strange[place] & ~_meeting(shot, place)).mean())
    if share > _EXPOSED and is_unseen(shot, place):  # whatever is shown, it is nobody who is there now
        share = float((shot.strange[place] & ~_edge(shot, place)).mean())
    if share > _EXPOSED:
        return not _is_writing(shot, place)
    if share + _ghost(shot, place) > _EXPOSED:
        return True
    tone = _tones(shot, place)
    if tone.size >= _LARGE and _follows(shot.before[0][place], tone):
        share += float((tone >= 0).mean())
    return share > _EXPOSED


def is_unseen(shot: Shot, place: Place) -> bool:
    """Whether a part is the empty scene before anything is redacted: somebody stands behind a sign, or looks like the ground."""
    return float(shot.there[place].mean()) <= _HIDDEN


def _meeting(shot: Shot, place: Place) -> Grid:
    """Where two fills meet: flat ones are near on either side, and each pixel is a mixture of the two."""
    found = np.zeros(shot.strange[place].shape, np.bool_)
    for (one, near), (other, near_too) in itertools.combinations(_fills(shot, place).items(), 2):
        start, end = (shot.colours[index][:, None, None] for index in (one, other))
        found |= near & near_too & _mixed(shot.after[:, *place], start, end)
    return found & ~shot.as_it_was(place)


def _edge(shot: Shot, place: Place) -> Grid:
    """Where a fill meets the empty scene: both are near, and each pixel is a mixture of the fill and of the scene there."""
    around, inner = _around(place)
    scene = _near(~shot.strange[around] & (shot.filled[around] < 0))[inner]
    found = np.zeros(scene.shape, np.bool_)
    for index, near in _fills(shot, place).items():
        found |= near & _mixed(shot.after[:, *place], shot.colours[index][:, None, None], shot.empty[:, *place])
    return found & scene & ~shot.as_it_was(place)


def _fills(shot: Shot, place: Place) -> dict[int, Grid]:
    """Which fills are near, and where."""
    around, inner = _around(place)
    filled = shot.filled[around]
    return {index: _near(filled == index)[inner] for index in np.unique(filled).tolist() if index >= 0}


def _around(place: Place) -> tuple[Place, Place]:
    """A part with what is near it, and where in that the part lies."""
    rows, columns = place
    top, left = min(_EDGE, rows.start), min(_EDGE, columns.start)
    return (
        (slice(rows.start - top, rows.stop + _EDGE), slice(columns.start - left, columns.stop + _EDGE)),
        (slice(top, top + rows.stop - rows.start), slice(left, left + columns.stop - columns.start)),
    )


def _near(some: Grid) -> Grid:
    """Within half an edge's width of some pixels."""
    found: Grid = cv2.dilate(some.astype(np.uint8), np.ones((_EDGE, _EDGE), np.uint8)) > 0
    return found


def _mixed(shown: Picture, one: npt.NDArray[Any], other: npt.NDArray[Any]) -> Grid:
    """Where a picture is a mixture of two colours, or of a colour and another picture.

    Luma and chroma each for itself: chroma is coarser, so its edge lies up to a pixel beside that of luma.
    """
    found = np.ones(shown.shape[1:], np.bool_)
    for planes in (slice(0, 1), slice(1, 3)):
        start = one[planes].astype(np.float64)
        way, gone = other[planes] - start, shown[planes] - start
        share = (way * gone).sum(axis=0) / np.maximum(1.0, (way * way).sum(axis=0))
        found &= np.abs(gone - way * share.clip(0, 1)).max(axis=0) <= SAME_COLOUR
    return found


def _is_writing(shot: Shot, place: Place) -> bool:
    """On a frame that is covered whole: a reason in letters without colour, which tells nothing of who is under it."""
    if shot.whole is None:
        return False
    chroma = np.abs(shot.after[1:, *place].astype(np.int16) - shot.whole[1:, None, None]).max()
    was, shown = (picture[0][place].astype(np.float64).ravel() for picture in (shot.before, shot.after))
    return bool(chroma <= _WRITING_CHROMA and abs(_correlation(was, shown)) < _WRITING)


def _ghost(shot: Shot, place: Place) -> float:
    """Share of a part that is fine pixel by pixel, and together shows a faint picture of what was there."""
    filled, size = shot.filled[place], shot.strange[place].size
    least = max(_GHOST_PIXELS, _GHOST_SHARE * size)
    share = 0.0
    mixed = ~shot.strange[place] & (filled < 0) & shot.there[place]
    count = int(mixed.sum())
    if count >= least:
        looks = [
            [picture[plane][place][mixed] for picture in (shot.before, shot.after, shot.empty)] for plane in range(3)
        ]
        if any(_traces(_without(was, scene), _without(shown, scene)) for was, shown, scene in looks):
            share += count / size
    for index in range(len(shot.colours)):
        inside = filled == index
        count = int(inside.sum())
        if count >= least and any(
            _traces(_without(was[place][inside]), _without(shown[place][inside]))
            for was, shown in zip(shot.before, shot.after, strict=True)
        ):
            share += count / size
    return share


def _traces(was: Values, shown: Values) -> bool:
    return float(shown.std()) > _FAINT and _correlation(was, shown) > _GHOST


def _without(levels: npt.NDArray[np.uint8], scene: npt.NDArray[np.uint8] | None = None) -> Values:
    """What is left of some levels after their mean and, as far as they follow it, the scene are taken out."""
    values: Values = levels - levels.mean()
    if scene is None:
        return values
    behind = scene - scene.mean()
    values -= behind * (float(values @ behind) / max(1.0, float(behind @ behind)))
    return values


def _correlation(one: Values, other: Values) -> float:
    """0 where one of them is all of one value."""
    one, other = one - one.mean(), other - other.mean()
    both = float(np.sqrt((one @ one) * (other @ other)))
    return float(one @ other) / both if both > 0 else 0.0


def _tones(shot: Shot, place: Place) -> npt.NDArray[np.int16]:
    """What is shown where somebody is: which fill, or which light the scene is said to have there; -1 elsewhere."""
    filled = shot.filled[place]
    tone = np.where(filled >= 0, filled, len(shot.colours) + 1 + shot.after[0][place] // _TONE).astype(np.int16)
    tone[shot.strange[place] | ~shot.there[place]] = -1
    return tone


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


def _filled(picture: Picture, plain: Grid, colours: list[Colour]) -> npt.NDArray[np.int16]:
    """Which of the colours each of the `plain` pixels is filled with; -1 for none."""
    values = picture[:, plain].astype(np.int16)
    found = np.full(values.shape[1], -1, np.int16)
    for index, colour in enumerate(colours):
        found[np.logical_and.reduce(np.abs(values - colour[:, None]) <= SAME_COLOUR)] = index
    filled = np.full(plain.shape, -1, np.int16)
    filled[plain] = found
    return filled


class Strips:
    """Parts that are shown a strip at a time: what each person's frames of a second show together."""

    def __init__(self) -> None:
        self._heads: dict[int, collections.deque[tuple[int, Shares]]] = collections.defaultdict(collections.deque)
        self._bodies: dict[int, collections.deque[tuple[int, Shares]]] = collections.defaultdict(collections.deque)

    def head(self, number: int, shot: Shot, label: Label) -> bool:
        """Whether the last second, this frame included, shows a head."""
        return _together(self._heads[label.track], number, shot.as_it_was(head(label, shot.before.shape)), _HEAD_GRID)

    def body(self, number: int, shot: Shot, label: Label) -> bool:
        """The same of a body."""
        return _together(self._bodies[label.track], number, shot.as_it_was(body(label, shot.before.shape)), _BODY_GRID)


def _together(kept: collections.deque[tuple[int, Shares]], number: int, shown: Grid, grid: tuple[int, int]) -> bool:
    while kept and kept[0][0] <= number - _SECOND:
        kept.popleft()
    if float(shown.mean()) < _TELLING:  # what was shown before is counted there
        return False
    shares = cv2.resize(shown.astype(np.float32), grid, interpolation=cv2.INTER_AREA)
    kept.append((number, shares.astype(np.float32, copy=False)))
    return float(np.minimum(1, np.sum([one for _, one in kept], axis=0)).mean()) > _EXPOSED


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class _Memory:
    seen: Seen
    place: Place
    theirs: Grid  # pixels of the place that were not the empty scene
    look: Values  # of these, without the scene's own light and dark


class Echoes:
    """Who was where in the last seconds: their picture must not be seen there once they are gone."""

    def __init__(self) -> None:
        self._frames: collections.deque[list[_Memory]] = collections.deque(maxlen=_MEMORY)

    def find(self, shot: Shot, now: list[Seen]) -> None:
        """Mark those of earlier frames who are seen on this one, then remember who is on it."""
        strange = cv2.integral(shot.strange.astype(np.uint8))
        labels = {seen.label.track: seen.label for seen in now}
        for frame in self._frames:
            for memory in frame:
                if not (memory.seen.head and memory.seen.body) and _share(strange, memory.place) > _EXPOSED:
                    self._compare(memory, shot, labels.get(memory.seen.label.track))
        self._frames.append([one for seen in now if (one := _remembered(shot, seen)) is not None])

    def _compare(self, memory: _Memory, shot: Shot, label: Label | None) -> None:
        if label is not None and _overlap(label, memory.seen.label) > _STAYED:
            return
        if _correlation(memory.look, _of_somebody(shot, shot.after, memory.place, memory.theirs)) > _ECHO:
            memory.seen.head = memory.seen.body = True


def _remembered(shot: Shot, seen: Seen) -> _Memory | None:
    place = body(seen.label, shot.before.shape)
    theirs = shot.there[place]
    if int(theirs.sum()) < _GHOST_PIXELS:
        return None
    return _Memory(seen, place, theirs, _of_somebody(shot, shot.before, place, theirs))


def _of_somebody(shot: Shot, picture: Picture, place: Place, theirs: Grid) -> Values:
    """Their light and dark in a picture. The sign that somebody stands behind is there when they are gone, too."""
    return _without(picture[0][place][theirs], shot.empty[0][place][theirs])


def _share(integral: npt.NDArray[np.integer[Any] | np.floating[Any]], place: Place) -> float:
    rows, columns = place
    size = int((rows.stop - rows.start) * (columns.stop - columns.start))
    corners = integral[rows.stop, columns.stop] + integral[rows.start, columns.start]
    count = int(corners - integral[rows.start, columns.stop] - integral[rows.stop, columns.start])
    return count / max(1, size)


def _overlap(one: Label, other: Label) -> float:
    """Intersection over union."""
    across = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    down = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    both = max(0.0, across) * max(0.0, down)
    return float(both / max(1e-9, one.width * one.height + other.width * other.height - both))
