"""What detection and tracking say of a frame. Boxes are pixels of the watched stream, `xyxy`."""

import dataclasses
import enum


class ObjectClass(enum.StrEnum):
    """What something is, as far as a rule may ask for it. In a view fewer classes are told apart: see `drawn`."""

    PERSON = "person"
    BICYCLE = "bicycle"
    MOTORCYCLE = "motorcycle"
    CAR = "car"
    BUS = "bus"
    TRUCK = "truck"
    VEHICLE = "vehicle"
    """Any other."""
    ANIMAL = "animal"
    BAG = "bag"
    THING = "thing"
    """Any other."""
    MOVING = "moving thing"
    """What moves and was not called anything: from high above a car may look like whatever the model knows."""
    UNKNOWN = "unknown"
    """A change of the scene: drawn, never followed."""

    @property
    def drawn(self) -> "ObjectClass":
        """The class in whose colour it is drawn (rule R1): person, vehicle, animal, thing or unknown."""
        if self in VEHICLES:
            return ObjectClass.VEHICLE
        return {ObjectClass.BAG: ObjectClass.THING, ObjectClass.MOVING: ObjectClass.UNKNOWN}.get(self, self)


VEHICLES = frozenset(
    {
        ObjectClass.BICYCLE,
        ObjectClass.MOTORCYCLE,
        ObjectClass.CAR,
        ObjectClass.BUS,
        ObjectClass.TRUCK,
        ObjectClass.VEHICLE,
    }
)
DRAWN = tuple(one for one in ObjectClass if one.drawn is one)
"""The classes that are told apart in a view and in counts."""


@dataclasses.dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels: left, top, right, bottom; right and bottom are one past the last pixel."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def area(self) -> float:
        return max(0.0, self.width) * max(0.0, self.height)

    def overlap(self, other: "Box") -> float:
        """Intersection over union, 0 to 1."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        shared = max(0.0, width) * max(0.0, height)
        union = self.area + other.area - shared
        return shared / union if union > 0 else 0.0

    def moved(self, across: float, down: float) -> "Box":
        return Box(self.left + across, self.top + down, self.right + across, self.bottom + down)

    def clipped(self, width: float, height: float) -> "Box":
        """The part of it that lies in a picture of this size; without area where none does."""
        return Box(max(0.0, self.left), max(0.0, self.top), min(width, self.right), min(height, self.bottom))

    def scaled(self, factor_x: float, factor_y: float) -> "Box":
        """The same place in a picture of another size."""
        return Box(self.left * factor_x, self.top * factor_y, self.right * factor_x, self.bottom * factor_y)


@dataclasses.dataclass(frozen=True, slots=True)
class Detection:
    """One box, label and score (0..1) on one frame. It has no identity."""

    box: Box
    label: ObjectClass
    score: float


@dataclasses.dataclass(frozen=True, slots=True)
class Track:
    """One object over the frames of one stream. `number` is random and means nothing outside this camera (R10).

    `missed` is the media time in seconds since a detection last supported it; the box is predicted meanwhile.
    """

    number: int
    box: Box
    label: ObjectClass
    score: float
    missed: float
