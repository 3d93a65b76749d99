"""Browser push: an alert on a phone or screen, the console closed. Encrypted to the browser, so its maker's push service, through
which every such message goes, learns that there is one and no more.

- What is sent: RFC 8030 (https://www.rfc-editor.org/rfc/rfc8030). Its Topic is our key: one that waits is replaced.
- Encryption: RFC 8291, which is RFC 8188 with one record and keys from ECDH with the browser's.
- Who we are: RFC 8292 (VAPID), a token signed with a key that the browser was told when somebody let it receive alerts.
"""

import json
import os
import urllib.parse
from types import TracebackType
from typing import Final, Self

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from watchglass.alert.failing import ChannelDownError, NeverTakenError, NotTakenError
from watchglass.alert.message import Message
from watchglass.alert.posting import Poster
from watchglass.alert.vapid import private_key, public_bytes, written
from watchglass.base.clock import MICROSECONDS, Clock
from watchglass.base.errors import UsageError
from watchglass.model.alert import Step
from watchglass.model.channel import Push, push_keys

KEY_BYTES: Final = 32
TIMEOUT: Final = 10.0
LASTS: Final = 6 * 3600  # seconds that a push service keeps it for a browser that is away

_TOKEN_LASTS: Final = 12 * 3600  # at most a day
_RECORD: Final = 4096


class PushSender:
    """One browser. A context manager."""

    def __init__(self, settings: Push, secret: str, key: bytes, clock: Clock, timeout: float = TIMEOUT) -> None:
        """`key` is ours, the same for all browsers; `secret` what this browser gave."""
        self._public, self._auth = push_keys(secret)
        self._key = private_key(key)
        self._clock = clock
        parts = urllib.parse.urlsplit(settings.endpoint)
        self._audience = f"{parts.scheme}://{parts.netloc}"
        self._poster = Poster(settings.endpoint, clock, timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._poster.close()

    def send(self, message: Message) -> None:
        """ChannelDownError, NotTakenError or NeverTakenError, unless the push service took it."""
        headers = {
            "content-type": "application/octet-stream",
            "content-encoding": "aes128gcm",
            "ttl": str(LASTS),
            "urgency": "high",
            "topic": topic(message),
            "authorization": f"vapid t={self._token()}, k={written(public_bytes(self._key))}",
        }
        body = encrypt(text(message), self._public, self._auth, ec.generate_private_key(ec.SECP256R1()), os.urandom(16))
        status = self._poster.post(body, headers)
        if 200 <= status < 300:
            return
        what = f"The browser's push service {self._poster.host} answered {status}."
        if status in {404, 410}:
            raise ChannelDownError(f"{what} This browser wants no more alerts: remove the channel, or let it again.")
        if status in {401, 403}:
            raise ChannelDownError(
                f"{what} It knows us by another key: switch alerts off in that browser and on again."
            )
        if status in {400, 413}:
            raise NeverTakenError(f"{what} It will not take this message.")
        raise NotTakenError(f"{what} It is tried again.")

    def _token(self) -> str:
        """RFC 8292: a JWT that is good for this push service alone."""
        expires = self._clock.wall_us() // MICROSECONDS + _TOKEN_LASTS
        claims = {"aud": self._audience, "exp": expires, "sub": "https://watchglass.invalid"}
        signed = ".".join(written(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "ES256"}, claims))
        r, s = decode_dss_signature(self._key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signed}.{written(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def text(message: Message) -> bytes:
    """What the console's worker in the browser shows; the link opens the alert."""
    value = {"id": message.id, "title": message.title()[:100], "text": message.text()[:500], "link": message.link}
    return json.dumps(value, ensure_ascii=False).encode()  # at most 3,000 bytes: all of it fits into one record


def topic(message: Message) -> str:
    """At most 32 letters of URL-safe base64."""
    return written(message.alert.event.bytes) + ("-e" if message.step is Step.ESCALATION else "")


def encrypt(plain: bytes, public: bytes, auth: bytes, own: ec.EllipticCurvePrivateKey, salt: bytes) -> bytes:
    """RFC 8291, section 3.4, in the form of RFC 8188, section 2: salt, size of a record, our public key, the one record."""
    try:
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
    except ValueError:
        raise UsageError(
            "The keys that this browser gave are none: switch alerts off in the browser and on again."
        ) from None
    ours = public_bytes(own)
    shared = _expand(own.exchange(ec.ECDH(), theirs), auth, b"WebPush: info\0" + public + ours, 32)
    key = _expand(shared, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _expand(shared, salt, b"Content-Encoding: nonce\0", 12)
    record = AESGCM(key).encrypt(nonce, plain + b"\2", None)  # \2: the last record
    return salt + _RECORD.to_bytes(4, "big") + bytes([len(ours)]) + ours + record


def _expand(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)
