import dataclasses
import datetime as dt
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine.interfaces import DBAPIConnection

from tests.alerting import new_event
from tests.conftest import ROOT
from watchglass.base.clock import MICROSECONDS, SimulatedClock, WallUs
from watchglass.base.errors import DiskFullError, MissingInputError
from watchglass.model.alert import AlertPolicy, DeliveryState, Step
from watchglass.model.channel import Mqtt
from watchglass.model.deciding import Outcome
from watchglass.model.event import Event
from watchglass.store import schema
from watchglass.store.alerts import Alerts
from watchglass.store.channels import Channels
from watchglass.store.folder import DataFolder
from watchglass.store.outbox import LEASE_SECONDS, Outbox, Result
from watchglass.store.policies import Policies

MINUTE = 60 * MICROSECONDS
SENT, FAILED, UNDELIVERED = DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.UNDELIVERED


@pytest.fixture
def rung() -> list[bool]:
    return []


@pytest.fixture
def outbox(engine: sa.Engine, folder: DataFolder, clock: SimulatedClock, rung: list[bool]) -> Outbox:
    """Of rule 3 the channels 1 and 2 are told, and 3 when nobody takes the alert for five minutes."""
    for name in ("Duty", "Yard", "Head"):
        Channels(engine, folder).add(name, Mqtt("broker.lan"))
    Policies(engine).set(3, AlertPolicy((1, 2), group_seconds=60, escalate_minutes=5, escalation=(3,)))
    return Outbox(engine, clock, dt.UTC, lambda: rung.append(True))


@pytest.fixture
def alerts(engine: sa.Engine, clock: SimulatedClock) -> Alerts:
    return Alerts(engine, clock)


def seen(clock: SimulatedClock, **changed: object) -> Event:
    return new_event(**({"start": clock.wall_us()} | changed))


def states(outbox: Outbox, alert: int = 1) -> list[tuple[int, int, str]]:
    return [(one.channel, one.step, one.state) for one in outbox.deliveries(alert)]


