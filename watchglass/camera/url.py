"""Where a camera is: what a person typed becomes a `Source` and, apart from it, `Credentials`.

Accepted are `rtsp://` and `rtsps://` URLs (RFC 2326, RFC 3986), paths of files, and `/dev/videoN`. Credentials are
taken out of the URL here and go back in only at libav's door (`ingest/rtsp.py`). No sentence of this module repeats them.

A camera's ONVIF address is of another kind: `http://host[:port]/path`, the same with https, or just a host.
"""

import contextlib
import re
import urllib.parse
from pathlib import Path

from watchglass.base.errors import UsageError
from watchglass.camera.quirks import USUAL_PORT, ports_of_a_bare_host
from watchglass.model.camera import Credentials, Source, SourceKind

RTSP_SCHEMES = ("rtsp", "rtsps")
DEVICE_SCHEMES = ("http", "https")
DEVICE_PATH = "/onvif/device_service"  # fixed by ONVIF Core, 5.1
MAX_PORT = 65535
MAX_ADDRESS = 2000  # characters; libav cuts an RTSP URL at 2,048 and would then ask for another stream

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NO_TEXT = re.compile(r"[\ud800-\udfff]")  # halves of characters, as JSON and broken file names bring: not to be stored
_USB = re.compile(r"/dev/video\d{1,3}", re.ASCII)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):(//)?", re.IGNORECASE | re.ASCII)
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9_])?\.?", re.IGNORECASE | re.ASCII)
_IPV6 = re.compile(r"\[[0-9a-f:.]+(?:%25[a-z0-9._-]+)?\]", re.IGNORECASE | re.ASCII)
_PORT = re.compile(r"\d{1,5}", re.ASCII)
_AUTHORITY_END = re.compile(r"[/?#]")

_VIDEO_SUFFIXES = frozenset({".avi", ".h264", ".h265", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".ts", ".webm"})

_FORMS = "write rtsp://address/path, rtsps://address/path, the path of a video file, or /dev/video0"

# Greedy up to the last @ that belongs to the same word: a password may hold / or @ that somebody forgot to encode, and
# a log line that loses a piece of an odd path is better than one that shows half a password.
_USERINFO = re.compile(r"([a-z][a-z0-9+.-]*://)[^\s'\"<>]*@", re.IGNORECASE | re.ASCII)
_SECRET_PARAMETER = re.compile(
    r"\b((?:user(?:name)?|pass(?:word|wd)?|pwd|auth|token)=)[^&\s'\"<>;/]+", re.IGNORECASE | re.ASCII
)


def parse_source(text: str, folder: Path | None = None) -> tuple[Source, Credentials | None]:
    """The source that `text` names, and the credentials that were written into it.

    `folder` is where relative paths begin (the current one if None). UsageError says what is wrong with `text`.
    """
    text = text.strip()
    if not text:
        raise UsageError(f"The camera's address is empty: {_FORMS}.")
    if _CONTROL.search(text):
        raise UsageError(f"The camera's address has a line break or control character in it: {_FORMS}.")
    if _NO_TEXT.search(text):
        raise UsageError(f"The camera's address has something in it that is no character: {_FORMS}.")
    if len(text) > MAX_ADDRESS:
        raise UsageError(f"The camera's address has {len(text)} characters; at most {MAX_ADDRESS} can be used.")
    if _USB.fullmatch(text):
        return Source(SourceKind.USB, text), None
    scheme = _SCHEME.match(text)
    if scheme is None:
        return _file(text, folder), None
    if scheme[1].lower() in RTSP_SCHEMES and scheme[2]:
        return _rtsp(scheme[1].lower(), text[scheme.end() :])
    if scheme[2]:
        raise UsageError(f"{scheme[1]}:// addresses cannot be used as a camera: {_FORMS}.")
    return _file(text, folder), None


def display(source: Source) -> str:
    """The address as it may be shown and logged: without credentials, wherever in it somebody put them."""
    return scrub(source.address) if source.kind is SourceKind.RTSP else source.address


def scrub(text: str) -> str:
    """`text` without user names and passwords in its URLs, and without the value of parameters named like secrets."""
    return _SECRET_PARAMETER.sub(r"\1...", _USERINFO.sub(r"\1", text))


def is_device(text: str) -> bool:
    """Whether `text` names an ONVIF camera rather than a stream: an http(s) URL, or a host where there is no such file."""
    text = text.strip()
    if scheme := _SCHEME.match(text):
        if scheme[2]:
            return scheme[1].lower() in DEVICE_SCHEMES
    elif not text or "/" in text:
        return False
    host, port = _split_port(text)
    if not (_HOST.fullmatch(host) or _IPV6.fullmatch(host)) or (port is not None and not _PORT.fullmatch(port)):
        return False
    return Path(host).suffix.lower() not in _VIDEO_SUFFIXES and not Path(text).exists()


