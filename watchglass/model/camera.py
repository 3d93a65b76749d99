"""Cameras, their streams and their health."""

import dataclasses
import datetime as dt
import enum

from watchglass.base.clock import WallUs
from watchglass.model.hours import PrivacyHours


class StreamRole(enum.StrEnum):
    """Which feed of a camera: `main` is recorded, `sub` (small) is watched."""

    MAIN = "main"
    SUB = "sub"


class Transport(enum.StrEnum):
    """How RTP travels from the camera."""

    TCP = "tcp"
    UDP = "udp"


class SourceKind(enum.StrEnum):
    """What a stream is read from."""

    RTSP = "rtsp"
    FILE = "file"
    USB = "usb"


@dataclasses.dataclass(frozen=True, slots=True)
class Source:
    """Where a stream comes from. `address` never holds credentials: an rtsp(s) URL, an absolute path or /dev/videoN."""

    kind: SourceKind
    address: str


@dataclasses.dataclass(frozen=True, slots=True)
class Credentials:
    """User name and password of a camera. Its repr shows neither, so that no log or traceback can."""

    username: str = dataclasses.field(repr=False)
    password: str = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True, slots=True)
class PendingPassword:
    """A password that is being set on a camera: whether it holds already is not known until somebody has asked there.

    `address` is that of the camera's ONVIF service.
    """

    address: str
    credentials: Credentials


class ViewPolicy(enum.StrEnum):
    """What a camera's purpose allows to be seen of it (rule R1)."""

    FLAT = "people-and-things"  # all but the empty scene is drawn as flat shapes
    VEHICLES = "vehicles"  # vehicles are drawn small and coarse instead, never what is in them
    COUNTS = "counts-only"  # no picture at all, shown or kept: numbers of what is in sight


MOST_DAYS = 36_500
"""How long footage may be kept: a hundred years, for which every number we count with is large enough."""

SWITCHED_OFF = "Switched off in the settings."
PRIVACY_HOURS = "These are its privacy hours."

COUNTS_ONLY = "This camera keeps counts only."
"""What is said wherever a picture of such a camera is asked for."""


@dataclasses.dataclass(frozen=True, slots=True)
class Camera:
    """A camera as a person set it up. `retention_days` None means the machine's default.

    With `sound`, what it hears is kept in its originals, if it is sent in a form that they can hold.
    """

    id: int
    name: str
    main: Source
    sub: Source | None = None
    transport: Transport = Transport.TCP
    enabled: bool = True
    retention_days: float | None = None
    policy: ViewPolicy = ViewPolicy.FLAT
    privacy_hours: PrivacyHours | None = None
    off: str = ""
    """Why nothing of it is to be read at the moment, as a sentence; empty where it is. See `as_of`."""
    sound: bool = False

    def as_of(self, moment: dt.datetime) -> "Camera":
        """The same as it is to be treated at a moment of local time: switched off, in its privacy hours, or neither."""
        if not self.enabled:
            return dataclasses.replace(self, off=SWITCHED_OFF)
        resting = self.privacy_hours is not None and self.privacy_hours.cover(moment)
        return dataclasses.replace(self, off=PRIVACY_HOURS if resting else "")

    def watched(self) -> tuple[StreamRole, Source]:
        """The stream that is decoded and redacted: the substream where there is one."""
        return (StreamRole.SUB, self.sub) if self.sub else (StreamRole.MAIN, self.main)

    def streams(self) -> tuple[tuple[StreamRole, Source], ...]:
        """All streams of the camera, main first."""
        main = (StreamRole.MAIN, self.main)
        return (main, (StreamRole.SUB, self.sub)) if self.sub else (main,)


class HealthState(enum.StrEnum):
    """`degraded`: packets come, but something a person should mend is wrong with them. `off`: off on purpose."""

    STARTING = "starting"
    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    OFF = "off"


@dataclasses.dataclass(frozen=True, slots=True)
class Health:
    """Health of one stream: what, since when, why. `cause` is a sentence for a person, empty while up."""

    state: HealthState
    since: WallUs
    cause: str = ""


class ViewState(enum.StrEnum):
    """What a viewer of a camera sees at the moment."""

    WAITING = "waiting"  # no frame has come yet
    LEARNING = "learning"  # frames come, the plate is not ready: covered whole
    SHOWN = "shown"  # the redacted picture
    COVERED = "covered"  # covered whole for another reason
    PAUSED = "paused"  # nothing comes from the camera or its watcher


class Protection(enum.StrEnum):
    """`full`: a person model is at work. `reduced`: only the built-in detector and the plate (rule R8)."""

    FULL = "full"
    REDUCED = "reduced"


@dataclasses.dataclass(frozen=True, slots=True)
class ViewStatus:
    """What the watcher says of a camera's view. `progress` 0..1 is how much of the plate is learnt."""

    state: ViewState
    since: WallUs
    reason: str = ""
    progress: float = 0.0
    protection: Protection = Protection.FULL
    width: int = 0
    height: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Counts:
    """How many are in sight of a camera at the moment. None: the detector at work does not look for these."""

    people: int
    vehicles: int | None = None
    animals: int | None = None
    things: int | None = None
