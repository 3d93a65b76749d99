"""A whole census of its parts: cameras put into areas, counted, rated, looked through, ranked and held against other figures."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from watchglass.census.correlation import NO_CAUSE, Conclusion, conclude
from watchglass.census.optics import known
from watchglass.census.plane import Plane, groups
from watchglass.census.ranks import with_ranks
from watchglass.census.rates import Rated, rate
from watchglass.census.reading import Assigned, assign
from watchglass.census.recapture import Recaptured, recapture
from watchglass.census.sample import CAMERAS, DRAWS, figures, ranges
from watchglass.census.seeing import Place, Scene, Work, extent, look, seen_by_area
from watchglass.census.streets import STREETS_WORDS, streets, streets_km
from watchglass.census.values import Area, Camera, Census, Figure, Ground, Remark, Shapes

Report = Callable[[str, float, float], None]
"""Told what is being done, how much of it is done, and how much there is."""

_AROUND = (
    0.01  # degrees about an area in which cameras and buildings matter to it: over 600 m as far north as people live
)
_SIMPLE = 1.0  # metres within which what is seen is drawn


@dataclasses.dataclass(frozen=True, slots=True)
class Given:
    """What a census is made of. `second` are the cameras of another source of the same place, None where there is none."""

    inputs: tuple[str, ...]
    cameras: Sequence[Camera]
    areas: Sequence[Area] = ()
    ground: Ground | None = None
    second: Sequence[Camera] | None = None
    remarks: Sequence[Remark] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class How:
    """How to go about it: without `look` nothing is said of what cameras see; without `draws` no range over missing tags."""

    look: bool = True
    draws: int = DRAWS
    sample: int = CAMERAS
    processes: int = 1
    seed: int = 1
    tell: Report = lambda _what, _done, _total: None


@dataclasses.dataclass(frozen=True, slots=True)
class Found:
    """A census, and what a report shows beside it. `seen` is the ground that is seen, in degrees; `recaptured` by area."""

    census: Census
    areas: tuple[Area, ...]
    seen: BaseGeometry | None
    conclusions: tuple[Conclusion, ...]
    recaptured: tuple[tuple[str, Recaptured], ...]


@dataclasses.dataclass(frozen=True, slots=True)
class _Looked:
    """What cameras see, by the area's number."""

    figures: Mapping[int, Mapping[str, Figure]]
    seen: tuple[BaseGeometry, ...] = ()
    assumptions: tuple[str, ...] = ()


def measure(given: Given, made: str, how: How = How()) -> Found:
    """All figures of all areas. `made` is when, ISO 8601, UTC. Who names no area gets one: a rectangle about all there is."""
    areas, assumed = _areas(given)
    areas, taken = _with_streets(areas, given.ground)
    assumed = (*assumed, *taken)
    inside = assign(given.cameras, areas)
    rated = [
        rate(area, [given.cameras[number] for number in numbers], how.seed)
        for area, numbers in zip(areas, inside.inside, strict=True)
    ]
    looked = _look(given, areas, given.ground, how) if how.look and given.ground is not None else _Looked({})
    rated = [
        _with(one, {**looked.figures.get(number, {}), **_per_head(one, looked.figures.get(number, {}))})
        for number, one in enumerate(rated)
    ]
    recaptured, further = _recaptured(given, areas, inside)
    rated = [
        _with(one, {"all": again.all} if again and again.all else {})
        for one, again in zip(rated, recaptured, strict=True)
    ]
    measures = with_ranks(rated)
    conclusions = conclude(measures, how.seed)
    told = tuple((area.name, again) for area, again in zip(areas, recaptured, strict=True) if again)
    census = Census(
        made,
        given.inputs,
        measures,
        (*assumed, *looked.assumptions),
        (*given.remarks, *inside.remarks, *further),
        _notes(conclusions, told),
    )
    seen = shapely.union_all(np.array(looked.seen, dtype=object)) if looked.seen else None
    return Found(census, tuple(areas), seen, conclusions, told)


def _areas(given: Given) -> tuple[Sequence[Area], tuple[str, ...]]:
    """Those that were named; else one about everything, and a sentence that says so."""
    if given.areas:
        return given.areas, ()
    name = "all of it"
    at = [(one.longitude, one.latitude) for one in given.cameras]
    places = np.array([*given.ground.ways, *given.ground.open] if given.ground else [], dtype=object)
    if not at and not len(places):
        return (Area(name, cameras=0),), ("No area was named, and there is nothing to draw one about.",)
    if given.ground is not None and len(places):
        plane = _plane(given.cameras, given.ground)
        about = extent(streets(given.ground, plane), known(given.cameras, plane))
        boundary = plane.in_degrees(np.array([about], dtype=object))[0]
    else:
        # A hundredth of a degree about them: a lone camera's place has no area either.
        boundary = shapely.box(*shapely.bounds(shapely.multipoints(at))).buffer(_AROUND, join_style="mitre")
    return (Area(name, boundary),), ("No area was named: figures are for a rectangle about all that is on the map.",)


def _with_streets(areas: Sequence[Area], ground: Ground | None) -> tuple[Sequence[Area], tuple[str, ...]]:
    """How much street the map has in each area of which no table says it, and a sentence on what counts as one."""
    numbers = [at for at, area in enumerate(areas) if area.boundary is not None and area.street_km is None]
    if ground is None or not numbers:
        return areas, ()
    lengths = streets_km(ground, np.array([areas[at].boundary for at in numbers], dtype=object))
    if not lengths.any():
        return areas, ()
    found = list(areas)
    for at, length in zip(numbers, lengths.tolist(), strict=True):
        found[at] = dataclasses.replace(areas[at], street_km=length or None)
    return found, (STREETS_WORDS,)


