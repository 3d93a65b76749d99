"""How the machine does: its processes, its disk, its protection, and in sentences what a person should look at."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import pydantic
from fastapi import APIRouter

from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.base.timekeeping import ClockState, local_time
from watchglass.console import originals
from watchglass.console.context import GIB, SIGNED_IN, Console, Context
from watchglass.console.fault import ANSWERS
from watchglass.console.shapes import Shape
from watchglass.model.camera import Camera, HealthState, Protection, StreamRole, ViewPolicy, ViewState
from watchglass.record.figures import heard
from watchglass.store.disks import DiskState
from watchglass.store.forecast import AHEAD_US
from watchglass.store.holds import show
from watchglass.store.room import Found

router = APIRouter(prefix="/api/health", responses=ANSWERS, dependencies=SIGNED_IN, tags=["health"])

SUPERVISOR_FILE: Final = "supervisor.json"
"""In the run folder, replaced as a whole by the supervisor: {"processes":[{"name","state","restarts","since_us"}]}."""

RUNNING: Final = "running"
"""A process does its work."""

_STARTING: Final = "starting"
_DAY_US: Final = 24 * 3600 * MICROSECONDS
_FULL: Final = 1 << 20  # bytes; the last that are free are of no use to anybody
_NAMED: Final = 3  # more cameras than these are counted


class ProcessOut(pydantic.BaseModel):
    """One of our processes, as the supervisor sees it."""

    name: str
    state: str = pydantic.Field(description="starting, running, waiting (it ended and will be started again), stopped.")
    restarts: int
    since_us: int


class DiskOut(Shape):
    """The disk of the data folder."""

    free_bytes: int
    kept_bytes: int = pydantic.Field(description="All views at rest.")
    floor_bytes: int = pydantic.Field(description="When less is free, the oldest views are deleted.")


class FurtherDiskOut(Shape):
    """A further disk for footage."""

    folder: str
    state: DiskState = pydantic.Field(
        description="missing: it can be put back. foreign: it is not ours, and left alone."
    )
    free_bytes: int | None = pydantic.Field(description="Null while it cannot be read.")


class StepOut(Shape):
    """The machine's clock was set."""

    at_us: int = pydantic.Field(description="By the new time.")
    by_us: int = pydantic.Field(description="Forward (more than 0) or back.")


class CameraClockOut(Shape):
    """A camera's clock beside the machine's. What is kept has the machine's time in any case."""

    camera: int
    gain_us: int = pydantic.Field(description="What it gains in a day.")


class ClockOut(Shape):
    """The machine's own clock."""

    synchronised: bool | None = pydantic.Field(description="Whether a time server keeps it; null where unknown.")
    error_us: int | None = pydantic.Field(description="How wrong it may be at most, while it is synchronised.")
    steps: list[StepOut] = pydantic.Field(description="Of the last day, as far as the console ran.")
    cameras: list[CameraClockOut] = pydantic.Field(description="Those of which it is known.")


class HealthReport(Shape):
    """How the machine does."""

    processes: list[ProcessOut]
    disk: DiskOut
    disks: list[FurtherDiskOut] = pydantic.Field(description="Beside that of the data folder; none as a rule.")
    protection: Literal["full", "reduced"]
    clock: ClockOut
    notes: list[str] = pydantic.Field(description="What a person should know of, one sentence each.")


@router.get("")
def health(console: Context) -> HealthReport:
    """Tell how the machine does."""
    processes = read_processes(console.folder.run / SUPERVISOR_FILE)
    cameras = console.cameras.all()
    disk = DiskOut(
        free_bytes=console.free_space(console.folder.root),
        kept_bytes=console.kept_bytes(),
        floor_bytes=console.floor_bytes,
    )
    disks = further_disks(console)
    reduced = _reduced(console, cameras)
    clock = console.clock_watch.look()
    found = console.room.look()
    return HealthReport(
        processes=processes or [],
        disk=disk,
        disks=disks,
        protection="reduced" if reduced else "full",
        clock=_clock_out(console, clock, cameras),
        notes=[
            *_about_processes(processes),
            *_about_disk(disk, found, disks),
            *(one.why for one in console.folder.disks.further if one.why),
            *_about_days_to_come(found, console.clock.wall_us()),
            *clock.notes(),
            *_about_protection(reduced),
            *_about_cameras(console, cameras),
            *_about_originals(console, cameras),
        ],
    )


def _clock_out(console: Console, clock: ClockState, cameras: list[Camera]) -> ClockOut:
    there = {camera.id for camera in cameras}
    # Of both streams, where there are two: they have one clock.
    gains = {
        one.camera: one.gain
        for one in heard(console.folder.run, console.clock.wall_us())
        if one.gain is not None and one.camera in there
    }
    return ClockOut(
        synchronised=clock.kept.synchronised,
        error_us=clock.kept.error_us,
        steps=[StepOut(at_us=step.at, by_us=step.by_us) for step in clock.steps],
        cameras=[CameraClockOut(camera=camera, gain_us=round(gain * _DAY_US)) for camera, gain in gains.items()],
    )


