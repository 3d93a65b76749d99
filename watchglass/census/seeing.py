"""What all cameras of a place see together: of its ground, its public space and its walking routes.

The place is cut into tiles. Each is worked on with the cameras that may see into it and the buildings that may hide something
in it, so memory is bounded, and twice the place takes twice the time.
"""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Self

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from watchglass.census.optics import STATED, Assumptions, Eyes, Indexes, Known, alone, filled, longest, sentences
from watchglass.census.plane import Plane
from watchglass.census.standing import OUT, Standing, standing
from watchglass.census.streets import Streets, streets
from watchglass.census.tiles import (
    PUBLIC,
    PUBLIC_SEEN,
    SEEN,
    SINGLES,
    WALKS,
    WALKS_SEEN,
    Measured,
    Tile,
    measured,
    packed,
    packed_streets,
)
from watchglass.census.values import Ground, Numbers, Shapes
from watchglass.census.viewshed import Obstacles, ragged, whole
from watchglass.census.working import shared

Report = Callable[[str, float, float], None]
"""Told what is being done, how much of it is done, and how much there is."""

SIDE = 500.0
"""Metres: a tile's side."""

Draw = tuple[Eyes, Numbers]
"""Cameras as they are taken to be, and heights of buildings likewise."""


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """The ground in metres of its plane. `heights` of buildings are NaN where nobody has said."""

    obstacles: Obstacles
    streets: Streets
    trees: tuple[shapely.STRtree, shapely.STRtree, shapely.STRtree]  # of ways, joints, open ground

    @classmethod
    def of(cls, ground: Ground, plane: Plane) -> Self:
        shapes, building = whole(plane.in_metres(ground.buildings))
        some = streets(ground, plane)
        trees = shapely.STRtree(some.ways), shapely.STRtree(some.joints), shapely.STRtree(some.open)
        return cls(Obstacles.of(shapes, ground.heights[building]), some, trees)

    def heights(self, taken: float) -> Numbers:
        """Heights of buildings, with one that stands in where nobody has said."""
        return np.where(np.isnan(self.obstacles.heights), taken, self.obstacles.heights)


@dataclasses.dataclass(frozen=True, slots=True)
class Seen:
    """What cameras see of an area. By band of `BANDS` where there are several; areas in m², walks in m.

    `singles` is the sum of what each sees alone, hindered by buildings, and `unit` what one of the stated defaults would
    see unhindered.
    """

    seen: tuple[float, ...]
    singles: float
    public: float
    public_seen: tuple[float, ...]
    walks: float
    walks_seen: tuple[float, ...]
    unit: float

    @classmethod
    def of(cls, sums: Numbers, unit: float) -> Self:
        """Of a row of sums (`tiles.COLUMNS`)."""
        bands = [tuple(float(one) for one in sums[columns]) for columns in (SEEN, PUBLIC_SEEN, WALKS_SEEN)]
        return cls(bands[0], float(sums[SINGLES]), float(sums[PUBLIC]), bands[1], float(sums[WALKS]), bands[2], unit)

    @property
    def effective(self) -> float:
        """What all see together, in cameras that see alone and unhindered."""
        return self.seen[0] / self.unit

    @property
    def public_shares(self) -> tuple[float, ...] | None:
        """Share of public space seen, by band; None where there is no public space."""
        return tuple(one / self.public for one in self.public_seen) if self.public else None

    @property
    def walks_shares(self) -> tuple[float, ...] | None:
        """Share of walking routes seen, by band; None where there are none."""
        return tuple(one / self.walks for one in self.walks_seen) if self.walks else None


@dataclasses.dataclass(frozen=True, slots=True)
class Tiling:
    """Squares of a plane that something is in: `cells` by column and row."""

    side: float
    cells: npt.NDArray[np.int64]

    def boxes(self) -> Numbers:
        """Bounds of the squares: x, y, x, y."""
        low = self.cells * self.side
        return np.concatenate([low, low + self.side], axis=1)

    def shapes(self) -> Shapes:
        """The same as polygons."""
        bounds = self.boxes()
        return np.asarray(shapely.box(bounds[:, 0], bounds[:, 1], bounds[:, 2], bounds[:, 3]), dtype=object)


