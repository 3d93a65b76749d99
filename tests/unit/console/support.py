"""A console on a real store, and a browser for it. Passwords are hashed as cheaply as argon2 allows."""

import asyncio
import contextlib
import dataclasses
import datetime as dt
import functools
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

import argon2
import httpx
import sqlalchemy
from starlette.types import Message, Scope

from tests.unit.store.footage import INIT, fake_fragment
from watchglass.base.clock import SimulatedClock, WallUs
from watchglass.base.timekeeping import ClockWatch, Kept
from watchglass.console.app import Console, build
from watchglass.console.hub import LiveHub
from watchglass.model.camera import Camera, Credentials, Source, SourceKind, StreamRole, Transport
from watchglass.model.channel import Settings
from watchglass.model.media import StreamInfo
from watchglass.model.record import Segment
from watchglass.seal.identity import Identity
from watchglass.store.accounts import Accounts
from watchglass.store.alerts import Alerts
from watchglass.store.cameras import Cameras
from watchglass.store.channels import Channels
from watchglass.store.counts import Counts
from watchglass.store.custodians import Custodians
from watchglass.store.database import open_database, open_originals
from watchglass.store.disks import Disks
from watchglass.store.events import Events
from watchglass.store.folder import DataFolder
from watchglass.store.holds import Holds
from watchglass.store.originals import Originals
from watchglass.store.outbox import Outbox
from watchglass.store.policies import Policies
from watchglass.store.room import Room
from watchglass.store.rules import Rules
from watchglass.store.views import Views

HOST = "127.0.0.1:8080"
ORIGIN = f"http://{HOST}"
NAME, PASSWORD = "anna", "correct horse battery"
SECRET = "kat-on-the-roof"
GIB = 1024**3

T = TypeVar("T")

_open: list[sqlalchemy.Engine] = []


def close_catalogues() -> None:
    """Close what `make_console` opened."""
    while _open:
        _open.pop().dispose()


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a test's coroutine; nothing in these tests takes a minute."""

    async def bounded() -> T:
        async with asyncio.timeout(60):
            return await work

    return asyncio.run(bounded())


async def until(true: Callable[[], bool]) -> None:
    """Let others, threads among them, run until something has become so that nobody tells of."""
    while not true():  # noqa: ASYNC110  (there is no event to wait for)
        await asyncio.sleep(0.001)


class FakeTrial:
    """Says that every test arrives, or raises `error`; remembers over what."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.tried: list[tuple[str, Settings, str]] = []

    def __call__(self, name: str, settings: Settings, secret: str) -> None:
        self.tried.append((name, settings, secret))
        if self.error:
            raise self.error


class FakeProbe:
    """Says that every stream is 640x480, or raises `error`; remembers what it was asked."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.asked: list[tuple[Sequence[tuple[StreamRole, Source]], Credentials | None, Transport]] = []

    def __call__(
        self,
        camera: str,
        streams: Sequence[tuple[StreamRole, Source]],
        credentials: Credentials | None = None,
        transport: Transport = Transport.TCP,
        *,
        stop: threading.Event,
    ) -> list[tuple[StreamRole, StreamInfo]]:
        self.asked.append((streams, credentials, transport))
        if self.error:
            raise self.error
        return [(role, StreamInfo("h264", b"", 640, 480, 12.5)) for role, _ in streams]


