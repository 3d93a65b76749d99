import dataclasses
import datetime as dt
import random
import threading
from collections.abc import Callable, Iterator
from typing import Self

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from tests.alerting import SITE, new_event, until, writer
from watchglass.alert.failing import ChannelDownError, NeverTakenError, NotTakenError
from watchglass.alert.message import Message, Writer
from watchglass.alert.senders import MakeSender
from watchglass.alert.sending import Dispatcher, Line, SendOptions, wait_after
from watchglass.base.clock import Clock, SimulatedClock, SystemClock
from watchglass.base.errors import CannotWriteError, DiskFullError, UsageError
from watchglass.model.alert import Alert, AlertPolicy, DeliveryState
from watchglass.model.channel import Channel, Mqtt, Service, Settings
from watchglass.store.channels import Channels
from watchglass.store.outbox import Outbox, Result
from watchglass.store.policies import Policies

SENT, FAILED, UNDELIVERED, WAITING = (
    DeliveryState.SENT,
    DeliveryState.FAILED,
    DeliveryState.UNDELIVERED,
    DeliveryState.WAITING,
)
STEADY = SendOptions(jitter=0.0)


class Scripted:
    """A sender that does what its script says, message by message, and then takes everything."""

    def __init__(self, *script: Exception | Callable[[], None] | None) -> None:
        self.script = list(script)
        self.sent: list[str] = []
        self.closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.closed = True

    def send(self, message: Message) -> None:
        what = self.script.pop(0) if self.script else None
        if isinstance(what, Exception):
            raise what
        if what is not None:
            what()
        self.sent.append(message.id)


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def line(outbox: Outbox, clock: SimulatedClock, told: list[str], channels: Channels) -> Line:
    return made(outbox, clock, told.append)


def made(outbox: Outbox, clock: Clock, tell: Callable[[str], None], options: SendOptions = STEADY) -> Line:
    channel = Channel(1, "Duty", Mqtt("broker.lan"))
    return Line(channel, "", lambda *_: Scripted(), outbox, writer(), clock, options, random.Random(1), tell)  # noqa: S311


def come(outbox: Outbox, clock: Clock, count: int = 1) -> None:
    for _ in range(count):
        outbox.take(new_event(start=clock.wall_us()), "Lawn", "Gate")


def states(outbox: Outbox, channel: int = 1) -> list[DeliveryState]:
    found: list[DeliveryState] = []
    while deliveries := outbox.deliveries(len(found) + 1):
        found.append(next(one.state for one in deliveries if one.channel == channel))
    return found


