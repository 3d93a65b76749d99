import dataclasses
import json
import logging

import pytest
import sqlalchemy as sa

from tests.unit.rules.staged import rule as staged
from watchglass.base.clock import SimulatedClock
from watchglass.base.errors import MissingInputError, UsageError
from watchglass.model.camera import Camera, Source, SourceKind
from watchglass.model.event import RuleKind
from watchglass.model.hours import RuleHours
from watchglass.model.record import Actor, Through
from watchglass.model.rule import Rule
from watchglass.store import entries, schema
from watchglass.store.cameras import Cameras
from watchglass.store.rules import MOST, Rules

ANNA = Actor("anna", Through.CONSOLE)


@pytest.fixture
def rules(engine: sa.Engine, clock: SimulatedClock) -> Rules:
    return Rules(engine, clock)


@pytest.fixture
def rule(camera: Camera) -> Rule:
    hours = RuleHours.parse("mon-fri 22:00-06:00")
    return dataclasses.replace(staged(RuleKind.INTRUSION, hours=hours), id=0, camera=camera.id, name="Night")


def test_what_was_added_is_there(rules: Rules, rule: Rule) -> None:
    kept = rules.add(rule)
    assert kept == dataclasses.replace(rule, id=1)
    assert rules.all() == rules.of(rule.camera) == [rules.get(1)] == [kept]
    assert rules.of(99) == []


def test_an_id_is_never_used_twice(rules: Rules, rule: Rule) -> None:
    rules.remove(rules.add(rule).id)
    assert rules.add(rule).id == 2


def test_changing_and_removing(rules: Rules, rule: Rule) -> None:
    kept = rules.add(rule)
    off = dataclasses.replace(kept, enabled=False, threshold=0.7)
    rules.change(off)
    assert rules.all() == [off]
    rules.remove(kept.id)
    assert rules.all() == []
    for act in (rules.get, rules.remove):
        with pytest.raises(MissingInputError, match="There is no rule with the id 1"):
            act(kept.id)
    with pytest.raises(MissingInputError):
        rules.change(off)


def test_each_change_raises_the_revision_and_nothing_else_does(rules: Rules, rule: Rule, cameras: Cameras) -> None:
    assert rules.revision() == 0
    kept = rules.add(rule)
    rules.change(kept)
    rules.all()
    cameras.rename(rule.camera, "Back door")
    assert rules.revision() == 2
    with pytest.raises(UsageError):
        rules.add(rule)
    assert rules.revision() == 2
    rules.remove(kept.id)
    assert rules.revision() == 3


def test_each_change_is_entered_with_who_made_it(rules: Rules, rule: Rule, engine: sa.Engine) -> None:
    kept = rules.add(rule, by=ANNA)
    rules.change(kept, by=ANNA)
    rules.remove(kept.id)
    told = [entries.parse(entry) for entry in entries.read(engine, schema.entries)][-3:]
    assert [(one["what"], one["camera"], one["rule"], one.get("by")) for one in told] == [
        ("rule added", rule.camera, 1, "anna"),
        ("rule changed", rule.camera, 1, "anna"),
        ("rule removed", rule.camera, 1, None),
    ]


def test_names_are_a_camera_s_own(rules: Rules, rule: Rule, cameras: Cameras) -> None:
    kept = rules.add(rule)
    with pytest.raises(UsageError, match="has a rule called 'Night' already"):
        rules.add(dataclasses.replace(rule, name="NIGHT"))
    rules.change(dataclasses.replace(kept, name="night"))  # its own
    other = rules.add(dataclasses.replace(rule, name="Day"))
    with pytest.raises(UsageError, match="has a rule called 'night' already"):
        rules.change(dataclasses.replace(other, name="Night"))
    yard = cameras.add("Yard", Source(SourceKind.RTSP, "rtsp://192.0.2.2/"))
    rules.add(dataclasses.replace(rule, camera=yard.id))


def test_of_a_camera_that_is_not_there_or_of_another(rules: Rules, rule: Rule) -> None:
    with pytest.raises(MissingInputError, match="no camera with the id 99"):
        rules.add(dataclasses.replace(rule, camera=99))
    kept = rules.add(rule)
    with pytest.raises(UsageError, match="is of another camera"):
        rules.change(dataclasses.replace(kept, camera=99))


def test_too_many_are_refused(rules: Rules, rule: Rule) -> None:
    for number in range(MOST):
        rules.add(dataclasses.replace(rule, name=f"Rule {number}"))
    with pytest.raises(UsageError, match="has 64 rules, the most it may have"):
        rules.add(rule)


def test_they_go_with_their_camera(rules: Rules, rule: Rule, cameras: Cameras) -> None:
    rules.add(rule)
    cameras.remove(rule.camera)
    assert rules.all() == []


def test_one_that_cannot_be_read_is_off_and_the_others_go_on(
    rules: Rules, rule: Rule, engine: sa.Engine, caplog: pytest.LogCaptureFixture
) -> None:
    good = rules.add(rule)
    bad = rules.add(dataclasses.replace(rule, name="Other"))
    with engine.begin() as connection:
        connection.execute(sa.update(schema.rules).where(schema.rules.c.id == bad.id).values(rule='{"kind": "new"}'))
    with caplog.at_level(logging.ERROR):
        assert rules.all() == [good]
    assert "rule 2 of camera 1 is off until it is set anew: The rule lacks the field" in caplog.text
    with pytest.raises(UsageError):
        rules.get(bad.id)
    rules.change(dataclasses.replace(bad, name="Set anew"))
    assert [one.name for one in rules.all()] == ["Night", "Set anew"]


def test_they_are_kept_in_canonical_json_without_an_id(rules: Rules, rule: Rule, engine: sa.Engine) -> None:
    rules.change(dataclasses.replace(rules.add(rule), name="Other"))
    with engine.connect() as connection:
        text = connection.execute(sa.select(schema.rules.c.rule)).scalar_one()
    assert json.loads(text)["id"] == 0
    assert json.dumps(json.loads(text), sort_keys=True, separators=(",", ":")) == text
