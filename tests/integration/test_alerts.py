"""A thousand alerts over a real broker, a real mail server and a real HTTP server that fail in a seeded pattern, while whoever
writes and whoever sends is killed with SIGKILL again and again: each is delivered or shown as undelivered, and none comes twice
to a receiver that honours the key.
"""

import contextlib
import dataclasses
import functools
import json
import os
import random
import signal
import subprocess
import sys
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.alerting import SECRET, HttpReceiver, MailReceiver, MqttReceiver, free_port, mosquitto, new_event, until
from tests.conftest import ROOT
from tests.running import Watchglass
from watchglass.app.machine import Machine, open_machine
from watchglass.base.clock import SystemClock
from watchglass.model.alert import AlertPolicy, DeliveryState
from watchglass.model.channel import Mqtt, Service, Webhook
from watchglass.settings import Settings
from watchglass.store import schema

pytestmark = [pytest.mark.slow, pytest.mark.timeout(280)]

ALERTS = 1000
PATIENCE = 150.0

WRITES = """
import pathlib, sys, uuid
from tests.alerting import new_event
from watchglass.app.machine import open_machine
from watchglass.base.clock import SystemClock
from watchglass.settings import Settings
machine = open_machine(Settings(pathlib.Path(sys.argv[1])), SystemClock())
for number in range(1, int(sys.argv[2]) + 1):
    event = new_event(id=uuid.UUID(int=number), start=machine.clock.wall_us())
    machine.outbox.take(event, "Lawn", "Gate")
print("done", flush=True)
"""


def id_of(number: int) -> str:
    return str(uuid.UUID(int=number))


class Pattern:
    """What a receiver answers to each message, try by try: seeded, so that a failure can be seen again."""

    def __init__(self, seed: int, choices: list[Any], well: Any, never: Any = None, share: float = 0.0) -> None:
        self._seed, self._choices, self._well, self._never, self._share = seed, choices, well, never, share
        self._tries: Counter[str] = Counter()
        self._lock = threading.Lock()

    def is_refused(self, id_: str) -> bool:
        """Whether it never takes this message."""
        return random.Random(f"{self._seed}/{id_}").random() < self._share  # noqa: S311

    def answer(self, id_: str) -> Any:
        with self._lock:
            self._tries[id_] += 1
            number = self._tries[id_]
        if self.is_refused(id_):
            return self._never
        luck = random.Random(f"{self._seed}/{id_}/{number}")  # noqa: S311
        return luck.choice(self._choices) if number <= 3 and luck.random() < 0.3 else self._well


@contextlib.contextmanager
def notifier(settings: Settings) -> Iterator[subprocess.Popen[str]]:
    """The process that sends, as the supervisor starts it."""
    command = [sys.executable, "-m", "watchglass", "process", "notifier", "--parent", str(os.getpid())]
    command += ["--settings", settings.to_json()]
    # Of the 70 ms that a mail takes, apprise spends 55 on reading all certificates that the machine trusts.
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SSL_CERT_FILE": os.devnull}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


@contextlib.contextmanager
def writer(machine: Machine, count: int = ALERTS) -> Iterator[subprocess.Popen[str]]:
    """A process that sees events, always the same ones."""
    command = [sys.executable, "-c", WRITES, str(machine.folder.root), str(count)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return open_machine(Settings(tmp_path / "data", port=8080), SystemClock())


def by_channel(machine: Machine) -> dict[int, dict[str, DeliveryState]]:
    """Of each channel, what has become of each alert's message."""
    found: dict[int, dict[str, DeliveryState]] = {}
    for alert in machine.alerts.newest(10 * ALERTS):
        for one in machine.outbox.deliveries(alert.id):
            found.setdefault(one.channel, {})[str(alert.event)] = one.state
    return found


def count(machine: Machine) -> int:
    with machine.outbox.together() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(schema.alerts)).scalar_one())


@dataclasses.dataclass
class Receivers:
    """All three, and how they fail."""

    hook: HttpReceiver
    mails: MailReceiver
    pattern: Pattern
    port: int
    broker: contextlib.ExitStack
    heard: list[MqttReceiver] = dataclasses.field(default_factory=list)

    def start_broker(self, folder: Path) -> None:
        self.broker.enter_context(mosquitto(folder, port=self.port))
        self.heard.append(self.broker.enter_context(MqttReceiver(self.port)))


@pytest.fixture
def receivers(machine: Machine, tmp_path: Path) -> Iterator[Receivers]:
    """Of 1,000 messages the web server never takes about 20; it and the mail server do not take others at first."""
    pattern = Pattern(1, [500, 503, 0, -1], 200, 400, 0.02)
    luck = random.Random(2)  # noqa: S311
    with (
        HttpReceiver(pattern.answer) as hook,
        MailReceiver(answer=lambda: "451 later" if luck.random() < 0.2 else "250 OK") as mails,
        contextlib.ExitStack() as broker,
    ):
        made = Receivers(hook, mails, pattern, free_port(), broker)
        made.start_broker(tmp_path)
        machine.channels.add("Hook", Webhook(hook.url), SECRET)
        machine.channels.add("Broker", Mqtt("127.0.0.1", made.port))
        machine.channels.add("Mail", Service("mailto"), mails.address())
        machine.policies.set(3, AlertPolicy((1, 2, 3), group_seconds=0))
        yield made


