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
from watchglass.redact.light import BLACK, NO_COLOUR, light_of
from watchglass.redact.plate import Plate
from watchglass.redact.redactor import Scene

Floats = npt.NDArray[np.float32]

EVERY = 1.0
"""Seconds between two looks for signs."""

_JITTER = 1e-6
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
_SHARPEST, _SHARP = 0.9, 0.44  # of its outline; share of its step in brightness that lies between neighbours there
_SHADOW_SCORE, _THING_SCORE = 0.3, 0.6
_FOLLOWS, _DUSK = 600.0, 60.0  # seconds: the usual comes near to what is seen, and to its light, by two thirds
_UNLIKE_FOR = 60.0  # seconds after which a scene that is another is the usual
_DAY, _HOUR = 25 * 3600.0, 3600.0


@dataclasses.dataclass(slots=True)
class _Usual:
    """The scene as it is when nothing is the matter, and how sharp pictures of it are."""

    picture: Small
    exact: tuple[Floats, ...]  # its planes, before they are rounded
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
        # What has been another for a day: it is as usual from now on.
        self._old = np.zeros(plate.geometry.grid, np.bool_)

    def look(self, scene: Scene) -> SceneSigns | None:
        """Signs at the time of a scene; None if that is too soon after the last."""
        frozen = self._frozen(scene)  # of every frame: a sensor's noise may come again
        if scene.time - self._at < EVERY - _JITTER:
            return None
        self._at = scene.time
        y = scene.small.y
        brightness = float(np.clip((float(y.mean()) - BLACK) / 219, 0, 1))
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
        calm = covered < 0.3 and relative > 0.7 and shift < 0.02
        blobs = self._blobs(scene, self._usual) if calm else None
        if blobs is not None:
            self._calm_at = scene.time
            signs = dataclasses.replace(signs, blobs=blobs)
            self._keep_up(scene, self._usual, sharpness)
        elif scene.time - self._calm_at > (_UNLIKE_FOR if calm else _HOUR):
            self._usual = None
        return signs

    def _begin(self, scene: Scene) -> None:
        plate = self._plate
        if plate.ready:
            planes = [plane.copy() for plane in plate.picture.planes()]
            self._usual = _Usual(
                Small(*planes), tuple(one.astype(np.float32) for one in planes), plate.known.copy(), None
            )
            self._calm_at = scene.time
            self._since[:], self._last[:], self._old[:] = np.inf, -np.inf, False

    def _keep_up(self, scene: Scene, usual: _Usual, sharpness: float | None) -> None:
        """Follow the plate, slowly, where nothing is the matter and the plate is right, in the light that the usual has; and that
        light as a whole, as dusk falls.

        It is no patchwork of lights: of one cell in the sun and the next in the shade, things would seem to have gone.
        """
        plate = self._plate
        light = light_of(usual.picture, usual.known, plate.picture)
        there, cells = light.off(plate.picture), plate.known & ~scene.strange & np.isinf(self._since)
        new = cells & (~usual.known | self._old)
        apart = with_at_least(differing(usual.picture, there, _LUMA, _CHROMA), _PIXELS)
        same = cells & ~new & (~apart | plate.restless)
        for mine, plane in zip(usual.exact, there.planes(), strict=True):
            mine[_over(new, plane)] = plane[_over(new, plane)]
            where = _over(same, plane)
            mine[where] += (plane[where] - mine[where]) * (EVERY / _FOLLOWS)
        for mine, lit in zip(usual.exact, light.overall(usual.exact), strict=True):
            mine[...] += (lit - mine) * (EVERY / _DUSK)
        usual.picture = Small(*(np.clip(np.rint(plane), 0, 255).astype(np.uint8) for plane in usual.exact))
        usual.known |= new
        self._old[:] = False
        if sharpness is not None and usual.sharpness is not None:
            usual.sharpness += 0.02 * (sharpness - usual.sharpness)

    def _frozen(self, scene: Scene) -> float:
        y = scene.frame.y
        if self._before is None or self._before.shape != y.shape or not np.array_equal(self._before, y):
            self._before, self._same_since = y, scene.time
        return scene.time - self._same_since

    def _blobs(self, scene: Scene, usual: _Usual) -> tuple[StillBlob, ...] | None:
        """Pieces that keep still and are not as usual; None where nearly all is another, as after snow or by lamps at night."""
        plate, now, time = self._plate, scene.small, scene.time
        lit = light_of(usual.picture, usual.known, now).on(usual.picture)
        unlike = with_at_least(differing(lit, now, _LUMA, _CHROMA), _PIXELS) & usual.known & ~plate.restless
        if unlike.mean() > _MOST_UNLIKE:
            return None
        piece = unlike & ~plate.changing(time, _STILL)
        self._last[piece] = time
        self._since[piece & np.isinf(self._since)] = time
        self._old |= time - self._since > _DAY
        self._since[self._old | (time - self._last > _HIDDEN)] = np.inf
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


def _over(cells: Grid, plane: Plane) -> Grid:
    """Cells as pixels of a plane."""
    size = (plane.shape[1], plane.shape[0])
    return cv2.resize(cells.view(np.uint8), size, interpolation=cv2.INTER_NEAREST).astype(np.bool_)


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


def _what(cells: Grid, usual: Small, now: Small) -> tuple[BlobKind, float]:
    """Whether a piece has come or gone, by where there is an outline; and how sure it is that it is a thing."""
    inside = mask(cells)
    outline = cv2.morphologyEx(inside, cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8)).astype(np.bool_)
    here, then = (_relief(y)[outline].astype(np.float32) for y in (now.y, usual.y))
    inner = cv2.erode(inside, np.ones((2 * CELL + 1, 2 * CELL + 1), np.uint8))  # without cells that lie in it in part
    where = (inner if inner.any() else inside).astype(np.bool_)
    one, other = float(here.mean()), float(then.mean())
    kind = BlobKind.LEFT if one >= other else BlobKind.TAKEN
    gained = here - then if kind is BlobKind.LEFT else then - here
    if _is_shade(usual, now, where, inside.astype(np.bool_)) or not _is_sharp(gained, usual.y, now.y, where):
        return kind, _SHADOW_SCORE
    return kind, _THING_SCORE + (1 - _THING_SCORE) * abs(one - other) / max(one + other, 1.0)


def _is_sharp(gained: Floats, usual: Plane, now: Plane, where: Grid) -> bool:
    """Whether some of its outline is as sharp as what stands in the scene has it. What sits on the lens is out of focus, and most
    shade has no edge.
    """
    step = float(np.abs(now.astype(np.float32) - usual)[where].mean())
    return float(np.quantile(gained, _SHARPEST)) >= _SHARP * step


def _is_shade(usual: Small, now: Small, where: Grid, inside: Grid) -> bool:
    """Whether there is what is always there, in another light."""
    ratio = _ratio(now.y, usual.y)
    colour = max(
        float(abs((plane[where] - NO_COLOUR - (other[where] - NO_COLOUR) * ratio[where]).mean()))
        for plane, other in ((now.u, usual.u), (now.v, usual.v))
    )
    return colour < _GREY and (_even(ratio, where) or _same_texture(now.y, usual.y, inside))


def _ratio(now: Plane, usual: Plane) -> Floats:
    """How much brighter each pixel is than usual. Far below black there is noise alone."""
    lit, ground = (np.maximum(y.astype(np.float32) - BLACK + 8, 1.0) for y in (now, usual))
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