def accounts_of(engine: sqlalchemy.Engine, clock: SimulatedClock) -> Accounts:
    return Accounts(engine, clock, argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@functools.cache
def _catalogue() -> dict[str, bytes]:
    """Files of a data folder with one account. Made once: migrations take longer than most tests here."""
    with tempfile.TemporaryDirectory() as place:
        folder = DataFolder.open(Path(place) / "data")
        engine = open_database(folder)
        accounts_of(engine, SimulatedClock()).create(NAME, PASSWORD)
        engine.dispose()  # the last connection leaves everything in the one file
        open_originals(folder).dispose()
        return {path.name: path.read_bytes() for path in folder.root.iterdir() if path.is_file()}


def make_console(tmp_path: Path, *, account: bool = True, disks: Sequence[Path] = (), **changes: Any) -> Console:
    """A console on a new data folder, with one account or none; `changes` are fields of `Console`.

    `disks` are folders that stand in for further disks; footage goes there first.
    """
    data = tmp_path / "data"
    if account:
        data.mkdir(parents=True, exist_ok=True)
        for name, content in _catalogue().items():
            (data / name).write_bytes(content)
    folder = DataFolder.open(data)
    folder.disks = Disks(data, folder.uuid, disks, free_space=lambda place: GIB if place == data else 100 * GIB)
    folder.disks.renew()
    engine, originals_engine = open_database(folder), open_originals(folder)
    _open.extend((engine, originals_engine))
    clock = SimulatedClock()
    accounts = accounts_of(engine, clock)
    console = Console(
        folder=folder,
        cameras=Cameras(engine, folder, clock=clock),
        accounts=accounts,
        views=Views(engine, folder, clock),
        originals=Originals(originals_engine, folder, clock, catalogue=engine),
        custodians=Custodians(engine, clock),
        holds=Holds(engine, folder, clock),
        channels=Channels(engine, folder),
        policies=Policies(engine),
        alerts=Alerts(engine, clock),
        outbox=Outbox(engine, clock, dt.UTC),
        rules=Rules(engine, clock),
        events=Events(engine),
        counts=Counts(engine),
        room=Room(engine),
        hub=LiveHub(folder.run, clock),
        clock=clock,
        clock_watch=ClockWatch(clock, lambda: Kept(True, 900), clock.monotonic),
        probe=FakeProbe(),
        trial=FakeTrial(),
        free_space=lambda _path: 100 * GIB,
        static=tmp_path / "static",
    )
    return dataclasses.replace(console, **changes)


def pull_out(disk: Path) -> None:
    """Have a further disk go away: its folder is empty, as a mount point is then."""
    disk.rename(disk.with_name(f"{disk.name}-away"))
    disk.mkdir()


def put_back(disk: Path) -> None:
    disk.rmdir()
    disk.with_name(f"{disk.name}-away").rename(disk)


def clock_of(console: Console) -> SimulatedClock:
    assert isinstance(console.clock, SimulatedClock)
    return console.clock


def probe_of(console: Console) -> FakeProbe:
    assert isinstance(console.probe, FakeProbe)
    return console.probe


def session_of(console: Console) -> str:
    """A session, as signing in makes it."""
    return console.accounts.new_session(console.accounts.check(NAME, PASSWORD))


def add_camera(console: Console, name: str = "Door") -> Camera:
    """A camera that has credentials."""
    return console.cameras.add(
        name,
        Source(SourceKind.RTSP, "rtsp://10.0.0.9/main"),
        Source(SourceKind.RTSP, "rtsp://10.0.0.9/sub"),
        Transport.TCP,
        Credentials("operator-of-the-door", SECRET),
    )


@contextlib.asynccontextmanager
async def browser(console: Console, *, signed_in: bool = True, host: str = HOST) -> AsyncIterator[httpx.AsyncClient]:
    """A browser on the console's own page, in one process with it; its lifespan runs meanwhile."""
    app = build(console)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    headers = {"X-Watchglass": "1", "Origin": f"http://{host}"}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=f"http://{host}", headers=headers) as client,
    ):
        if signed_in:
            client.cookies.set("watchglass_session", session_of(console))
        yield client


def error_of(answer: httpx.Response) -> str:
    """The sentence of an error; it must be one."""
    body = answer.json()
    assert list(body) == ["error"]
    sentence: str = body["error"]
    assert sentence.endswith(".")
    assert sentence[0].isupper() or sentence[0].islower()
    return sentence


def request_for(path: str, session: str, query: str = "") -> Scope:
    """A GET as a server hands it to the console, where a test must see the answer piece by piece."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", HOST.encode()), (b"cookie", f"watchglass_session={session}".encode())],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8080),
    }


async def never() -> Message:
    """A browser that stays and says nothing."""
    await asyncio.Event().wait()
    raise AssertionError


def originals_of(console: Console) -> Originals:
    assert isinstance(console.originals, Originals)
    return console.originals


_RECIPIENTS = [Identity(bytes([number]) * 96).recipient for number in (1, 2, 3)]


def add_custodians(console: Console, *names: str) -> None:
    """Custodians of whom it takes two, as nobody has said otherwise."""
    for name, recipient in zip(names, _RECIPIENTS, strict=False):
        console.custodians.add(name, recipient)


def keep_original(console: Console, camera: int, start: WallUs, end: WallUs) -> Segment:
    """An original of one fragment."""
    custody = console.custodians.custody()
    assert custody is not None
    writer = originals_of(console).begin(camera, "run", start, INIT, custody)
    writer.append(fake_fragment(0), end)
    return writer.close()
