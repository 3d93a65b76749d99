"""What the store keeps: segments, gaps, and spans of time in which a view was covered whole."""

import dataclasses
import enum

from watchglass.base.clock import WallUs


class SegmentState(enum.StrEnum):
    """`open`: readable up to its last whole fragment. `closed`: whole, fsynced, hashed. `garbage`: to be unlinked."""

    OPEN = "open"
    CLOSED = "closed"
    GARBAGE = "garbage"


class GapCause(enum.StrEnum):
    """Why a second that should have been kept was not."""

    CAMERA = "camera"
    NETWORK = "network"
    DISK = "disk"
    US = "us"
    OFF = "off"


@dataclasses.dataclass(frozen=True, slots=True)
class Segment:
    """One file of a view at rest. `run` is the same for all segments that play on without a break."""

    id: int
    camera: int
    run: str
    state: SegmentState
    start: WallUs
    end: WallUs
    path: str
    size: int
    sha256: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Gap:
    """Time in which a camera's view should have been kept and was not; `end` None while it lasts."""

    id: int
    camera: int
    start: WallUs
    end: WallUs | None
    cause: GapCause
    detail: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class CoveredSpan:
    """Time in which a camera's view was kept but covered whole; `end` None while it lasts."""

    id: int
    camera: int
    start: WallUs
    end: WallUs | None
    reason: str


@dataclasses.dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in to the console."""

    id: int
    name: str