def parse_device(text: str) -> tuple[tuple[str, ...], Credentials | None]:
    """The addresses at which to look for the ONVIF camera that `text` names, in this order, and credentials in it.

    Several only where nothing but a host was given. UsageError says what is wrong with `text`.
    """
    text = text.strip()
    if not text or len(text) > MAX_ADDRESS or _CONTROL.search(text) or any(letter.isspace() for letter in text):
        raise UsageError("The ONVIF address is empty, too long or has spaces in it: write http://address or a host.")
    found = _SCHEME.match(text)
    scheme, rest = (found[1].lower(), text[found.end() :]) if found and found[2] else ("", text)
    if scheme and scheme not in DEVICE_SCHEMES:
        raise UsageError("An ONVIF address begins with http:// or https://, or is just a host such as 192.168.1.64.")
    end = _AUTHORITY_END.search(rest)
    authority, path = (rest[: end.start()], rest[end.start() :]) if end else (rest, "")
    userinfo, _, place = authority.rpartition("@")
    place = _checked_place(place)
    path = path.partition("#")[0]
    if path in {"", "/"}:
        path = DEVICE_PATH
    credentials = _credentials(userinfo) if userinfo else None
    if scheme or _split_port(place)[1] is not None:
        return (f"{scheme or 'http'}://{place}{path}",), credentials
    ports = ("" if port == USUAL_PORT else f":{port}" for port in ports_of_a_bare_host())
    return tuple(f"http://{place}{port}{path}" for port in ports), credentials


def host_of(address: str) -> str:
    """The host of an address that was parsed here, as it is written there."""
    _, _, rest = address.partition("://")
    end = _AUTHORITY_END.search(rest)
    return _split_port(rest[: end.start()] if end else rest)[0]


def at_host(source: Source, host: str) -> Source:
    """The same stream at another host; its port stays."""
    scheme, _, rest = source.address.partition("://")
    end = _AUTHORITY_END.search(rest)
    place, path = (rest[: end.start()], rest[end.start() :]) if end else (rest, "")
    port = _split_port(place)[1]
    return Source(source.kind, f"{scheme}://{host}{f':{port}' if port else ''}{path}")


def _file(text: str, folder: Path | None) -> Source:
    path = Path(text)
    with contextlib.suppress(RuntimeError):  # no such user: the name of a file may begin with ~
        path = path.expanduser()
    whole = (folder or Path.cwd()) / path
    return Source(SourceKind.FILE, str(whole.absolute()))


def _rtsp(scheme: str, rest: str) -> tuple[Source, Credentials | None]:
    if any(letter.isspace() for letter in rest):
        raise UsageError("The camera's address has a space in it: write %20 for a space that belongs to it.")
    end = _AUTHORITY_END.search(rest)
    authority, path = (rest[: end.start()], rest[end.start() :]) if end else (rest, "")
    userinfo, at, place = authority.rpartition("@")
    if "@" in path and (at or ":" in authority + path.rpartition("@")[0]):
        # rtsp://admin:12/34@10.0.0.5/ would otherwise read as host "admin", port 12, and half a password as the path
        raise UsageError(
            "The camera's address has an @ behind its first /: in a user name or password write %2F for / and %40 for "
            "@; in a path write %40 for @."
        )
    source = Source(SourceKind.RTSP, f"{scheme}://{_checked_place(place)}{path.partition('#')[0]}")
    return source, _credentials(userinfo) if userinfo else None


def _checked_place(place: str) -> str:
    host, port = _split_port(place)
    if not (_HOST.fullmatch(host) or _IPV6.fullmatch(host)):
        raise UsageError(
            "The camera's address has no usable host name: write rtsp://address/path, and in a user name or password "
            "%2F for /, %3F for ? and %23 for #."
        )
    if port is None:
        return host
    if not _PORT.fullmatch(port) or not 1 <= int(port) <= MAX_PORT:
        raise UsageError("The port in the camera's address must be a number from 1 to 65535; RTSP's own is 554.")
    return f"{host}:{int(port)}"


def _split_port(place: str) -> tuple[str, str | None]:
    if place.startswith("["):
        host, bracket, rest = place.partition("]")
        host += bracket
        return (host, rest[1:]) if rest.startswith(":") else (host + rest, None)
    host, colon, port = place.partition(":")
    return host, port if colon else None


def _credentials(userinfo: str) -> Credentials:
    username, _, password = userinfo.partition(":")
    return Credentials(_decoded(username), _decoded(password))


def _decoded(text: str) -> str:
    try:
        value = urllib.parse.unquote(text, errors="strict")
    except UnicodeDecodeError:
        value = None
    if value is None or _CONTROL.search(value):
        raise UsageError("The user name or password in the camera's address is not readable: write a % in it as %25.")
    return value
