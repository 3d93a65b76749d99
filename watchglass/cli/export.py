"""`watchglass export`: the view of a span, as a file that any player plays."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from watchglass.app.machine import Machine
from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.base.errors import CannotWriteError, MissingInputError, UsageError
from watchglass.cli.folder import existing_machine_of
from watchglass.cli.options import Data
from watchglass.cli.progress import reporting
from watchglass.evidence.export import export_view
from watchglass.model.camera import Camera, ViewPolicy

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_TIME = "as 2026-03-01T14:30, in this machine's time unless it says otherwise (Z, +01:00)."


def command(
    out: Annotated[Path, typer.Argument(metavar="OUT.mp4", help="The file to write.")],
    camera: Annotated[str, typer.Option(metavar="CAMERA", help="Its name, or its number.")],
    start: Annotated[str, typer.Option("--from", metavar="TIME", help=f"Where it begins, {_TIME}")],
    end: Annotated[str, typer.Option("--to", metavar="TIME", help=f"Where it ends, {_TIME}")],
    data: Data = None,
) -> None:
    """Write the view of a span of time to a video file.

    What is written are the very pictures that were kept, with everybody covered: there is no other way out.
    """
    begins, ends = parse_time(start), parse_time(end)
    if ends <= begins:
        raise UsageError(f"The span of camera {camera!r} ends before it begins: give a --to that is after --from.")
    if out.is_dir():
        raise CannotWriteError(f"{out} is a folder: name a file in it.")
    machine = existing_machine_of(data)
    found = machine.cameras.find(camera)
    segments = machine.views.segments(found.id, begins, ends)
    if not segments:
        raise MissingInputError(
            f"Nothing is kept of camera {found.name!r} from {show(begins)} to {show(ends)}: {_kept(machine, found)}."
        )
    with reporting() as report:
        exported = export_view(
            machine.folder, segments, begins, ends, out, lambda share: report(f"writing {out.name}", share, 1.0)
        )
    holes = f", {len(exported.holes)} times interrupted (the file's comment says when)" if exported.holes else ""
    typer.echo(
        f"{out}: {exported.seconds:.1f} s of {found.name!r}, from {show(exported.start)} to {show(exported.end)}{holes}"
    )


def _kept(machine: Machine, camera: Camera) -> str:
    bounds = machine.views.bounds(camera.id)
    if bounds:
        return f"choose a span from {show(bounds[0])} to {show(bounds[1])}"
    return "it keeps counts only" if camera.policy is ViewPolicy.COUNTS else "there is nothing of it yet"


def parse_time(text: str) -> WallUs:
    """A point in time, exact to the microsecond. UsageError when it is none."""
    try:
        # A time without a zone is one of this machine's clock on the wall: that is what astimezone() takes it for.
        moment = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{text!r} is not a time. Write it as 2026-03-01T14:30 or 2026-03-01T13:30:05Z.") from error
    delta = moment - _EPOCH
    return WallUs((delta.days * 86_400 + delta.seconds) * MICROSECONDS + delta.microseconds)


def show(wall: WallUs) -> str:
    """A point in time as this machine's clock on the wall shows it."""
    return datetime.fromtimestamp(wall // MICROSECONDS, UTC).astimezone().isoformat(sep=" ")
