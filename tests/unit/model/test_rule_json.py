import contextlib
import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.model.test_rule import PARTS, rule
from watchglass.base.errors import UsageError
from watchglass.model.event import RuleKind
from watchglass.model.hours import RuleHours
from watchglass.model.place import Point, Zone
from watchglass.model.rule import ALLOWED, NEEDED, Rule
from watchglass.model.rule_json import LARGEST, changed, from_shape, read, shape, written
from watchglass.model.vision import ObjectClass

WHOLE = rule(RuleKind.SPEED, zone=PARTS["zone"], hours=RuleHours.parse("mon-fri 22:00-06:00"), id=7)  # type: ignore[index]


def test_how_it_is_written() -> None:
    assert written(rule(classes=(ObjectClass.PERSON,), hours=RuleHours.parse("sat 8:00-9:00"))) == (
        '{"armed":true,"camera":1,"classes":["person"],"enabled":true,"hours":"sat 08:00-09:00","id":0,"kind":"intrusion",'
        '"name":"Yard at night","threshold":0.6,'
        '"zone":{"corners":[[0.4,0.4],[0.8,0.4],[0.8,0.8],[0.4,0.8]],"name":"yard"}}'
    )


@pytest.mark.parametrize("kind", RuleKind)
def test_each_kind_there_and_back(kind: RuleKind) -> None:
    for parts in (NEEDED[kind], NEEDED[kind] | ALLOWED.get(kind, frozenset())):
        one = rule(kind, **{part.value: PARTS[part] for part in parts})
        assert read(written(one)) == one


def test_changing_some_fields_leaves_the_others() -> None:
    assert changed(WHOLE, {"threshold": 0.8, "hours": None, "id": 99}) == dataclasses.replace(
        WHOLE, threshold=0.8, hours=None
    )
    assert changed(WHOLE, {}) == WHOLE
    with pytest.raises(UsageError, match="needs a speed in km/h"):
        changed(WHOLE, {"kmh": None})


rules = st.builds(
    lambda name, threshold, seconds, classes, flags, left: Rule(
        camera=3,
        name=name,
        kind=RuleKind.LOITERING,
        zone=Zone(name, (Point(left, 0), Point(1, 0.5), Point(left, 1))),
        threshold=threshold,
        seconds=seconds,
        classes=tuple(classes),
        enabled=flags[0],
        armed=flags[1],
    ),
    st.text("ab ä漢'\\\"!", min_size=1, max_size=64).filter(str.strip),
    st.floats(0.05, 0.95),
    st.floats(1, 86400) | st.integers(1, 86400),
    st.sets(st.sampled_from([one for one in ObjectClass if one is not ObjectClass.UNKNOWN]), min_size=1),
    st.tuples(st.booleans(), st.booleans()),
    st.floats(0, 0.9),
)


@given(rules)
def test_any_there_and_back_in_one_form(one: Rule) -> None:
    text = written(one)
    assert read(text) == one
    assert written(read(text)) == text
    assert written(read(json.dumps(shape(one), indent=2))) == text


def test_what_is_left_out_is_as_usual() -> None:
    given = {"camera": 1, "name": "x", "kind": "person lying down", "seconds": 20, "zone": None}
    assert from_shape(given) == Rule(camera=1, name="x", kind=RuleKind.LYING, seconds=20)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"number": 5}, "a field 'number' that is not known here: leave it out"),
        ({"name": 5}, "field 'name' is not what it should be: it is a text"),
        ({"name": "\ud800"}, "'name' is not what it should be"),
        ({"name": None}, "field 'name' is empty"),
        ({"kind": "face"}, "'kind' .* one of intrusion, line crossing"),
        ({"kind": ["intrusion"]}, "'kind'"),
        ({"camera": "1"}, "'camera' .* a whole number"),
        ({"camera": 10**30}, "'camera' .* a whole number"),
        ({"camera": -1}, "'camera' .* a whole number"),
        ({"camera": True}, "'camera' .* a whole number"),
        ({"enabled": 1}, "'enabled' .* true or false"),
        ({"threshold": "0.6"}, "'threshold' .* a number"),
        ({"threshold": True}, "'threshold' .* a number"),
        ({"threshold": 10**400}, "'threshold' .* not that large"),
        ({"threshold": 60}, "write 0.6 for 60 of a hundred"),
        ({"count": 2.0}, "'count' .* a whole number"),
        ({"hours": 5}, "'hours' .* a text"),
        ({"hours": "mon 26:00-27:00"}, "no time of day"),
        ({"classes": "person"}, "'classes' .* a list"),
        ({"classes": ["dog"]}, "'classes' .* one of person"),
        ({"direction": "up"}, "'direction' .* one of forward, backward"),
        ({"zone": []}, "'zone' .* an object"),
        ({"zone": {"name": "x"}}, "The zone lacks the field 'corners'"),
        ({"zone": {"name": "x", "corners": [[0, 0], [1, 0], [1]]}}, "'corners' .* pairs of numbers"),
        ({"zone": {"name": "x", "corners": [[0, 0], [1, 1], [1, 0], [0, 1]]}}, "crosses itself"),
        ({"zone": {"name": "x", "corners": [[0, 0], [1, 0], [1, 1]], "colour": 1}}, "The zone has a field 'colour'"),
        ({"tripwire": {"name": "x", "first": [0, 0], "second": [0, 0]}}, "has no length"),
        ({"tripwire": {"name": "x", "first": 0, "second": [0, 0]}}, "'tripwire' .* a list"),
        ({"calibration": {"image": [[0, 0]], "ground": []}}, "needs four points"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], what: str) -> None:
    with pytest.raises(UsageError, match=what):
        from_shape(shape(WHOLE) | change)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "not written in JSON"),
        ("{", "not written in JSON"),
        ("[" * 5000, "not written in JSON"),
        ('{"camera": NaN}', "NaN is no number"),
        ('{"camera": 1, "camera": 1}', "a field twice"),
        ("[]", "an object with fields"),
        ("{}", "lacks the field 'camera'"),
        (" " * (LARGEST + 1), "a rule has 16384 at most"),
        (b"\xff", "not written in JSON"),
    ],
)
def test_what_is_no_json_is_refused(text: str | bytes, what: str) -> None:
    with pytest.raises(UsageError, match=what):
        read(text)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["", "x", "forward", "person", "mon 8:00-9:00", "\n"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["name", "corners", "first"]), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(sorted(shape(WHOLE))), json_values, max_size=4))
def test_whatever_comes_is_a_rule_or_a_sentence(change: dict[str, Any]) -> None:
    with contextlib.suppress(UsageError):
        one = from_shape(shape(WHOLE) | change)
        assert read(written(one)) == one
