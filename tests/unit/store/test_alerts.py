import datetime as dt
import uuid

import pytest
import sqlalchemy as sa

from tests.alerting import new_event
from watchglass.base.clock import SimulatedClock, WallUs
from watchglass.base.errors import MissingInputError, UsageError
from watchglass.model.alert import AlertPolicy, Judgement
from watchglass.model.camera import Source, SourceKind
from watchglass.model.channel import Mqtt
from watchglass.model.event import Change, Event, Happening
from watchglass.model.precision import Judged
from watchglass.store import schema
from watchglass.store.alerts import Alerts
from watchglass.store.cameras import Cameras
from watchglass.store.channels import Channels
from watchglass.store.events import Events
from watchglass.store.folder import DataFolder
from watchglass.store.outbox import Outbox
from watchglass.store.policies import Policies


@pytest.fixture
def outbox(engine: sa.Engine, folder: DataFolder, clock: SimulatedClock) -> Outbox:
    Channels(engine, folder).add("Duty", Mqtt("broker.lan"))
    Policies(engine).set(3, AlertPolicy((1,), group_seconds=0, sample_share=1.0))
    Policies(engine).set(4, AlertPolicy(escalate_minutes=5, escalation=(1,)))
    return Outbox(engine, clock, dt.UTC)


@pytest.fixture
def events(engine: sa.Engine, folder: DataFolder, clock: SimulatedClock) -> Events:
    """Of two cameras that there are."""
    cameras = Cameras(engine, folder, clock=clock)
    for name in ("Door", "Gate"):
        cameras.add(name, Source(SourceKind.RTSP, "rtsp://10.0.0.1/"))
    return Events(engine)


@pytest.fixture
def alerts(engine: sa.Engine, clock: SimulatedClock, outbox: Outbox) -> Alerts:
    return Alerts(engine, clock)


def taken(outbox: Outbox, clock: SimulatedClock, **changed: object) -> Event:
    event = new_event(**({"start": clock.wall_us()} | changed))
    outbox.take(event, "Lawn", "Gate")
    return event


def test_the_newest_first_page_by_page(alerts: Alerts, outbox: Outbox, clock: SimulatedClock) -> None:
    for _ in range(5):
        taken(outbox, clock)
    assert [one.id for one in alerts.newest(2)] == [5, 4]
    assert [one.id for one in alerts.newest(2, before=4)] == [3, 2]
    assert alerts.find(alerts.get(3).event).id == 3
    with pytest.raises(MissingInputError):
        alerts.get(9)
    with pytest.raises(MissingInputError):
        alerts.find(uuid.uuid4())


def test_the_first_who_takes_it_has_it(alerts: Alerts, outbox: Outbox, clock: SimulatedClock) -> None:
    taken(outbox, clock, rule=4)
    assert alerts.get(1).escalates is not None
    assert alerts.take(1, " Robin  ").taken_by == "Robin"
    clock.advance(5)
    again = alerts.take(1, "Alex")
    assert (again.taken_by, again.taken, again.escalates) == ("Robin", clock.wall_us() - 5_000_000, None)
    with pytest.raises(UsageError, match="who you are"):
        alerts.take(1, " ")
    with pytest.raises(MissingInputError):
        alerts.take(9, "Robin")


def test_those_that_nobody_has_taken_are_counted_but_tests_are_not(
    alerts: Alerts, outbox: Outbox, clock: SimulatedClock
) -> None:
    assert alerts.untaken() == 0
    for _ in range(3):
        taken(outbox, clock)
        clock.advance(100)
    outbox.take_test(1, "Ann")
    assert alerts.untaken() == 3
    alerts.take(alerts.newest()[-1].id, "Ann")
    assert alerts.untaken() == 2


def test_what_somebody_says_last_counts_and_takes_the_alert(
    alerts: Alerts, outbox: Outbox, clock: SimulatedClock
) -> None:
    event = taken(outbox, clock, rule=4)
    assert alerts.verdict(event.id) is None
    alerts.judge(event.id, Judgement.WRONG, "Robin")
    verdict = alerts.judge(event.id, Judgement.RIGHT, "Alex")
    assert alerts.verdict(event.id) == verdict
    assert verdict.judgement is Judgement.RIGHT
    assert (alerts.get(1).taken_by, alerts.get(1).escalates) == ("Robin", None)
    with pytest.raises(MissingInputError, match="no such event"):
        alerts.judge(uuid.uuid4(), Judgement.RIGHT, "Robin")