def read_processes(path: Path) -> list[ProcessOut] | None:
    """What the supervisor wrote last; None when it wrote nothing, or something else."""
    try:
        value: Any = json.loads(path.read_bytes())
        return _PROCESSES.validate_python(value["processes"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


_PROCESSES: Final = pydantic.TypeAdapter(Annotated[list[ProcessOut], pydantic.Field(max_length=1000)])


def _about_processes(processes: list[ProcessOut] | None) -> Iterator[str]:
    if processes is None:
        yield "The supervisor does not say how its processes do; it may have stopped."
    for process in processes or []:
        if process.state != RUNNING and (process.state != _STARTING or process.restarts):
            again = _times(process.restarts)
            yield f"The process {process.name} is {process.state}; it has been started again {again}."


def further_disks(console: Console) -> list[FurtherDiskOut]:
    """How the further disks do at this moment."""
    found = []
    for disk in console.folder.disks.look()[1:]:
        free = None
        with contextlib.suppress(OSError):  # it went away this moment
            free = console.free_space(disk.root) if disk.readable else None
        found.append(FurtherDiskOut(folder=str(disk.root), state=disk.state, free_bytes=free))
    return found


def _about_disk(disk: DiskOut, found: Found, further: list[FurtherDiskOut]) -> Iterator[str]:
    room = max([one.free_bytes or 0 for one in further if one.state is DiskState.OK], default=0)
    if found.stopped_at is not None:
        yield f"Nothing is recorded since {show(found.stopped_at)}. {found.stopped_why}"
    elif disk.free_bytes < _FULL:
        if room >= max(_FULL, disk.floor_bytes):
            yield "The disk of the data folder is full: its catalogue can't be written. Free some space on it."
            return
        yield (
            "The disk of the data folder is full: views are not being kept. Free some space on it, or let watchglass "
            "keep fewer days."
        )
    elif disk.free_bytes < disk.floor_bytes:
        what = "the disk of the data folder" if further else "the disk"
        yield (
            f"Only {disk.free_bytes / GIB:.1f} GiB of {what} are free, less than the "
            f"{disk.floor_bytes / GIB:.1f} GiB to be kept free; the oldest views are being deleted."
        )


def _about_days_to_come(found: Found, now: WallUs) -> Iterator[str]:
    """Of what lies no more than three days ahead, the worse first; once recording has stopped `_about_disk` says it."""
    stops, short = found.forecast.stops_at, found.forecast.short_at
    if stops is not None and now < stops <= now + AHEAD_US:
        yield (
            f"At the present rate recording stops at {show(stops)}: the disk is full then of footage that is held, or too "
            "young to be deleted. Add space, or release holds."
        )
    if short is not None and short <= now:
        yield (
            "Footage is deleted sooner than its days, for want of space. Add space, release holds, or let watchglass keep "
            "fewer days."
        )
    elif short is not None and short <= now + AHEAD_US:
        yield (
            f"At the present rate footage is deleted sooner than its days from {show(short)} on. Add space, or let "
            "watchglass keep fewer days."
        )


def _about_protection(reduced: list[Camera]) -> Iterator[str]:
    counting = [camera for camera in reduced if camera.policy is ViewPolicy.COUNTS]
    shown = [camera for camera in reduced if camera not in counting]
    if shown:
        yield (
            f"Protection is reduced for {_names(shown)}: there is no person model, only the built-in detector and "
            "the learnt background cover people."
        )
    if counting:
        yield f"Only people are counted at {_names(counting)}: there is no person model, only the built-in detector."


def _about_cameras(console: Console, cameras: list[Camera]) -> Iterator[str]:
    for camera in cameras:
        if camera.as_of(local_time(console.clock, console.zone)).off:
            continue
        for role, stream in console.cameras.health(camera.id).items():
            if stream.state in {HealthState.DOWN, HealthState.DEGRADED}:
                cause = f": {stream.cause}" if stream.cause else "."
                yield f"Camera {camera.name} ({role.value} stream) is {stream.state.value}{cause}"
        view = console.cameras.view_status(camera.id)
        if view is not None and view.state is ViewState.COVERED:
            what = f"The view of camera {camera.name} is covered whole"
            if camera.policy is ViewPolicy.COUNTS:
                what = f"Camera {camera.name} cannot count at the moment"
            yield f"{what}: {view.reason or 'no reason was given.'}"


def _about_originals(console: Console, cameras: list[Camera]) -> Iterator[str]:
    """Originals that should be kept and are not, though their cameras send: of the others it is said already."""
    sealing = originals.sealing(console)
    for camera in cameras:
        original = originals.original_of(console, camera, sealing)
        main = console.cameras.health(camera.id).get(StreamRole.MAIN)
        if original.state == "missing" and main is not None and main.state is not HealthState.DOWN:
            yield f"The original of camera {camera.name} is not being kept: {original.reason}"


def _reduced(console: Console, cameras: list[Camera]) -> list[Camera]:
    views = ((camera, console.cameras.view_status(camera.id)) for camera in cameras if camera.enabled)
    return [camera for camera, view in views if view is not None and view.protection is Protection.REDUCED]


def _names(cameras: list[Camera]) -> str:
    if len(cameras) > _NAMED:
        return f"{len(cameras)} cameras"
    return ", ".join(camera.name for camera in cameras)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
