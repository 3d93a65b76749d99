"""Channels: the ways by which alerts reach people. What is secret of one (password, signing key, a service's address) is apart.

Whatever makes no sense is refused with a sentence that says how to mend it.
"""

import base64
import binascii
import dataclasses
import enum
import json
import re
import urllib.parse
from typing import Any

from watchglass.base.errors import UsageError

LONGEST_NAME = 64
LONGEST_ADDRESS = 1000
LONGEST_SECRET = 4000
KEY_PREFIX = "whsec_"
"""How a webhook's signing key is written: then 24 to 64 bytes in base64 (Standard Webhooks)."""

_HOST = re.compile(r"[A-Za-z0-9._:-]{1,253}")
_TOPIC = re.compile(r"[^+#\0/][^+#\0]{0,127}")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{1,31}")


class ChannelKind(enum.StrEnum):
    """How a channel carries an alert. The console needs no channel: every alert is there."""

    WEBHOOK = "webhook"
    MQTT = "mqtt"
    SERVICE = "service"  # e-mail, chat, SMS: whatever apprise knows
    PUSH = "push"  # of a browser


@dataclasses.dataclass(frozen=True, slots=True)
class Webhook:
    """CloudEvents over HTTP. Its secret is the key that signs them."""

    url: str

    def __post_init__(self) -> None:
        _check_url(self.url, "webhook", ("http", "https"))


@dataclasses.dataclass(frozen=True, slots=True)
class Mqtt:
    """A broker. Its secret is the password of `username`, none where that is empty.

    `topic` is what our topics begin with, `discovery` what Home Assistant's do; empty: Home Assistant is told nothing.
    """

    host: str
    port: int = 1883
    tls: bool = False
    username: str = ""
    topic: str = "watchglass"
    discovery: str = "homeassistant"

    def __post_init__(self) -> None:
        if not _HOST.fullmatch(self.host):
            raise UsageError(  # never quoted: it may hold a password
                "This is no name of an MQTT broker: give a host name or an address alone, without mqtt://, user name, password and port."
            )
        if not 1 <= self.port <= 65535:
            raise UsageError(f"An MQTT broker's port is from 1 to 65535, mostly 1883 or 8883 (TLS), not {self.port}.")
        for topic in (self.topic, *([self.discovery] if self.discovery else [])):
            if not _TOPIC.fullmatch(topic) or topic.endswith("/"):
                raise UsageError(f"{topic!r} is no topic to begin with: leave out + and #, and a slash at either end.")
        if len(self.username) > LONGEST_NAME or not self.username.isprintable():
            raise UsageError(f"An MQTT user name has at most {LONGEST_NAME} printable characters.")


@dataclasses.dataclass(frozen=True, slots=True)
class Service:
    """E-mail, chat or SMS. Its secret is the service's whole address, which holds passwords; `scheme` is how that begins."""

    scheme: str

    def __post_init__(self) -> None:
        if not _SCHEME.fullmatch(self.scheme):
            raise UsageError(
                f"{self.scheme!r} is no kind of service: its address begins as in mailtos://, ntfys:// or tgram://."
            )


@dataclasses.dataclass(frozen=True, slots=True)
class Push:
    """A browser that somebody let receive alerts. Its secret is what messages to it are encrypted with."""

    endpoint: str

    def __post_init__(self) -> None:
        _check_url(self.endpoint, "browser's push service", ("https",))


Settings = Webhook | Mqtt | Service | Push

_KINDS: dict[ChannelKind, type[Settings]] = {
    ChannelKind.WEBHOOK: Webhook,
    ChannelKind.MQTT: Mqtt,
    ChannelKind.SERVICE: Service,
    ChannelKind.PUSH: Push,
}