@dataclasses.dataclass(frozen=True, slots=True)
class Rows:
    """Sums by tile and area: of which tile and of which area each is; `sums` by draw, row and column."""

    tile: Indexes
    area: Indexes
    sums: Numbers
    pieces: Shapes  # what is seen of each tile, if that was asked for


@dataclasses.dataclass(frozen=True, slots=True)
class Work:
    """How to go about it. `simplify`: metres within which pieces of what is seen are simplified; None: none are wanted."""

    processes: int = 1
    simplify: float | None = None
    side: float = SIDE
    tell: Report = lambda _what, _done, _total: None


@dataclasses.dataclass(frozen=True, slots=True)
class Scene:
    """A place with its cameras and areas, in one plane: what is measured once, and again for draws.

    `shut_in` is how many cameras were left out because they stand in a building that no way out was found of.
    """

    place: Place
    known: Known
    stand: Standing
    areas: Shapes
    tiling: Tiling
    assumed: Assumptions
    shut_in: int

    @classmethod
    def of(cls, place: Place, given: Known, areas: Shapes, assumed: Assumptions = STATED, side: float = SIDE) -> Self:
        """`areas` are polygons of the plane, valid, that may lie over each other."""
        stand = standing(given.x, given.y, place.obstacles, assumed.wall)
        there = dataclasses.replace(given, x=stand.x, y=stand.y)
        free, shut_in = np.flatnonzero(~stand.shut_in), int(stand.shut_in.sum())
        some = there.of(free)
        stand = Standing(*(getattr(stand, field.name)[free] for field in dataclasses.fields(stand)))
        return cls(place, some, stand, areas, _tiling(place, some, areas, assumed, side), assumed, shut_in)

    def assumptions(self) -> tuple[str, ...]:
        """What was taken for what nobody has said, and for how many; one sentence each."""
        hung, usual = int(self.stand.moved.sum()), self.place.streets.usual
        said = (
            (
                hung,
                f"Taken to hang {OUT:g} m out from the nearest wall: {hung:,} cameras that stand in or at a building.",
            ),
            (self.shut_in, f"Left out, since no way out of the buildings around was found: {self.shut_in:,} cameras."),
            (usual, f"Width of a way taken by its kind: {usual:,} of {len(self.place.streets.ways):,} ways."),
        )
        own = tuple(sentence for number, sentence in said if number)
        return (*sentences(self.known, self.place.obstacles.heights, self.assumed), *own)

    def stated(self) -> Draw:
        """Cameras and buildings with the stated defaults."""
        return filled(self.known, self.stand.away, self.assumed), self.place.heights(self.assumed.building)


def extent(some: Streets, given: Known, assumed: Assumptions = STATED) -> BaseGeometry:
    """A rectangle of the plane about all ways, open ground, and all that cameras may see: for who names no area."""
    far = longest(given, assumed)
    ends = np.concatenate(
        [
            np.stack([given.x - far, given.y - far, given.x + far, given.y + far], axis=1),
            shapely.bounds(some.ways),
            shapely.bounds(some.open),
        ]
    )
    return shapely.box(*ends[:, :2].min(axis=0), *ends[:, 2:].max(axis=0)) if len(ends) else shapely.Polygon()


def look(scene: Scene, work: Work = Work()) -> Rows:
    """What is seen with the stated defaults, tile by tile."""
    return measure(scene, np.arange(len(scene.tiling.cells)), [scene.stated()], work)


def measure(scene: Scene, tiles: Indexes, draws: Sequence[Draw], work: Work, what: str = "what cameras see") -> Rows:
    """What is seen in some tiles, for each draw."""
    rows: list[tuple[int, int, Numbers]] = []
    pieces: list[bytes] = []
    work.tell(what, 0, len(tiles))
    for done, one in enumerate(shared(measured, _tasks(scene, tiles, draws, work.simplify), work.processes), 1):
        rows.extend(_rows(one))
        if one.seen is not None:
            pieces.append(one.seen)
        work.tell(what, done, len(tiles))
    rows.sort(key=lambda row: row[:2])  # whichever process was first: sums come out the same to the last digit
    sums = np.stack([row[2] for row in rows], axis=1) if rows else np.zeros((len(draws), 0, WALKS_SEEN.stop))
    tile, area = (np.array([row[place] for row in rows], np.intp) for place in (0, 1))
    seen = np.asarray(shapely.from_wkb(np.array(sorted(pieces), dtype=object)), dtype=object)
    return Rows(tile, area, sums, seen)


