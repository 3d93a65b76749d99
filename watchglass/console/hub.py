"""The live hub: takes encoded views from the watchers' sockets and hands them to everybody who looks.

One asyncio loop owns all of it; but for `counts`, nothing here is touched from another thread. A watcher listens on
`run/watcher-<i>.sock` and sends, in base/wire.py's form, for each of its cameras:

    {"type":"format","camera":1,"run":"...","codec":"avc1.64001f","width":640,"height":480,"pts_ticks":0,"wall_us":0}
        payload: fMP4 init segment. A new run begins; also what a console that connects later is sent first.
    {"type":"chunk","camera":1,"keyframe":true,"wall_us":0,"duration_us":200000}
        payload: moof+mdat of at most 0.2 s
    {"type":"aim","camera":1}     payload: PNG, the aiming picture
    {"type":"counts","camera":1,"people":2,"vehicles":0,"animals":0,"things":null}
        of a camera that has no view: how many are in sight. null: they are not looked for. No numbers: not known.
    {"type":"gone","camera":1}    the camera is no longer this watcher's

A viewer gets text and bytes in the order of the WebSocket protocol (console/live.py).
"""

import asyncio
import collections
import contextlib
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from watchglass.base import wire
from watchglass.base.clock import Clock
from watchglass.model.camera import Counts

POLL_SECONDS: Final = 0.5
PAUSE_SECONDS: Final = 3.0
COUNTS_SECONDS: Final = 5.0  # after which numbers that were not said again are no longer those of now
MAX_KEPT_BYTES: Final = 8 * 1024 * 1024  # since the last keyframe, a camera
MAX_QUEUED_BYTES: Final = 4 * 1024 * 1024  # a viewer: several seconds of any view
MAX_QUEUED_CHUNKS: Final = 100

NOTHING_YET: Final = "No picture has come from this camera yet."
NOTHING_MORE: Final = "No picture has come from this camera for some seconds."
WATCHER_LOST: Final = "The process that watches this camera has stopped; it is being started again."
GONE: Final = "This camera is not being watched at the moment."

_log = logging.getLogger(__name__)


def _text(**message: str | int) -> str:
    return json.dumps(message, separators=(",", ":"))


class Viewer:
    """One open live view: a bounded queue between the hub and a WebSocket. One task reads it."""

    def __init__(self) -> None:
        self._heads: collections.deque[str | bytes] = collections.deque()
        self._chunks: collections.deque[bytes] = collections.deque()
        self._tail: str | None = None
        self._queued = 0
        self._skipping = True
        self._closed = False
        self._news = asyncio.Event()
        self.dropped = 0

    def begin(self, heads: list[str | bytes]) -> None:
        """A new format: what is still queued is of no use any more."""
        self._drop()
        self._heads.clear()
        self._heads.extend(heads)
        self._skipping = True
        self._tail = None
        self._news.set()

    def chunk(self, data: bytes, keyframe: bool) -> None:
        """Queue a chunk. Of a viewer that is too slow all that is queued goes, and what follows up to a keyframe."""
        if self._queued + len(data) > MAX_QUEUED_BYTES or len(self._chunks) >= MAX_QUEUED_CHUNKS:
            self._drop()
            self._skipping = True
        if self._skipping and not keyframe:
            self.dropped += 1
            return
        self._skipping = False
        self._tail = None
        self._chunks.append(data)
        self._queued += len(data)
        self._news.set()

    def paused(self, reason: str) -> None:
        """Tell, after all that is queued, that nothing comes and why."""
        self._tail = _text(type="paused", reason=reason)
        self._news.set()

    def close(self) -> None:
        """Let the reader's `next` end."""
        self._closed = True
        self._news.set()

    async def next(self) -> str | bytes | None:
        """What to send next; None when the hub has closed. Waits while there is nothing."""
        while not self._closed:
            if self._heads:
                return self._heads.popleft()
            if self._chunks:
                data = self._chunks.popleft()
                self._queued -= len(data)
                return data
            if self._tail is not None:
                text, self._tail = self._tail, None
                return text
            self._news.clear()
            await self._news.wait()
        return None

    def _drop(self) -> None:
        self.dropped += len(self._chunks)
        self._chunks.clear()
        self._queued = 0


class _Channel:
    """One camera: what a new viewer needs at once, and who is looking."""

    def __init__(self) -> None:
        self.viewers: set[Viewer] = set()
        self.link: Path | None = None
        self.heads: list[str | bytes] = []
        self.chunks: list[tuple[bytes, bool]] = []
        self.kept_bytes = 0
        self.aim: bytes | None = None
        self.counts: tuple[float, Counts | None] | None = None  # when they came, and what they are
        self.last_chunk = 0.0
        self.paused: str | None = NOTHING_YET

    def join(self, viewer: Viewer) -> None:
        self.viewers.add(viewer)
        if self.heads:
            viewer.begin(self.heads)
            for data, keyframe in self.chunks:
                viewer.chunk(data, keyframe)
        if self.paused is not None:
            viewer.paused(self.paused)

    def begin(self, heads: list[str | bytes], now: float) -> None:
        self.forget_chunks()
        self.heads = heads
        self.paused = None
        self.last_chunk = now
        for viewer in self.viewers:
            viewer.begin(heads)

    def chunk(self, data: bytes, keyframe: bool, now: float) -> None:
        self.last_chunk = now
        self.paused = None
        if keyframe or self.kept_bytes + len(data) > MAX_KEPT_BYTES:
            self.forget_chunks()
        if keyframe or self.chunks:  # without a keyframe before it a chunk cannot be decoded
            self.chunks.append((data, keyframe))
            self.kept_bytes += len(data)
        for viewer in self.viewers:
            viewer.chunk(data, keyframe)

    def pause(self, reason: str) -> None:
        if self.paused != reason:
            self.paused = reason
            for viewer in self.viewers:
                viewer.paused(reason)

    def leave(self, reason: str) -> None:
        """The watcher is gone: nothing that it sent is shown to anybody who comes now."""
        self.link = None
        self.heads = []
        self.aim = None
        self.counts = None
        self.forget_chunks()
        self.pause(reason)

    def forget_chunks(self) -> None:
        self.chunks = []
        self.kept_bytes = 0


