"""What sends over each kind of channel. A library is loaded when the first channel that needs it is there, and not before."""

import importlib
from collections.abc import Callable
from types import ModuleType, TracebackType
from typing import Protocol, Self

from watchglass.alert.message import Message
from watchglass.base.clock import Clock
from watchglass.model.channel import Channel, Mqtt, Push, Service, Webhook


class Sender(Protocol):
    """Sends messages, one after the other, from one thread."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def send(self, message: Message) -> None:
        """On return the receiver has it. ChannelDownError, NotTakenError, NeverTakenError."""


MakeSender = Callable[[Channel, str], Sender]
"""From a channel and its secret. UsageError if the secret is none."""


class Senders:
    """Makes senders for one site. Nothing that they wait for takes much longer than `timeout` seconds."""

    def __init__(self, site: str, clock: Clock, push_key: Callable[[], bytes] = bytes, timeout: float = 10.0) -> None:
        """`push_key` gives the key by which browsers' push services know us, if there is such a channel."""
        self._site = site
        self._push_key = push_key
        self._clock = clock
        self._timeout = timeout

    def make(self, channel: Channel, secret: str) -> Sender:
        """A sender for a channel; nothing is connected yet."""
        made: Sender
        match channel.settings:
            case Webhook() as webhook:
                made = _module("webhook").WebhookSender(webhook, secret, self._clock, self._timeout)
            case Mqtt() as mqtt:
                made = _module("mqtt").MqttSender(mqtt, secret, self._site, self._timeout)
            case Service() as service:
                made = _module("service").ServiceSender(service, secret)
            case Push() as push:
                made = _module("push").PushSender(push, secret, self._push_key(), self._clock, self._timeout)
        return made


def takes_pictures(channel: Channel) -> bool:
    """Whether what goes over a channel may hold a still: only services take files. The others have the link."""
    return isinstance(channel.settings, Service)


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"watchglass.alert.{name}")