class TestTaking:
    def test_deliveries_of_many_alerts_are_told_at_once(
        self, outbox: Outbox, alerts: Alerts, clock: SimulatedClock
    ) -> None:
        for _ in range(2):
            outbox.take(seen(clock), "Lawn at night", "Gate")
            clock.advance(100)
        ids = [one.id for one in alerts.newest()]
        assert len(ids) == 2
        told = outbox.deliveries_of([*ids, 99])
        assert told == {one: outbox.deliveries(one) for one in ids}
        assert outbox.deliveries_of([]) == {}

    def test_an_event_becomes_an_alert_with_its_deliveries(
        self, outbox: Outbox, alerts: Alerts, clock: SimulatedClock, rung: list[bool]
    ) -> None:
        event = seen(clock)
        assert outbox.take(event, "Lawn at night", "Gate") is Outcome.ALERTED
        (alert,) = alerts.newest()
        assert (alert.event, alert.rule_name, alert.camera_name, alert.score) == (
            event.id,
            "Lawn at night",
            "Gate",
            0.83,
        )
        assert alert.escalates == clock.wall_us() + 5 * MINUTE
        assert states(outbox) == [(1, 0, "waiting"), (2, 0, "waiting")]
        assert rung == [True]

    def test_the_same_event_again_changes_nothing(self, outbox: Outbox, alerts: Alerts, clock: SimulatedClock) -> None:
        event = seen(clock)
        outbox.take(event, "Lawn", "Gate")
        assert outbox.take(dataclasses.replace(event, score=0.1), "Other", "Other") is Outcome.ALERTED
        assert len(alerts.newest()) == 1
        assert len(states(outbox)) == 2

    def test_one_that_joins_counts_and_is_sent_to_nobody(
        self, outbox: Outbox, alerts: Alerts, clock: SimulatedClock
    ) -> None:
        outbox.take(seen(clock, score=0.7), "Lawn", "Gate")
        clock.advance(59)
        later = seen(clock, score=0.9)
        assert outbox.take(later, "Lawn", "Gate") is Outcome.GROUPED
        assert outbox.take(later, "Lawn", "Gate") is Outcome.GROUPED
        (alert,) = alerts.newest()
        assert (alert.events, alert.score, alert.last) == (2, 0.9, later.start)
        clock.advance(1)
        assert outbox.take(seen(clock), "Lawn", "Gate") is Outcome.ALERTED

    def test_other_rules_are_grouped_by_themselves(self, outbox: Outbox, alerts: Alerts, clock: SimulatedClock) -> None:
        outbox.take(seen(clock), "Lawn", "Gate")
        assert outbox.take(seen(clock, rule=4), "Street", "Gate") is Outcome.ALERTED
        assert states(outbox, alerts.newest()[0].id) == []  # nobody said who is to be told

    def test_what_makes_no_alert_is_decided_too(self, outbox: Outbox, alerts: Alerts, clock: SimulatedClock) -> None:
        low = seen(clock, score=0.2)
        assert outbox.take(low, "Lawn", "Gate") is Outcome.BELOW
        assert outbox.take(dataclasses.replace(low, score=0.9), "Lawn", "Gate") is Outcome.BELOW
        assert alerts.newest() == []

    def test_a_channel_that_is_switched_off_gets_nothing(
        self, outbox: Outbox, engine: sa.Engine, folder: DataFolder, clock: SimulatedClock
    ) -> None:
        Channels(engine, folder).set_enabled(2, False)
        outbox.take(seen(clock), "Lawn", "Gate")
        assert states(outbox) == [(1, 0, "waiting")]

    def test_with_the_event_or_not_at_all(self, outbox: Outbox, alerts: Alerts, clock: SimulatedClock) -> None:
        def fails() -> None:
            with outbox.together() as connection:
                outbox.take_in(connection, seen(clock), "Lawn", "Gate")
                raise DiskFullError("No space is left for the event.")

        with pytest.raises(DiskFullError):
            fails()
        assert alerts.newest() == []
        assert outbox.waiting() == {}

    def test_a_test_alert_goes_to_its_channel_alone(
        self, outbox: Outbox, alerts: Alerts, clock: SimulatedClock
    ) -> None:
        alert = outbox.take_test(3, "Robin")
        assert alert.test
        assert alert.detail == "Sent by Robin."
        assert states(outbox, alert.id) == [(3, 0, "waiting")]
        assert outbox.take(seen(clock), "Lawn", "Gate") is Outcome.ALERTED
        with pytest.raises(MissingInputError, match="no channel"):
            outbox.take_test(9, "Robin")


