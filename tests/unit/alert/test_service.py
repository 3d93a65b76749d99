import dataclasses
import io
import logging
import re
from collections.abc import Iterator

import pytest

from tests.alerting import MailReceiver, free_port, new_message
from watchglass.alert import service
from watchglass.alert.failing import ChannelDownError, NeverTakenError, NotTakenError
from watchglass.alert.service import ServiceSender
from watchglass.base.errors import UsageError
from watchglass.model.channel import Service

MAIL = Service("mailto")


def test_a_mail_with_its_key() -> None:
    with MailReceiver() as receiver, ServiceSender(MAIL, receiver.address()) as sends:
        message = new_message()
        sends.send(message)
    (mail,) = receiver.mails
    assert mail["Subject"] == "Lawn at night (Gate, lawn)"
    assert mail["X-Watchglass-Alert"] == message.id
    body = mail.get_payload(decode=True)
    assert isinstance(body, bytes)
    assert message.link in body.decode()


def test_with_a_still_of_the_view_where_there_is_one() -> None:
    with MailReceiver() as receiver, ServiceSender(MAIL, receiver.address()) as sends:
        sends.send(dataclasses.replace(new_message(), still=b"\x89PNG of the view"))
    parts = {part.get_content_type(): part for part in receiver.mails[0].walk()}
    assert parts["image/png"].get_payload(decode=True) == b"\x89PNG of the view"
    assert parts["image/png"].get_filename() == "view.png"


@pytest.fixture
def heard() -> Iterator[io.StringIO]:
    """All that our own log would get. Not by caplog, which also listens to those who speak to nobody."""
    text = io.StringIO()
    handler, root = logging.StreamHandler(text), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield text
    root.setLevel(level)
    root.removeHandler(handler)


def test_a_wrong_password_is_said_with_what_to_do_and_nowhere_quoted(heard: io.StringIO) -> None:
    with MailReceiver(password="right") as receiver:
        wrong = ServiceSender(MAIL, receiver.address("duty", "hunter2"))
        with pytest.raises(ChannelDownError, match="refused the user name or password: enter its address") as told:
            wrong.send(new_message())
        with ServiceSender(MAIL, receiver.address("duty", "right")) as sends:
            sends.send(new_message())
    assert len(receiver.mails) == 1
    assert "hunter2" not in f"{told.value}{told.value.__cause__}{heard.getvalue()}"
    assert not re.search("e-?mail", heard.getvalue(), re.IGNORECASE)  # of which apprise's log is full


def test_nobody_there() -> None:
    address = f"mailto://127.0.0.1:{free_port()}/?from=a@example.org&to=b@example.org"
    with ServiceSender(MAIL, address) as sends, pytest.raises(ChannelDownError, match="cannot be reached"):
        sends.send(new_message())


def test_a_server_that_does_not_want_it_now() -> None:
    with MailReceiver(answer=lambda: "451 later") as receiver:
        sends = ServiceSender(MAIL, receiver.address())
        with pytest.raises(NotTakenError, match="tried again"):
            sends.send(new_message())


def test_a_server_that_never_wants_it() -> None:
    with MailReceiver(answer=lambda: "550 no such person") as receiver:
        sends = ServiceSender(MAIL, receiver.address())
        with pytest.raises(NeverTakenError, match="see whom it is addressed to"):
            sends.send(new_message())


@pytest.mark.parametrize("address", ["mailto://", "mailto://hunter2", "mailto://:hunter2@"])
def test_an_address_that_is_not_whole_is_refused_without_being_quoted(address: str) -> None:
    with pytest.raises(UsageError, match="is not whole") as told:
        ServiceSender(MAIL, address)
    assert "hunter2" not in str(told.value)


def test_a_kind_that_nobody_knows() -> None:
    with pytest.raises(UsageError, match="pigeon:// service is not whole"):
        ServiceSender(Service("pigeon"), "pigeon://loft")


def test_no_redirect_is_followed() -> None:
    """It would carry the password in the address to where nobody sent it."""
    one = service.instance("jsons://user:password@example.org/")
    assert one.redirects is False


@pytest.mark.parametrize(
    "address",
    [
        "workflows://host/workflow/signature?template=/etc/hostname",
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/general?TEMPLATE=/etc/hostname",
        "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js?%74emplate=file:///etc/hostname",
        "tgram://123456789:abcdefg_hijklmnop/12315544/?template=/etc/hostname",
        "fcm://project/registration_token?keyfile=/etc/hostname",
        "mailto://duty:secret@mail.example.org?PGPprv=/etc/hostname",
        "mailtos://duty:secret@mail.example.org?pgppub=/etc/hostname",
    ],
)
def test_no_address_names_a_file_of_this_machine(address: str) -> None:
    kind = address.partition("://")[0]
    with pytest.raises(UsageError, match="names a file of this machine") as told:
        ServiceSender(Service(kind), address)
    assert "hostname" not in told.value.sentence


def test_a_template_that_the_service_keeps_itself_is_none_of_our_files() -> None:
    key = "SG.abcdefghijklmnopqrstuv.abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq"
    ServiceSender(Service("sendgrid"), f"sendgrid://{key}:duty@example.org/boss@example.org?template=d-1234")


def test_this_machines_own_log_is_no_service() -> None:
    with pytest.raises(UsageError, match="own log"):
        ServiceSender(Service("syslog"), "syslog://")
