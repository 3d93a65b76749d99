"""What a camera offers, as its answer to DESCRIBE says: SDP (RFC 8866) with RTSP's own attributes (RFC 2326, C.1)."""

import base64
import binascii
import dataclasses
import re
from collections.abc import Iterator

from watchglass.model.media import TICKS_PER_SECOND
from watchglass.store.nal import split_annexb

_CODECS = {"H264": "h264", "H265": "hevc"}
_LARGEST_SET = 1 << 16  # bytes: what a header has room for
_SETS = {"h264": ("sprop-parameter-sets",), "hevc": ("sprop-vps", "sprop-sps", "sprop-pps")}


@dataclasses.dataclass(frozen=True, slots=True)
class VideoOffer:
    """A camera's video, as far as we can take it apart ourselves."""

    codec: str
    """`h264` or `hevc`."""
    payload_type: int
    url: str
    """What to SETUP."""
    session_url: str
    """What to PLAY."""
    parameter_sets: tuple[bytes, ...]
    """NAL units; empty if they only come with the pictures."""
    rate: float
    """Frames a second, 0.0 if it does not say."""


def video_offer(text: str, base: str) -> VideoOffer | None:
    """The first video of a description whose base is the URL `base`; None if it is of a kind that is not ours to read."""
    session, *media = _sections(text)
    session_url = _joined(base, _attributes(session).get("control", ["*"])[0])
    for section in media:
        kind, _, protocol, *formats = [*section[0].split(), "", "", ""]
        if kind == "video":
            return _offer(_attributes(section), formats, session_url) if "RTP/" in protocol else None
    return None


def _offer(attributes: dict[str, list[str]], formats: list[str], session_url: str) -> VideoOffer | None:
    names = dict(_by_format(attributes.get("rtpmap", [])))
    parameters = dict(_by_format(attributes.get("fmtp", [])))
    number = formats[0]  # the default; who offers several expects that one
    encoding, _, clock = names.get(number, "").partition("/")
    codec = _CODECS.get(encoding.upper())
    if codec is None or clock.split("/")[0] != str(TICKS_PER_SECOND) or not re.fullmatch(r"[0-9]{1,3}", number):
        return None
    given = dict(_parameters(parameters.get(number, "")))
    interleaved = given.get("packetization-mode") == "2" or given.get("sprop-max-don-diff", "0") != "0"
    if interleaved:  # units out of their order: no camera that we know of does so
        return None
    sets = [unit for name in _SETS[codec] for unit in _units(given.get(name, ""))]
    url = _joined(session_url, attributes.get("control", ["*"])[0])
    rate = _number(attributes.get("framerate", attributes.get("x-framerate", ["0"]))[0])
    return VideoOffer(codec, int(number), url, session_url, tuple(sets), rate)


def _sections(text: str) -> list[list[str]]:
    """The lines of the session, then those of each medium, which begin with what follows `m=`."""
    sections: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.startswith("m="):
            sections.append([line[2:]])
        else:
            sections[-1].append(line)
    return sections


def _attributes(lines: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in lines:
        if line.startswith("a="):
            name, _, value = line[2:].partition(":")
            found.setdefault(name.strip().lower(), []).append(value.strip())
    return found


def _by_format(values: list[str]) -> Iterator[tuple[str, str]]:
    """Values that begin with the number of a format, without which some cameras send them."""
    for value in values:
        number, _, rest = value.partition(" ")
        yield number, rest.strip()


def _parameters(value: str) -> Iterator[tuple[str, str]]:
    for part in value.split(";"):
        name, _, given = part.partition("=")
        yield name.strip().lower(), given.strip()


def _units(value: str) -> Iterator[bytes]:
    """NAL units in base 64, with commas between them. Some cameras leave start codes in: they are no part of a unit."""
    for part in value.split(","):
        try:
            unit = base64.b64decode(part, validate=True)
        except (binascii.Error, ValueError):
            continue
        if 0 < len(unit) < _LARGEST_SET:
            yield from split_annexb(unit) if b"\x00\x00\x01" in unit else (unit,)


def _joined(base: str, control: str) -> str:
    """A control URL. Not as RFC 3986 would join them: cameras and all that read them put one after the other."""
    if control in {"*", ""}:
        return base
    if "://" in control:
        return control
    return base + control if base.endswith("/") else f"{base}/{control}"


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        return 0.0
    return number if 0.0 < number <= 1000.0 else 0.0
