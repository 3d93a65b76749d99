import base64
import hmac
import json
import re
import socket
import threading
from typing import Any

import pytest

from tests.alerting import SECRET, HttpReceiver, free_port, new_message
from tests.conftest import ROOT
from watchglass.alert.failing import ChannelDownError, NeverTakenError, NotTakenError
from watchglass.alert.webhook import WebhookSender, signature
from watchglass.base.clock import SystemClock
from watchglass.model.channel import Webhook, signing_key


def sender(url: str, timeout: float = 10.0) -> WebhookSender:
    return WebhookSender(Webhook(url), SECRET, SystemClock(), timeout)


def test_signed_as_standard_webhooks_says() -> None:
    """The example of its reference implementations."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_arrives_signed_once_whatever_the_number_of_times() -> None:
    with HttpReceiver() as receiver, sender(receiver.url) as sends:
        message = new_message()
        for _ in range(3):
            sends.send(message)
    assert receiver.bad_signatures == 0
    assert receiver.asked == ["application/cloudevents+json; charset=utf-8"] * 3
    assert receiver.deliveries == {message.id: 3}
    assert receiver.taken == {message.id: json.loads(message.cloudevent())}


@pytest.mark.parametrize(
    ("status", "kind", "sentence"),
    [
        (500, NotTakenError, "answered 500"),
        (429, NotTakenError, "tried again"),
        (401, ChannelDownError, "signature"),
        (403, ChannelDownError, "signing key"),
        (404, ChannelDownError, "see whether it is written"),
        (302, ChannelDownError, "somewhere else"),
        (400, NeverTakenError, "does not want such messages"),
        (410, NeverTakenError, "does not want such messages"),
        (0, NotTakenError, "broke off"),
    ],
)
def test_what_a_receiver_answers(status: int, kind: type[Exception], sentence: str) -> None:
    with HttpReceiver(lambda _id: status) as receiver, sender(receiver.url) as sends:
        with pytest.raises(kind, match=sentence) as told:
            sends.send(new_message())
        assert f"127.0.0.1:{receiver.port}" in str(told.value)
        assert len(receiver.asked) == 1  # no redirect was followed


def test_nobody_there() -> None:
    with (
        sender(f"http://127.0.0.1:{free_port()}/") as sends,
        pytest.raises(ChannelDownError, match="cannot be reached"),
    ):
        sends.send(new_message())


def test_who_takes_it_and_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        sends = sender(f"http://127.0.0.1:{silent.getsockname()[1]}/", 0.2)
        with sends, pytest.raises(NotTakenError, match="did not answer in time"):
            sends.send(new_message())


def test_who_speaks_no_tls() -> None:
    with HttpReceiver() as receiver:
        sends = sender(f"https://127.0.0.1:{receiver.port}/")
        with sends, pytest.raises(ChannelDownError, match="no certificate that this machine trusts"):
            sends.send(new_message())


def test_who_answers_without_end_is_not_listened_to() -> None:
    """What it says is of no use; a status was there."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def pour() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                try:
                    while True:
                        connection.sendall(b"400\r\n" + b"x" * 1024 + b"\r\n")
                except OSError:
                    return

        thread = threading.Thread(target=pour)
        thread.start()
        with sender(f"http://127.0.0.1:{server.getsockname()[1]}/") as sends:
            sends.send(new_message())
        thread.join()


def test_a_proxy_of_the_environment_is_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    with HttpReceiver() as receiver, sender(receiver.url) as sends:
        sends.send(new_message())
    assert len(receiver.taken) == 1


def test_another_key_is_another_signature() -> None:
    one, other = (signature(key, "a", 1, b"b") for key in (bytes(32), b"k" * 32))
    assert not hmac.compare_digest(one, other)
    assert signature(bytes(32), "a", 1, b"b") != signature(bytes(32), "a", 2, b"b")


def test_what_the_documentation_tells_receivers_to_do() -> None:
    """docs/formats/webhook.md: the code in it takes what we send, and nothing else."""
    page = (ROOT / "docs" / "formats" / "webhook.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    place: dict[str, Any] = {}
    exec(code, place)  # noqa: S102 - our own page
    clock, body = SystemClock(), new_message().cloudevent()

    def headers(seconds: int, key: str = SECRET) -> dict[str, str]:
        signed = signature(signing_key(key), "a", seconds, body)
        return {"webhook-id": "a", "webhook-timestamp": str(seconds), "webhook-signature": signed}

    now = clock.wall_us() // 1_000_000
    assert place["check"](headers(now), body, SECRET)
    assert not place["check"](headers(now), body + b" ", SECRET)
    assert not place["check"](headers(now - 301), body, SECRET)
    assert not place["check"](headers(now, "whsec_" + "A" * 40), body, SECRET)
    assert not place["check"](headers(now) | {"webhook-id": "b"}, body, SECRET)
