import math
from pathlib import Path

import pytest

from tests.unit.model.test_calibration import calibration
from tests.unit.rules.staged import GATE, YARD
from watchglass.base.errors import UsageError
from watchglass.model.event import RuleKind
from watchglass.model.hours import RuleHours
from watchglass.model.place import Direction
from watchglass.model.rule import ALLOWED, NEEDED, Part, Rule
from watchglass.model.vision import VEHICLES, ObjectClass

DOCS = Path(__file__).resolve().parents[3] / "docs" / "rules"
PARTS = {
    Part.ZONE: YARD,
    Part.TRIPWIRE: GATE,
    Part.DIRECTION: Direction.FORWARD,
    Part.SECONDS: 10.0,
    Part.COUNT: 3,
    Part.KMH: 50.0,
    Part.CALIBRATION: calibration(),
}


def rule(kind: RuleKind = RuleKind.INTRUSION, **parts: object) -> Rule:
    given = {part.value: PARTS[part] for part in NEEDED[kind]} | parts
    return Rule(**{"camera": 1, "name": "Yard at night", "kind": kind, **given})  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", RuleKind)
class TestEachKind:
    def test_has_what_it_needs_and_no_more(self, kind: RuleKind) -> None:
        assert rule(kind).threshold == 0.60
        for part in Part:
            if part in NEEDED[kind]:
                with pytest.raises(UsageError, match=f"'Yard at night' \\({kind}\\) needs a"):
                    rule(kind, **{part.value: None})
            elif part in ALLOWED.get(kind, frozenset()):
                assert getattr(rule(kind, **{part.value: PARTS[part]}), part.value) == PARTS[part]
            else:
                with pytest.raises(UsageError, match=f"has no use for {part}: leave it out"):
                    rule(kind, **{part.value: PARTS[part]})


@pytest.mark.parametrize("kind", RuleKind)
def test_each_kind_has_a_page(kind: RuleKind) -> None:
    page = (DOCS / f"{kind.value.replace(' ', '-')}.md").read_text(encoding="utf-8")
    for heading in ("## What it sees", "## What it cannot", "## Parts", "## How it was measured"):
        assert heading in page
    assert f"Rule kind: `{kind}`" in page


def test_what_it_is_about_where_nobody_says() -> None:
    assert rule().asked == (ObjectClass.PERSON,)
    assert set(rule(RuleKind.STOPPED).asked) == VEHICLES
    assert rule(RuleKind.TAMPERING).asked == ()
    assert rule(classes=(ObjectClass.CAR, ObjectClass.PERSON, ObjectClass.CAR)).asked == (
        ObjectClass.PERSON,
        ObjectClass.CAR,
    )


def test_where_it_is() -> None:
    assert (rule().place, rule(RuleKind.CROSSING).place, rule(RuleKind.LYING).place) == ("yard", "gate", "")


@pytest.mark.parametrize("threshold", [0.05, 0.4, 0.95])
def test_thresholds(threshold: float) -> None:
    assert rule(threshold=threshold).threshold == threshold


@pytest.mark.parametrize(
    ("parts", "what"),
    [
        ({"threshold": 0}, "has the threshold 0: everything would count; give 0.05 to 0.95, 0.6 as a rule"),
        ({"threshold": 1}, "has the threshold 1: nothing is ever that sure"),
        ({"threshold": 60}, "has the threshold 60: it is a share; write 0.6 for 60 of a hundred"),
        ({"threshold": 100}, "threshold 100: give 0.05 to 0.95"),
        ({"threshold": -0.5}, "threshold -0.5: give"),
        ({"threshold": 0.96}, "threshold 0.96: give"),
        ({"threshold": math.nan}, "threshold nan: give"),
        ({"threshold": math.inf}, "threshold inf: give"),
        ({"seconds": -1}, "has -1 seconds: give 0 to 86400"),
        ({"seconds": math.nan}, "has nan seconds"),
        ({"seconds": 90000}, "a day"),
        ({"kind": RuleKind.LOITERING, "seconds": 0}, "has 0 seconds: give 1 to"),
        ({"kind": RuleKind.CROWDING, "count": 0}, "counts up to 0: give a whole number from 1 to 1000"),
        ({"kind": RuleKind.CROWDING, "count": 1001}, "counts up to 1001"),
        ({"kind": RuleKind.SPEED, "kmh": 2}, "a speed of 2 km/h: give 3 to 300"),
        ({"kind": RuleKind.SPEED, "kmh": math.nan}, "a speed of nan km/h"),
        ({"classes": ()}, "is about nothing: name a class, such as person"),
        ({"classes": (ObjectClass.PERSON, ObjectClass.UNKNOWN)}, "asks for unknown changes"),
        ({"kind": RuleKind.TAMPERING, "classes": (ObjectClass.PERSON,)}, "has no use for classes"),
        ({"kind": RuleKind.LYING, "classes": (ObjectClass.ANIMAL,)}, "is about people alone"),
        ({"name": ""}, "A rule needs a name"),
        ({"name": "x" * 65}, "A rule needs a name"),
        ({"name": "a\nb"}, "A rule needs a name"),
    ],
)
def test_what_makes_no_sense_is_refused(parts: dict[str, object], what: str) -> None:
    kind = parts.pop("kind", RuleKind.INTRUSION)
    assert isinstance(kind, RuleKind)
    with pytest.raises(UsageError, match=what):
        rule(kind, **parts)


def test_hours_of_a_rule_are_those_of_a_week() -> None:
    assert str(RuleHours.parse("fri 22:00-6:00")) == "fri 22:00-06:00"
    with pytest.raises(UsageError, match="A rule's hours hold 'noon', which is no day"):
        RuleHours.parse("noon 08:00-16:00")
    with pytest.raises(UsageError, match="A rule's hours are 1 to 32 spans"):
        RuleHours.parse("")
    with pytest.raises(UsageError, match="A rule's hours hold 25:00-26:00, which is no time of day"):
        RuleHours.parse("25:00-26:00")
