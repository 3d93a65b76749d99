"""Signs of the scene for rules: is the camera covered, dark, out of focus, moved, frozen; what stands still that was not there.

All of it beside the *usual*: the empty scene as the plate knew it before whatever is strange now. The plate takes in what stays
(a bag, a hand before the lens); the usual does not, for a day and for an hour. Once a second, on the small picture. Numbers
alone come out, no picture.
"""

import dataclasses

import cv2
import numpy as np
import numpy.typing as npt

from watchglass.model.frame import Plane
from watchglass.model.look import BlobKind, SceneSigns, StillBlob
from watchglass.redact.cells import CELL, Grid, Small, differing, mask, with_at_least
from watchglass.redact.plate import Plate
from watchglass.redact.redactor import Scene

Floats = npt.NDArray[np.float32]

EVERY = 1.0
"""Seconds between two looks for signs."""

_JITTER = 1e-6
_BLACK = 16  # luma of limited range
_LUMA, _CHROMA, _PIXELS = 16, 9, 4  # levels, and pixels of a cell, by which it is another
_TEXTURE = 8.0  # levels between a pixel's brightest and darkest neighbours, from which on there is texture
_LOST = 0.35  # share of its texture under which a place has lost it
_LEAST_TEXTURED = 0.03  # of the picture: a wall that is blank anyway tells nothing
_FLAT = 1.0  # levels of coarse detail under which sharpness cannot be told
_FOUND = 0.10  # response of the correlation from which on a shift is one
_ANOTHER = 0.2  # likeness of two pictures' textures under which they show other scenes
_STILL = 2.0  # seconds
_HIDDEN = 10.0  # seconds for which a thing may be hidden and is the same thing
_SMALLEST, _LARGEST = 4, 0.25  # cells; share of the picture
_MOST_UNLIKE = 0.4  # share of the picture: then it is the scene that is another
_SHADOW, _GREY = 0.15, 5.0  # a shadow darkens evenly, and colours as much as grey: but for so many levels
_NEAR, _FINE = 9, 7  # pixels about another within which light is even, and detail fine
_SAME = 0.85  # likeness of fine detail from which on it is the same surface in another light
_NO_COLOUR = 128.0  # of U and V
_MOST, _SPREAD = 0.7, 8.0  # share of the cells that say what the light is; levels by which they must differ for a veil
_SHADOW_SCORE, _THING_SCORE = 0.3, 0.6
_DAY, _HOUR = 25 * 3600.0, 3600.0


@dataclasses.dataclass(slots=True)
class _Usual:
    """The scene as it is when nothing is the matter, and how sharp pictures of it are."""

    picture: Small
    known: Grid
    sharpness: float | None


