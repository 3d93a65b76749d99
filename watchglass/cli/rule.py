"""`watchglass rule`: what people want to be told of, or to have counted. Works while `up` runs, which takes changes up."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from watchglass.app.machine import Machine
from watchglass.base.errors import MissingInputError, UsageError
from watchglass.cli.folder import existing_machine_of
from watchglass.cli.options import Data, Json, who
from watchglass.model import rule_json
from watchglass.model.event import RuleKind
from watchglass.model.place import Direction
from watchglass.model.rule import Rule
from watchglass.model.vision import ObjectClass

app = typer.Typer()

NameOrId = Annotated[str, typer.Argument(metavar="CAMERA", help="Its name, or its number.")]
Number = Annotated[int, typer.Argument(metavar="NUMBER", help="Its number, as 'rule list' shows it.")]
Named = Annotated[str | None, typer.Option("--name", metavar="NAME", help="What people call it.")]
Kind = Annotated[RuleKind | None, typer.Option("--kind", help="What it looks for.")]
ZoneText = Annotated[
    str | None,
    typer.Option("--zone", metavar="NAME=x1,y1,x2,y2,x3,y3...", help="Corners in 0..1 of the picture, y down."),
]
TripwireText = Annotated[
    str | None,
    typer.Option(
        "--tripwire",
        metavar="NAME=x1,y1,x2,y2",
        help="Forward is from its left to its right, seen from the first point to the second.",
    ),
]
Way = Annotated[
    Direction | None,
    typer.Option(
        "--direction", help="Which way makes events; of an occupancy the way in, of a wrong way the wrong one."
    ),
]
Classes = Annotated[
    list[ObjectClass] | None, typer.Option("--class", help="What it is about; may be given more than once.")
]
Threshold = Annotated[float | None, typer.Option("--threshold", metavar="SCORE", help="0.05 to 0.95; 0.6 unless set.")]
Hours = Annotated[
    str | None, typer.Option("--hours", metavar="HOURS", help="As in 'mon-fri 22:00-06:00'; '' for day and night.")
]
Seconds = Annotated[float | None, typer.Option("--seconds", help="For how long it must be so.")]
HowMany = Annotated[int | None, typer.Option("--count", help="From how many on it is met.")]
Kmh = Annotated[float | None, typer.Option("--kmh", help="Faster than this, with a calibration in --file.")]
File = Annotated[
    Path | None,
    typer.Option("--file", metavar="RULE.json", help="A rule, or some fields of one, in JSON; options go before it."),
]
Enabled = Annotated[bool | None, typer.Option("--on/--off", help="Whether it is looked at.", show_default=False)]
Armed = Annotated[
    bool | None,
    typer.Option("--armed/--disarmed", help="Whether it makes events; it counts in any case.", show_default=False),
]


@app.command("add")
def add(
    camera: NameOrId,
    name: Named = None,
    kind: Kind = None,
    zone: ZoneText = None,
    tripwire: TripwireText = None,
    direction: Way = None,
    classes: Classes = None,
    threshold: Threshold = None,
    hours: Hours = None,
    seconds: Seconds = None,
    count: HowMany = None,
    kmh: Kmh = None,
    enabled: Enabled = None,
    armed: Armed = None,
    file: File = None,
    data: Data = None,
) -> None:
    """Set a rule for a camera. What each kind needs: docs/design/rules.md."""
    told = _told(locals())
    machine = existing_machine_of(data)
    found = machine.cameras.find(camera)
    rule = machine.rules.add(rule_json.from_shape({**told, "camera": found.id, "id": 0}), by=who())
    typer.echo(_line(rule, found.name))


@app.command("set")
def change(
    number: Number,
    name: Named = None,
    kind: Kind = None,
    zone: ZoneText = None,
    tripwire: TripwireText = None,
    direction: Way = None,
    classes: Classes = None,
    threshold: Threshold = None,
    hours: Hours = None,
    seconds: Seconds = None,
    count: HowMany = None,
    kmh: Kmh = None,
    enabled: Enabled = None,
    armed: Armed = None,
    file: File = None,
    data: Data = None,
) -> None:
    """Change a rule; what is not named stays as it is. A null in --file takes a part away."""
    told = _told(locals())
    if not told:
        raise UsageError("Say what is to change, as in --threshold 0.7 or --off.")
    machine = existing_machine_of(data)
    rule = rule_json.changed(machine.rules.get(number), told)
    machine.rules.change(rule, by=who())
    typer.echo(_line(rule, _names(machine)[rule.camera]))


@app.command("list")
def list_all(
    camera: Annotated[
        str | None, typer.Option(metavar="CAMERA", help="Of one camera: its name, or its number.")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """List rules, by camera."""
    machine = existing_machine_of(data)
    rules = machine.rules.all() if camera is None else machine.rules.of(machine.cameras.find(camera).id)
    if as_json:
        typer.echo(json.dumps([rule_json.shape(rule) for rule in rules], indent=2, ensure_ascii=False))
        return
    names = _names(machine)
    for rule in rules:
        typer.echo(_line(rule, names[rule.camera]))
    if not rules:
        typer.echo("There are no rules: nothing makes events, and nothing is counted.")


@app.command("remove")
def remove(number: Number, data: Data = None) -> None:
    """Forget a rule. Its events and counts stay."""
    machine = existing_machine_of(data)
    machine.rules.remove(number, by=who())
    typer.echo(f"Rule {number} was removed. Its events and counts stay.")


def _told(options: dict[str, Any]) -> dict[str, Any]:
    """Fields of a rule as they were typed: those of the file, and over them those of the options."""
    told: dict[str, Any] = _read(options["file"]) if options["file"] else {}
    for field in ("name", "kind", "direction", "threshold", "seconds", "count", "kmh", "enabled", "armed"):
        if options[field] is not None:
            told[field] = options[field]
    if options["hours"] is not None:
        told["hours"] = options["hours"].strip() or None
    if options["classes"]:
        told["classes"] = options["classes"]
    if options["zone"] is not None:
        name, points = _places(options["zone"], "Zone", "NAME=x1,y1,x2,y2,x3,y3, as in yard=0.1,0.9,0.9,0.9,0.5,0.2")
        told["zone"] = {"name": name, "corners": points}
    if options["tripwire"] is not None:
        form = "NAME=x1,y1,x2,y2, as in gate=0.5,0.1,0.5,0.9"
        name, points = _places(options["tripwire"], "Tripwire", form)
        if len(points) != 2:
            raise UsageError(f"Tripwire {options['tripwire']!r} is not written as {form}.")
        told["tripwire"] = {"name": name, "first": points[0], "second": points[1]}
    return told


def _read(file: Path) -> dict[str, Any]:
    try:
        text = file.read_bytes()
    except OSError as error:
        raise MissingInputError(f"The rule in {file} cannot be read: {error.strerror}.") from error
    return rule_json.values(text)


def _places(text: str, what: str, form: str) -> tuple[str, list[list[float]]]:
    name, _, numbers = text.rpartition("=")
    try:
        found = [float(number) for number in numbers.split(",")]
    except ValueError:
        found = []
    if not name.strip() or not found or len(found) % 2:
        raise UsageError(f"{what} {text!r} is not written as {form}.")
    return name.strip(), [found[place : place + 2] for place in range(0, len(found), 2)]


def _names(machine: Machine) -> dict[int, str]:
    return {camera.id: camera.name for camera in machine.cameras.all()}


def _line(rule: Rule, camera: str) -> str:
    parts = [f"Rule {rule.id}: {rule.name}, {rule.kind} at {camera}"]
    if rule.place:
        parts.append(f"{'tripwire' if rule.tripwire else 'zone'} {rule.place!r}")
    if rule.direction:
        parts.append(str(rule.direction))
    if rule.asked:
        parts.append(" ".join(rule.asked))
    parts.append(f"from {rule.threshold:.0%}")
    parts += [f"{rule.seconds:g} s"] if rule.seconds is not None else []
    parts += [f"{rule.count} and more"] if rule.count is not None else []
    parts += [f"{rule.kmh:g} km/h"] if rule.kmh is not None else []
    parts += [str(rule.hours)] if rule.hours else []
    parts += [] if rule.armed else ["disarmed"]
    parts += [] if rule.enabled else ["off"]
    return ", ".join(parts)
