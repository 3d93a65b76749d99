"""`watchglass redact`: the view of a video file."""

import dataclasses
import json
from pathlib import Path
from typing import Annotated

import typer

from watchglass.app.detector import person_detector
from watchglass.base import durable
from watchglass.base.errors import MissingInputError, UsageError
from watchglass.base.process import cores, forbid_core_dumps
from watchglass.cli.assets import try_person_model
from watchglass.cli.options import settings_of
from watchglass.cli.progress import reporting
from watchglass.model.camera import Protection
from watchglass.pipeline.file import Report, check_place, redact_file


def command(
    source: Annotated[Path, typer.Argument(metavar="IN", help="The video to redact. It is not changed.")],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="The view to write, as an MP4 file.")],
    report: Annotated[Path | None, typer.Option(metavar="R.json", help="Write what was done as JSON, too.")] = None,
) -> None:
    """Make the view of a video file: the same redaction, on a file.

    Everything that is not the empty scene is drawn as a flat shape. The file is read twice: once to learn the
    scene, once to draw. It has no sound.
    """
    _check(source, target, report)
    forbid_core_dumps()
    settings = settings_of(None)
    try_person_model(settings.assets)
    detector = person_detector(settings, threads=cores())
    with reporting() as tell:
        done = redact_file(source, target, detector, lambda now: tell(now.step, now.done, now.total))
    if report is not None:
        _write_report(report, done)
    typer.echo(f"{target}: {_summary(done)}")


def _check(source: Path, target: Path, report: Path | None) -> None:
    """Say before the work begins what would come to light at its end."""
    if source.is_dir():
        raise MissingInputError(f"{source} is a folder, not a video: name a file in it.")
    if not source.is_file():
        raise MissingInputError(f"The video {source} does not exist: check its path.")
    for written in (target, report):
        if written is not None:
            check_place(written)
            if written.exists() and written.samefile(source):
                raise UsageError(f"{written} is the video itself: name another file to write.")
    if report is not None and report.absolute() == target.absolute():
        raise UsageError(f"{report} cannot be both the view and the report: name another file for one of them.")


def _write_report(path: Path, report: Report) -> None:
    text = json.dumps(dataclasses.asdict(report), indent=2) + "\n"
    try:
        durable.replace(path, text.encode(), mode=0o644)
    except OSError as error:
        raise durable.write_error(error, f"the report {path}") from error


def _summary(report: Report) -> str:
    whole = sum(report.covered.values())
    reasons = ", ".join(f"{count} for: {reason}" for reason, count in report.covered.items())
    parts = [f"{report.frames} frames", f"{report.masked:.1%} of the picture filled"]
    if whole:
        parts.append(f"{whole} covered whole ({reasons})")
    if report.protection == Protection.REDUCED:
        parts.append("with reduced protection")
    return ", ".join(parts) + "."