class TestSending:
    def test_who_claims_has_it_alone_until_the_lease_ends(self, outbox: Outbox, clock: SimulatedClock) -> None:
        outbox.take(seen(clock), "Lawn", "Gate")
        _, (mine,) = outbox.claim(1, 10)
        assert mine[0].channel == 1
        assert mine[1].rule_name == "Lawn"
        assert outbox.claim(1, 10)[1] == []
        assert outbox.waiting()[1].due == clock.wall_us() + LEASE_SECONDS * MICROSECONDS
        clock.advance(LEASE_SECONDS)
        assert len(outbox.claim(1, 10)[1]) == 1

    def test_what_was_sent_is_done(self, outbox: Outbox, clock: SimulatedClock) -> None:
        outbox.take(seen(clock), "Lawn", "Gate")
        holder, ((delivery, _),) = outbox.claim(1, 10)
        assert outbox.settle(holder, [Result(delivery.id, SENT, clock.wall_us())]) == 1
        done = outbox.deliveries(1)[0]
        assert (done.state, done.attempts, done.sent, done.next) == (SENT, 1, clock.wall_us(), None)
        clock.advance(10_000)
        assert outbox.claim(1, 10)[1] == []
        assert outbox.tally() == {SENT: 1, DeliveryState.WAITING: 1, FAILED: 0, UNDELIVERED: 0}

    def test_what_failed_comes_again_when_it_is_time(self, outbox: Outbox, clock: SimulatedClock) -> None:
        outbox.take(seen(clock), "Lawn", "Gate")
        holder, ((delivery, _),) = outbox.claim(1, 10)
        then = WallUs(clock.wall_us() + 2 * MICROSECONDS)
        outbox.settle(holder, [Result(delivery.id, FAILED, clock.wall_us(), then, "It answered 500.")])
        assert outbox.claim(1, 10)[1] == []
        assert outbox.waiting()[1].due == then
        clock.advance(2)
        ((again, _),) = outbox.claim(1, 10)[1]
        assert (again.attempts, again.cause, again.state) == (1, "It answered 500.", FAILED)

    def test_what_was_not_tried_counts_as_no_attempt(self, outbox: Outbox, clock: SimulatedClock) -> None:
        outbox.take(seen(clock), "Lawn", "Gate")
        holder, ((delivery, _),) = outbox.claim(1, 10)
        outbox.settle(holder, [Result(delivery.id, delivery.state, clock.wall_us(), delivery.next, tried=False)])
        assert outbox.claim(1, 10)[1][0][0] == delivery

    def test_an_answer_is_taken_from_who_holds_the_lease(self, outbox: Outbox, clock: SimulatedClock) -> None:
        outbox.take(seen(clock), "Lawn", "Gate")
        slow, ((delivery, _),) = outbox.claim(1, 10)
        clock.advance(LEASE_SECONDS)
        quick, _ = outbox.claim(1, 10)
        late = Result(delivery.id, UNDELIVERED, clock.wall_us(), None, "Too slow.")
        assert outbox.settle(slow, [late]) == 0
        assert outbox.settle(quick, [Result(delivery.id, SENT, clock.wall_us())]) == 1
        assert outbox.settle(quick, [late]) == 0  # what is done stays done
        assert outbox.deliveries(1)[0].state is SENT

    def test_the_only_sender_need_not_wait_for_leases(self, outbox: Outbox, clock: SimulatedClock) -> None:
        outbox.take(seen(clock), "Lawn", "Gate")
        outbox.claim(1, 10)
        assert outbox.release_leases() == 1
        assert len(outbox.claim(1, 10)[1]) == 1

    def test_oldest_first_and_no_more_than_asked_for(self, outbox: Outbox, clock: SimulatedClock) -> None:
        for _ in range(5):
            clock.advance(61)
            outbox.take(seen(clock), "Lawn", "Gate")
        _, claimed = outbox.claim(1, 3)
        assert [alert.id for _, alert in claimed] == [1, 2, 3]
        assert outbox.waiting()[1].due == claimed[0][0].created + 3 * 61 * MICROSECONDS

    def test_what_is_too_old_is_given_up_and_says_why(self, outbox: Outbox, clock: SimulatedClock) -> None:
        outbox.take(seen(clock), "Lawn", "Gate")
        holder, ((delivery, _),) = outbox.claim(1, 10)
        assert outbox.give_up(1, WallUs(clock.wall_us() + 1), "Too late.") == 0  # somebody is at it
        outbox.settle(holder, [Result(delivery.id, FAILED, clock.wall_us(), clock.wall_us(), "It answered 500.")])
        assert outbox.give_up(1, clock.wall_us(), "Too late.") == 0  # not so old
        assert outbox.give_up(1, WallUs(clock.wall_us() + 1), "Too late.") == 1
        assert outbox.give_up(2, WallUs(clock.wall_us() + 1), "Too late.") == 1
        assert [(one.state, one.cause) for one in outbox.deliveries(1)] == [
            (UNDELIVERED, "It answered 500."),
            (UNDELIVERED, "Too late."),
        ]


def test_a_full_disk_refuses_an_event_whole_and_takes_it_later(
    outbox: Outbox, alerts: Alerts, engine: sa.Engine, clock: SimulatedClock
) -> None:
    with engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    def full(connection: DBAPIConnection, _entry: object) -> None:
        connection.cursor().execute(f"PRAGMA max_page_count = {pages}")

    sa.event.listen(engine, "connect", full)
    engine.dispose()
    refused, taken = None, 0
    while refused is None:
        clock.advance(61)
        event = seen(clock, detail="x" * 500)
        try:
            taken += outbox.take(event, "Lawn", "Gate") is Outcome.ALERTED
        except DiskFullError:
            refused = event
    assert len(alerts.newest(1000)) == taken
    assert outbox.tally()[DeliveryState.WAITING] == 2 * taken
    sa.event.remove(engine, "connect", full)
    engine.dispose()
    assert outbox.take(refused, "Lawn", "Gate") is Outcome.ALERTED
    assert outbox.tally()[DeliveryState.WAITING] == 2 * (taken + 1)