@dataclasses.dataclass(frozen=True, slots=True)
class Channel:
    """One way to somebody. `trouble` is a sentence on what is wrong with it at the moment, empty while all is well."""

    id: int
    name: str
    settings: Settings
    enabled: bool = True
    trouble: str = ""

    def __post_init__(self) -> None:
        if not self.name.strip() or len(self.name) > LONGEST_NAME or not self.name.isprintable():
            raise UsageError(f"A channel needs a name of 1 to {LONGEST_NAME} characters that can be printed.")

    @property
    def kind(self) -> ChannelKind:
        return next(kind for kind, settings in _KINDS.items() if isinstance(self.settings, settings))


def parse_settings(kind: ChannelKind, values: dict[str, Any]) -> Settings:
    """Settings of a channel from their names and values. UsageError for what is missing, unknown or of the wrong type."""
    fields = {field.name: field for field in dataclasses.fields(_KINDS[kind])}
    for name, value in values.items():
        if name not in fields:
            raise UsageError(f"A {kind} channel has no setting {name!r}: there are {', '.join(fields)}.")
        if type(value) is not fields[name].type:
            raise UsageError(f"The setting {name} of a {kind} channel cannot be {value!r}.")
    missing = [name for name, field in fields.items() if field.default is dataclasses.MISSING and name not in values]
    if missing:
        raise UsageError(f"A {kind} channel needs {' and '.join(missing)}: give it.")
    return _KINDS[kind](**values)


def write_settings(settings: Settings) -> str:
    """As text, for the catalogue: `parse_settings(kind, json.loads(...))` reads it."""
    return json.dumps(dataclasses.asdict(settings), sort_keys=True)


def check_secret(settings: Settings, secret: str) -> None:
    """UsageError, which never quotes the secret, if it is none for such a channel."""
    if len(secret) > LONGEST_SECRET:
        raise UsageError(f"A channel's secret has at most {LONGEST_SECRET} characters.")
    match settings:
        case Webhook():
            signing_key(secret)
        case Mqtt(username=username):
            if bool(secret) != bool(username):
                raise UsageError(
                    "An MQTT broker takes a user name and a password together: give both, or leave out both."
                )
        case Service(scheme=scheme):
            if not secret.startswith(f"{scheme}://"):
                raise UsageError(
                    f"The address of a service begins with its kind, here {scheme}://: copy the whole of it."
                )
        case Push():
            push_keys(secret)


def signing_key(secret: str) -> bytes:
    """The bytes that a webhook's messages are signed with. UsageError if there are none."""
    try:
        key = base64.b64decode(secret.removeprefix(KEY_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(KEY_PREFIX) or not 24 <= len(key) <= 64:
        raise UsageError(
            f"A webhook's signing key is written as {KEY_PREFIX} and 24 to 64 bytes in base64: "
            "leave it out and one is made for you."
        )
    return key


def push_keys(secret: str) -> tuple[bytes, bytes]:
    """A browser's public key and its shared secret (RFC 8291). UsageError if they are none."""
    try:
        values = json.loads(secret)
        public, auth = (unpadded(values[name]) for name in ("p256dh", "auth"))
    except (ValueError, KeyError, TypeError):
        public = auth = b""
    if len(public) != 65 or public[0] != 4 or len(auth) != 16:
        raise UsageError("The keys that this browser gave are none: switch alerts off in the browser and on again.")
    return public, auth


def unpadded(text: str) -> bytes:
    """URL-safe base64 without its padding. ValueError if it is none."""
    return base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)


def _check_url(url: str, what: str, schemes: tuple[str, ...]) -> None:
    try:
        parts = urllib.parse.urlsplit(url)
        whole = parts.scheme in schemes and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        raise UsageError(f"The address of a {what} cannot be read: write it as {schemes[-1]}://host/path.") from None
    if not whole or len(url) > LONGEST_ADDRESS or not url.isascii() or not url.isprintable() or " " in url:
        raise UsageError(f"The address of a {what} begins with {'://, or '.join(schemes)}:// and names a host.")
    if parts.username or parts.password:
        raise UsageError(f"The address of a {what} holds a user name or password: leave it out; messages are signed.")
    if parts.fragment:
        raise UsageError(f"The address of a {what} has a part after #, which is never sent: leave it out.")
