import base64
import contextlib
import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tests.alerting import NOW, new_message
from watchglass.alert.failing import ChannelDownError, NeverTakenError, NotTakenError
from watchglass.alert.posting import Poster
from watchglass.alert.push import PushSender, encrypt, topic
from watchglass.alert.vapid import private_key, public_bytes, written
from watchglass.base.clock import MICROSECONDS, SimulatedClock
from watchglass.base.errors import UsageError
from watchglass.model.alert import Step
from watchglass.model.channel import Push, unpadded

# RFC 8291, section 5 and appendix A.
PLAIN = b"When I grow up, I want to be a watermelon"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
BROWSER = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
BROWSER_PUBLIC = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
SERVER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95b"
    "Qpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)
SECRET = json.dumps({"p256dh": BROWSER_PUBLIC, "auth": AUTH})
KEY = bytes(range(32))


def key_of(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(unpadded(text), "big"), ec.SECP256R1())


def decrypt(body: bytes) -> bytes:
    """As a browser does: RFC 8188 and 8291, from the other side."""
    salt, size, theirs, record = body[:16], body[16:20], body[21 : 21 + body[20]], body[21 + body[20] :]
    assert len(record) <= int.from_bytes(size, "big")
    shared = key_of(BROWSER).exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs))

    def expand(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
        return HKDF(hashes.SHA256(), length, salt, info).derive(secret)

    secret = expand(shared, unpadded(AUTH), b"WebPush: info\0" + unpadded(BROWSER_PUBLIC) + theirs, 32)
    key = expand(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = expand(secret, salt, b"Content-Encoding: nonce\0", 12)
    plain = AESGCM(key).decrypt(nonce, record, None)
    assert plain.endswith(b"\2")
    return plain[:-1]


@contextlib.contextmanager
def service(status: int = 201) -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    """A push service: its address, and what it was sent."""
    got: list[tuple[dict[str, str], bytes]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/push/abc", got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def sender(address: str, monkeypatch: pytest.MonkeyPatch) -> PushSender:
    """One that speaks to a push service without TLS, which settings would refuse."""
    monkeypatch.setattr("watchglass.alert.push.Poster", lambda _url, *rest: Poster(address, *rest))
    return PushSender(Push("https://push.example.org/push/abc"), SECRET, KEY, SimulatedClock(NOW))


def test_encrypts_as_the_rfc_does() -> None:
    found = encrypt(PLAIN, unpadded(BROWSER_PUBLIC), unpadded(AUTH), key_of(SERVER), unpadded(SALT))
    assert written(found) == BODY
    assert decrypt(found) == PLAIN


def test_the_browser_reads_it_and_the_service_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    message = new_message()
    with service() as (address, got), sender(address, monkeypatch) as sends:
        sends.send(message)
    ((headers, body),) = got
    value = json.loads(decrypt(body))
    assert value == {"id": message.id, "title": message.title(), "text": message.text(), "link": message.link}
    assert b"Lawn" not in body
    assert (headers["content-encoding"], headers["urgency"], headers["ttl"]) == ("aes128gcm", "high", "21600")


def test_who_we_are_is_signed_for_that_service_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    with service() as (address, got), sender(address, monkeypatch) as sends:
        sends.send(new_message())
    scheme, _, rest = got[0][0]["authorization"].partition(" ")
    token, key = (part.split("=", 1)[1] for part in rest.split(", "))
    assert scheme == "vapid"
    assert unpadded(key) == public_bytes(private_key(KEY))
    head, claims, signature = token.split(".")
    assert json.loads(unpadded(head)) == {"typ": "JWT", "alg": "ES256"}
    found: dict[str, Any] = json.loads(unpadded(claims))
    assert found["aud"] == "https://push.example.org"
    assert 0 < found["exp"] - NOW // MICROSECONDS <= 24 * 3600
    r, s = (int.from_bytes(unpadded(signature)[part], "big") for part in (slice(32), slice(32, 64)))
    signed = f"{head}.{claims}".encode()
    private_key(KEY).public_key().verify(encode_dss_signature(r, s), signed, ec.ECDSA(hashes.SHA256()))


def test_one_that_waits_is_replaced_by_its_topic() -> None:
    first, late = new_message(), new_message(Step.ESCALATION)
    assert topic(first) == base64.urlsafe_b64encode(first.alert.event.bytes).decode().rstrip("=")
    assert topic(late).endswith("-e")
    assert len(topic(late)) <= 32


def test_however_long_its_words_it_fits_into_one_record(monkeypatch: pytest.MonkeyPatch) -> None:
    words = "\N{SNOWMAN}" * 64
    message = new_message(rule_name=words, camera_name=words, place=words, detail=words * 100)
    with service() as (address, got), sender(address, monkeypatch) as sends:
        sends.send(message)
    assert len(got[0][1]) <= 4096


@pytest.mark.parametrize(
    ("status", "kind", "sentence"),
    [
        (410, ChannelDownError, "remove the channel"),
        (403, ChannelDownError, "off in that browser and on again"),
        (413, NeverTakenError, "will not take"),
        (429, NotTakenError, "tried again"),
        (500, NotTakenError, "tried again"),
    ],
)
def test_what_a_service_answers(
    status: int, kind: type[Exception], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with service(status) as (address, _), sender(address, monkeypatch) as sends, pytest.raises(kind, match=sentence):
        sends.send(new_message())


def test_a_key_that_is_no_point_of_the_curve() -> None:
    with pytest.raises(UsageError, match="keys that this browser gave"):
        encrypt(b"", b"\4" + bytes(64), bytes(16), private_key(KEY), bytes(16))
