import dataclasses
import threading
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest
import sqlalchemy as sa

from tests.unit.pipeline.watching import PATIENCE, QuickClock
from tests.unit.rules.staged import BEGIN
from tests.unit.rules.staged import rule as staged
from watchglass.base.clock import MICROSECONDS, SimulatedClock, WallUs
from watchglass.base.errors import CannotWriteError, DiskFullError
from watchglass.model.camera import Camera
from watchglass.model.count import Count, Inside
from watchglass.model.event import Change, Event, Happening, RuleKind
from watchglass.model.place import Direction
from watchglass.model.rule import Rule
from watchglass.model.vision import ObjectClass
from watchglass.pipeline.clerk import Clerk, ClerkOptions
from watchglass.store.counts import Counts
from watchglass.store.events import Events, Wanted
from watchglass.store.rules import Rules

EVER = WallUs(1 << 60)
FULL = "No space is left for the catalogue."


def happening(
    change: Change = Change.BEGAN, seconds: float = 0, end: float | None = None, of: uuid.UUID | None = None
) -> Happening:
    """Of an event that is seen at some seconds after the beginning, and is over at `end`."""
    over = None if end is None else WallUs(BEGIN + round(end * MICROSECONDS))
    event = Event(of or uuid.uuid4(), 1, 1, RuleKind.INTRUSION, BEGIN, over, 0.8, 1, "yard")
    return Happening(change, event, WallUs(BEGIN + round(seconds * MICROSECONDS)))


def count(number: int = 1) -> Count:
    return Count(1, 1, "gate", ObjectClass.PERSON, Direction.FORWARD, BEGIN, 1, number)


class Catalogue(Events):
    """Refuses while `refuses` is set."""

    refuses: Exception | None = None
    asked = 0

    def take(self, happenings: Iterable[Happening]) -> None:
        self.asked += 1
        if self.refuses is not None:
            raise self.refuses
        super().take(happenings)


class Office:
    """A clerk whose thread is the test."""

    def __init__(self, engine: sa.Engine, options: ClerkOptions | None = None) -> None:
        self.rules, self.events, self.counts = Rules(engine), Catalogue(engine), Counts(engine)
        self.clock = SimulatedClock()
        self.told: list[Happening] = []
        hand_on: Callable[[Sequence[Happening]], None] = self.told.extend
        self.clerk = Clerk(self.rules, self.events, self.counts, self.clock, options or ClerkOptions(), hand_on=hand_on)

    def turn(self, seconds: float = 0.25) -> None:
        self.clock.advance(seconds)
        self.clerk.turn()

    @property
    def kept(self) -> list[Event]:
        return self.events.page(Wanted()).events


@pytest.fixture
def office(engine: sa.Engine, camera: Camera) -> Office:
    assert camera.id == 1
    return Office(engine)


