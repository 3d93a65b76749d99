import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.alerting import SECRET, HttpReceiver
from watchglass.app import console
from watchglass.app.machine import Machine, open_machine
from watchglass.base.clock import SystemClock
from watchglass.base.errors import MissingInputError, RefusedError, UnreachableError, UsageError, WatchglassError
from watchglass.model.channel import Webhook
from watchglass.settings import Settings


@contextmanager
def serving(machine: Machine) -> Iterator[int]:
    """The console at work on a port of its own."""
    stop, up, ports = threading.Event(), threading.Event(), []

    def ready(words: str) -> None:
        ports.append(int(words))
        up.set()

    thread = threading.Thread(target=console.run, args=(machine, stop, ready))
    thread.start()
    try:
        assert up.wait(30)
        yield ports[0]
    finally:
        stop.set()
        thread.join(30)
    assert not thread.is_alive()


def test_answers_until_it_is_stopped(tmp_path: Path) -> None:
    machine = open_machine(Settings(tmp_path / "data", port=0), SystemClock())
    with serving(machine) as port:
        assert httpx.get(f"http://127.0.0.1:{port}/healthz").text == "ok"
        assert httpx.get(f"http://127.0.0.1:{port}/api/state").json()["setup_needed"] is True
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/healthz")


def test_a_channel_is_tried_out_as_the_notifier_would_use_it(tmp_path: Path) -> None:
    machine = open_machine(Settings(tmp_path / "data", port=0), SystemClock())
    tried = console._trial(machine)
    with HttpReceiver() as receiver:
        tried("Desk", Webhook(receiver.url), SECRET)
    [event] = receiver.taken.values()
    assert (event["source"], event["data"]["test"]) == (f"urn:uuid:{machine.folder.uuid}", True)
    with HttpReceiver(lambda _id: 401) as receiver, pytest.raises(RefusedError, match="'Desk'"):
        tried("Desk", Webhook(receiver.url), SECRET)


def test_a_token_in_a_file_lets_programs_read_metrics(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("0123456789abcdef0123\nwhat follows is a remark\n")
    machine = open_machine(Settings(tmp_path / "data", port=0, metrics_token_file=file), SystemClock())
    with serving(machine) as port:
        asked = [
            httpx.get(f"http://127.0.0.1:{port}/metrics", headers={"authorization": f"Bearer {token}"}).status_code
            for token in ("0123456789abcdef0123", "0123456789abcdef012")
        ]
    assert asked == [200, 401]


@pytest.mark.parametrize(
    ("text", "error", "sentence"),
    [("0123456789abcdef012", UsageError, "too short"), (None, MissingInputError, "cannot be read")],
)
def test_a_token_that_cannot_be_used(
    tmp_path: Path, text: str | None, error: type[WatchglassError], sentence: str
) -> None:
    file = tmp_path / "token"
    if text is not None:
        file.write_text(text)
    machine = open_machine(Settings(tmp_path / "data", port=0, metrics_token_file=file), SystemClock())
    with pytest.raises(error, match=sentence):
        console.run(machine, threading.Event(), lambda _words: None)


def test_speaks_tls_with_a_certificate_for_its_names(tmp_path: Path) -> None:
    machine = open_machine(Settings(tmp_path / "data", port=0, tls=True), SystemClock())
    with serving(machine) as port:
        trusted = ssl.create_default_context(cafile=str(machine.folder.secrets / "certificate.pem"))
        with httpx.Client(verify=trusted) as client:
            assert client.get(f"https://localhost:{port}/healthz").text == "ok"
            assert client.get(f"https://127.0.0.1:{port}/healthz").text == "ok"


def test_a_port_that_is_taken(machine: Machine) -> None:
    with serving(open_machine(machine.settings, SystemClock())) as port:
        taken = open_machine(machine.settings.overruled(port=port), SystemClock())
        with pytest.raises(UnreachableError, match=f"Port {port}"):
            console.run(taken, threading.Event(), lambda _words: None)