def seen(events: Events, outbox: Outbox, clock: SimulatedClock, **changed: object) -> Event:
    """As `taken`, and written down as the watcher does it."""
    now = clock.wall_us()
    event = new_event(**({"start": now, "end": WallUs(now + 1)} | changed))
    events.take([Happening(Change.BEGAN, event, now)])
    outbox.take(event, "Lawn", "Gate")
    return event


def test_samples_wait_to_be_looked_at_and_then_count(
    alerts: Alerts, outbox: Outbox, events: Events, clock: SimulatedClock
) -> None:
    first = seen(events, outbox, clock, score=0.3)
    clock.advance(1)
    second = seen(events, outbox, clock, score=0.4)
    right = seen(events, outbox, clock, score=0.9)
    assert alerts.samples(3) == [first, second]
    assert (alerts.samples(3, limit=1), alerts.samples_left(3)) == ([first], 2)
    assert (alerts.samples(4), alerts.samples_left(4)) == ([], 0)
    alerts.judge(first.id, Judgement.WRONG, "Robin")
    alerts.judge(right.id, Judgement.RIGHT, "Robin")
    assert (alerts.samples(3), alerts.samples_left(3)) == ([second], 1)
    assert sorted(alerts.judged(3, WallUs(0)), key=lambda one: one.score) == [
        Judged(0.3, Judgement.WRONG, alerted=False),
        Judged(0.4, None, alerted=False),
        Judged(0.9, Judgement.RIGHT, alerted=True),
    ]
    assert [one.score for one in alerts.judged(3, right.start)] == [0.4, 0.9]
    assert alerts.judged(4, WallUs(0)) == []


def test_of_a_sample_that_came_of_age_there_is_nothing_to_be_seen(
    alerts: Alerts, outbox: Outbox, events: Events, clock: SimulatedClock
) -> None:
    seen(events, outbox, clock, score=0.3)
    clock.advance(10)
    second = seen(events, outbox, clock, score=0.3)
    events.forget(second.start)
    assert (alerts.samples(3), alerts.samples_left(3)) == ([second], 1)


def test_only_what_made_an_alert_or_was_drawn_is_judged(alerts: Alerts, outbox: Outbox, clock: SimulatedClock) -> None:
    """Whoever chose what to judge below the threshold would bend what the draw is to tell."""
    told, joined, below = (taken(outbox, clock, rule=4, score=score) for score in (0.9, 0.9, 0.3))
    alerts.judge(told.id, Judgement.RIGHT, "Robin")
    for event in (joined, below):
        with pytest.raises(UsageError, match="was not drawn"):
            alerts.judge(event.id, Judgement.RIGHT, "Robin")
    assert alerts.verdicts([told.id, joined.id, below.id]).keys() == {told.id}


def test_nothing_that_nobody_was_told_of_counts(alerts: Alerts, outbox: Outbox, clock: SimulatedClock) -> None:
    taken(outbox, clock, rule=4)
    taken(outbox, clock, rule=4)  # joins
    assert len(alerts.judged(4, WallUs(0))) == 1


def test_every_change_raises_the_revision(alerts: Alerts, outbox: Outbox, clock: SimulatedClock) -> None:
    seen = [alerts.revision()]
    event = taken(outbox, clock)
    seen.append(alerts.revision())
    alerts.take(1, "Robin")
    seen.append(alerts.revision())
    alerts.judge(event.id, Judgement.RIGHT, "Robin")
    seen.append(alerts.revision())
    assert len(set(seen)) == 4


def test_what_is_old_is_forgotten_but_not_before_it_was_sent(
    alerts: Alerts, outbox: Outbox, engine: sa.Engine, clock: SimulatedClock
) -> None:
    low, told = taken(outbox, clock, score=0.1), taken(outbox, clock, rule=5)
    waiting = taken(outbox, clock)
    for event in (low, told, waiting):
        alerts.judge(event.id, Judgement.RIGHT, "Robin")
    clock.advance(10)
    late = taken(outbox, clock, rule=6)
    alerts.judge(late.id, Judgement.RIGHT, "Robin")
    assert alerts.forget(clock.wall_us()) == 1
    assert [one.event for one in alerts.newest()] == [late.id, waiting.id]
    with engine.connect() as connection:
        for table in (schema.decisions, schema.verdicts):
            left = connection.execute(sa.select(table.c.event)).scalars().all()
            assert set(left) == {str(late.id), str(waiting.id)}
    assert alerts.forget(clock.wall_us()) == 0
