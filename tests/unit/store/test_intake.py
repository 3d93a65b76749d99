import datetime as dt
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from watchglass.base.clock import SimulatedClock, WallUs
from watchglass.model.alert import AlertPolicy
from watchglass.model.camera import Source, SourceKind
from watchglass.model.event import Change, Event, Happening, RuleKind
from watchglass.model.place import Point, Zone
from watchglass.model.rule import Rule
from watchglass.store import intake as module
from watchglass.store.alerts import Alerts
from watchglass.store.cameras import Cameras
from watchglass.store.database import open_database
from watchglass.store.events import Events
from watchglass.store.folder import DataFolder
from watchglass.store.intake import Intake
from watchglass.store.outbox import Outbox
from watchglass.store.policies import Policies
from watchglass.store.rules import Rules


class Site:
    """One camera with one rule, and everything that an event goes through."""

    def __init__(self, place: Path) -> None:
        folder = DataFolder.open(place)
        self.clock = SimulatedClock()
        self.engine: sa.Engine = open_database(folder)
        camera = Cameras(self.engine, folder, clock=self.clock).add("Gate", Source(SourceKind.RTSP, "rtsp://10.0.0.1/"))
        self.camera = camera.id
        yard = Zone("yard", (Point(0, 0), Point(1, 0), Point(1, 1)))
        self.rules = Rules(self.engine)
        self.rule = self.rules.add(Rule(camera=camera.id, name="Nobody here", kind=RuleKind.INTRUSION, zone=yard)).id
        self.events, self.alerts = Events(self.engine), Alerts(self.engine, self.clock)
        self.outbox = Outbox(self.engine, self.clock, dt.UTC)
        self.intake = Intake(self.engine, self.outbox)
        Policies(self.engine).set(self.rule, AlertPolicy(group_seconds=0))

    def happens(
        self, *, score: float = 0.8, lasts: bool = False, id_: uuid.UUID | None = None, ago: float = 0.0
    ) -> uuid.UUID:
        """Something that a rule has seen, written down."""
        start = WallUs(self.clock.wall_us() - round(ago * 1_000_000))
        end = None if lasts else WallUs(start + 1)
        event = Event(id_ or uuid.uuid4(), self.camera, self.rule, RuleKind.INTRUSION, start, end, score, 1, "yard")
        self.events.take([Happening(Change.BEGAN, event, WallUs(start + 1))])
        return event.id

    def take(self) -> int:
        return self.intake.take(WallUs(self.clock.wall_us() - 600_000_000))

    def alerted(self) -> list[uuid.UUID]:
        return [one.event for one in reversed(self.alerts.newest())]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path / "data")
    yield made
    made.engine.dispose()


def test_what_is_written_down_becomes_an_alert_once(site: Site) -> None:
    first = site.happens()
    site.clock.advance(1)
    second = site.happens()
    assert site.take() == 2
    assert site.take() == 0
    assert site.alerted() == [first, second]
    (alert, _) = reversed(site.alerts.newest())
    assert (alert.rule_name, alert.camera_name, alert.place) == ("Nobody here", "Gate", "yard")


def test_one_that_dies_in_the_middle_loses_none(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    events = []
    for _ in range(3):
        events.append(site.happens())
        site.clock.advance(1)
    whole = Outbox.take

    def dying(outbox: Outbox, event: Event, *names: str) -> object:
        if event.id == events[1]:
            raise KeyboardInterrupt
        return whole(outbox, event, *names)

    monkeypatch.setattr(Outbox, "take", dying)
    with pytest.raises(KeyboardInterrupt):
        site.take()
    monkeypatch.undo()
    assert site.alerted() == events[:1]
    assert site.take() == 2
    assert site.alerted() == events


def test_what_is_too_unsure_while_it_lasts_is_decided_when_it_is_not_or_ends(site: Site) -> None:
    rises, ends = site.happens(score=0.4, lasts=True), site.happens(score=0.4, lasts=True)
    assert site.take() == 0
    site.happens(score=0.9, lasts=True, id_=rises)
    assert site.take() == 1
    site.happens(score=0.4, id_=ends)
    assert site.take() == 1
    assert site.take() == 0
    assert site.alerted() == [rises]


def test_what_is_too_old_is_left(site: Site) -> None:
    site.happens(ago=601)
    young = site.happens(ago=599)
    assert site.take() == 1
    assert site.alerted() == [young]


def test_many_are_taken_some_at_a_time_the_earliest_first(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    events = [site.happens(ago=ago) for ago in (50, 40, 30, 20, 10)]
    assert [site.take() for _ in range(4)] == [2, 2, 1, 0]
    assert site.alerted() == events


def test_of_a_rule_that_has_gone_it_is_told_what_it_looked_for(site: Site) -> None:
    site.happens()
    site.rules.remove(site.rule)
    assert site.take() == 1
    assert site.alerts.newest()[0].rule_name == "intrusion"
