"""A watcher for tests: a real Unix socket, real fMP4, and what is sent on it one call at a time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from tests.unit.evidence.material import START, chunks, encoded, init
from watchglass.base import wire

PNG = b"\x89PNG\r\n\x1a\n the plate"


class FakeWatcher:
    """Listens as watchers do. `connected` is set while a console is there."""

    def __init__(self) -> None:
        self.connected = asyncio.Event()
        self._writers: list[asyncio.StreamWriter] = []

    @property
    def connections(self) -> int:
        """How often a console has connected."""
        return len(self._writers)

    async def take(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        self.connected.set()

    async def send(self, kind: str, camera: int = 1, payload: bytes = b"", **more: Any) -> None:
        await self.raw(wire.encode({"type": kind, "camera": camera, **more}, payload))

    async def raw(self, data: bytes) -> None:
        await self.connected.wait()
        self._writers[-1].write(data)
        await self._writers[-1].drain()

    async def format(self, camera: int = 1, run: str = "run-1") -> None:
        """A run begins."""
        view = encoded(1)[0]
        await self.send(
            "format",
            camera,
            init(),
            run=run,
            codec=view.codec,
            width=view.width,
            height=view.height,
            pts_ticks=0,
            wall_us=START,
        )

    async def chunk(self, second: int, place: int, camera: int = 1) -> bytes:
        """One of the five chunks of a second; the first of each begins with a keyframe."""
        data = chunks(second)[place]
        await self.send("chunk", camera, data, keyframe=place == 0, wall_us=START, duration_us=200_000)
        return data

    async def leave(self) -> None:
        """Close all connections, as a watcher that is killed."""
        self.connected.clear()
        for writer in self._writers:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


@contextlib.asynccontextmanager
async def watching(run_folder: Path, number: int = 0) -> AsyncIterator[FakeWatcher]:
    """A watcher that is up; its socket goes with it."""
    watcher = FakeWatcher()
    path = run_folder / f"watcher-{number}.sock"
    server = await asyncio.start_unix_server(watcher.take, path)
    try:
        yield watcher
    finally:
        server.close()
        await watcher.leave()
        path.unlink(missing_ok=True)