class LiveHub:
    """All cameras' live views. Watchers' sockets appear in `run_folder`; `clock` tells when a view stands still."""

    def __init__(self, run_folder: Path, clock: Clock) -> None:
        self._run_folder = run_folder
        self._clock = clock
        self._channels: dict[int, _Channel] = collections.defaultdict(_Channel)
        self._links: set[Path] = set()
        self._closed = False

    async def run(self) -> None:
        """Find watchers, follow them, notice silence; until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                for path in self._sockets():
                    if path not in self._links:
                        self._links.add(path)
                        tasks.create_task(self._follow(path))
                self.tick()
                await asyncio.sleep(POLL_SECONDS)

    @contextlib.contextmanager
    def viewer(self, camera: int) -> Iterator[Viewer]:
        """A viewer of `camera` who gets what is there at once, then all that comes."""
        viewer = Viewer()
        if self._closed:
            viewer.close()
        channel = self._channels[camera]
        channel.join(viewer)
        try:
            yield viewer
        finally:
            channel.viewers.discard(viewer)
            self._tidy(camera)

    def aim(self, camera: int) -> bytes | None:
        """The latest aiming picture (PNG), or None."""
        channel = self._channels.get(camera)
        return channel.aim if channel else None

    def counts(self, camera: int) -> Counts | None:
        """How many are in sight, None where nobody has said so lately. May be called from any thread."""
        channel = self._channels.get(camera)
        said = channel.counts if channel else None
        return said[1] if said and self._clock.monotonic() - said[0] <= COUNTS_SECONDS else None

    def viewers(self) -> int:
        """How many are looking, over all cameras."""
        return sum(len(channel.viewers) for channel in self._channels.values())

    def close(self) -> None:
        """End all viewers, and those that still come; for a clean stop."""
        self._closed = True
        for channel in self._channels.values():
            for viewer in channel.viewers:
                viewer.close()

    def tick(self) -> None:
        """Tell viewers of cameras from which nothing has come for PAUSE_SECONDS."""
        now = self._clock.monotonic()
        for channel in self._channels.values():
            if channel.paused is None and now - channel.last_chunk > PAUSE_SECONDS:
                channel.pause(NOTHING_MORE)

    def _sockets(self) -> list[Path]:
        return sorted(self._run_folder.glob("watcher-*.sock"))

    async def _follow(self, path: Path) -> None:
        """Read one watcher until it goes; the next look into the folder tries again."""
        try:
            reader, writer = await asyncio.open_unix_connection(path, limit=1024 * 1024)
        except OSError:
            self._links.discard(path)
            return
        try:
            while True:
                self._take(path, *await wire.read(reader))
        except (OSError, wire.TornMessageError) as error:
            _log.info("lost %s: %s", path.name, error)
        finally:
            writer.close()
            self._links.discard(path)
            self._lost(path)

    def _lost(self, path: Path) -> None:
        for camera, channel in list(self._channels.items()):
            if channel.link == path:
                channel.leave(WATCHER_LOST)
                self._tidy(camera)

    def _take(self, path: Path, head: wire.Head, payload: bytes) -> None:
        """One message of the watcher at `path`. TornMessageError when it is not one of ours."""
        kind, camera = head.get("type"), head.get("camera")
        if not isinstance(camera, int):
            raise wire.TornMessageError(f"a message of type {kind!r} names no camera")
        if kind == "format":
            channel = self._channels[camera]
            channel.link = path  # a camera may move from one watcher to another: the latest format says whose it is
            channel.begin(_heads(head, payload), self._clock.monotonic())
            return
        if kind in {"aim", "counts"}:
            channel = self._channels[camera]
            channel.link = channel.link or path
        else:
            known = self._channels.get(camera)
            if known is None:
                return
            channel = known
        if channel.link != path:
            return
        if kind == "aim":
            channel.aim = payload
        elif kind == "counts":
            channel.counts = self._clock.monotonic(), _counts(head)
        elif kind == "chunk":
            channel.chunk(payload, head.get("keyframe") is True, self._clock.monotonic())
        elif kind == "gone":
            channel.leave(GONE)
            self._tidy(camera)

    def _tidy(self, camera: int) -> None:
        """Drop a channel that nobody sends to and nobody looks at."""
        channel = self._channels.get(camera)
        if channel is not None and not channel.viewers and channel.link is None:
            del self._channels[camera]


def _heads(head: wire.Head, init: bytes) -> list[str | bytes]:
    """What opens a run for a viewer: format, clock, init segment."""
    try:
        return [
            _text(type="format", **{name: head[name] for name in ("codec", "width", "height", "run")}),
            _text(type="clock", **{name: head[name] for name in ("pts_ticks", "wall_us")}),
            init,
        ]
    except KeyError as error:
        raise wire.TornMessageError(f"a format without {error}") from error


def _counts(head: wire.Head) -> Counts | None:
    """Numbers of a message, None if it has none. TornMessageError when they make no sense."""
    if "people" not in head:
        return None
    people, *others = (head.get(name) for name in ("people", "vehicles", "animals", "things"))
    if type(people) is not int or any(type(other) not in {int, type(None)} for other in others):
        raise wire.TornMessageError("counts that are no numbers")
    return Counts(people, *others)