class TestEscalating:
    def test_others_are_told_once_when_nobody_takes_it(self, outbox: Outbox, clock: SimulatedClock) -> None:
        outbox.take(seen(clock), "Lawn", "Gate")
        clock.advance(299)
        assert outbox.escalate() == 0
        assert outbox.next_escalation() == clock.wall_us() + MICROSECONDS
        clock.advance(1)
        assert outbox.escalate() == 1
        assert outbox.escalate() == 0
        assert outbox.next_escalation() is None
        assert states(outbox)[2:] == [(3, Step.ESCALATION, "waiting")]

    def test_not_when_somebody_has(self, outbox: Outbox, alerts: Alerts, clock: SimulatedClock) -> None:
        outbox.take(seen(clock), "Lawn", "Gate")
        alerts.take(1, "Robin")
        clock.advance(600)
        assert outbox.escalate() == 0
        assert len(states(outbox)) == 2


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(["event", "claim", "sent", "failed", "wait", "crash"]), max_size=30))
def test_whatever_happens_no_delivery_is_lost_or_done_twice(
    steps: list[str], fresh: Callable[[], DataFolder], open_engine: Callable[[DataFolder], sa.Engine]
) -> None:
    """Every alert has its delivery; it is done when it was said to be sent, and otherwise comes up again."""
    folder, clock = fresh(), SimulatedClock()
    engine = open_engine(folder)
    Channels(engine, folder).add("Duty", Mqtt("broker.lan"))
    Policies(engine).set(3, AlertPolicy((1,), group_seconds=0))
    outbox = Outbox(engine, clock, dt.UTC)
    made, told, held = 0, set(), []
    for step in steps:
        if step == "event":
            made += outbox.take(seen(clock), "Lawn", "Gate") is Outcome.ALERTED
        elif step == "claim":
            holder, claimed = outbox.claim(1, 2)
            held += [(holder, delivery) for delivery, _ in claimed]
        elif step in {"sent", "failed"} and held:
            holder, delivery = held.pop()
            state, following = (SENT, None) if step == "sent" else (FAILED, clock.wall_us())
            if outbox.settle(holder, [Result(delivery.id, state, clock.wall_us(), following)]) and state is SENT:
                assert delivery.id not in told
                told.add(delivery.id)
        elif step == "wait":
            clock.advance(LEASE_SECONDS)
        elif step == "crash":
            held = []
            outbox = Outbox(engine, clock, dt.UTC)
            outbox.release_leases()
    clock.advance(LEASE_SECONDS)
    _, left = outbox.claim(1, 100)
    assert {delivery.id for delivery, _ in left}.isdisjoint(told)
    assert len(left) + len(told) == made


KILLED = """
import datetime, os, signal, sys, pathlib
from tests.alerting import new_event
from watchglass.base.clock import SystemClock
from watchglass.store.database import open_database
from watchglass.store.folder import DataFolder
from watchglass.store.outbox import Outbox
import uuid
outbox = Outbox(open_database(DataFolder.open(pathlib.Path(sys.argv[1]))), SystemClock(), datetime.timezone.utc)
for number in range(1, 100_000):
    event = new_event(id=uuid.UUID(int=number), rule=3, start=number * 10**9)
    outbox.take(event, "Lawn", "Gate")
    os.write(1, b"%d\\n" % number)
"""


def test_kill_9_of_who_writes_loses_nothing_that_was_said_to_be_durable(
    outbox: Outbox, engine: sa.Engine, folder: DataFolder
) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", KILLED, str(folder.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as writing:
        assert writing.stdout is not None
        for _ in range(40):
            writing.stdout.readline()
        writing.send_signal(signal.SIGKILL)
        told = 40 + len(writing.stdout.read().splitlines())
    tables = [schema.alerts, schema.decisions]
    with engine.connect() as connection:
        counts = [connection.execute(sa.select(sa.func.count()).select_from(one)).scalar_one() for one in tables]
    assert counts[0] == counts[1] in {told, told + 1}
    assert outbox.tally()[DeliveryState.WAITING] == 2 * counts[0]
    assert outbox.take(new_event(id=uuid.UUID(int=1)), "Lawn", "Gate") is Outcome.ALERTED
    assert outbox.tally()[DeliveryState.WAITING] == 2 * counts[0]