class TestLine:
    def test_sends_all_that_is_due(self, line: Line, outbox: Outbox, clock: SimulatedClock) -> None:
        come(outbox, clock, 70)  # more than two batches
        sender = Scripted()
        line.work(sender)
        assert states(outbox) == [SENT] * 70
        assert len(set(sender.sent)) == 70
        line.work(sender)
        assert len(sender.sent) == 70

    def test_one_that_is_not_taken_holds_up_no_other(self, line: Line, outbox: Outbox, clock: SimulatedClock) -> None:
        come(outbox, clock, 3)
        sender = Scripted(NotTakenError("It answered 500."))
        line.work(sender)
        assert states(outbox) == [FAILED, SENT, SENT]
        assert outbox.deliveries(1)[0].cause == "It answered 500."
        clock.advance(0.9)
        line.work(sender)
        assert states(outbox)[0] is FAILED
        clock.advance(0.1)
        line.work(sender)
        assert states(outbox)[0] is SENT

    def test_gives_up_after_so_many_tries_and_says_why(self, line: Line, outbox: Outbox, clock: SimulatedClock) -> None:
        come(outbox, clock)
        sender = Scripted(*[NotTakenError(f"It answered {number}.") for number in range(500, 520)])
        for _ in range(20):
            line.work(sender)
            clock.advance(300)
        (delivery,) = (one for one in outbox.deliveries(1) if one.channel == 1)
        assert (delivery.state, delivery.attempts, delivery.cause) == (UNDELIVERED, 12, "It answered 511.")
        assert len(sender.script) == 8

    def test_what_is_never_taken_is_not_tried_again(self, line: Line, outbox: Outbox, clock: SimulatedClock) -> None:
        come(outbox, clock, 2)
        line.work(Scripted(NeverTakenError("It answered 400.")))
        assert states(outbox) == [UNDELIVERED, SENT]

    def test_a_channel_that_is_down_waits_as_a_whole_and_nothing_counts_as_tried(
        self, line: Line, outbox: Outbox, clock: SimulatedClock, told: list[str]
    ) -> None:
        come(outbox, clock, 5)
        sender = Scripted(ChannelDownError("It cannot be reached."), ChannelDownError("It cannot be reached."))
        line.work(sender)
        assert len(sender.script) == 1
        assert told == ["It cannot be reached."]
        line.work(sender)
        assert len(sender.script) == 1  # paused
        clock.advance(1)
        line.work(sender)
        assert sender.script == []
        assert [outbox.deliveries(1)[0].attempts, states(outbox)[1:]] == [0, [WAITING] * 4]
        clock.advance(1.9)
        line.work(sender)
        assert sender.sent == []
        clock.advance(0.1)
        line.work(sender)
        assert states(outbox) == [SENT] * 5
        assert told == ["It cannot be reached.", ""]

    def test_a_fault_of_ours_with_one_message_holds_up_no_other(
        self, line: Line, outbox: Outbox, clock: SimulatedClock
    ) -> None:
        come(outbox, clock, 2)
        line.work(Scripted(ZeroDivisionError()))
        assert states(outbox) == [FAILED, SENT]
        assert "fault of its own" in outbox.deliveries(1)[0].cause

    def test_one_that_takes_long_has_its_answer_written_down_before_the_next(
        self, outbox: Outbox, clock: SimulatedClock
    ) -> None:
        """Or all of them would be sent again by who comes next."""
        come(outbox, clock, 3)
        seen: list[list[DeliveryState]] = []

        def slow() -> None:
            seen.append(states(outbox))
            clock.advance(1)

        made(outbox, clock, print).work(Scripted(slow, slow, slow))
        assert seen == [[WAITING] * 3, [SENT, WAITING, WAITING], [SENT, SENT, WAITING]]

    def test_gives_back_what_it_has_had_for_too_long(self, outbox: Outbox, clock: SimulatedClock) -> None:
        """Before the lease ends, and somebody else sends it too."""
        come(outbox, clock, 4)
        waits = []

        def very_slow() -> None:
            waits.append(outbox.waiting()[1].due - clock.wall_us())
            clock.advance(15)

        made(outbox, clock, print).work(Scripted(very_slow, very_slow, very_slow, very_slow))
        assert states(outbox) == [SENT] * 4
        assert min(waits) >= 30_000_000  # of the lease, whenever one was sent

    def test_what_cannot_be_written_down_is_kept_and_not_sent_again(
        self, line: Line, outbox: Outbox, clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A full disk."""
        come(outbox, clock, 2)
        settle, full = outbox.settle, [True]

        def fails(holder: str, results: list[Result]) -> int:
            if full[0]:
                raise DiskFullError("No space is left for the catalogue.")
            return settle(holder, results)

        monkeypatch.setattr(outbox, "settle", fails)
        sender = Scripted()
        for _ in range(3):
            with pytest.raises(DiskFullError):
                line.work(sender)
            clock.advance(100)  # longer than a lease
        full[0] = False
        line.work(sender)
        assert states(outbox) == [SENT] * 2
        assert len(sender.sent) == 2


@given(st.integers(1, 1000), st.integers(0, 1000))
def test_waits_double_within_bounds_and_the_same_seed_gives_the_same(attempts: int, seed: int) -> None:
    options = SendOptions()
    wait = wait_after(attempts, options, random.Random(seed))  # noqa: S311
    assert wait == wait_after(attempts, options, random.Random(seed))  # noqa: S311
    middle = min(2.0 ** (attempts - 1), 300.0)
    assert 0.8 * middle <= wait <= 1.2 * middle


# ---------------------------------------------------------------------------------------------------------- dispatcher

QUICK = SendOptions(first_wait=0.02, longest_wait=0.1, longest_pause=0.1, look=0.05)


@dataclasses.dataclass
class House:
    """A dispatcher that somebody keeps calling, as the notifier does."""

    channels: Channels
    outbox: Outbox
    engine: sa.Engine
    senders: dict[str, Scripted]
    secrets: list[str]
    run: Callable[[MakeSender | None], None]


@pytest.fixture
def house(engine: sa.Engine, channels: Channels) -> Iterator[House]:
    clock = SystemClock()
    outbox = Outbox(engine, clock, dt.UTC)
    stop = threading.Event()
    threads: list[threading.Thread] = []
    senders = {"Duty": Scripted(), "Yard": Scripted()}
    secrets: list[str] = []

    def make(channel: Channel, secret: str) -> Scripted:
        secrets.append(secret)
        return senders[channel.name]

    def run(other: MakeSender | None = None) -> None:
        dispatcher = Dispatcher(channels, outbox, writer(), other or make, clock, QUICK, seed=1)

        def keep() -> None:
            while not stop.is_set():
                stop.wait(dispatcher.look())
            dispatcher.close()

        threads.append(threading.Thread(target=keep))
        threads[-1].start()

    yield House(channels, outbox, engine, senders, secrets, run)
    stop.set()
    for thread in threads:
        thread.join()


class TestDispatcher:
    def test_one_dead_channel_delays_no_other(self, house: House) -> None:
        hangs = threading.Event()
        house.senders["Duty"].script = [lambda: print(hangs.wait(20))]
        house.run(None)
        come(house.outbox, SystemClock(), 5)
        until("the other has all", lambda: len(house.senders["Yard"].sent) == 5)
        assert house.senders["Duty"].sent == []
        hangs.set()
        until("the first too", lambda: len(house.senders["Duty"].sent) == 5)

    def test_comes_again_by_itself(self, house: House) -> None:
        house.senders["Duty"].script = [NotTakenError("No."), ChannelDownError("Down."), NotTakenError("No.")]
        come(house.outbox, SystemClock(), 3)
        house.run(None)
        until("all are sent", lambda: house.outbox.tally()[SENT] == 6)
        until("all is well", lambda: house.channels.get(1).trouble == "")

    def test_a_catalogue_that_is_locked_is_no_channels_trouble(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        claim, failed = house.outbox.claim, threading.Event()

        def fails(channel: int, most: int) -> object:
            if channel == 1 and not failed.is_set():
                failed.set()
                raise CannotWriteError("The catalogue is locked.")
            return claim(channel, most)

        monkeypatch.setattr(house.outbox, "claim", fails)
        told: list[str] = []
        monkeypatch.setattr(house.channels, "set_trouble", lambda _id, trouble: told.append(trouble))
        come(house.outbox, SystemClock())
        house.run(None)
        until("all are sent", lambda: house.outbox.tally()[SENT] == 2)
        assert failed.is_set()
        assert told == []

    def test_trouble_is_shown_with_the_channel(self, house: House) -> None:
        house.senders["Duty"].script = [ChannelDownError("Wrong password.")] * 1000
        come(house.outbox, SystemClock())
        house.run(None)
        until("it is said", lambda: house.channels.get(1).trouble == "Wrong password.")

    def test_a_channel_that_changes_is_made_anew(self, house: House) -> None:
        house.run(None)
        come(house.outbox, SystemClock())
        until("both have it", lambda: house.outbox.tally()[SENT] == 2)
        house.channels.change(1, Mqtt("other.lan", username="me"), "secret")
        come(house.outbox, SystemClock())
        until("both have it", lambda: house.outbox.tally()[SENT] == 4)
        assert house.secrets.count("secret") == 1
        assert house.senders["Duty"].closed
        assert not house.senders["Yard"].closed

    def test_one_that_is_switched_off_sends_nothing_until_it_is_on_again(self, house: House) -> None:
        come(house.outbox, SystemClock())
        house.channels.set_enabled(1, False)
        house.run(None)
        until("the other has it", lambda: len(house.senders["Yard"].sent) == 1)
        assert house.senders["Duty"].sent == []
        house.channels.set_enabled(1, True)
        until("now it has", lambda: len(house.senders["Duty"].sent) == 1)

    def test_a_channel_that_cannot_be_made_says_so_and_holds_up_no_other(self, house: House) -> None:
        def make(channel: Channel, _secret: str) -> Scripted:
            if channel.name == "Duty":
                raise UsageError("Its key is none.")
            return house.senders["Yard"]

        come(house.outbox, SystemClock())
        house.run(make)
        until("it is said", lambda: house.channels.get(1).trouble == "Its key is none.")
        until("the other has it", lambda: len(house.senders["Yard"].sent) == 1)

    def test_a_damaged_secret_is_said(self, house: House, engine: sa.Engine) -> None:
        house.channels.change(1, Mqtt("other.lan", username="me"), "secret")
        (path,) = house.channels._secrets._folder.secrets.iterdir()
        path.write_text("{")
        house.run(None)
        until("it is said", lambda: "is damaged" in house.channels.get(1).trouble)

    def test_others_are_told_when_nobody_takes_it(
        self, engine: sa.Engine, channels: Channels, clock: SimulatedClock
    ) -> None:
        Policies(engine).set(3, AlertPolicy((), escalate_minutes=1, escalation=(2,)))
        outbox = Outbox(engine, clock, dt.UTC)
        come(outbox, clock)
        dispatcher = Dispatcher(channels, outbox, writer(), lambda *_: Scripted(), SystemClock(), QUICK)
        channels.set_enabled(1, False)
        channels.set_enabled(2, False)
        dispatcher.look()
        assert outbox.deliveries(1) == []
        channels.set_enabled(2, True)
        clock.advance(60)
        dispatcher.look()
        assert [one.channel for one in outbox.deliveries(1)] == [2]
        dispatcher.close()

    def test_what_is_too_old_is_given_up(self, engine: sa.Engine, channels: Channels, clock: SimulatedClock) -> None:
        outbox = Outbox(engine, clock, dt.UTC)
        come(outbox, clock)
        channels.set_enabled(1, False)
        channels.set_enabled(2, False)
        dispatcher = Dispatcher(channels, outbox, writer(), lambda *_: Scripted(), clock, SendOptions())
        clock.advance(6 * 3600)
        assert dispatcher.look() == 1.0
        assert outbox.tally()[WAITING] == 2
        clock.advance(1)
        dispatcher.look()
        assert [(one.state, one.cause) for one in outbox.deliveries(1)] == [
            (UNDELIVERED, "Not delivered in 6 hours.")
        ] * 2


class Pictured(Scripted):
    """Whether each message had a picture."""

    def __init__(self) -> None:
        super().__init__()
        self.stills: list[bool] = []

    def send(self, message: Message) -> None:
        self.stills.append(message.still is not None)


class Stills:
    def of(self, _alert: Alert) -> bytes:
        return b"view"


@pytest.mark.parametrize(
    ("settings", "waiting", "pictures"),
    [(Service("mailto"), 4, True), (Service("mailto"), 5, False), (Mqtt("broker.lan"), 1, False)],
)
def test_pictures_go_with_a_few_that_can_hold_them_and_delay_no_others(
    outbox: Outbox, clock: SimulatedClock, settings: Settings, waiting: int, pictures: bool
) -> None:
    come(outbox, clock, waiting)
    channel, sender = Channel(1, "Duty", settings), Pictured()
    pictured = Writer(SITE, "http://localhost", bytes(32), stills=Stills())
    luck = random.Random(1)  # noqa: S311
    Line(channel, "", lambda *_: sender, outbox, pictured, clock, STEADY, luck).work(sender)
    assert sender.stills == [pictures] * waiting
