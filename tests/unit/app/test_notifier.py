import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.alerting import SECRET, HttpReceiver, MailReceiver, new_event, until
from tests.unit.evidence.material import at, keep
from watchglass.alert.sending import SendOptions
from watchglass.app import notifier
from watchglass.app.duty import NOTIFIER_BELL
from watchglass.app.machine import Machine, open_machine
from watchglass.base.bell import ring
from watchglass.base.clock import SystemClock
from watchglass.base.errors import CannotWriteError
from watchglass.model.alert import AlertPolicy, DeliveryState
from watchglass.model.camera import Source, SourceKind
from watchglass.model.channel import Service, Webhook
from watchglass.settings import Settings

Run = Callable[..., None]


@pytest.fixture
def real(machine: Machine) -> Machine:
    """The same on the machine's clock."""
    return open_machine(Settings(machine.settings.data, port=8080), SystemClock())


@pytest.fixture
def run(real: Machine) -> Iterator[Run]:
    stop, threads = threading.Event(), []

    def start(options: SendOptions | None = None) -> None:
        ready = threading.Event()
        arguments = (real, stop, lambda _words: ready.set(), options)
        threads.append(threading.Thread(target=notifier.run, args=arguments))
        threads[-1].start()
        assert ready.wait(20)

    yield start
    stop.set()
    ring(real.folder.run / NOTIFIER_BELL)
    for thread in threads:
        thread.join()


def told(machine: Machine, url: str) -> None:
    """Rule 3 tells a receiver of each event."""
    channel = machine.channels.add("Duty", Webhook(url), SECRET)
    machine.policies.set(3, AlertPolicy((channel.id,), group_seconds=0))


def test_is_woken_by_whoever_has_something_to_send(real: Machine, run: Run) -> None:
    with HttpReceiver() as receiver:
        told(real, receiver.url)
        run(SendOptions(look=60.0))  # nobody looks by himself
        real.outbox.take_test(1, "Robin")  # loads what it needs
        until("it has come", lambda: len(receiver.taken) == 1)
        began = time.monotonic()
        event = new_event()
        real.outbox.take(event, "Lawn", "Gate")
        until("it has come", lambda: str(event.id) in receiver.taken)
        assert time.monotonic() - began < 10
    assert receiver.bad_signatures == 0
    assert receiver.taken[str(event.id)]["data"]["link"].startswith("http://127.0.0.1:8080/alert#open.")


def test_what_was_on_its_way_when_the_last_one_died_is_sent_at_once(real: Machine, run: Run) -> None:
    with HttpReceiver() as receiver:
        told(real, receiver.url)
        real.outbox.take(new_event(), "Lawn", "Gate")
        assert len(real.outbox.claim(1, 10)[1]) == 1  # and then it was killed: the lease lasts a minute
        run()
        until("it has come", lambda: len(receiver.taken) == 1, patience=20)


def test_there_is_one_at_a_time(real: Machine, run: Run) -> None:
    run()
    stop, ready = threading.Event(), threading.Event()
    second = threading.Thread(target=notifier.run, args=(real, stop, lambda _words: ready.set()))
    second.start()
    assert not ready.wait(0.3)
    stop.set()
    second.join()
    assert (real.folder.run / NOTIFIER_BELL).is_socket()  # it is the first one's


def test_a_catalogue_that_cannot_be_used_for_a_while_ends_nothing(
    real: Machine, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, locked = real.outbox.waiting, threading.Event()

    def fails() -> object:
        if not locked.is_set():
            locked.set()
            raise CannotWriteError("The catalogue is locked.")
        return waiting()

    monkeypatch.setattr(real.outbox, "waiting", fails)
    with HttpReceiver() as receiver:
        told(real, receiver.url)
        real.outbox.take(new_event(), "Lawn", "Gate")
        run()
        until("it has come", lambda: len(receiver.taken) == 1)
    assert real.outbox.tally()[DeliveryState.SENT] == 1


def test_a_mail_holds_a_still_of_the_view_where_it_is_kept_by_then(real: Machine, run: Run) -> None:
    camera = real.cameras.add("Gate", Source(SourceKind.FILE, "/x.mp4"), None).id
    keep(real.views, camera, range(2), close=False)
    with MailReceiver() as receiver:
        channel = real.channels.add("Duty", Service("mailto"), receiver.address())
        real.policies.set(3, AlertPolicy((channel.id,), group_seconds=0))
        run()
        for seconds in (1.0, 5.0):  # of the second nothing is kept yet
            real.outbox.take(new_event(camera=camera, start=at(seconds)), "Lawn", "Gate")
        until("both have come", lambda: len(receiver.mails) == 2)
    assert [[part.get_content_type() for part in mail.walk()].count("image/png") for mail in receiver.mails] == [1, 0]


def test_secrets_of_channels_that_are_gone_go_too(real: Machine, run: Run) -> None:
    stray = real.folder.secrets / "channel-9.json"
    stray.write_text("{}")
    run()
    until("it is gone", lambda: not stray.exists())
