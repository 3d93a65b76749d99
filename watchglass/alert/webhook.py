"""Webhooks: CloudEvents over HTTP, signed as Standard Webhooks says (docs/formats/webhook.md).

The address is somebody's own and may well be on their own network, so none is forbidden. A redirect is never followed: it would
carry a signed message to where nobody sent it.
"""

import base64
import hmac
import ssl
from types import TracebackType
from typing import Final, Self

import httpx

from watchglass.alert.failing import ChannelDownError, NeverTakenError, NotTakenError
from watchglass.alert.message import Message
from watchglass.base.clock import MICROSECONDS, Clock
from watchglass.model.channel import Webhook, signing_key

CONTENT_TYPE: Final = "application/cloudevents+json; charset=utf-8"
TIMEOUT: Final = 10.0
LONGEST_ANSWER: Final = 64 * 1024

_NEVER: Final = frozenset({400, 405, 406, 410, 411, 413, 414, 415, 422, 431, 501})
_MEND: Final = {
    401: "It wants somebody signed in: let it check the signature instead, or give the address that it wants.",
    403: "It lets nobody in, or found the signature wrong: see that it has this channel's signing key.",
    404: "There is nothing at that address: see whether it is written as the receiver says.",
}


class WebhookSender:
    """One webhook, over connections that are kept. A context manager."""

    def __init__(self, settings: Webhook, secret: str, clock: Clock, timeout: float = TIMEOUT) -> None:
        self._url = settings.url
        self._key = signing_key(secret)
        self._clock = clock
        self._timeout = timeout
        self._client = httpx.Client(timeout=timeout, follow_redirects=False, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._client.close()

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
        try:
            with self._client.stream("POST", self._url, content=body, headers=headers) as answer:
                status = answer.status_code
                self._read(answer)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise ChannelDownError(self._unreachable(error)) from error
        except httpx.TimeoutException as error:
            raise NotTakenError(f"{self._host()} took the message and did not answer in time.") from error
        except httpx.HTTPError as error:
            raise NotTakenError(f"{self._host()} broke off before it answered.") from error
        self._judge(status)

    def _judge(self, status: int) -> None:
        if 200 <= status < 300:
            return
        what = f"{self._host()} answered {status}."
        if 300 <= status < 400:
            raise ChannelDownError(f"{what} It is somewhere else: give the address that it has now; none is followed.")
        if status in _MEND:
            raise ChannelDownError(f"{what} {_MEND[status]}")
        if status in _NEVER:
            raise NeverTakenError(f"{what} It does not want such messages: see what it expects.")
        raise NotTakenError(f"{what} It is tried again.")

    def _read(self, answer: httpx.Response) -> None:
        """What it says is of no use to us, but a connection is used again only when it was read. Within bounds."""
        size, until = 0, self._clock.monotonic() + self._timeout
        for part in answer.iter_raw():
            size += len(part)
            if size > LONGEST_ANSWER or self._clock.monotonic() > until:
                return

    def _unreachable(self, error: Exception) -> str:
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, ssl.SSLError):
            cause = cause.__cause__ or cause.__context__
        if cause is not None:
            return f"{self._host()} has no certificate that this machine trusts: mend its certificate, or use its right name."
        return f"{self._host()} cannot be reached: see whether it runs and whether this machine may connect to it."

    def _host(self) -> str:
        return httpx.URL(self._url).netloc.decode()


def signature(key: bytes, id: str, seconds: int, body: bytes) -> str:  # noqa: A002
    """https://www.standardwebhooks.com, symmetric: over `id.timestamp.body`."""
    signed = f"{id}.{seconds}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
