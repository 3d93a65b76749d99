"""A console that really listens, in a thread of its own."""

import asyncio
import contextlib
import dataclasses
import threading
from collections.abc import AsyncIterator
from typing import Any

from watchglass.console.app import Console, build, serve


@dataclasses.dataclass
class Served:
    """Where it listens, and how to end it."""

    console: Console
    host: str
    stop: threading.Event
    thread: threading.Thread

    @property
    def origin(self) -> str:
        return f"http://{self.host}"

    async def ended(self) -> None:
        """Wait until it has stopped."""
        await asyncio.to_thread(self.thread.join, 30)
        assert not self.thread.is_alive()


@contextlib.asynccontextmanager
async def serving(console: Console, **options: Any) -> AsyncIterator[Served]:
    """`serve` on a free port; stopped at the end."""
    ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    loop = asyncio.get_running_loop()
    stop = threading.Event()
    arguments = {"tls": None, "proxy": None} | options

    def tell(port: int) -> None:
        loop.call_soon_threadsafe(ready.set_result, port)

    def work() -> None:
        serve(build(console), "127.0.0.1", 0, stop_event=stop, ready_callback=tell, **arguments)

    thread = threading.Thread(target=work)
    thread.start()
    served = Served(console, f"127.0.0.1:{await ready}", stop, thread)
    try:
        yield served
    finally:
        stop.set()
        await served.ended()
