"""`watchglass hold`: footage that is kept whatever retention says. Works while `up` runs."""

import json
from typing import Annotated

import typer

from watchglass.app.machine import Machine
from watchglass.base.errors import UsageError
from watchglass.cli.export import parse_time, show
from watchglass.cli.folder import existing_machine_of
from watchglass.cli.options import Data, Json, who
from watchglass.model.record import Hold

app = typer.Typer()

_TIME = "as 2026-03-01T14:30, in this machine's time unless it says otherwise (Z, +01:00)."
Number = Annotated[int, typer.Argument(metavar="NUMBER", help="Its number, as 'hold list' shows it.")]
Until = Annotated[str, typer.Option("--until", metavar="TIME", help=f"When it lapses, {_TIME}")]
By = Annotated[
    str | None, typer.Option("--by", metavar="NAME", help="Who says so. [default: your login]", show_default=False)
]


@app.command("add")
def add(
    start: Annotated[str, typer.Option("--from", metavar="TIME", help=f"Where the footage begins, {_TIME}")],
    end: Annotated[str, typer.Option("--to", metavar="TIME", help="Where it ends; may lie ahead.")],
    until: Until,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why it must be kept.")],
    camera: Annotated[str | None, typer.Option("--camera", metavar="CAMERA", help="Its name, or its number.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Of all cameras.")] = False,
    by: By = None,
    data: Data = None,
) -> None:
    """Keep footage of a span, the view and the original both, whatever retention says. A camera with a hold can't be removed."""
    if (camera is None) is not every:
        raise UsageError("Say of which camera footage is to be held, with --camera NAME or --all.")
    machine = existing_machine_of(data)
    found = machine.cameras.find(camera).id if camera is not None else None
    begins, ends = parse_time(start), parse_time(end)
    held = machine.holds.add(found, begins, ends, reason, parse_time(until), who(by))
    typer.echo(_line(machine, held))
    if begins < machine.clock.wall_us() and not _anything(machine, held):
        typer.echo("Nothing is kept of that span: what had been deleted before stays so.", err=True)


@app.command("list")
def list_(
    over: Annotated[bool, typer.Option("--over", help="Those that lapsed or were released as well.")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Holds, the newest first."""
    machine = existing_machine_of(data)
    now = machine.clock.wall_us()
    holds = [hold for hold in machine.holds.all() if over or hold.is_active(now)]
    if as_json:
        typer.echo(json.dumps([_described(machine, hold) for hold in holds], indent=1, ensure_ascii=False))
        return
    for hold in holds:
        typer.echo(_line(machine, hold))
    if not holds:
        typer.echo("There are no holds: retention deletes what is due.")


@app.command("extend")
def extend(number: Number, until: Until, by: By = None, data: Data = None) -> None:
    """Let a hold lapse later."""
    machine = existing_machine_of(data)
    typer.echo(_line(machine, machine.holds.extend(number, parse_time(until), who(by))))


@app.command("release")
def release(number: Number, by: By = None, data: Data = None) -> None:
    """Let retention have again what a hold keeps: what is older than its days is deleted within a minute."""
    machine = existing_machine_of(data)
    typer.echo(_line(machine, machine.holds.release(number, who(by))))


def _anything(machine: Machine, hold: Hold) -> bool:
    cameras = [hold.camera] if hold.camera is not None else [camera.id for camera in machine.cameras.all()]
    kinds = (machine.views, machine.originals)
    return any(kind.segments(camera, hold.start, hold.end) for kind in kinds for camera in cameras)


def _camera(machine: Machine, hold: Hold) -> str:
    if hold.camera is None:
        return "all cameras"
    names = {camera.id: camera.name for camera in machine.cameras.all()}
    return names.get(hold.camera, f"camera {hold.camera}, which was removed")


def _state(machine: Machine, hold: Hold) -> str:
    if hold.released_at is not None:
        return "released"
    return "active" if hold.is_active(machine.clock.wall_us()) else "lapsed"


def _line(machine: Machine, hold: Hold) -> str:
    end = f"until {show(hold.until)}"
    if hold.released_at is not None:
        end = f"released by {hold.released_by} at {show(hold.released_at)}"
    elif _state(machine, hold) == "lapsed":
        end = f"lapsed at {show(hold.until)}"
    span = f"{show(hold.start)} to {show(hold.end)}"
    return f"Hold {hold.id}: {_camera(machine, hold)}, {span}, {end}; {hold.owner}: {hold.reason}"


def _described(machine: Machine, hold: Hold) -> dict[str, object]:
    return {
        "id": hold.id,
        "camera": hold.camera,
        "from_us": hold.start,
        "to_us": hold.end,
        "until_us": hold.until,
        "reason": hold.reason,
        "owner": hold.owner,
        "set_us": hold.set_at,
        "state": _state(machine, hold),
        "released_us": hold.released_at,
        "released_by": hold.released_by,
    }
