"""MQTT: alerts as JSON on a stable topic, and what Home Assistant needs to find them by itself.

    <topic>/<site>/alert/<rule>     the alert, QoS 1, not retained: who connects later is not told old ones as new
    <topic>/<site>/status           online or offline, retained; the broker says offline when we are gone
    <discovery>/event/watchglass_<site>/alert/config      retained

https://www.home-assistant.io/integrations/mqtt/#discovery-messages, https://www.home-assistant.io/integrations/event.mqtt/
"""

import contextlib
import json
import socket
import ssl
import threading
from types import TracebackType
from typing import Any, Final, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

import watchglass
from watchglass.alert.failing import ChannelDownError
from watchglass.alert.message import Message
from watchglass.model.channel import Mqtt
from watchglass.model.event import RuleKind

TIMEOUT: Final = 10.0
TEST: Final = "test"

_KEEPALIVE: Final = 30


class MqttSender:
    """One broker, over one connection that is made with the first message. A context manager."""

    def __init__(self, settings: Mqtt, password: str, site: str, timeout: float = TIMEOUT) -> None:
        self._settings = settings
        self._password = password
        self._site = site.replace("-", "")[:12]
        self._timeout = timeout
        self._client: paho.Client | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._client is not None:
            with contextlib.suppress(RuntimeError, ValueError):  # the connection has gone: the broker says it for us
                self._client.publish(self._topic("status"), "offline", qos=1, retain=True).wait_for_publish(1.0)
        self._drop()

    def send(self, message: Message) -> None:
        """ChannelDownError, unless the broker has confirmed it."""
        client = self._client or self._connect()
        event = TEST if message.alert.test else message.alert.kind.value
        payload = json.dumps({"event_type": event, "id": message.id, **message.data()}, ensure_ascii=False)
        self._publish(client, self._topic(f"alert/{message.alert.rule}"), payload, retain=False)

    def _publish(self, client: paho.Client, topic: str, payload: str, *, retain: bool) -> None:
        try:
            told = client.publish(topic, payload.encode(), qos=1, retain=retain)
            told.wait_for_publish(self._timeout)
        except (RuntimeError, ValueError) as error:  # the connection has gone; the queue is full
            self._drop()
            raise ChannelDownError(self._broken()) from error
        if not told.is_published():
            self._drop()  # or it would be sent again by the library, beside us
            raise ChannelDownError(self._broken())

    def _connect(self) -> paho.Client:
        settings = self._settings
        client = paho.Client(CallbackAPIVersion.VERSION2, reconnect_on_failure=False, protocol=paho.MQTTv311)
        if settings.username:
            client.username_pw_set(settings.username, self._password)
        if settings.tls:
            client.tls_set_context(ssl.create_default_context())
        client.connect_timeout = self._timeout
        client.will_set(self._topic("status"), "offline", qos=1, retain=True)
        answered = threading.Event()
        codes: list[ReasonCode] = []

        def connected(_client: paho.Client, _data: Any, _flags: Any, code: ReasonCode, _properties: Any) -> None:
            codes.append(code)
            answered.set()

        client.on_connect = connected
        try:
            client.connect(settings.host, settings.port, _KEEPALIVE)
        except ssl.SSLError as error:
            raise ChannelDownError(
                f"{self._broker()} has no certificate that this machine trusts: mend its certificate, or use its right name."
            ) from error
        except (OSError, socket.gaierror) as error:
            raise ChannelDownError(
                f"{self._broker()} cannot be reached: see whether it runs and whether this machine may connect to it."
            ) from error
        client.loop_start()
        self._client = client
        if not answered.wait(self._timeout):
            self._drop()
            raise ChannelDownError(f"{self._broker()} does not answer as a broker does: see whether the port is right.")
        if codes[0].is_failure:
            self._drop()
            raise ChannelDownError(self._refused(codes[0]))
        self._introduce(client)
        return client

    def _introduce(self, client: paho.Client) -> None:
        """Say that we are there, and to Home Assistant, what alerts are."""
        self._publish(client, self._topic("status"), "online", retain=True)
        if self._settings.discovery:
            topic = f"{self._settings.discovery}/event/watchglass_{self._site}/alert/config"
            self._publish(client, topic, json.dumps(self._discovery()), retain=True)

    def _discovery(self) -> dict[str, Any]:
        return {
            "name": "Alert",
            "unique_id": f"watchglass_{self._site}_alert",
            "state_topic": self._topic("alert/+"),
            "event_types": [*(kind.value for kind in RuleKind), TEST],
            "availability_topic": self._topic("status"),
            "icon": "mdi:cctv",
            "device": {
                "identifiers": [f"watchglass_{self._site}"],
                "name": "watchglass",
                "sw_version": watchglass.__version__,
            },
            "origin": {"name": "watchglass", "sw_version": watchglass.__version__},
        }

    def _refused(self, code: ReasonCode) -> str:
        if code.value in {0x86, 0x87}:  # bad user name or password, not authorised
            who = f"the user name {self._settings.username!r} or its password" if self._settings.username else "nobody"
            what = "is wrong: enter them again" if self._settings.username else "without a user name: enter one"
            if self._settings.username:
                return f"{self._broker()} says that {who} {what}, as the broker has them."
            return f"{self._broker()} lets {who} in {what} and its password."
        return f"{self._broker()} refused the connection ({code})."

    def _topic(self, rest: str) -> str:
        return f"{self._settings.topic}/{self._site}/{rest}"

    def _broker(self) -> str:
        return f"The broker {self._settings.host}:{self._settings.port}"

    def _broken(self) -> str:
        return f"{self._broker()} did not confirm the message: the connection is made again."

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.disconnect()
            client.loop_stop()
