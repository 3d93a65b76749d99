"""What the store keeps: segments, gaps, spans of time in which a view was covered whole; what is held, and who said so."""

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


class Deletion(enum.StrEnum):
    """Why footage was deleted: older than it is kept, more than may be kept, no space, its camera removed, asked for; or
    its file was gone or could not be read when its writer had died.
    """

    AGE = "age"
    SIZE = "size"
    SPACE = "space"
    REMOVED = "camera removed"
    ASKED = "asked"
    LOST = "lost"


class Through(enum.StrEnum):
    """Where somebody did something: signed in to the console, or with a command on the recorder."""

    CONSOLE = "console"
    COMMAND = "command"


@dataclasses.dataclass(frozen=True, slots=True)
class Actor:
    """Who did something: the name of an account, or of the login under which a command ran."""

    name: str
    through: Through


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
class Hold:
    """An order that footage of a camera (None: of all) from `start` to `end` is kept until `until`, or until released."""

    id: int
    camera: int | None
    start: WallUs
    end: WallUs
    reason: str
    owner: str
    set_at: WallUs
    until: WallUs
    released_at: WallUs | None = None
    released_by: str | None = None

    def is_active(self, now: WallUs) -> bool:
        """Whether it still stops deletion."""
        return self.released_at is None and now < self.until

    def keeps(self, camera: int, start: WallUs, end: WallUs) -> bool:
        """Whether anything of a camera's footage from `start` to `end` is within it."""
        return self.camera in {None, camera} and start < self.end and end > self.start


@dataclasses.dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in to the console."""

    id: int
    name: str
