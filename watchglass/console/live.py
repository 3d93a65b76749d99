"""Live view: one WebSocket a viewer, and the aiming picture.

The protocol, from us to the browser: text `format`, text `clock`, the fMP4 init segment, then chunks (moof+mdat), the
first of which begins with a keyframe. A `format` in the middle means a new run: what came before it no longer decodes.
Text `paused` when nothing comes, with the reason; the next binary message ends the pause.
"""

import contextlib
from collections.abc import Awaitable, Callable
from typing import Final

import anyio
from anyio import to_thread
from fastapi import APIRouter, Response, WebSocket
from starlette.websockets import WebSocketDisconnect

from watchglass.base.errors import MissingInputError, WatchglassError
from watchglass.console.context import SIGNED_IN, Console, Context, console_of, session_token
from watchglass.console.fault import ANSWERS, NotSignedInError, status_of
from watchglass.console.hub import Viewer
from watchglass.console.security import refuse
from watchglass.console.shapes import CameraId
from watchglass.model.camera import COUNTS_ONLY, ViewPolicy

SESSION_CHECK_SECONDS: Final = 30.0
SEND_SECONDS: Final = 15.0  # a browser that takes nothing for so long is not there any more
GOING_AWAY: Final = 1001  # RFC 6455, section 7.4.1
POLICY: Final = 1008

router = APIRouter(prefix="/api/cameras/{camera_id}", responses=ANSWERS, tags=["live"])


@router.get(
    "/aim.png",
    dependencies=SIGNED_IN,
    response_class=Response,
    responses={200: {"content": {"image/png": {}}, "description": "At most 64 pixels wide, or the plate."}},
)
async def aim(camera_id: CameraId, console: Context) -> Response:
    """Show where a new camera points: a very small picture with people covered, or the empty plate as it forms."""
    await to_thread.run_sync(_must_have_pictures, console, camera_id)
    picture = console.hub.aim(camera_id)
    if picture is None:
        raise MissingInputError("There is no aiming picture of this camera.")
    return Response(picture, media_type="image/png")


@router.websocket("/live")
async def live(websocket: WebSocket, camera_id: CameraId) -> None:
    """Send the view of a camera as it is made."""
    console = console_of(websocket)
    token = session_token(websocket)
    try:
        await to_thread.run_sync(_admit, console, token, camera_id)
    except WatchglassError as error:
        await websocket.send_denial_response(refuse(status_of(error), error.sentence))
        return
    await websocket.accept()
    with console.hub.viewer(camera_id) as viewer:
        code = await _serve(websocket, viewer, console, token, camera_id)
    if code is not None:
        with anyio.move_on_after(1):
            await websocket.close(code)


def _admit(console: Console, token: str, camera: int) -> None:
    """Raise what keeps this viewer out: no session, no such camera, or one without a view."""
    if not token or console.accounts.session(token) is None:
        raise NotSignedInError("Sign in first.")
    _must_have_pictures(console, camera)


def _must_have_pictures(console: Console, camera: int) -> None:
    """MissingInputError for a camera that is not there, or keeps counts only."""
    if console.cameras.get(camera).policy is ViewPolicy.COUNTS:
        raise MissingInputError(COUNTS_ONLY)


async def _serve(websocket: WebSocket, viewer: Viewer, console: Console, token: str, camera: int) -> int | None:
    """Send until one side has had enough. The code to close with, None when the browser is gone already."""
    ended: int | None = None

    async def send() -> None:
        nonlocal ended
        while (message := await viewer.next()) is not None:
            with anyio.move_on_after(SEND_SECONDS) as patience:
                await (websocket.send_text(message) if isinstance(message, str) else websocket.send_bytes(message))
            if patience.cancelled_caught:
                return
        ended = GOING_AWAY

    async def listen() -> None:
        while (await websocket.receive())["type"] != "websocket.disconnect":
            pass  # a browser has nothing to say here

    async def keep_checking() -> None:
        nonlocal ended
        while True:
            await anyio.sleep(SESSION_CHECK_SECONDS)
            try:
                await to_thread.run_sync(_admit, console, token, camera)
            except WatchglassError:
                ended = POLICY
                return

    await _first_of(send, listen, keep_checking)
    return ended


async def _first_of(*works: Callable[[], Awaitable[None]]) -> None:
    """Run all of them until one ends, then drop the others. A connection that breaks ends one, no more."""
    async with anyio.create_task_group() as group:

        async def run(work: Callable[[], Awaitable[None]]) -> None:
            with contextlib.suppress(WebSocketDisconnect):
                await work()
            group.cancel_scope.cancel()

        for work in works:
            group.start_soon(run, work)