class SceneWatch:
    """One stream's signs. Used from one thread; times are seconds of media time."""

    def __init__(self, plate: Plate) -> None:
        self._plate = plate
        self._at = self._calm_at = float("-inf")
        self._usual: _Usual | None = None
        self._before: Plane | None = None  # luma of the last frame, and since when it has been that
        self._same_since = 0.0
        self._since = np.full(plate.geometry.grid, np.inf)  # of what is not as usual and still
        self._last = np.full(plate.geometry.grid, -np.inf)

    def look(self, scene: Scene) -> SceneSigns | None:
        """Signs at the time of a scene; None if that is too soon after the last."""
        frozen = self._frozen(scene)  # of every frame: a sensor's noise may come again
        if scene.time - self._at < EVERY - _JITTER:
            return None
        self._at = scene.time
        y = scene.small.y
        brightness = float(np.clip((float(y.mean()) - _BLACK) / 219, 0, 1))
        signs = SceneSigns(brightness=brightness, frozen=frozen)
        if self._usual is None:
            self._begin(scene)
            return signs
        covered = _covered(self._usual, y)
        sharpness = _sharpness(y)
        if sharpness is not None and self._usual.sharpness is None:
            self._usual.sharpness = sharpness
        relative = 1.0
        if sharpness is not None and self._usual.sharpness is not None:
            relative = sharpness / self._usual.sharpness
        shift = 0.0 if covered > 0.5 else _shift(self._usual.picture.y, y)
        signs = dataclasses.replace(signs, covered=covered, sharpness=relative, shift=shift)
        if covered < 0.3 and relative > 0.7 and shift < 0.02:
            self._calm_at = scene.time
            signs = dataclasses.replace(signs, blobs=self._blobs(scene, self._usual))
            self._keep_up(scene, self._usual, sharpness)
        elif scene.time - self._calm_at > _HOUR:
            self._usual = None
        return signs

    def _begin(self, scene: Scene) -> None:
        plate = self._plate
        if plate.ready:
            planes = (plane.copy() for plane in plate.picture.planes())
            self._usual = _Usual(Small(*planes), plate.known.copy(), None)
            self._calm_at = scene.time
            self._since[:], self._last[:] = np.inf, -np.inf

    def _keep_up(self, scene: Scene, usual: _Usual, sharpness: float | None) -> None:
        """Follow the plate wherever nothing is the matter, and the plate is right."""
        cells = self._plate.known & ~scene.strange & np.isinf(self._since)
        where = mask(cells)
        for mine, plane in zip(usual.picture.planes(), self._plate.picture.planes(), strict=True):
            cv2.copyTo(plane, where, mine)
        usual.known |= cells
        if sharpness is not None and usual.sharpness is not None:
            usual.sharpness += 0.02 * (sharpness - usual.sharpness)

    def _frozen(self, scene: Scene) -> float:
        y = scene.frame.y
        if self._before is None or self._before.shape != y.shape or not np.array_equal(self._before, y):
            self._before, self._same_since = y, scene.time
        return scene.time - self._same_since

    def _blobs(self, scene: Scene, usual: _Usual) -> tuple[StillBlob, ...]:
        plate, now, time = self._plate, scene.small, scene.time
        lit = _lit(usual, now)
        unlike = with_at_least(differing(lit, now, _LUMA, _CHROMA), _PIXELS) & usual.known & ~plate.restless
        if unlike.mean() > _MOST_UNLIKE:
            return ()
        piece = unlike & ~plate.changing(time, _STILL)
        self._last[piece] = time
        self._since[piece & np.isinf(self._since)] = time
        over = (time - self._last > _HIDDEN) | (time - self._since > _DAY)
        self._since[over] = np.inf
        piece &= np.isfinite(self._since)
        count, names, stats, _ = cv2.connectedComponentsWithStats(piece.view(np.uint8), connectivity=8)
        found = []
        for name in range(1, count):
            left, top, width, height, area = stats[name].tolist()
            if _SMALLEST <= area <= _LARGEST * piece.size:
                box = plate.geometry.box(slice(top, top + height), slice(left, left + width))
                cells = names == name
                kind, score = _what(cells, lit, now)
                found.append(StillBlob(box, float(np.median(self._since[cells])), score, kind))
        return tuple(found)


def _relief(y: Plane) -> Plane:
    """How many levels lie between the brightest and the darkest neighbour of each pixel."""
    square = np.ones((3, 3), np.uint8)
    return cv2.morphologyEx(y, cv2.MORPH_GRADIENT, square).astype(np.uint8, copy=False)


