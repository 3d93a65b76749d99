"""The console put together: every router in one list, round them the guard, inside them the context."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

from fastapi import APIRouter, FastAPI

from watchglass import __version__
from watchglass.console import (
    alerting,
    alerts,
    cameras,
    census,
    channels,
    counts,
    coverage,
    events,
    export,
    health,
    holds,
    linked,
    links,
    live,
    metrics,
    onvif,
    originals,
    playlist,
    rules,
    segments,
    session,
    state,
    static,
    timeline,
)
from watchglass.console.context import Console
from watchglass.console.fault import answer_errors
from watchglass.console.security import Guard
from watchglass.console.server import Tls, serve

__all__ = ["Console", "Tls", "build", "serve"]

_CLOCK_LOOKS: Final = 10.0  # seconds between looks at the machine's clock

ROUTERS: Final[tuple[APIRouter, ...]] = (
    state.router,
    session.router,
    cameras.router,
    onvif.router,
    live.router,
    timeline.router,
    coverage.router,
    originals.router,
    playlist.router,
    segments.router,
    export.router,
    holds.router,
    alerts.router,
    alerting.router,
    channels.router,
    links.router,
    linked.router,
    rules.router,
    events.router,
    counts.router,
    census.router,
    health.router,
    metrics.router,
    static.router,  # takes every address that is left
)


def build(context: Console) -> FastAPI:
    """The ASGI application of the console. Its lifespan runs the live hub."""
    app = FastAPI(
        title="watchglass",
        version=__version__,
        description="The console of watchglass. It shows and hands out the view only, never the original.",
        openapi_url="/api/openapi.json",
        docs_url=None,  # both would load scripts from elsewhere
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.console = context
    answer_errors(app)
    for router in ROUTERS:
        app.include_router(router)
    app.add_middleware(Guard, entrance=context.entrance)
    return app


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    console: Console = app.state.console
    await asyncio.to_thread(export.clean, console.folder)
    tasks = [asyncio.create_task(console.hub.run()), asyncio.create_task(_watch_the_clock(console))]
    try:
        yield
    finally:
        console.rooms.closing.set()
        console.hub.close()
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def _watch_the_clock(console: Console) -> None:
    """See when the machine's clock is set, whether somebody looks at its health or not."""
    while True:
        console.clock_watch.look()
        await asyncio.sleep(_CLOCK_LOOKS)
