import dataclasses
import os
import signal
import subprocess
import sys

import pytest
import sqlalchemy as sa

from tests.conftest import ROOT
from watchglass.base.clock import WallUs
from watchglass.model.camera import Camera
from watchglass.model.count import MINUTE, Count, Inside
from watchglass.model.event import RuleKind
from watchglass.model.place import Direction, Point, Tripwire
from watchglass.model.rule import Rule
from watchglass.model.vision import ObjectClass
from watchglass.store import schema
from watchglass.store.cameras import Cameras
from watchglass.store.counts import Counts
from watchglass.store.folder import DataFolder
from watchglass.store.rules import Rules

FOREVER = WallUs(1 << 60)
NOON = WallUs(30_000_000 * MINUTE)
GATE = Tripwire("gate", Point(0.5, 1.0), Point(0.5, 0.0))
SHOP = Rule(camera=1, name="shop", kind=RuleKind.OCCUPANCY, tripwire=GATE, direction=Direction.FORWARD)
FORTY = Inside(100, 60, 40, NOON)
ONE = Count(1, 1, "gate", ObjectClass.PERSON, Direction.FORWARD, NOON, 1, 1)


@pytest.fixture
def counts(engine: sa.Engine) -> Counts:
    return Counts(engine)


@pytest.fixture
def rules(engine: sa.Engine) -> Rules:
    return Rules(engine)


@pytest.fixture
def shop(rules: Rules, camera: Camera) -> Rule:
    assert camera.id == 1
    return rules.add(SHOP)


def test_how_many_are_inside_and_since_which_minute(counts: Counts, shop: Rule) -> None:
    assert counts.inside() == {}
    counts.add([ONE], [(shop, FORTY)])
    counts.add([], [(shop, FORTY.after(True, WallUs(NOON + MINUTE + 7)))])
    assert counts.inside() == {shop.id: Inside(101, 60, 41)}
    assert counts.inside()[shop.id].at == NOON + MINUTE
    assert counts.of(NOON, FOREVER) == [ONE]


def test_what_is_refused_leaves_neither_counts_nor_who_is_inside(counts: Counts, shop: Rule) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        counts.add([ONE], [(shop, Inside(1, 0, 2, NOON))])
    assert (counts.of(NOON, FOREVER), counts.inside()) == ([], {})


def test_a_new_name_changes_nothing_and_any_other_change_begins_anew(counts: Counts, rules: Rules, shop: Rule) -> None:
    counts.add([], [(shop, FORTY)])
    rules.change(dataclasses.replace(shop, name="store"))
    assert counts.inside() == {shop.id: FORTY}
    rules.change(dataclasses.replace(shop, name="store", enabled=False))
    assert counts.inside() == {}


def test_what_was_counted_by_a_rule_as_it_was_before_is_not_written(
    counts: Counts, rules: Rules, shop: Rule, engine: sa.Engine
) -> None:
    """Crossings of it are: they were."""
    rules.change(dataclasses.replace(shop, count=3))
    counts.add([ONE], [(shop, FORTY)])
    assert (counts.inside(), counts.of(NOON, FOREVER)) == ({}, [ONE])
    with engine.begin() as connection:  # by a newer watchglass
        connection.execute(sa.update(schema.rules).values(rule="{}"))
    counts.add([ONE], [(shop, FORTY)])
    assert counts.inside() == {}


def test_it_goes_with_its_rule_and_with_its_camera(
    counts: Counts, rules: Rules, shop: Rule, engine: sa.Engine, folder: DataFolder
) -> None:
    other = rules.add(dataclasses.replace(SHOP, name="other"))
    counts.add([], [(shop, FORTY), (other, FORTY)])
    rules.remove(shop.id)
    assert list(counts.inside()) == [other.id]
    counts.add([ONE], [(shop, FORTY)])  # somebody has not heard of it yet
    assert (list(counts.inside()), counts.of(NOON, FOREVER)) == ([other.id], [ONE])
    Cameras(engine, folder).remove(1)
    assert counts.inside() == {}


def test_no_column_is_more_than_a_number_and_what_it_is_of() -> None:
    assert {column.name for column in schema.occupancies.columns} == {
        *("rule", "went_in", "went_out", "inside", "minute_us")
    }


KILLED = """
import dataclasses, os, pathlib, sys
from tests.unit.store.test_occupancy import NOON, ONE
from watchglass.model.count import Inside
from watchglass.store.counts import Counts
from watchglass.store.database import open_database
from watchglass.store.folder import DataFolder
from watchglass.store.rules import Rules

engine = open_database(DataFolder.open(pathlib.Path(sys.argv[1])))
counts, [shop] = Counts(engine), Rules(engine).all()
inside = counts.inside().get(shop.id, Inside())
for _ in range(100_000):
    inside = inside.after(True, NOON)
    counts.add([ONE], [(shop, inside)])
    os.write(1, b".")
"""


def test_kill_9_of_who_writes_loses_nothing_that_was_said_to_be_durable_and_doubles_nothing(
    counts: Counts, shop: Rule, folder: DataFolder
) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", KILLED, str(folder.root)]
    before = 0
    for first in (1, 7, 30):
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as writing:
            assert writing.stdout is not None
            writing.stdout.read(first)
            writing.send_signal(signal.SIGKILL)
            told = first + len(writing.stdout.read())
        [count] = counts.of(NOON, FOREVER)
        assert count.count - before in {told, told + 1}
        assert counts.inside() == {shop.id: Inside(count.count, 0, count.count)}
        before = count.count