def _plane(cameras: Sequence[Camera], ground: Ground) -> Plane:
    bounds = shapely.bounds(np.concatenate([ground.ways, ground.open]))
    longitudes = np.array([*(one.longitude for one in cameras), *bounds[:, 0], *bounds[:, 2]], float)
    latitudes = np.array([*(one.latitude for one in cameras), *bounds[:, 1], *bounds[:, 3]], float)
    return Plane.about(longitudes, latitudes)


def _with(one: Rated, more: Mapping[str, Figure]) -> Rated:
    merged = dataclasses.replace(one.measures, figures={**one.measures.figures, **more})
    return dataclasses.replace(one, measures=merged)


def _per_head(one: Rated, seen: Mapping[str, Figure]) -> dict[str, Figure]:
    """Effective cameras per 1,000 people, with the range that they have themselves."""
    whole, people = seen.get("effective"), one.measures.population
    if whole is None or not people:
        return {}
    low, high = (None if end is None else end / people * 1000 for end in (whole.low, whole.high))
    return {"effective-per-1000": Figure(whole.value / people * 1000, low, high, whole.how)}


def _look(given: Given, areas: Sequence[Area], ground: Ground, how: How) -> _Looked:
    """What is seen of each area that has a boundary; those that are near each other share a plane."""
    bounded = [number for number, area in enumerate(areas) if area.boundary is not None]
    if not bounded:
        return _Looked({})
    boundaries = np.array([areas[number].boundary for number in bounded], dtype=object)
    middles = shapely.get_coordinates(shapely.point_on_surface(boundaries))
    found: dict[int, Mapping[str, Figure]] = {}
    seen: list[BaseGeometry] = []
    assumptions: list[str] = []
    for group in groups(middles[:, 0], middles[:, 1]):
        own = _Group.of(given.cameras, ground, boundaries[group])
        ranged, pieces, said = own.measured(how)
        found |= dict(zip((bounded[place] for place in group), ranged, strict=True))
        seen += pieces
        assumptions += said
    return _Looked(found, tuple(seen), tuple(dict.fromkeys(assumptions)))


@dataclasses.dataclass(frozen=True, slots=True)
class _Group:
    """Areas that are near each other, with the cameras and the ground that matter to them. In degrees."""

    cameras: Sequence[Camera]
    ground: Ground
    boundaries: Shapes

    @classmethod
    def of(cls, cameras: Sequence[Camera], ground: Ground, boundaries: Shapes) -> "_Group":
        west, south, east, north = shapely.total_bounds(boundaries) + np.array([-1, -1, 1, 1]) * _AROUND
        near = [one for one in cameras if west <= one.longitude <= east and south <= one.latitude <= north]
        box = shapely.box(west, south, east, north)

        def there(shapes: Shapes) -> Shapes:
            return np.sort(shapely.STRtree(shapes).query(box)) if len(shapes) else np.zeros(0, np.intp)

        built, gone, opened = (there(shapes) for shapes in (ground.buildings, ground.ways, ground.open))
        part = Ground(
            ground.buildings[built],
            ground.heights[built],
            ground.ways[gone],
            ground.kinds[gone],
            ground.widths[gone],
            ground.walkable[gone],
            ground.open[opened],
        )
        return cls(near, part, boundaries)

    def measured(self, how: How) -> tuple[list[Mapping[str, Figure]], list[BaseGeometry], tuple[str, ...]]:
        """Figures of each area, pieces of what is seen, and what was assumed."""
        middles = shapely.get_coordinates(self.boundaries)
        plane = Plane.about(middles[:, 0], middles[:, 1])
        place = Place.of(self.ground, plane)
        flat = shapely.make_valid(plane.in_metres(self.boundaries))
        scene = Scene.of(place, known(self.cameras, plane), np.asarray(flat, dtype=object))
        work = Work(how.processes, _SIMPLE, tell=how.tell)
        rows = look(scene, work)
        over = ranges(scene, rows, work, how.draws, how.sample, how.seed) if how.draws else [None] * len(flat)
        ranged: list[Mapping[str, Figure]] = [
            figures(one, span) for one, span in zip(seen_by_area(scene, rows), over, strict=True)
        ]
        return ranged, [*plane.in_degrees(rows.pieces)], scene.assumptions()


def _recaptured(
    given: Given, areas: Sequence[Area], first: Assigned
) -> tuple[list[Recaptured | None], tuple[Remark, ...]]:
    """The estimate from two sources, for each area with a boundary."""
    if given.second is None:
        return [None] * len(areas), ()
    second = assign(given.second, areas)
    found: list[Recaptured | None] = []
    for area, ours, theirs in zip(areas, first.inside, second.inside, strict=True):
        some = [given.cameras[number] for number in ours]
        others = [given.second[number] for number in theirs]
        found.append(recapture(some, others) if area.boundary is not None else None)
    return found, second.remarks


def _notes(conclusions: Sequence[Conclusion], recaptured: Sequence[tuple[str, Recaptured]]) -> tuple[str, ...]:
    """What may and may not be concluded."""
    always = (
        "These are cameras that somebody has entered in a map or a register: a place where nobody looked has few. "
        "Figures of places are to be compared only where they were counted alike."
    )
    told = sum(one.pearson is not None for conclusion in conclusions for one in conclusion.correlations)
    # Of one index its own words say so.
    several = f"{told} coefficients were worked out in all: where nothing is behind them, one in twenty looks as if there were."
    return (
        always,
        *([several] if len(conclusions) > 1 and told > 1 else []),
        *(one.words.removesuffix(NO_CAUSE).rstrip() for one in conclusions),
        *([NO_CAUSE] if conclusions else []),
        *(f"{name}: {one.words}" for name, one in recaptured),
    )