def seen_by_area(scene: Scene, rows: Rows) -> tuple[Seen, ...]:
    """Of each area, all tiles together."""
    total = np.zeros((len(scene.areas), rows.sums.shape[2]))
    np.add.at(total, rows.area, rows.sums[0])
    unit = alone(scene.assumed)
    return tuple(Seen.of(one, unit) for one in total)


def _rows(one: Measured) -> list[tuple[int, int, Numbers]]:
    return [(one.number, area, one.sums[:, place]) for place, area in enumerate(one.regions)]


def _tasks(scene: Scene, tiles: Indexes, draws: Sequence[Draw], simplify: float | None) -> Iterator[Tile]:
    """Made one by one, as they are wanted."""
    bounds = scene.tiling.boxes()
    # Where cameras can see at any draw.
    reach = np.max([eyes.reaches[:, 0] for eyes, _ in draws], axis=0) * 1.001 if draws else np.zeros(0)
    x, y = scene.known.x, scene.known.y
    cameras = shapely.STRtree(shapely.box(x - reach, y - reach, x + reach, y + reach))
    areas = shapely.STRtree(scene.areas)
    shapely.prepare(scene.areas)
    some, place = scene.place.streets, scene.place
    for number in tiles:
        box = shapely.box(*bounds[number])
        near = np.sort(cameras.query(box))
        margin = float(reach[near].max()) if len(near) else 0.0
        around = shapely.box(*(bounds[number] + np.array([-margin, -margin, margin, margin])))
        built = np.sort(place.obstacles.tree.query(around))
        found = [
            np.sort(tree.query(box.buffer(_WIDEST) if not place_ else box)) for place_, tree in enumerate(place.trees)
        ]
        yield Tile(
            number=int(number),
            bounds=(bounds[number][0], bounds[number][1], bounds[number][2], bounds[number][3]),
            buildings=packed(place.obstacles.shapes[built]),
            ways=packed_streets(some.of(found[0], found[1], found[2])),
            draws=tuple((eyes.of(near), heights[built]) for eyes, heights in draws),
            regions=tuple(_regions(scene.areas, np.sort(areas.query(box)), box)),
            assumed=scene.assumed,
            simplify=simplify,
        )


_WIDEST = 30.0
"""Metres: half of the widest way that may reach into a tile beside which it lies."""


def _regions(areas: Shapes, near: Indexes, box: shapely.Polygon) -> Iterator[tuple[int, bytes | None]]:
    for number in near:
        if shapely.covers(areas[number], box):
            yield int(number), None
        elif not (part := shapely.intersection(areas[number], box)).is_empty and part.area > 0:
            yield int(number), shapely.to_wkb(part)


def _tiling(place: Place, given: Known, areas: Shapes, assumed: Assumptions, side: float) -> Tiling:
    """Tiles of the areas that something lies in, or that a camera may see into at any draw."""
    far = longest(given, assumed)
    bounds = np.concatenate(
        [
            np.stack([given.x - far, given.y - far, given.x + far, given.y + far], axis=1),
            shapely.bounds(place.streets.ways) + _WIDEST * np.array([-1, -1, 1, 1]),
            shapely.bounds(place.streets.open),
        ]
    )
    low, high = (np.floor(part / side).astype(np.int64) for part in (bounds[:, :2], bounds[:, 2:]))
    wide = high - low + 1
    nth, of = ragged(wide[:, 0] * wide[:, 1])
    cells = np.unique(low[of] + np.stack([nth % wide[of, 0], nth // wide[of, 0]], axis=1), axis=0)
    corners = cells * side
    boxes = shapely.box(corners[:, 0], corners[:, 1], corners[:, 0] + side, corners[:, 1] + side)
    within = np.unique(shapely.STRtree(areas).query(boxes, predicate="intersects")[0])
    return Tiling(side, cells[within])
