"""Taking the view of a span away as one MP4."""

import asyncio
import re
import secrets
import threading
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request, Response

from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.base.errors import DiskFullError, UsageError, WatchglassError
from watchglass.console.context import SIGNED_IN, Console, Context
from watchglass.console.fault import ANSWERS, BusyError
from watchglass.console.segments import FilePart
from watchglass.console.shapes import Asked, CameraId, Span, nothing_kept
from watchglass.evidence.export import export_view
from watchglass.model.camera import Camera
from watchglass.store.folder import DataFolder

LONGEST_US: Final = 24 * 3600 * MICROSECONDS
WAITING: Final = 4

router = APIRouter(prefix="/api/cameras/{camera_id}", responses=ANSWERS, dependencies=SIGNED_IN, tags=["timeline"])


class _AbandonedError(WatchglassError):
    """Nobody waits for this export any more."""


@router.get(
    "/export",
    response_class=Response,
    responses={200: {"content": {"video/mp4": {}}, "description": "The view; gaps are skipped and named in it."}},
)
async def export(camera_id: CameraId, span: Asked, request: Request, console: Context) -> Response:
    """Make one MP4 of the view of a span of at most 24 hours, and send it. Nothing of it stays on the server."""
    if span.end - span.start > LONGEST_US:
        raise UsageError("An export is of 24 hours at most; choose a shorter span.")
    camera = await to_thread.run_sync(console.cameras.get, camera_id)
    headers = {"content-disposition": f'attachment; filename="{file_name(camera, span)}"'}
    return await send_film(console, request, camera, span, console.rooms.exports, headers)


async def send_film(
    console: Console, request: Request, camera: Camera, span: Span, room: CapacityLimiter, headers: dict[str, str]
) -> Response:
    """One MP4 of the view of a span, made when there is a place in `room`; given up when whoever asked for it leaves."""
    refuse_if_full(room)
    left = threading.Event()

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        left.set()

    watching = asyncio.create_task(watch())
    try:
        return await to_thread.run_sync(_make, console, camera, span, left, headers, limiter=room)
    finally:
        watching.cancel()


def refuse_if_full(room: CapacityLimiter) -> None:
    """BusyError where so many wait already that another would wait for long."""
    if room.statistics().tasks_waiting >= WAITING:
        raise BusyError("Others are being served; try again in some minutes.")


def folder_of(folder: DataFolder) -> Path:
    """Where exports are made."""
    return folder.run / "exports"


def clean(folder: DataFolder) -> None:
    """Remove what a killed console left half made."""
    place = folder_of(folder)
    place.mkdir(mode=0o700, exist_ok=True)
    for path in place.iterdir():
        path.unlink()


def _make(console: Console, camera: Camera, span: Span, left: threading.Event, headers: dict[str, str]) -> Response:
    segments = console.views.segments(camera.id, span.start, span.end)
    if not segments:
        raise nothing_kept(camera)
    # Never more than what retention keeps free: an export must not cost the cameras a second.
    if sum(segment.size for segment in segments) > console.free_space(console.folder.root) - console.floor_bytes // 2:
        raise DiskFullError("There is not enough free space to make this export; choose a shorter span.")

    def progress(_share: float) -> None:
        if left.is_set() or console.rooms.closing.is_set():
            raise _AbandonedError("The export was given up.")

    path = folder_of(console.folder) / f"{secrets.token_hex(8)}.mp4"
    try:
        export_view(console.folder, segments, span.start, span.end, path, progress)
        file = path.open("rb")
    finally:
        path.unlink(missing_ok=True)  # the open file stays readable, and goes with the process at the latest
    size = file.seek(0, 2)
    return FilePart(file, 0, size, 200, headers)


def file_name(camera: Camera, span: Span) -> str:
    """What the browser calls the file: camera, start and end, in letters that any system takes."""
    plain = unicodedata.normalize("NFKD", camera.name).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-").lower() or f"camera-{camera.id}"
    return f"{slug}_{_short(span.start)}_{_short(span.end)}.mp4"


def _short(wall: WallUs) -> str:
    return f"{datetime.fromtimestamp(wall // MICROSECONDS, UTC):%Y%m%dT%H%M%SZ}"
