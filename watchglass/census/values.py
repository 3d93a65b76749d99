"""What the parts of the census hand to one another: cameras, places, the ground, and figures with their intervals.

Places on the earth are WGS 84 degrees (longitude, latitude). Lengths are metres, areas square kilometres where the
name says so and else square metres, directions degrees clockwise from north.
"""

import dataclasses
import enum
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from shapely.geometry.base import BaseGeometry

Shapes = npt.NDArray[np.object_]
"""An array of shapely geometries."""
Numbers = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True, slots=True)
class Remark:
    """Something in an input that is not as it should be. Every one is counted, and shown with its place.

    `where` is a line ("line 7") or an object ("node/123"). `dropped` says whether the thing could not be used at all;
    else only `what` was left out of it. `kind` groups remarks for a summary: "direction", "double", "building".
    """

    source: str
    where: str
    what: str
    dropped: bool
    kind: str = ""


class Mount(enum.StrEnum):
    """How a camera looks around (OpenStreetMap's `camera:type`)."""

    FIXED = "fixed"
    PANNING = "panning"
    DOME = "dome"


class Setting(enum.StrEnum):
    """What a camera watches (OpenStreetMap's `surveillance`)."""

    PUBLIC = "public"
    OUTDOOR = "outdoor"
    INDOOR = "indoor"


@dataclasses.dataclass(frozen=True, slots=True)
class View:
    """Directions that a camera looks in: from `start` clockwise to `end`, both 0 to 360; equal where only the middle is known."""

    start: float
    end: float


@dataclasses.dataclass(frozen=True, slots=True)
class Camera:
    """A camera on the map. None means that nobody has said.

    `owned`, `signed` and `purpose` say whether somebody has named an owner, a sign and a purpose; the owner's name is not
    kept, for it can be a person's. `angle` is the horizontal angle of view in degrees, `height` of the lens above
    the ground, `pixels` the width of the picture, `tilt` degrees below the horizon.
    """

    id: str  # "node/123", "line 7"
    source: str
    longitude: float
    latitude: float
    mount: Mount | None = None
    views: tuple[View, ...] = ()
    angle: float | None = None
    height: float | None = None
    tilt: float | None = None
    pixels: int | None = None
    setting: Setting | None = None
    zone: str | None = None  # OpenStreetMap's `surveillance:zone`: town, traffic, shop
    purpose: str | None = None
    owned: bool = False
    signed: bool | None = None
    on_wall: bool | None = None  # `camera:mount`
    count: int = 1  # a register's line can stand for several at one place


@dataclasses.dataclass(frozen=True, slots=True)
class Area:
    """A place to count cameras in. `km2` is what a table says; where there is a boundary it is measured instead.

    `cameras` is what a table says there are, for areas that come with no camera's place. `indices` are further columns by
    name: crime, safety.
    """

    name: str
    boundary: BaseGeometry | None = None  # degrees
    population: int | None = None
    km2: float | None = None
    street_km: float | None = None
    cameras: int | None = None
    indices: Mapping[str, float] = dataclasses.field(default_factory=dict)
    level: int | None = None  # OpenStreetMap's `admin_level`: a city and its districts hold the same cameras


@dataclasses.dataclass(frozen=True, slots=True)
class Ground:
    """What stands and lies in a place, in degrees. Arrays of one group are of equal length.

    `heights` is NaN where nobody has said. `ways` are lines that vehicles or people go along, with `widths` (NaN: not said),
    `kinds` (OpenStreetMap's `highway`), and `walkable`. `open` are polygons open to all: parks, squares, pedestrian areas.
    """

    buildings: Shapes
    heights: Numbers
    ways: Shapes
    kinds: npt.NDArray[np.str_]
    widths: Numbers
    walkable: npt.NDArray[np.bool_]
    open: Shapes

    @classmethod
    def together(cls, several: Sequence["Ground"]) -> "Ground":
        """Of several maps, at least one, beside each other."""
        names = [field.name for field in dataclasses.fields(cls)]
        return cls(*(np.concatenate([getattr(one, name) for one in several]) for name in names))


@dataclasses.dataclass(frozen=True, slots=True)
class Read:
    """All that was read of one input. `boundaries` are named areas that the map has itself."""

    cameras: tuple[Camera, ...] = ()
    ground: Ground | None = None
    boundaries: tuple[Area, ...] = ()
    remarks: tuple[Remark, ...] = ()
    objects: int = 0  # how many cameras (rows, nodes, features) there were in it, dropped ones among them


@dataclasses.dataclass(frozen=True, slots=True)
class Figure:
    """A number with what is known of its uncertainty: `low` and `high` are None where nothing is.

    `how` says in a few words what the interval is: "95 %, bootstrap over 214 cells", "all of 20 draws of missing tags".
    """

    value: float
    low: float | None = None
    high: float | None = None
    how: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Measures:
    """How watched one area is. A figure that cannot be had (no population, no ground) is left out of `figures`.

    The names of figures are those of `FIGURES`, in whose order they are shown. `seen` has, for each band of pixels per
    metre, figures of the same names with the band: "public-seen-125".
    """

    area: str
    population: int | None
    km2: float | None
    figures: Mapping[str, Figure]
    indices: Mapping[str, float] = dataclasses.field(default_factory=dict)


BANDS = (20, 40, 80, 125, 250)
"""Pixels per metre from which on a picture gives an overview, an outline, discerns, perceives, characterises a person
(IEC 62676-4:2025). "Seen" without a number means the first."""

FIGURES: Mapping[str, str] = {
    "cameras": "cameras on the map",
    "per-1000": "cameras per 1,000 people",
    "per-100": "cameras per 100 people",
    "per-km2": "cameras per km²",
    "per-street-km": "cameras per km of street",
    "effective": "effective cameras: what they see together, in cameras that see alone and unhindered",
    "effective-per-1000": "effective cameras per 1,000 people",
    "public-seen": "share of public space that is seen",
    **{f"public-seen-{band}": f"share of public space seen at {band} px/m and more" for band in BANDS[1:]},
    "walks-seen": "share of walking routes that is seen",
    **{f"walks-seen-{band}": f"share of walking routes seen at {band} px/m and more" for band in BANDS[1:]},
    "owned": "share of cameras with an owner named",
    "purposed": "share of cameras with a purpose named",
    "signed": "share of cameras with a sign",
    "all": "cameras that there are, on either map or on none (capture and recapture)",
    "rank-per-1000": "rank by cameras per 1,000 people",
}
"""Every figure there is, and what it is in words."""


@dataclasses.dataclass(frozen=True, slots=True)
class Census:
    """A whole census: what was measured where, of what, and what was wrong with the inputs.

    `assumptions` are the stated defaults that stood in for missing tags, one sentence each; `inputs` the names of files.
    """

    made: str  # ISO 8601, UTC
    inputs: tuple[str, ...]
    areas: tuple[Measures, ...]
    assumptions: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()
    notes: tuple[str, ...] = ()  # what may and may not be concluded, in plain words