def test_a_thousand_alerts_whoever_fails_and_whoever_is_killed(
    machine: Machine, receivers: Receivers, tmp_path: Path
) -> None:
    kill_whoever_writes(machine)
    luck = random.Random(5)  # noqa: S311
    for turn in range(6):
        kill_whoever_sends(machine, luck.randrange(50, 250))
        if turn == 2:
            receivers.broker.close()  # it is away for a turn, and comes back without having kept anything
        if turn == 3:
            receivers.start_broker(tmp_path)
    with notifier(machine.settings):
        until("all have an end", lambda: is_over(machine), PATIENCE)

    hook, mails, heard = receivers.hook, receivers.mails, receivers.heard
    states = by_channel(machine)
    everything = {id_of(number) for number in range(1, ALERTS + 1)}
    assert all(set(one) == everything for one in states.values())
    assert set(hook.taken) == {id_ for id_, state in states[1].items() if state is DeliveryState.SENT}
    undelivered = {id_ for id_, state in states[1].items() if state is DeliveryState.UNDELIVERED}
    assert undelivered == {id_ for id_ in everything if receivers.pattern.is_refused(id_)}
    assert 0 < len(undelivered) < 50
    assert hook.bad_signatures == 0
    assert set(states[2].values()) == set(states[3].values()) == {DeliveryState.SENT}
    assert set(heard[0].arrived) | set(heard[1].arrived) == everything
    assert set(mails.arrived) == everything
    doubles = {
        "webhook": sum(hook.deliveries.values()) - len(hook.taken),
        "mqtt": sum(sum(one.deliveries.values()) for one in heard) - ALERTS,
        "mail": len(mails.mails) - ALERTS,
    }
    print(f"undelivered {len(undelivered)}; dropped by their key: {doubles}")


def kill_whoever_sends(machine: Machine, after: int) -> None:
    """Once so many more are sent."""
    enough = machine.outbox.tally()[DeliveryState.SENT] + after
    with notifier(machine.settings) as process:
        until("some are sent", lambda: machine.outbox.tally()[DeliveryState.SENT] >= enough)
        process.send_signal(signal.SIGKILL)


def kill_whoever_writes(machine: Machine) -> None:
    """Three times, and each time it begins with the first event again."""
    for part in (1, 2, 3):
        enough = part * ALERTS // 5
        with writer(machine) as process:
            until("some are there", functools.partial(_has, machine, enough))
            process.send_signal(signal.SIGKILL)
    with writer(machine) as process:
        assert process.wait(60) == 0
    assert count(machine) == ALERTS


def _has(machine: Machine, alerts: int) -> bool:
    return count(machine) >= alerts


def is_over(machine: Machine) -> bool:
    tally = machine.outbox.tally()
    return tally[DeliveryState.WAITING] + tally[DeliveryState.FAILED] == 0


def test_a_channel_with_a_wrong_password_says_how_to_mend_it_and_loses_nothing(
    machine: Machine, tmp_path: Path
) -> None:
    with mosquitto(tmp_path, user="cams", password="right") as port, MqttReceiver(port, "cams", "right") as heard:
        channel = machine.channels.add("Broker", Mqtt("127.0.0.1", port, username="cams"), "wrong")
        machine.policies.set(3, AlertPolicy((channel.id,), group_seconds=0))
        with writer(machine, 20) as process:
            assert process.wait(60) == 0
        with notifier(machine.settings):
            until("it is said", lambda: "enter them again" in machine.channels.get(channel.id).trouble)
            assert machine.outbox.tally()[DeliveryState.SENT] == 0
            machine.channels.change(channel.id, Mqtt("127.0.0.1", port, username="cams"), "right")
            until("all have come", lambda: len(heard.arrived) == 20)
            until("nothing is wrong any more", lambda: machine.channels.get(channel.id).trouble == "")


def test_sigterm_ends_it_in_order(machine: Machine) -> None:
    with HttpReceiver() as receiver:
        channel = machine.channels.add("Hook", Webhook(receiver.url), SECRET)
        machine.policies.set(3, AlertPolicy((channel.id,), group_seconds=0))
        with notifier(machine.settings) as process:
            assert process.stdout is not None
            process.stdout.readline()
            with writer(machine, 50) as writing:
                until("some have come", lambda: len(receiver.taken) >= 5)
                process.terminate()
                assert process.wait(10) == 0
                writing.wait(30)
        machine.outbox.release_leases()
        sent = {id_ for id_, state in by_channel(machine)[channel.id].items() if state is DeliveryState.SENT}
        assert sent == set(receiver.taken)  # what was sent is known to be, so nothing is sent twice
        assert not (machine.folder.run / "notifier.sock").exists()


def test_in_the_whole_system_the_supervisor_brings_it_back(tmp_path: Path) -> None:
    """As people run it: killed, it is there again, and nothing that came meanwhile is lost."""
    with Watchglass(tmp_path / "data", "--watchers", "1") as running, HttpReceiver() as receiver:
        machine = open_machine(Settings(running.data), SystemClock())
        channel = machine.channels.add("Hook", Webhook(receiver.url), SECRET)
        machine.policies.set(3, AlertPolicy((channel.id,), group_seconds=0))
        until("the notifier is at work", lambda: notifier_of(running)["state"] == "running", 60)
        machine.outbox.take_test(channel.id, "Robin")
        until("the test has come", lambda: len(receiver.taken) == 1)
        first = notifier_of(running)["pid"]
        os.kill(first, signal.SIGKILL)
        machine.outbox.take(new_event(), "Lawn", "Gate")
        until("the alert has come", lambda: len(receiver.taken) == 2, 60)
        assert notifier_of(running)["pid"] != first
        assert notifier_of(running)["restarts"] == 1


def notifier_of(running: Watchglass) -> dict[str, Any]:
    """What the supervisor says of it."""
    told = json.loads((running.data / "run" / "supervisor.json").read_text())["processes"]
    found: dict[str, Any] = next(one for one in told if one["name"] == "notifier")
    return found