class TestRules:
    def test_that_are_added_changed_and_removed_are_known_soon(self, office: Office) -> None:
        office.turn()
        version = office.clerk.version
        added = office.rules.add(staged(RuleKind.INTRUSION))
        office.turn(0.5)
        assert office.clerk.rules_of(1) == [added]
        assert office.clerk.version != version
        changed = dataclasses.replace(added, armed=False)
        office.rules.change(changed)
        office.turn(0.5)
        assert office.clerk.rules_of(1) == [changed]
        office.rules.remove(added.id)
        office.turn(0.5)
        assert office.clerk.rules_of(1) == []

    def test_that_are_the_same_are_not_read_again(self, office: Office) -> None:
        office.turn()
        version = office.clerk.version
        office.turn(0.5)
        assert office.clerk.version == version

    def test_that_cannot_be_read_stay_as_they_were(self, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
        added = office.rules.add(staged(RuleKind.INTRUSION))
        office.turn()

        def locked(_self: Rules) -> int:
            raise CannotWriteError("The catalogue is locked by another program.")

        with monkeypatch.context() as patch:
            patch.setattr(Rules, "revision", locked)
            office.turn(0.5)
            office.turn(0.5)
        assert office.clerk.rules_of(1) == [added]
        office.rules.remove(added.id)
        office.turn(0.5)
        assert office.clerk.rules_of(1) == []


class TestEvents:
    def test_are_written_and_then_handed_on(self, office: Office) -> None:
        one = happening()
        office.clerk.note([one], [count(2), count(3)])
        assert office.kept == []
        office.turn()
        assert office.kept == [one.event]
        assert office.told == [one]
        assert [it.count for it in office.counts.of(WallUs(0), EVER)] == [5]

    def test_nothing_is_written_twice(self, office: Office) -> None:
        office.clerk.note([happening()], [count()])
        office.turn()
        office.turn()
        assert len(office.told) == 1
        assert [it.count for it in office.counts.of(WallUs(0), EVER)] == [1]

    def test_while_the_catalogue_is_full_they_wait(self, office: Office) -> None:
        office.events.refuses = DiskFullError(FULL)
        office.clerk.note([happening()], [count()])
        for _ in range(20):  # five seconds
            office.turn()
        assert office.events.asked == 3  # at once, and then every two seconds
        assert (office.kept, office.told, office.counts.of(WallUs(0), EVER)) == ([], [], [])
        office.events.refuses = None
        office.turn(2.0)
        assert [one.end for one in office.kept] == [None]
        assert len(office.told) == 1
        assert [it.count for it in office.counts.of(WallUs(0), EVER)] == [1]

    def test_what_became_of_one_meanwhile_is_written_as_one(self, office: Office) -> None:
        office.events.refuses = DiskFullError(FULL)
        began = happening()
        office.clerk.note([began])
        office.turn()
        changed, ended = (
            happening(Change.CHANGED, 5, of=began.event.id),
            happening(Change.ENDED, 9, 9, of=began.event.id),
        )
        office.clerk.note([changed])
        office.turn()
        office.clerk.note([ended])
        office.events.refuses = None
        office.turn(2.0)
        assert office.kept == [ended.event]
        assert office.told == [dataclasses.replace(ended, change=Change.BEGAN)]

    def test_too_many_are_given_up_the_oldest_first(self, engine: sa.Engine, camera: Camera) -> None:
        office = Office(engine, ClerkOptions(most=3))
        office.events.refuses = DiskFullError(FULL)
        some = [happening() for _ in range(5)]
        office.clerk.note(some, [count()])
        office.turn()
        office.events.refuses = None
        office.turn(2.0)
        assert office.told == some[2:]
        assert len(office.counts.of(WallUs(0), EVER)) == 1

    def test_a_fault_of_whoever_is_told_costs_nothing(self, engine: sa.Engine, camera: Camera) -> None:
        def broken(_happenings: Any) -> None:
            raise ZeroDivisionError

        events, counts = Events(engine), Counts(engine)
        clerk = Clerk(Rules(engine), events, counts, SimulatedClock(), hand_on=broken)
        clerk.note([happening()], [count()])
        clerk.turn()
        assert len(events.page(Wanted()).events) == len(counts.of(WallUs(0), EVER)) == 1

    def test_counts_that_are_refused_are_tried_again_and_events_are_not(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(_self: Counts, *_numbers: Any) -> None:
            raise DiskFullError(FULL)

        office.clerk.note([happening()], [count()])
        with monkeypatch.context() as patch:
            patch.setattr(Counts, "add", full)
            office.turn()
        assert len(office.told) == 1
        office.turn(2.0)
        assert len(office.told) == 1
        assert [it.count for it in office.counts.of(WallUs(0), EVER)] == [1]


class Writes:
    """The transactions in which counts were written."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: list[int] = []
        self.refuses = False
        add = Counts.add

        def noting(counts: Counts, some: Iterable[Count], inside: Iterable[tuple[Rule, Inside]] = ()) -> None:
            listed = list(some)
            if self.refuses:
                raise DiskFullError(FULL)
            add(counts, listed, inside)
            self.done.append(sum(one.count for one in listed))

        monkeypatch.setattr(Counts, "add", noting)


class TestCounts:
    def test_of_all_cameras_go_into_one_transaction_once_a_second_at_most(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        writes = Writes(monkeypatch)
        for _ in range(40):  # ten seconds
            office.clerk.note(counts=[dataclasses.replace(count(), camera=camera, rule=camera) for camera in range(16)])
            office.turn()
        office.clerk.turn(last=True)
        assert len(writes.done) <= 11
        assert sum(writes.done) == 40 * 16 == sum(it.count for it in office.counts.of(WallUs(0), EVER))

    def test_whoever_kills_us_takes_those_of_the_last_second(self, office: Office) -> None:
        for second in range(1, 40):
            office.clerk.note(counts=[count()])
            office.turn(0.25)
            [kept] = office.counts.of(WallUs(0), EVER)
            assert second - kept.count < 4

    def test_nothing_is_written_where_nothing_was_counted(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        writes = Writes(monkeypatch)
        for _ in range(40):
            office.clerk.note([happening()])
            office.turn()
        office.clerk.turn(last=True)
        assert writes.done == []

    def test_how_many_are_inside_is_read_by_whoever_comes_next(self, engine: sa.Engine, office: Office) -> None:
        shop = office.rules.add(staged(RuleKind.OCCUPANCY))
        office.turn()
        assert office.clerk.inside_of(1) == {}
        office.clerk.note(inside=[(shop, Inside(100, 60, 40, BEGIN))])
        assert office.clerk.inside_of(1) == {shop.id: Inside(100, 60, 40)}
        assert office.clerk.inside_of(2) == {}
        office.turn()
        again = Office(engine)
        assert again.clerk.inside_of(1) == {}
        again.turn()
        assert again.clerk.inside_of(1) == {shop.id: Inside(100, 60, 40)}

    def test_while_the_catalogue_is_full_who_is_inside_waits_with_the_counts(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shop = office.rules.add(staged(RuleKind.OCCUPANCY))
        office.turn()
        writes = Writes(monkeypatch)
        writes.refuses = True
        for came in range(1, 4):
            office.clerk.note(counts=[count()], inside=[(shop, Inside(came, 0, came, BEGIN))])
            office.turn()
        assert (office.counts.inside(), office.counts.of(WallUs(0), EVER)) == ({}, [])
        writes.refuses = False
        office.turn(2.0)
        assert office.counts.inside() == {shop.id: Inside(3, 0, 3)}
        assert writes.done == [3]

    def test_of_a_rule_that_was_changed_or_switched_off_nobody_is_inside(self, office: Office) -> None:
        shop = office.rules.add(staged(RuleKind.OCCUPANCY))
        office.turn()
        office.clerk.note(inside=[(shop, Inside(5, 0, 5, BEGIN))])
        office.rules.change(dataclasses.replace(shop, enabled=False))
        office.turn(0.5)
        office.clerk.note(inside=[(shop, Inside(6, 0, 6, BEGIN))])  # a mind that has not heard of it yet
        office.rules.change(shop)
        office.turn(0.5)
        office.clerk.turn(last=True)
        assert (office.clerk.inside_of(1), office.counts.inside()) == ({}, {})

    def test_where_it_cannot_be_read_there_are_no_rules_yet(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nobody is to be counted from nobody on while forty are inside."""
        shop = office.rules.add(staged(RuleKind.OCCUPANCY))
        office.counts.add([], [(shop, Inside(40, 0, 40, BEGIN))])

        def locked(_self: Counts) -> dict[int, Inside]:
            raise CannotWriteError("The catalogue is locked by another program.")

        with monkeypatch.context() as patch:
            patch.setattr(Counts, "inside", locked)
            office.turn()
            assert office.clerk.rules_of(1) == []
        office.turn(0.5)
        assert office.clerk.rules_of(1) == [shop]
        assert office.clerk.inside_of(1) == {shop.id: Inside(40, 0, 40)}


class TestTakingOver:
    def test_what_was_left_lasting_ended_when_it_was_last_seen(self, office: Office) -> None:
        left = happening(seconds=7)
        office.events.take([left])
        office.clerk.take_over([1])
        new = happening()
        office.clerk.note([new])
        office.turn()
        ends = {one.id: one.end for one in office.kept}
        assert ends == {left.event.id: BEGIN + 7 * MICROSECONDS, new.event.id: None}

    def test_even_if_the_catalogue_refuses_at_first(self, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
        """What begins meanwhile must not be ended with what was left."""
        left, new = happening(seconds=7), happening()
        office.events.take([left])

        def locked(_self: Events, _camera: int | None = None) -> int:
            raise CannotWriteError("The catalogue is locked by another program.")

        office.clerk.take_over([1])
        with monkeypatch.context() as patch:
            patch.setattr(Events, "end_lasting", locked)
            office.turn()
        office.clerk.note([new])
        office.turn(2.0)
        assert {one.id for one in office.events.lasting()} == {new.event.id}

    def test_what_was_not_written_yet_is_ended_as_well(self, office: Office) -> None:
        office.clerk.note([happening(seconds=3)])
        office.clerk.take_over([1])
        office.turn()
        assert [one.end for one in office.kept] == [BEGIN + 3 * MICROSECONDS]


class TestThread:
    def test_writes_what_waits_when_it_is_closed(self, engine: sa.Engine, camera: Camera) -> None:
        events = Events(engine)
        clerk = Clerk(Rules(engine), events, Counts(engine), QuickClock())
        clerk.start()
        clerk.note([happening()], [count()])
        clerk.note(counts=[count()])
        clerk.close()
        assert len(events.page(Wanted()).events) == 1
        assert [it.count for it in Counts(engine).of(WallUs(0), EVER)] == [2]

    def test_survives_a_fault_of_ours(self, engine: sa.Engine, camera: Camera) -> None:
        failed, told = threading.Event(), threading.Event()
        events = Catalogue(engine)
        events.refuses = ZeroDivisionError()
        clerk = Clerk(Rules(engine), events, Counts(engine), QuickClock(), hand_on=lambda _: told.set())
        asked = events.take

        def noting(happenings: Iterable[Happening]) -> None:
            failed.set()
            asked(happenings)

        events.take = noting  # type: ignore[method-assign]
        clerk.start()
        clerk.note([happening()])
        assert failed.wait(PATIENCE)
        events.refuses = None
        clerk.note([happening()])
        assert told.wait(PATIENCE)
        clerk.close()
