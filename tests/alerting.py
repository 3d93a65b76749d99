"""What tests of alerts share: events, alerts, and receivers that are as real as they can be on this machine."""

import base64
import contextlib
import hmac
import http.server
import json
import logging
import os
import random
import shutil
import socket
import subprocess
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from email.message import Message as Mail
from email.parser import BytesParser
from pathlib import Path
from typing import Any, Self

import paho.mqtt.client as paho
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from paho.mqtt.enums import CallbackAPIVersion

from watchglass.alert.message import Message, Writer
from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.model.alert import Alert, Step
from watchglass.model.channel import signing_key
from watchglass.model.event import Event, RuleKind

NOW = WallUs(1_800_000_000 * MICROSECONDS)
SITE = uuid.UUID("0f1e2d3c-4b5a-4978-8796-a5b4c3d2e1f0")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # of the examples of Standard Webhooks
PATIENCE = 30.0

_SEEDED = random.Random(11)  # noqa: S311 - the same events each time


def new_event(**changed: Any) -> Event:
    """Somebody on the lawn at night, each time another time."""
    values: dict[str, Any] = {
        "id": uuid.UUID(int=_SEEDED.getrandbits(128), version=4),
        "camera": 2,
        "rule": 3,
        "kind": RuleKind.INTRUSION,
        "start": NOW,
        "end": None,
        "score": 0.83,
        "tracks": 1,
        "place": "lawn",
        "detail": "One person has been on the lawn for 4 s.",
    }
    return Event(**(values | changed))


def new_alert(**changed: Any) -> Alert:
    """What such an event makes."""
    event = new_event()
    values: dict[str, Any] = {
        "id": 1,
        "event": event.id,
        "rule": 3,
        "rule_name": "Lawn at night",
        "kind": event.kind,
        "camera": 2,
        "camera_name": "Gate",
        "place": event.place,
        "score": event.score,
        "tracks": 1,
        "detail": event.detail,
        "start": NOW,
        "end": None,
        "created": WallUs(NOW + 300_000),
        "last": NOW,
    }
    return Alert(**(values | changed))


def writer() -> Writer:
    """Makes messages of a site that is always the same."""
    return Writer(SITE, "https://cams.example.org", bytes(32))


def new_message(step: Step = Step.FIRST, **changed: Any) -> Message:
    return writer().message(new_alert(**changed), step)


