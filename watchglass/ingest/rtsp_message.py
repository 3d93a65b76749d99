"""RTSP on the wire (RFC 2326): messages, with RTP between them (10.12), and proving who we are (RFC 7616, RFC 7617)."""

import base64
import dataclasses
import hashlib
import re
import secrets
import urllib.request
from collections.abc import Sequence

from watchglass.model.camera import Credentials

INTERLEAVED = ord("$")
INTERLEAVED_HEAD = 4
_LARGEST_HEAD = 64 * 1024
_LARGEST_BODY = 1024 * 1024
_NUMBER = re.compile(r"[0-9]{1,9}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


class NotRtspError(Exception):
    """What came is no RTSP, or larger than any camera's."""


@dataclasses.dataclass(frozen=True, slots=True)
class Message:
    """A reply, or a request of the camera's. `first` is its first line; header names are in lower case."""

    first: str
    headers: tuple[tuple[str, str], ...] = dataclasses.field(repr=False)
    body: bytes = dataclasses.field(repr=False)

    @property
    def status(self) -> int | None:
        """The code of a reply, None of a request."""
        parts = self.first.split(" ", 2)
        return (
            int(parts[1]) if parts[0].startswith("RTSP/") and len(parts) > 1 and _NUMBER.fullmatch(parts[1]) else None
        )

    def header(self, name: str) -> str:
        """The first of this name, empty if there is none."""
        return next((value for given, value in self.headers if given == name), "")

    def all(self, name: str) -> list[str]:
        """All of this name."""
        return [value for given, value in self.headers if given == name]


def message_at(data: bytes, begin: int) -> tuple[Message, int] | None:
    """The message at `begin` and where it ends; None if more must come. NotRtspError if it is none."""
    if not 0x0A <= data[begin] < 0x7F:
        raise NotRtspError
    end = data.find(b"\r\n\r\n", begin)
    if end < 0:
        if len(data) - begin > _LARGEST_HEAD:
            raise NotRtspError
        return None
    text = data[begin:end].decode("utf-8", "replace").lstrip("\r\n")
    # What a camera says goes back to it in our answers: nothing in it may end a line of ours.
    first, *lines = (_CONTROL.sub(" ", line) for line in text.split("\r\n"))
    if "RTSP/" not in first:
        raise NotRtspError
    pairs = (line.partition(":") for line in lines)
    headers = tuple((name.strip().lower(), value.strip()) for name, _, value in pairs)
    message = Message(first, headers, b"")
    size = message.header("content-length") or "0"
    if not _NUMBER.fullmatch(size) or int(size) > _LARGEST_BODY:
        raise NotRtspError
    body_end = end + 4 + int(size)
    if body_end > len(data):
        return None
    return dataclasses.replace(message, body=data[end + 4 : body_end]), body_end


def request(method: str, url: str, number: int, headers: Sequence[tuple[str, str]]) -> bytes:
    """A request as it is sent."""
    lines = [f"{method} {url} RTSP/1.0", f"CSeq: {number}", "User-Agent: watchglass"]
    lines += [f"{name}: {value}" for name, value in headers if value]
    return "\r\n".join([*lines, "", ""]).encode()


class Authorization:
    """Answers to what a camera asks of us."""

    def __init__(self, credentials: Credentials | None) -> None:
        self._credentials = credentials
        self._digest: dict[str, str] | None = None
        self._basic = False
        self._count = 0

    def challenged(self, reply: Message) -> bool:
        """Take note of a refusal (401). Whether to ask again, which is of use once, or when only the nonce was old."""
        offers = [offer for value in reply.all("www-authenticate") if (offer := _challenge(value))]
        digests = [given for scheme, given in offers if scheme == "digest" and _hash_of(given) in _HASHES]
        if self._credentials is None:
            return False
        if digests:
            # The camera's own order is no preference of ours: the stronger one, where it can do both.
            best = max(digests, key=lambda given: _hash_of(given) == "SHA-256")
            again = self._digest is None or best.get("stale", "").lower() == "true"
            self._digest, self._count = best, 0
            return again
        again = not self._basic and any(scheme == "basic" for scheme, _ in offers)
        self._basic = self._basic or again
        return again

    def header(self, method: str, url: str) -> str:
        """The value of `Authorization` for a request; empty as long as nobody asked."""
        if self._credentials is None:
            return ""
        if self._digest is not None:
            return self._digest_answer(self._digest, self._credentials, method, url)
        if self._basic:
            pair = f"{self._credentials.username}:{self._credentials.password}"
            return f"Basic {base64.b64encode(pair.encode()).decode()}"
        return ""

    def _digest_answer(self, challenge: dict[str, str], credentials: Credentials, method: str, url: str) -> str:
        def hashed(text: str) -> str:
            return str(_HASHES[_hash_of(challenge)](text.encode(), usedforsecurity=False).hexdigest())

        realm, nonce = challenge.get("realm", ""), challenge.get("nonce", "")
        secret = hashed(f"{credentials.username}:{realm}:{credentials.password}")
        asked = hashed(f"{method}:{url}")
        answer = {"username": credentials.username, "realm": realm, "nonce": nonce, "uri": url}
        if "auth" in [kind.strip() for kind in challenge.get("qop", "").split(",")]:
            self._count += 1
            count, own = f"{self._count:08x}", secrets.token_hex(8)
            answer["response"] = hashed(f"{secret}:{nonce}:{count}:{own}:auth:{asked}")
            extra = f', qop=auth, nc={count}, cnonce="{own}"'
        else:
            answer["response"], extra = hashed(f"{secret}:{nonce}:{asked}"), ""
        quoted = ", ".join(f'{name}="{_escaped(value)}"' for name, value in answer.items())
        for name in ("opaque", "algorithm"):
            extra += f', {name}="{_escaped(challenge[name])}"' if name in challenge else ""
        return f"Digest {quoted}{extra}"


def _challenge(value: str) -> tuple[str, dict[str, str]] | None:
    scheme, _, rest = value.partition(" ")
    try:
        given = urllib.request.parse_keqv_list(urllib.request.parse_http_list(rest))
    except (ValueError, IndexError):  # the second where a value is missing
        return None
    return scheme.lower(), {name.lower(): content for name, content in given.items()}


def _hash_of(challenge: dict[str, str]) -> str:
    return challenge.get("algorithm", "MD5").upper()


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
