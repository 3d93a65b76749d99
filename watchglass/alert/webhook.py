"""Webhooks: CloudEvents over HTTP, signed as Standard Webhooks says (docs/formats/webhook.md)."""

import base64
import hmac
from types import TracebackType
from typing import Final, Self

from watchglass.alert.failing import ChannelDownError, NeverTakenError, NotTakenError
from watchglass.alert.message import Message
from watchglass.alert.posting import Poster
from watchglass.base.clock import MICROSECONDS, Clock
from watchglass.model.channel import Webhook, signing_key

CONTENT_TYPE: Final = "application/cloudevents+json; charset=utf-8"
TIMEOUT: Final = 10.0

_NEVER: Final = frozenset({400, 405, 406, 410, 411, 413, 414, 415, 422, 431, 501})
_MEND: Final = {
    401: "It wants somebody signed in: let it check the signature instead, or give the address that it wants.",
    403: "It lets nobody in, or found the signature wrong: see that it has this channel's signing key.",
    404: "There is nothing at that address: see whether it is written as the receiver says.",
}


class WebhookSender:
    """One webhook. A context manager."""

    def __init__(self, settings: Webhook, secret: str, clock: Clock, timeout: float = TIMEOUT) -> None:
        self._key = signing_key(secret)
        self._clock = clock
        self._poster = Poster(settings.url, clock, timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._poster.close()

    def send(self, message: Message) -> None:
        """ChannelDownError, NotTakenError or NeverTakenError, unless it was taken."""
        body = message.cloudevent()
        seconds = self._clock.wall_us() // MICROSECONDS
        headers = {
            "content-type": CONTENT_TYPE,
            "webhook-id": message.id,
            "webhook-timestamp": str(seconds),
            "webhook-signature": signature(self._key, message.id, seconds, body),
        }
        self._judge(self._poster.post(body, headers))

    def _judge(self, status: int) -> None:
        if 200 <= status < 300:
            return
        what = f"{self._poster.host} answered {status}."
        if 300 <= status < 400:
            raise ChannelDownError(f"{what} It is somewhere else: give the address that it has now; none is followed.")
        if status in _MEND:
            raise ChannelDownError(f"{what} {_MEND[status]}")
        if status in _NEVER:
            raise NeverTakenError(f"{what} It does not want such messages: see what it expects.")
        raise NotTakenError(f"{what} It is tried again.")


def signature(key: bytes, id: str, seconds: int, body: bytes) -> str:  # noqa: A002
    """https://www.standardwebhooks.com, symmetric: over `id.timestamp.body`."""
    signed = f"{id}.{seconds}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
