"""A segment's data key in parts, each sealed to one custodian: the file that retention destroys first.

Layout in docs/formats/sealed-segment.md. Whoever has the sealed segment and not this file has noise.
"""

import dataclasses
import hashlib
import hmac
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence

from watchglass.base.errors import BadInputError
from watchglass.seal import shamir
from watchglass.seal.identity import Identity, Recipient

MAGIC = b"wgshares"
VERSION = 1
KEY_SIZE = 32
LARGEST = 1 << 20
"""Bytes of a file of shares: 255 custodians have 310 kB."""

_HEAD = struct.Struct(">8sHBB4x16s16sQ")
_SHARE = struct.Struct(">B32sH")
_DIGEST = 32
_LABEL = b"watchglass share v1"


@dataclasses.dataclass(frozen=True, slots=True)
class SegmentName:
    """Which segment is sealed: the data folder's UUID, its own random one (16 bytes each), and the camera's id."""

    site: bytes
    segment: bytes
    camera: int

    def __post_init__(self) -> None:
        if len(self.site) != 16 or len(self.segment) != 16 or not 0 <= self.camera < 1 << 63:
            raise ValueError("a segment is named by two UUIDs and a camera")


@dataclasses.dataclass(frozen=True, slots=True)
class Custody:
    """Whose shares open what is sealed: any `needed` of these custodians."""

    recipients: tuple[Recipient, ...]
    needed: int

    def __post_init__(self) -> None:
        if not 1 <= self.needed <= len(self.recipients) <= shamir.MOST:
            raise ValueError(f"{self.needed} of {len(self.recipients)} custodians")
        if len({one.id for one in self.recipients}) != len(self.recipients):
            raise ValueError("a custodian has one share")


@dataclasses.dataclass(frozen=True, slots=True)
class SealedShare:
    """One custodian's part, as it lies on the disk. `number` is its place in Shamir's scheme, from 1."""

    number: int
    recipient_id: bytes
    sealed: bytes = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True, slots=True)
class Shares:
    """A file of shares."""

    name: SegmentName
    needed: int
    sealed: tuple[SealedShare, ...]

    def to_bytes(self) -> bytes:
        """The file."""
        name = self.name
        head = _HEAD.pack(MAGIC, VERSION, self.needed, len(self.sealed), name.site, name.segment, name.camera)
        parts = [_SHARE.pack(one.number, one.recipient_id, len(one.sealed)) + one.sealed for one in self.sealed]
        body = b"".join([head, *parts])
        return body + hashlib.sha256(body).digest()

    @classmethod
    def parse(cls, content: bytes) -> "Shares":
        """The reverse of `to_bytes`. BadInputError if it is anything else, whatever it is."""
        body, digest = content[:-_DIGEST], content[-_DIGEST:]
        if len(content) > LARGEST or len(body) < _HEAD.size or not content.startswith(MAGIC):
            raise BadInputError("This is no file of shares.")
        if not hmac.compare_digest(hashlib.sha256(body).digest(), digest):
            raise BadInputError("This file of shares is damaged, or was cut short.")
        _, version, needed, count, site, segment, camera = _HEAD.unpack_from(body)
        if version != VERSION:
            raise BadInputError("This file of shares was written by a newer watchglass: update it.")
        try:
            found = cls(SegmentName(site, segment, camera), needed, tuple(_sealed(body, count)))
        except (ValueError, struct.error) as error:
            raise BadInputError("This file of shares is not one that watchglass writes.") from error
        numbers = [one.number for one in found.sealed]
        if not 1 <= needed <= count or numbers != list(range(1, count + 1)) or found.to_bytes() != content:
            raise BadInputError("This file of shares is not one that watchglass writes.")
        return found

    def opened(self, identity: Identity) -> tuple[int, bytes]:
        """Number and content of this custodian's part: what is released when the segment is to be opened.

        BadInputError if they have none here, or if it was changed.
        """
        mine = identity.recipient.id
        for one in self.sealed:
            if one.recipient_id == mine:
                return one.number, identity.open(one.sealed, _info(self.name, self.needed, len(self.sealed), one))
        raise BadInputError("This custodian has no share of that segment: it was sealed to others.")

    def data_key(self, parts: Mapping[int, bytes]) -> bytes:
        """The segment's data key of released parts. BadInputError says how many are missing."""
        missing = self.needed - len(parts)
        if missing > 0:
            raise BadInputError(
                f"{len(parts)} of {self.needed} shares are here: {missing} more custodian{'s' * (missing > 1)} must agree."
            )
        try:
            key = shamir.join(dict(sorted(parts.items())[: self.needed]))
        except ValueError as error:
            raise BadInputError("These are not shares of that segment.") from error
        if len(key) != KEY_SIZE:
            raise BadInputError("These are not shares of that segment.")
        return key


def _sealed(body: bytes, count: int) -> Iterable[SealedShare]:
    place = _HEAD.size
    for _ in range(count):
        number, recipient_id, size = _SHARE.unpack_from(body, place)
        place += _SHARE.size
        yield SealedShare(number, recipient_id, body[place : place + size])
        place += size


def seal(key: bytes, name: SegmentName, custody: Custody, random: Callable[[int], bytes] | None = None) -> Shares:
    """The shares of a data key. `random` as in `shamir.split`."""
    if len(key) != KEY_SIZE:
        raise ValueError(f"a data key has {KEY_SIZE} bytes")
    count = len(custody.recipients)
    more = {"random": random} if random else {}
    parts = shamir.split(key, custody.needed, count, **more)
    return Shares(name, custody.needed, tuple(_each(parts, name, custody.needed, custody.recipients)))


def _each(
    parts: Mapping[int, bytes], name: SegmentName, needed: int, recipients: Sequence[Recipient]
) -> Iterable[SealedShare]:
    for number, recipient in enumerate(recipients, start=1):
        bare = SealedShare(number, recipient.id, b"")
        info = _info(name, needed, len(recipients), bare)
        yield dataclasses.replace(bare, sealed=recipient.seal(parts[number], info))


def _info(name: SegmentName, needed: int, count: int, share: SealedShare) -> bytes:
    """What a share is bound to: it opens as this part of this segment's key and as nothing else."""
    place = struct.pack(">HBB16s16sQB", VERSION, needed, count, name.site, name.segment, name.camera, share.number)
    return _LABEL + place + share.recipient_id
