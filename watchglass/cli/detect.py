"""`watchglass detect`: what moves in a video file, and what goes over lines in it."""

import json
import re
import sys
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
from watchglass.model.place import Direction, Tripwire
from watchglass.pipeline.file import check_place
from watchglass.pipeline.tracks import FileTracks, track_file

_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+):/(?!$)", re.IGNORECASE)
"""As a path has it, in which // is /. A drive has one letter."""


def command(
    source: Annotated[Path, typer.Argument(metavar="IN", help="The video to look at. It is not changed.")],
    mot: Annotated[Path | None, typer.Option(metavar="OUT.txt", help="Write all tracks in MOTChallenge form.")] = None,
    tripwire: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=x1,y1,x2,y2",
            help="Count what goes over a line, in 0..1 of the picture's width and height. Forward is from its left to its"
            " right, seen from its first point to its second. May be repeated.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Follow what moves in a video file, and count crossings.

    People, vehicles and whatever else moves, over lines that you name. Nobody is recognised: a track is where something was from frame to frame, and its number means nothing elsewhere. The
    file is read twice.
    """
    tripwires = [Tripwire.parse(one) for one in tripwire or []]
    _check(source, mot, tripwires)
    forbid_core_dumps()
    settings = settings_of(None)
    try_person_model(settings.assets)
    detector = person_detector(settings, threads=cores())
    with reporting() as tell:
        tracks = track_file(source, detector, lambda now: tell(now.step, now.done, now.total))
    if mot is not None:
        _write(mot, tracks)
    for doubt in tracks.doubts():
        sys.stderr.write(f"watchglass: {source}: {doubt}\n")
    counts = tracks.crossings(tripwires)
    if as_json:
        typer.echo(json.dumps({"tripwires": counts}))
        return
    typer.echo(f"{source}: {_tally(tracks)}")
    for name, count in counts.items():
        typer.echo(f"{name}: {count[Direction.FORWARD]} forward, {count[Direction.BACKWARD]} backward.")


def _check(source: Path, mot: Path | None, tripwires: list[Tripwire]) -> None:
    """Say before the work begins what would come to light at its end."""
    if address := _ADDRESS.match(str(source)):  # never quoted: it may hold a password
        raise UsageError(
            f"This is an address ({address[1]}), not a video file: save its video first and name that file, or add a camera with "
            "'watchglass camera add'."
        )
    if source.is_dir():
        raise MissingInputError(f"{source} is a folder, not a video: name a file in it.")
    if not source.is_file():
        raise MissingInputError(f"The video {source} does not exist: check its path.")
    if mot is not None:
        check_place(mot)
        if mot.exists() and mot.samefile(source):
            raise UsageError(f"{mot} is the video itself: name another file to write.")
    names = [one.name for one in tripwires]
    if doubled := next((name for name in names if names.count(name) > 1), None):
        raise UsageError(f"There are two tripwires {doubled!r}: give each a name of its own.")


def _write(path: Path, tracks: FileTracks) -> None:
    try:
        durable.replace(path, tracks.mot().encode(), mode=0o644)
    except OSError as error:
        raise durable.write_error(error, f"the tracks {path}") from error


def _tally(tracks: FileTracks) -> str:
    """How many tracks of each class; never how many people, for one may be seen twice."""
    if not tracks.trails:
        return "nothing moves in it."
    labels = [str(one.label) for one in tracks.trails]
    parts = [f"{labels.count(label)} of class {label!r}" for label in sorted(set(labels))]
    return f"{len(labels)} {'track' if len(labels) == 1 else 'tracks'}, {', '.join(parts)}."
