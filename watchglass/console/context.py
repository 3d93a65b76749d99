"""What the console stands on, handed in from outside, and how a route gets at it."""

import dataclasses
import datetime as dt
import shutil
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Final, Generic, Protocol, TypeVar, cast

from anyio import CapacityLimiter
from fastapi import Depends
from starlette.requests import HTTPConnection

from watchglass.base.clock import Clock
from watchglass.base.timekeeping import ClockWatch
from watchglass.camera.device import Found, Survey
from watchglass.camera.onvif_discovery import discover
from watchglass.camera.survey import connected, survey
from watchglass.camera.url import parse_device
from watchglass.console import figures
from watchglass.console.fault import NotSignedInError
from watchglass.console.figures import Figures, Kind, Rows
from watchglass.console.hub import LiveHub
from watchglass.console.security import COOKIE, Entrance
from watchglass.evidence.footage import Layouts
from watchglass.model.camera import Credentials, Source, StreamRole, Transport
from watchglass.model.channel import Settings
from watchglass.model.media import StreamInfo
from watchglass.model.record import Account, Actor, Through
from watchglass.store.accounts import Accounts
from watchglass.store.alerts import Alerts
from watchglass.store.cameras import Cameras
from watchglass.store.channels import Channels
from watchglass.store.counts import Counts
from watchglass.store.custodians import Custodians
from watchglass.store.events import Events
from watchglass.store.folder import DataFolder
from watchglass.store.holds import Holds
from watchglass.store.outbox import Outbox
from watchglass.store.policies import Policies
from watchglass.store.room import Room
from watchglass.store.rules import Rules
from watchglass.store.views import Views

GIB: Final = 1024**3


class Probe(Protocol):
    """Opens a camera's streams for a moment and says what is in them: ingest's `probe`."""

    def __call__(
        self,
        camera: str,
        streams: Sequence[tuple[StreamRole, Source]],
        credentials: Credentials | None = None,
        transport: Transport = Transport.TCP,
        *,
        stop: threading.Event,
    ) -> Sequence[tuple[StreamRole, StreamInfo]]:
        """What each stream is. Blocks, until `stop` is set at the latest; raises any WatchglassError."""


class Onvif:
    """How cameras are found and asked over ONVIF. Both block, until `stop` is set at the latest."""

    def discover(self, seconds: float, clock: Clock, stop: threading.Event) -> Sequence[Found]:
        """Cameras that answer in the local networks. UnreachableError where there is no network."""
        return discover(seconds, clock, stop=stop)

    def look(self, onvif: str, credentials: Credentials | None, clock: Clock, stop: threading.Event) -> Survey:
        """What the camera at an ONVIF address offers; raises any WatchglassError."""
        addresses, inside = parse_device(onvif)
        credentials = credentials or inside
        with connected(addresses, credentials, clock, stop=stop) as camera:
            return survey(camera, credentials)


class Trial(Protocol):
    """Sends a test over a channel that is not kept yet: alert's `try_out`."""

    def __call__(self, name: str, settings: Settings, secret: str) -> None:
        """On return it has arrived. Blocks for as long as the receiver takes. RefusedError, UnreachableError, UsageError."""


def free_space(path: Path) -> int:
    """Bytes that are free on the disk of `path`."""
    return shutil.disk_usage(path).free


class Rooms:
    """How much of what is dear may go on at the same time, apart from each other and from all other calls.

    Without it forty slow sign-ins or cameras that do not answer would hold every thread that the console has.
    """

    def __init__(self) -> None:
        self.passwords = CapacityLimiter(2)  # argon2 takes 64 MiB each
        self.probes = CapacityLimiter(4)
        self.exports = CapacityLimiter(2)
        self.linked = CapacityLimiter(2)  # for whoever has a link: not at the expense of who is signed in
        self.closing = threading.Event()  # set as the console stops: long work ends


T = TypeVar("T")


class Lately(Generic[T]):
    """What is dear to count, and so is counted once in a while only. Safe from threads."""

    def __init__(self, count: Callable[[], T], clock: Clock, seconds: float = 30.0) -> None:
        self._count = count
        self._clock = clock
        self._seconds = seconds
        self._lock = threading.Lock()
        self._known: tuple[float, T] | None = None

    def __call__(self) -> T:
        """It as it was at most `seconds` ago."""
        with self._lock:
            now = self._clock.monotonic()
            if self._known is None or now - self._known[0] >= self._seconds:
                self._known = now, self._count()
            return self._known[1]


@dataclasses.dataclass(frozen=True, slots=True)
class Console:
    """Everything that routes use. `floor_bytes` is the free space below which retention deletes.

    `static` is the folder of the built front end, which need not be there. `zone` is the machine's own, `metrics_token`
    lets in who has no session; empty lets in nobody.
    """

    folder: DataFolder
    cameras: Cameras
    accounts: Accounts
    views: Views
    originals: Rows
    custodians: Custodians
    holds: Holds
    channels: Channels
    policies: Policies
    alerts: Alerts
    outbox: Outbox
    rules: Rules
    events: Events
    counts: Counts
    room: Room
    hub: LiveHub
    clock: Clock
    clock_watch: ClockWatch
    probe: Probe
    trial: Trial
    onvif: Onvif = dataclasses.field(default_factory=Onvif)
    entrance: Entrance = dataclasses.field(default_factory=Entrance)
    floor_bytes: int = 2 * GIB
    free_space: Callable[[Path], int] = free_space
    static: Path = Path(__file__).parent / "static"
    zone: dt.tzinfo = dt.UTC
    metrics_token: str = dataclasses.field(default="", repr=False)
    rooms: Rooms = dataclasses.field(default_factory=Rooms)
    layouts: Layouts = dataclasses.field(init=False)
    kinds: tuple[Kind, Kind] = dataclasses.field(init=False)
    kept_bytes: Lately[int] = dataclasses.field(init=False)
    figures: Lately[dict[tuple[int, str], Figures]] = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        """What the console remembers of files at rest."""
        object.__setattr__(self, "layouts", Layouts(self.folder))
        # Over all rows: 0.3 s where a million segments are kept.
        object.__setattr__(self, "kept_bytes", Lately(self.views.kept_bytes, self.clock))
        kinds = figures.kinds(self.views, self.originals)
        object.__setattr__(self, "kinds", kinds)
        counted = Lately(lambda: figures.count(self.cameras.all, kinds, self.clock, self.zone), self.clock, 60.0)
        object.__setattr__(self, "figures", counted)


def console_of(connection: HTTPConnection) -> Console:
    """The console that `connection` belongs to; `build` put it there."""
    return cast("Console", connection.app.state.console)


Context = Annotated[Console, Depends(console_of)]


def session_token(connection: HTTPConnection) -> str:
    """The session that the browser claims to have, empty if none."""
    return connection.cookies.get(COOKIE, "")


Token = Annotated[str, Depends(session_token)]


def signed_in(console: Context, token: Token) -> Account:
    """Who is calling. NotSignedInError without a session that holds."""
    account = console.accounts.session(token) if token else None
    if account is None:
        raise NotSignedInError("Sign in first.")
    return account


def actor(account: Annotated[Account, Depends(signed_in)]) -> Actor:
    """Who is calling, for what they change."""
    return Actor(account.name, Through.CONSOLE)


Who = Annotated[Actor, Depends(actor)]

SIGNED_IN: Final = [Depends(signed_in)]
"""For routers: nothing in them without a session."""