def _blocks(relief: Plane, side: int = 8) -> Floats:
    """Means over squares of pixels."""
    size = (max(1, relief.shape[1] // side), max(1, relief.shape[0] // side))
    return cv2.resize(relief.astype(np.float32), size, interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)


def _covered(usual: _Usual, y: Plane) -> float:
    """Of what has texture usually, the share that has none now. Coarse texture: a picture out of focus has some left."""
    then, now = (_blocks(_relief(_quarter(one)), 2) for one in (usual.picture.y, y))
    textured = then >= _TEXTURE
    if textured.mean() < _LEAST_TEXTURED:
        return 0.0
    return float((now < _LOST * then)[textured].mean())


def _quarter(y: Plane) -> Plane:
    size = (y.shape[1] // 4, y.shape[0] // 4)
    return cv2.resize(y, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def _sharpness(y: Plane) -> float | None:
    """Fine detail beside coarse, whatever the contrast; None where there is neither."""
    picture = y.astype(np.float32)
    fine, middle, coarse = (cv2.blur(picture, (side, side)) for side in (3, 7, 21))
    level = float(np.abs(middle - coarse).mean())
    return None if level < _FLAT else float(np.abs(fine - middle).mean()) / level


def _shift(usual: Plane, y: Plane) -> float:
    """By how much of the picture's width the scene lies elsewhere; 1 where it is another scene."""
    size = (y.shape[1] // 2, y.shape[0] // 2)
    then, now = (cv2.resize(_relief(one), size, interpolation=cv2.INTER_AREA).astype(np.float32) for one in (usual, y))
    window = cv2.createHanningWindow(size, cv2.CV_32F)
    (across, down), response = cv2.phaseCorrelate(then, now, window)
    if response >= _FOUND:
        return float(np.hypot(across, down) / size[0])
    one, other = _blocks(_relief(usual)).ravel(), _blocks(_relief(y)).ravel()
    if min(one.std(), other.std()) < _FLAT:
        return 0.0
    return 1.0 if float(np.corrcoef(one, other)[0, 1]) < _ANOTHER else 0.0


def _lit(usual: _Usual, now: Small) -> Small:
    """The usual in the light of the moment: brighter or darker, and behind a veil of rain or haze."""
    rows, columns = usual.known.shape
    then, there = (
        cv2.resize(plane, (columns, rows), interpolation=cv2.INTER_AREA)[usual.known].astype(np.float32) - _BLACK
        for plane in (usual.picture.y, now.y)
    )
    light, veil = _light(then, there)
    luma = cv2.convertScaleAbs(usual.picture.y, alpha=light, beta=_BLACK * (1 - light) + veil)
    u, v = (
        cv2.convertScaleAbs(plane, alpha=light, beta=_NO_COLOUR * (1 - light))
        for plane in (usual.picture.u, usual.picture.v)
    )
    return Small(*(plane.astype(np.uint8, copy=False) for plane in (luma, u, v)))


def _light(then: Floats, there: Floats) -> tuple[float, float]:
    """How much brighter cells are than usual, and by how many levels even black ones are, as most of them have it."""
    bright = then > 10
    if not bright.any():
        return 1.0, 0.0
    light = _bounded(float(np.median(there[bright] / then[bright])))
    off = np.abs(there - light * then)
    most = off <= np.quantile(off, _MOST)
    spread = float(then[most].std())
    if spread < _SPREAD:  # a scene of one brightness: a veil and a light are the same there
        return light, 0.0
    light = _bounded(float(np.cov(then[most], there[most])[0, 1]) / spread**2)
    return light, float(np.median(there[most] - light * then[most]))


def _bounded(light: float) -> float:
    return min(1.6, max(1 / 1.6, light))


def _what(cells: Grid, usual: Small, now: Small) -> tuple[BlobKind, float]:
    """Whether a piece has come or gone, by where there is an outline; and how sure it is that it is no shadow."""
    inside = mask(cells)
    outline = cv2.morphologyEx(inside, cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8)).astype(np.bool_)
    here, then = float(_relief(now.y)[outline].mean()), float(_relief(usual.y)[outline].mean())
    kind = BlobKind.LEFT if here >= then else BlobKind.TAKEN
    inner = cv2.erode(inside, np.ones((2 * CELL + 1, 2 * CELL + 1), np.uint8))  # without cells that lie in it in part
    where = (inner if inner.any() else inside).astype(np.bool_)
    ratio = _ratio(now.y, usual.y)
    colour = max(
        float(abs((plane[where] - _NO_COLOUR - (other[where] - _NO_COLOUR) * ratio[where]).mean()))
        for plane, other in ((now.u, usual.u), (now.v, usual.v))
    )
    if colour < _GREY and (_even(ratio, where) or _same_texture(now.y, usual.y, inside.astype(np.bool_))):
        return kind, _SHADOW_SCORE
    return kind, _THING_SCORE + (1 - _THING_SCORE) * abs(here - then) / max(here + then, 1.0)


def _ratio(now: Plane, usual: Plane) -> Floats:
    """How much brighter each pixel is than usual. Far below black there is noise alone."""
    lit, ground = (np.maximum(y.astype(np.float32) - _BLACK + 8, 1.0) for y in (now, usual))
    ratio: Floats = (lit / ground).astype(np.float32, copy=False)
    return ratio


def _even(ratio: Floats, where: Grid) -> bool:
    """Whether it is the same from pixel to pixel. From one end to the other it may change: few shadows have an edge."""
    near = cv2.blur(ratio, (_NEAR, _NEAR))[where]
    return float((ratio[where] - near).std()) < _SHADOW * max(float(near.mean()), 0.1)


def _same_texture(now: Plane, usual: Plane, where: Grid) -> bool:
    """Whether fine detail is what it was, however bright: what is seen there is what is always there."""
    one, other = (y.astype(np.float32) for y in (now, usual))
    one, other = ((y - cv2.blur(y, (_FINE, _FINE)))[where] for y in (one, other))
    energy = float(np.sqrt((one**2).sum() * (other**2).sum()))
    return energy > 0 and float((one * other).sum()) >= _SAME * energy
