"""What an ONVIF camera says of itself, as values. Texts in them are cleaned: one line, printable, of bounded length."""

import dataclasses
import enum

from watchglass.model.camera import Source

MAX_TEXT = 120  # characters of a name that a camera gives itself


def clean(text: object, limit: int = MAX_TEXT) -> str:
    """`text` as it may stand on a terminal or a page: a camera, or whoever plays one, chooses what it calls itself."""
    shown = "".join(letter for letter in str(text or "") if letter.isprintable() or letter.isspace())
    return " ".join(shown.split())[:limit]


@dataclasses.dataclass(frozen=True, slots=True)
class Found:
    """A camera that answered when it was asked who is there. `address` is its device service, at the host that answered."""

    address: str
    host: str
    name: str = ""
    model: str = ""
    scopes: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class DeviceInfo:
    """Who made it, which one it is, and what runs on it."""

    manufacturer: str
    model: str
    firmware: str


@dataclasses.dataclass(frozen=True, slots=True)
class Profile:
    """A stream that the camera offers. `rate` is in frames a second, `bitrate` in kbit/s; 0 where it does not say.

    `stream` is None where no RTSP address that we can use was given. `elsewhere` is the host that the camera named
    where it was another one than we talk to: `stream` has ours.
    """

    token: str
    name: str
    codec: str
    width: int
    height: int
    rate: float = 0.0
    bitrate: int = 0
    video_source: str = ""
    stream: Source | None = None
    elsewhere: str = ""
    ptz: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in at the camera. `level` is ONVIF's: Administrator, Operator, User, Anonymous."""

    name: str
    level: str


@dataclasses.dataclass(frozen=True, slots=True)
class Port:
    """A network protocol that the camera serves (ONVIF Core, GetNetworkProtocols): HTTP, HTTPS or RTSP."""

    protocol: str
    number: int
    enabled: bool


class Caution(enum.StrEnum):
    """What a warning is about."""

    CLOCK = "clock"
    PLAIN = "plain-stream"
    OPEN = "open-to-everybody"
    PASSWORD = "weak-password"  # noqa: S105 - the name of a warning
    ACCOUNTS = "other-accounts"
    FOOTAGE = "own-footage"
    PAGE = "own-page"
    IDENTIFIES = "identifies-people"
    ELSEWHERE = "other-host"
    CHANNELS = "several-cameras"


@dataclasses.dataclass(frozen=True, slots=True)
class Warned:
    """A warning for the person who sets the camera up: what is so, why it matters, what to do."""

    caution: Caution
    sentence: str


@dataclasses.dataclass(frozen=True, slots=True)
class Survey:
    """Everything that a look at a camera brought. `offset` is its clock minus ours in seconds, None if it tells no time.

    `presets` is None where the camera cannot be turned, else the names of its presets. `main` is None where it offers
    no stream that can be recorded.
    """

    address: str
    info: DeviceInfo
    profiles: tuple[Profile, ...]
    main: Profile | None
    sub: Profile | None
    presets: tuple[str, ...] | None
    offset: float | None
    warnings: tuple[Warned, ...]
