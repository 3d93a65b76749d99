from pathlib import Path

import pytest

from tests.alerting import SECRET, SITE, HttpReceiver, MailReceiver, free_port, mosquitto, new_message
from watchglass.alert.senders import Senders
from watchglass.alert.trial import try_out
from watchglass.base.clock import SystemClock
from watchglass.base.errors import RefusedError, UnreachableError, UsageError
from watchglass.model.channel import Mqtt, Service, Webhook

MAKE = Senders(str(SITE), SystemClock(), timeout=2.0).make


def test_arrives_before_anybody_relies_on_it() -> None:
    message = new_message(test=True)
    with HttpReceiver() as receiver:
        try_out("Duty", Webhook(receiver.url), SECRET, message, MAKE)
    assert receiver.taken[message.id]["data"]["test"] is True


def test_wrong_passwords_are_refused_with_a_sentence_that_says_how_to_mend_it(tmp_path: Path) -> None:
    with (
        mosquitto(tmp_path, user="cams", password="right") as port,
        pytest.raises(RefusedError, match="enter them again"),
    ):
        try_out("Broker", Mqtt("127.0.0.1", port, username="cams"), "wrong", new_message(test=True), MAKE)
    with (
        MailReceiver(password="right") as mail,
        pytest.raises(RefusedError, match=r"'Mail': .* enter its address again"),
    ):
        try_out("Mail", Service("mailto"), mail.address("duty", "wrong"), new_message(test=True), MAKE)
    with HttpReceiver(lambda _id: 403) as receiver, pytest.raises(RefusedError, match="see that it has this channel's"):
        try_out("Hook", Webhook(receiver.url), SECRET, new_message(test=True), MAKE)


def test_nobody_there_and_no_channel_at_all() -> None:
    with pytest.raises(UnreachableError, match="cannot be reached"):
        try_out("Broker", Mqtt("127.0.0.1", free_port()), "", new_message(test=True), MAKE)
    with pytest.raises(UsageError, match="signing key"):
        try_out("Hook", Webhook("http://127.0.0.1/"), "x", new_message(test=True), MAKE)
    with HttpReceiver(lambda _id: 500) as receiver, pytest.raises(RefusedError, match="answered 500"):
        try_out("Hook", Webhook(receiver.url), SECRET, new_message(test=True), MAKE)
