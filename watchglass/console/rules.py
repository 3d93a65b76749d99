"""Rules of cameras: listing, adding, changing, removing. Read as strictly as they are kept: `model/rule_json.py`."""

import dataclasses
from typing import Annotated, Any, Final

import pydantic
from fastapi import APIRouter, Depends, Request, status

from watchglass.base.errors import UsageError
from watchglass.console.context import SIGNED_IN, Context, Who
from watchglass.console.fault import ANSWERS
from watchglass.console.shapes import CameraId, RuleId, Shape
from watchglass.model import rule_json
from watchglass.model.event import RuleKind
from watchglass.model.place import Direction
from watchglass.model.rule import Rule
from watchglass.model.threshold import LEAST_THRESHOLD, MOST_THRESHOLD, THRESHOLD
from watchglass.model.vision import ObjectClass

router = APIRouter(prefix="/api", responses=ANSWERS, dependencies=SIGNED_IN, tags=["rules"])

Pair = tuple[float, float]


class ZoneOut(Shape):
    """A named polygon in 0..1 of the picture's width and height, y down."""

    name: str
    corners: list[Pair]


class TripwireOut(Shape):
    """A named line in 0..1 of the picture. Forward is from its left to its right, seen from the first point to the second."""

    name: str
    first: Pair
    second: Pair


class CalibrationOut(Shape):
    """Four points of the picture, and where they are on the ground, in metres."""

    image: list[Pair]
    ground: list[Pair]


class RuleOut(Shape):
    """A rule as somebody set it; null is what it has not."""

    id: int
    camera: int
    name: str
    kind: RuleKind
    zone: ZoneOut | None = None
    tripwire: TripwireOut | None = None
    direction: Direction | None = pydantic.Field(
        None, description="Which way makes events; of an occupancy the way in, of a wrong way the wrong one."
    )
    classes: list[ObjectClass]
    threshold: float = pydantic.Field(description=f"Least score, {LEAST_THRESHOLD:g} to {MOST_THRESHOLD:g}.")
    hours: str | None = pydantic.Field(None, description="In the machine's local time, as in: mon-fri 22:00-06:00.")
    seconds: float | None = None
    count: int | None = None
    kmh: float | None = None
    calibration: CalibrationOut | None = None
    enabled: bool = pydantic.Field(description="Off: it is not looked at.")
    armed: bool = pydantic.Field(description="Not armed: it makes no events, and goes on counting.")


class RulesOut(Shape):
    """All rules of a camera, in the order in which they were added."""

    rules: list[RuleOut]


def _part(shape: type[Shape]) -> dict[str, Any]:
    return {"anyOf": [{"$ref": f"#/components/schemas/{shape.__name__}"}, {"type": "null"}]}


def _either(*types: str, **more: Any) -> dict[str, Any]:
    return {"type": [*types, "null"], **more}


_FIELDS: Final[dict[str, Any]] = {
    "name": {"type": "string"},
    "kind": {"$ref": "#/components/schemas/RuleKind"},
    "zone": _part(ZoneOut),
    "tripwire": _part(TripwireOut),
    "direction": _either("string", enum=[*Direction, None]),
    "classes": _either("array", items={"$ref": "#/components/schemas/ObjectClass"}),
    "threshold": _either("number", default=THRESHOLD),
    "hours": _either("string"),
    "seconds": _either("number"),
    "count": _either("integer"),
    "kmh": _either("number"),
    "calibration": _part(CalibrationOut),
    "enabled": _either("boolean", default=True),
    "armed": _either("boolean", default=True),
}


def _takes(needed: list[str], what: str) -> dict[str, Any]:
    """What OpenAPI says of a body that we read ourselves: pydantic has no words for what makes no sense in a rule."""
    schema = {"type": "object", "description": what, "properties": _FIELDS, "additionalProperties": False}
    if needed:
        schema["required"] = needed
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


async def _said(request: Request) -> dict[str, Any]:
    return rule_json.values(await request.body())


Said = Annotated[dict[str, Any], Depends(_said)]


@router.get("/cameras/{camera_id}/rules")
def list_rules(camera_id: CameraId, console: Context) -> RulesOut:
    """List the rules of a camera."""
    console.cameras.get(camera_id)
    return RulesOut(rules=[_told(rule) for rule in console.rules.of(camera_id)])


@router.post(
    "/cameras/{camera_id}/rules",
    status_code=status.HTTP_201_CREATED,
    openapi_extra=_takes(["name", "kind"], "A new rule. What a kind needs and may have: docs/design/rules.md."),
)
def add_rule(camera_id: CameraId, said: Said, console: Context, who: Who) -> RuleOut:
    """Set a rule for a camera."""
    console.cameras.get(camera_id)
    if said.get("camera", camera_id) != camera_id:
        raise UsageError("This rule names another camera: add it there.")
    rule = rule_json.from_shape({**said, "camera": camera_id, "id": 0})
    return _told(console.rules.add(rule, by=who))


@router.patch("/rules/{rule_id}", openapi_extra=_takes([], "What is to change; null takes a part away."))
def change_rule(rule_id: RuleId, said: Said, console: Context, who: Who) -> RuleOut:
    """Change a rule, switch it on or off, arm or disarm it. What is left out stays as it is. An event that lasts by it ends,
    unless the name alone is new.
    """
    rule = rule_json.changed(console.rules.get(rule_id), said)
    console.rules.change(rule, by=who)
    return _told(rule)


@router.delete("/rules/{rule_id}", status_code=status.HTTP_204_NO_CONTENT)
def remove_rule(rule_id: RuleId, console: Context, who: Who) -> None:
    """Forget a rule. Its events and counts stay."""
    console.rules.remove(rule_id, by=who)


def _told(rule: Rule) -> RuleOut:
    zone, wire, calibration = rule.zone, rule.tripwire, rule.calibration
    return RuleOut(
        id=rule.id,
        camera=rule.camera,
        name=rule.name,
        kind=rule.kind,
        zone=ZoneOut(name=zone.name, corners=[dataclasses.astuple(one) for one in zone.corners]) if zone else None,
        tripwire=TripwireOut(
            name=wire.name, first=dataclasses.astuple(wire.first), second=dataclasses.astuple(wire.second)
        )
        if wire
        else None,
        direction=rule.direction,
        classes=list(rule.asked),
        threshold=float(rule.threshold),
        hours=str(rule.hours) if rule.hours else None,
        seconds=rule.seconds,
        count=rule.count,
        kmh=rule.kmh,
        calibration=CalibrationOut(
            image=[dataclasses.astuple(one) for one in calibration.image],
            ground=[dataclasses.astuple(one) for one in calibration.ground],
        )
        if calibration
        else None,
        enabled=rule.enabled,
        armed=rule.armed,
    )
