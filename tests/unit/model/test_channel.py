import base64
import json
from typing import Any

import pytest

from tests.alerting import SECRET
from watchglass.base.errors import UsageError
from watchglass.model.channel import (
    Channel,
    ChannelKind,
    Mqtt,
    Push,
    Service,
    Settings,
    Webhook,
    check_secret,
    parse_settings,
    push_keys,
    signing_key,
    write_settings,
)

PUSH = json.dumps(
    {
        "p256dh": base64.urlsafe_b64encode(b"\4" + bytes(64)).decode().rstrip("="),
        "auth": base64.urlsafe_b64encode(bytes(16)).decode().rstrip("="),
    }
)
ALL: list[Settings] = [
    Webhook("https://hooks.example.org/in?x=1"),
    Mqtt("broker.lan", 8883, True, "cams", "home/cams", ""),
    Service("mailtos"),
    Push("https://push.example.org/abc"),
]


@pytest.mark.parametrize("settings", ALL, ids=lambda one: type(one).__name__)
def test_what_is_written_is_read_again(settings: Settings) -> None:
    kind = Channel(1, "Duty", settings).kind
    assert parse_settings(kind, json.loads(write_settings(settings))) == settings


@pytest.mark.parametrize(
    "url",
    ["", "hooks.example.org", "ftp://a/b", "http://", "http://[::1", "http://a b/", "http://a/\n", "http://a:99999/"],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="address of a webhook"):
        Webhook(url)


def test_an_address_with_a_password_or_a_fragment_is_refused_without_being_quoted() -> None:
    with pytest.raises(UsageError, match="leave it out") as refused:
        Webhook("https://me:hunter2@example.org/")
    assert "hunter2" not in str(refused.value)
    with pytest.raises(UsageError, match="after #"):
        Webhook("https://example.org/#x")
    with pytest.raises(UsageError, match="https"):
        Push("http://push.example.org/abc")


def test_ones_own_network_is_as_good_as_any_other() -> None:
    for url in ("http://192.168.1.7:8123/api/webhook/x", "http://[::1]:8123/"):
        assert Webhook(url).url == url


@pytest.mark.parametrize(
    "wrong",
    [
        {"host": "mqtt://broker"},
        {"host": ""},
        {"host": "b", "port": 0},
        {"host": "b", "port": 70000},
        {"host": "b", "topic": "a/#"},
        {"host": "b", "topic": "a/"},
        {"host": "b", "topic": ""},
        {"host": "b", "discovery": "+"},
        {"host": "b", "username": "a\nb"},
    ],
)
def test_a_broker_that_is_none_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        Mqtt(**wrong)


def test_a_broker_s_address_that_is_none_is_not_quoted() -> None:
    with pytest.raises(UsageError, match="no name of an MQTT broker") as refused:
        Mqtt("mqtt://me:hunter2@broker")
    assert "hunter2" not in refused.value.sentence


@pytest.mark.parametrize(
    ("kind", "values", "sentence"),
    [
        (ChannelKind.WEBHOOK, {"url": "http://a/", "follow": True}, "no setting 'follow'"),
        (ChannelKind.WEBHOOK, {}, "needs url"),
        (ChannelKind.WEBHOOK, {"url": 7}, "cannot be 7"),
        (ChannelKind.MQTT, {"host": "b", "port": True}, "cannot be True"),
        (ChannelKind.SERVICE, {"scheme": "Mail To"}, "no kind of service"),
    ],
)
def test_settings_are_strict(kind: ChannelKind, values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        parse_settings(kind, values)


@pytest.mark.parametrize("name", ["", "  ", "a\tb", "x" * 65])
def test_a_channel_needs_a_name(name: str) -> None:
    with pytest.raises(UsageError, match="needs a name"):
        Channel(1, name, Webhook("http://a/"))


@pytest.mark.parametrize(
    ("settings", "secret"),
    [
        (ALL[0], SECRET),
        (ALL[1], "password"),
        (Mqtt("b"), ""),
        (ALL[2], "mailtos://a:b@example.org"),
        (ALL[3], PUSH),
    ],
)
def test_a_secret_that_fits_is_taken(settings: Settings, secret: str) -> None:
    check_secret(settings, secret)


@pytest.mark.parametrize(
    ("settings", "secret"),
    [
        (ALL[0], ""),
        (ALL[0], "hunter2"),
        (ALL[0], "whsec_hunter2"),
        (ALL[0], "whsec_" + base64.b64encode(bytes(23)).decode()),
        (ALL[0], "whsec_" + base64.b64encode(bytes(65)).decode()),
        (ALL[1], ""),
        (Mqtt("b"), "hunter2"),
        (ALL[2], "tgram://hunter2"),
        (ALL[3], "hunter2"),
        (ALL[3], json.dumps({"p256dh": "AA", "auth": "AA"})),
        (Mqtt("b", username="u"), "hunter2" * 1000),
    ],
)
def test_one_that_does_not_is_refused_and_never_quoted(settings: Settings, secret: str) -> None:
    with pytest.raises(UsageError) as refused:
        check_secret(settings, secret)
    assert "hunter2" not in str(refused.value)


def test_keys_are_what_was_written() -> None:
    assert signing_key("whsec_" + base64.b64encode(b"k" * 32).decode()) == b"k" * 32
    assert push_keys(PUSH) == (b"\4" + bytes(64), bytes(16))