def until(what: str, true: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Wait for what another process does."""
    end = time.monotonic() + patience
    while not true():
        assert time.monotonic() < end, f"waited {patience:g} s until {what}"
        time.sleep(0.01)


# ------------------------------------------------------------------------------------------------------------ receivers


class HttpReceiver:
    """Takes webhooks and honours the key. `answers` decides what is done with each: a status; 0 hangs up before it answers,
    -1 takes the message and hangs up then. A context manager.
    """

    def __init__(self, answers: Callable[[str], int] = lambda _id: 200, port: int = 0) -> None:
        self.taken: dict[str, dict[str, Any]] = {}
        self.arrived: dict[str, float] = {}
        self.deliveries: Counter[str] = Counter()
        self.asked: list[str] = []
        self.bad_signatures = 0
        self._lock = threading.Lock()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                body = self.rfile.read(length)
                if len(body) < length:
                    self.close_connection = True  # whoever sent was killed in the middle of it
                    return
                id_ = self.headers["webhook-id"]
                status = answers(id_)
                receiver.note(id_, body, dict(self.headers.items()), status)
                if status <= 0:
                    self.close_connection = True
                    return
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("location", receiver.url + "elsewhere")
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_arguments: object) -> None:
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *_arguments: object) -> None:
                """Whoever sent was killed."""

        self._server = Server(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook/"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def note(self, id_: str, body: bytes, headers: dict[str, str], status: int) -> None:
        """One request. What is answered with 2xx is taken, by its key once."""
        signed = f"{id_}.{headers['webhook-timestamp']}.".encode() + body
        right = "v1," + base64.b64encode(hmac.digest(signing_key(SECRET), signed, "sha256")).decode()
        with self._lock:
            self.asked.append(headers.get("Content-Type", headers.get("content-type", "")))
            self.bad_signatures += not hmac.compare_digest(right, headers["webhook-signature"])
            if 200 <= status < 300 or status == -1:
                self.deliveries[id_] += 1
                if id_ not in self.taken:
                    self.taken[id_] = json.loads(body)
                    self.arrived[id_] = time.monotonic()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def free_port() -> int:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


@contextlib.contextmanager
def mosquitto(folder: Path, *, user: str = "", password: str = "", port: int | None = None) -> Iterator[int]:
    """A real broker; its port."""
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    if program is None:
        pytest.skip("mosquitto is not on this machine: scripts/packages installs it")
    port = port or free_port()
    lines = [f"listener {port} 127.0.0.1", f"allow_anonymous {'false' if user else 'true'}"]
    lines.append("max_queued_messages 0")  # as many as there are
    if os.geteuid() == 0:
        lines.append("user root")  # or it could not read what lies here
    if user:
        known = folder / "known"
        known.write_text(f"{user}:{password}\n")
        known.chmod(0o600)
        subprocess.run(["mosquitto_passwd", "-U", str(known)], check=True)
        lines.append(f"password_file {known}")
    settings = folder / "mosquitto.conf"
    settings.write_text("\n".join(lines) + "\n")
    with (folder / "mosquitto.log").open("wb") as log:
        broker = subprocess.Popen([program, "-c", str(settings)], stdout=log, stderr=log)
    try:
        until("the broker listens", lambda: _listens(port))
        yield port
    finally:
        broker.terminate()
        broker.wait()


def _listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


class MqttReceiver:
    """Subscribes to everything. A context manager."""

    def __init__(self, port: int, user: str = "", password: str = "") -> None:
        self.got: list[tuple[str, bytes, bool]] = []
        self.arrived: dict[str, float] = {}
        self.deliveries: Counter[str] = Counter()
        self._ready = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        if user:
            self._client.username_pw_set(user, password)
        self._client.on_connect = self._subscribe
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._take
        self._client.connect("127.0.0.1", port)

    def _subscribe(self, client: paho.Client, *_rest: object) -> None:
        client.subscribe("#", qos=1)

    def _take(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        self.got.append((message.topic, bytes(message.payload), message.retain))
        if "/alert/" in message.topic and message.topic.startswith("watchglass/"):
            key = json.loads(message.payload)["id"]
            self.deliveries[key] += 1
            self.arrived.setdefault(key, time.monotonic())

    def __enter__(self) -> Self:
        self._client.loop_start()
        assert self._ready.wait(PATIENCE)
        return self

    def __exit__(self, *_exception: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()


class MailReceiver:
    """A real mail server. `answer` is what it says to a message. A context manager."""

    def __init__(self, password: str = "", answer: Callable[[], str] = lambda: "250 OK") -> None:
        self.mails: list[Mail] = []
        self.arrived: dict[str, float] = {}
        self._answer = answer

        def authenticate(
            _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: LoginPassword
        ) -> AuthResult:
            return AuthResult(success=data.password.decode() == password, handled=False)

        self.port = free_port()
        options: dict[str, Any] = {"authenticator": authenticate, "auth_require_tls": False} if password else {}
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, **options)

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        answer = self._answer()
        if answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            mail = BytesParser().parsebytes(envelope.content)
            self.mails.append(mail)
            self.arrived.setdefault(str(mail["X-Watchglass-Alert"]), time.monotonic())
        return answer

    def address(self, user: str = "", password: str = "") -> str:
        """As apprise writes it."""
        who = f"{user}:{password}@" if user else ""
        return f"mailto://{who}127.0.0.1:{self.port}/?from=recorder@example.org&to=duty@example.org"

    def __enter__(self) -> Self:
        logging.getLogger("mail.log").setLevel(logging.ERROR)
        self._controller.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._controller.stop()
