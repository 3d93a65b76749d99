"""Rules as JSON: how they are kept, and how they go over the wire. Reading is strict, writing has one form for each rule."""

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NoReturn, TypeVar

from watchglass.base.errors import UsageError
from watchglass.model.calibration import Calibration, Ground
from watchglass.model.event import RuleKind
from watchglass.model.hours import RuleHours
from watchglass.model.place import Direction, Point, Tripwire, Zone
from watchglass.model.rule import Rule
from watchglass.model.vision import ObjectClass

LARGEST = 16 * 1024
"""Bytes of one rule."""

_GREATEST = 2**53 - 1  # what every reader of JSON can hold
_NEEDED = frozenset({"camera", "name", "kind"})
_HALF = re.compile(r"[\ud800-\udfff]")
_Word = TypeVar("_Word", RuleKind, Direction, ObjectClass)


def written(rule: Rule) -> str:
    """Canonical JSON of a rule: sorted keys, no spaces, nothing that is not set."""
    return json.dumps(shape(rule), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def shape(rule: Rule) -> dict[str, Any]:
    """A rule as JSON's values."""
    said: dict[str, Any] = {
        "id": rule.id,
        "camera": rule.camera,
        "name": rule.name,
        "kind": rule.kind.value,
        "direction": rule.direction and rule.direction.value,
        "classes": [one.value for one in rule.asked] or None,
        "threshold": float(rule.threshold),
        "hours": rule.hours and str(rule.hours),
        "seconds": None if rule.seconds is None else float(rule.seconds),
        "count": rule.count,
        "kmh": None if rule.kmh is None else float(rule.kmh),
        "enabled": rule.enabled,
        "armed": rule.armed,
    }
    if rule.zone:
        said["zone"] = {"name": rule.zone.name, "corners": _pairs(rule.zone.corners)}
    if rule.tripwire:
        first, second = _pairs((rule.tripwire.first, rule.tripwire.second))
        said["tripwire"] = {"name": rule.tripwire.name, "first": first, "second": second}
    if rule.calibration:
        said["calibration"] = {"image": _pairs(rule.calibration.image), "ground": _pairs(rule.calibration.ground)}
    return {name: value for name, value in said.items() if value is not None}


def read(text: str | bytes) -> Rule:
    """A rule from JSON. UsageError that names what is wrong with it."""
    return from_shape(values(text))


def changed(rule: Rule, said: Mapping[str, Any]) -> Rule:
    """A rule with some of its fields set anew; null takes a part away. It keeps its id. UsageError as of `from_shape`."""
    return from_shape({**shape(rule), **said, "id": rule.id})


def values(text: str | bytes) -> dict[str, Any]:
    """The fields of a rule, or some of them, from JSON, as yet unread. UsageError where it is no object."""
    if len(text) > LARGEST:
        raise UsageError(f"This rule has {len(text)} bytes: a rule has {LARGEST} at most.")
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"This rule is not written in JSON ({error}): correct it there.") from error
    if not isinstance(value, dict):
        _wrong("rule", "an object with fields")
    return value


def from_shape(value: object) -> Rule:
    """A rule from JSON's values. UsageError that names the field that is wrong."""
    said = _fields(value, "rule", _READERS.keys(), _NEEDED)
    given: dict[str, Any] = {name: one for name, one in said.items() if one is not None}
    if missing := _NEEDED - set(given):
        raise UsageError(f"The rule's field {min(missing)!r} is empty: fill it in.")
    return Rule(**{name: _READERS[name](one, name) for name, one in given.items()})


def _zone(value: object, _name: str) -> Zone:
    said = _fields(value, "zone", {"name", "corners"}, {"name", "corners"})
    return Zone(_text(said["name"], "name"), _points(said["corners"], "corners"))


def _tripwire(value: object, _name: str) -> Tripwire:
    names = {"name", "first", "second"}
    said = _fields(value, "tripwire", names, names)
    return Tripwire(_text(said["name"], "name"), *_points([said["first"], said["second"]], "tripwire"))


def _calibration(value: object, _name: str) -> Calibration:
    said = _fields(value, "calibration", {"image", "ground"}, {"image", "ground"})
    ground = tuple(Ground(point.x, point.y) for point in _points(said["ground"], "ground"))
    return Calibration(_points(said["image"], "image"), ground)


def _pairs(points: Iterable[Point | Ground]) -> list[list[float]]:
    return [[float(point.x), float(point.y)] for point in points]


def _points(value: object, name: str) -> tuple[Point, ...]:
    pairs = [_list(pair, name) for pair in _list(value, name)]
    if any(len(pair) != 2 for pair in pairs):
        _wrong(name, "pairs of numbers, as in [0.5, 0.25]")
    return tuple(Point(_number(x, name), _number(y, name)) for x, y in pairs)


def _fields(value: object, whose: str, known: Collection[str], needed: Collection[str]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        _wrong(whose, "an object with fields")
    if strange := [name for name in value if name not in known]:
        raise UsageError(f"The {whose} has a field {strange[0]!r} that is not known here: leave it out.")
    if missing := sorted(name for name in needed if name not in value):
        raise UsageError(f"The {whose} lacks the field {missing[0]!r}: add it.")
    return value


def _word(value: object, name: str, words: type[_Word]) -> _Word:
    found = next((word for word in words if isinstance(value, str) and value == word.value), None)
    if found is None:
        _wrong(name, "one of " + ", ".join(word.value for word in words))
    return found


def _whole(value: object, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _GREATEST:
        _wrong(name, "a whole number")
    return value


def _flag(value: object, name: str) -> bool:
    if not isinstance(value, bool):
        _wrong(name, "true or false")
    return value


def _hours(value: object, name: str) -> RuleHours:
    return RuleHours.parse(_text(value, name))


def _classes(value: object, name: str) -> tuple[ObjectClass, ...]:
    return tuple(_word(one, name, ObjectClass) for one in _list(value, name))


def _number(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        _wrong(name, "a number")
    try:
        return float(value)
    except OverflowError:
        _wrong(name, "a number that is not that large")


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or _HALF.search(value):
        _wrong(name, "a text")
    return value


def _list(value: object, name: str) -> list[Any]:
    if not isinstance(value, list | tuple):
        _wrong(name, "a list")
    return list(value)


def _wrong(name: str, wanted: str) -> NoReturn:
    raise UsageError(f"The rule's field {name!r} is not what it should be: it is {wanted}.")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field twice")
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


_READERS: Mapping[str, Callable[[object, str], Any]] = {
    **dict.fromkeys(("id", "camera", "count"), _whole),
    **dict.fromkeys(("enabled", "armed"), _flag),
    **dict.fromkeys(("threshold", "seconds", "kmh"), _number),
    "name": _text,
    "kind": lambda value, name: _word(value, name, RuleKind),
    "direction": lambda value, name: _word(value, name, Direction),
    "classes": _classes,
    "hours": _hours,
    "zone": _zone,
    "tripwire": _tripwire,
    "calibration": _calibration,
}
