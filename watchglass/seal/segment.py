"""A sealed segment: a header, then chunks, each a fragment of the recording, encrypted and authenticated in its place.

Layout and its reasons in docs/formats/sealed-segment.md. The framing is in the clear and has checksums, so that a file which
a power cut has torn is mended without any key; what is in the chunks takes the data key, which the recorder drops.
"""

import dataclasses
import enum
import hashlib
import hmac
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from watchglass.base.clock import WallUs
from watchglass.base.errors import BadInputError
from watchglass.seal.shares import KEY_SIZE, SegmentName

MAGIC = b"wgsealed"
VERSION = 1
LARGEST_CHUNK = 64 << 20
"""Bytes of a chunk, sealed."""

_PLACE = struct.Struct(">8sH6x16s16sQq")  # magic, version, site, segment, camera, start: what keys are derived with
_COMMITMENT = 32
_SUM = struct.Struct(">I")
HEADER_SIZE = _PLACE.size + _COMMITMENT + _SUM.size

_CHUNK = struct.Struct(">4sB3xIIq")  # magic, kind, index, size, end of what the segment holds by then
_CHUNK_MAGIC = b"wgch"
CHUNK_HEAD = _CHUNK.size + _SUM.size
TAG = 16
_NONCE = struct.Struct(">7xIB")
_MOST_CHUNKS = 1 << 20

_CHUNKS_LABEL = b"watchglass sealed segment v1 chunks"
_COMMITMENT_LABEL = b"watchglass sealed segment v1 commitment"


class ChunkKind(enum.IntEnum):
    """What a chunk holds: first `INIT`, the recording's init segment; then fragments; `END` last, if it was closed."""

    INIT = 1
    FRAGMENT = 2
    END = 3


@dataclasses.dataclass(frozen=True, slots=True)
class Header:
    """How a file begins. `commitment` ties it to one data key."""

    name: SegmentName
    start: WallUs
    commitment: bytes = dataclasses.field(repr=False)

    def to_bytes(self) -> bytes:
        body = _place(self.name, self.start) + self.commitment
        return body + _SUM.pack(zlib.crc32(body))

    @classmethod
    def parse(cls, content: bytes) -> "Header":
        """Of the first `HEADER_SIZE` bytes of a file. BadInputError if they are no header."""
        if len(content) < HEADER_SIZE or not content.startswith(MAGIC):
            raise BadInputError("This is no sealed segment.")
        body = content[: HEADER_SIZE - _SUM.size]
        if _SUM.unpack_from(content, len(body))[0] != zlib.crc32(body):
            raise BadInputError("This sealed segment is damaged at its beginning.")
        _, version, site, segment, camera, start = _PLACE.unpack_from(body)
        if version != VERSION:
            raise BadInputError("This sealed segment was written by a newer watchglass: update it.")
        try:
            found = cls(SegmentName(site, segment, camera), WallUs(start), body[_PLACE.size :])
        except ValueError as error:
            raise BadInputError("This sealed segment is not one that watchglass writes.") from error
        if found.to_bytes() != content[:HEADER_SIZE]:
            raise BadInputError("This sealed segment is not one that watchglass writes.")
        return found


def _place(name: SegmentName, start: WallUs) -> bytes:
    return _PLACE.pack(MAGIC, VERSION, name.site, name.segment, name.camera, start)


@dataclasses.dataclass(frozen=True, slots=True)
class ChunkAt:
    """A chunk whose checksum is right: where it begins in the file, its size with its head, what its head says."""

    offset: int
    size: int
    kind: ChunkKind
    index: int
    end_wall: WallUs

    @property
    def end(self) -> int:
        return self.offset + self.size


class Sealer:
    """Seals one segment, chunk after chunk. It forgets the key when it is dropped; the recorder keeps none."""

    def __init__(self, key: bytes, name: SegmentName, start: WallUs) -> None:
        chunk_key, commitment = _keys(key, name, start)
        self.header = Header(name, start, commitment).to_bytes()
        self._cipher = ChaCha20Poly1305(chunk_key)
        self._tags = hashlib.sha256()
        self._index = 0
        self._end = start
        self._ended = False

    def chunk(self, kind: ChunkKind, content: bytes, end: WallUs) -> bytes:
        """The next chunk, whole; with it the segment lasts until `end`. ValueError if this kind has no place here."""
        if self._ended or (kind is ChunkKind.INIT) != (self._index == 0) or self._index >= _MOST_CHUNKS:
            raise ValueError(f"no chunk {kind.name} can follow")
        if not content or len(content) + TAG > LARGEST_CHUNK:
            raise ValueError(f"a chunk of {len(content)} bytes")
        self._end = max(self._end, end)
        head = _CHUNK.pack(_CHUNK_MAGIC, kind, self._index, len(content) + TAG, self._end)
        sealed = self._cipher.encrypt(_nonce(self._index, kind), content, head)
        self._tags.update(sealed[-TAG:])
        self._index += 1
        return b"".join((head, _SUM.pack(zlib.crc32(sealed, zlib.crc32(head))), sealed))

    def end(self) -> bytes:
        """The last chunk: the SHA-256 of the tags of all before it. Nothing can follow."""
        last = self.chunk(ChunkKind.END, self._tags.digest(), self._end)
        self._ended = True
        return last


def _nonce(index: int, kind: ChunkKind) -> bytes:
    """As age's STREAM has it: a counter, and a last byte that only the last chunk has."""
    return _NONCE.pack(index, kind is ChunkKind.END)


def _keys(key: bytes, name: SegmentName, start: WallUs) -> tuple[bytes, bytes]:
    """The chunks' key and the commitment. Both take in all of the header, so that nothing in it can be changed."""
    if len(key) != KEY_SIZE:
        raise ValueError(f"a data key has {KEY_SIZE} bytes")
    salt = hashlib.sha256(_place(name, start)).digest()
    chunk_key, commitment = (
        HKDF(hashes.SHA256(), 32, salt, label).derive(key) for label in (_CHUNKS_LABEL, _COMMITMENT_LABEL)
    )
    return chunk_key, commitment


def chunks_of(file: BinaryIO, start: int = HEADER_SIZE) -> Iterator[ChunkAt]:
    """The sound chunks of a file, in order, from the one at `start`, which is known to be whole up to there.

    Ends before the first that is torn, damaged or out of place: no key is needed to see that. OSError passes through.
    """
    index: int | None = 0 if start == HEADER_SIZE else None
    while True:
        file.seek(start)
        head = file.read(CHUNK_HEAD)
        found = _head(head, start)
        if found is None or index not in {None, found.index}:
            return
        sealed = file.read(found.size - CHUNK_HEAD)
        if len(sealed) != found.size - CHUNK_HEAD:
            return
        if zlib.crc32(sealed, zlib.crc32(head[: _CHUNK.size])) != _SUM.unpack_from(head, _CHUNK.size)[0]:
            return
        yield found
        if found.kind is ChunkKind.END:
            return
        start, index = found.end, found.index + 1


def _head(head: bytes, offset: int) -> ChunkAt | None:
    """The chunk at `offset` that this is the head of; None if no sealer makes such a head."""
    if len(head) < CHUNK_HEAD:
        return None
    magic, kind, number, size, end_wall = _CHUNK.unpack_from(head)
    if magic != _CHUNK_MAGIC or not TAG < size <= LARGEST_CHUNK or number >= _MOST_CHUNKS or head[5:8] != bytes(3):
        return None
    if kind not in set(ChunkKind) or (kind == ChunkKind.INIT) != (number == 0):
        return None
    return ChunkAt(offset, CHUNK_HEAD + size, ChunkKind(kind), number, WallUs(end_wall))


def are_chunks(data: bytes) -> bool:
    """Whether this is whole chunks, by their heads alone: enough to tell what a sealer made from anything else."""
    place, index, ended = 0, None, False
    while place < len(data):
        found = _head(data[place : place + CHUNK_HEAD], place)
        if found is None or ended or index not in {None, found.index}:
            return False
        place, index, ended = found.end, found.index + 1, found.kind is ChunkKind.END
    return 0 < place == len(data)


class OpenedSegment:
    """A sealed segment and its data key: any chunk, in any order. For one thread.

    BadInputError from all methods: the header or a chunk is damaged, is another's, or was put in another place.
    """

    def __init__(self, file: BinaryIO, key: bytes) -> None:
        """BadInputError if the key is another segment's."""
        self._file = file
        file.seek(0)
        self.header = Header.parse(file.read(HEADER_SIZE))
        chunk_key, commitment = _keys(key, self.header.name, self.header.start)
        if not hmac.compare_digest(commitment, self.header.commitment):
            raise BadInputError(
                "This key does not open that segment: the shares are of another, or its header was changed."
            )
        self._cipher = ChaCha20Poly1305(chunk_key)
        self.chunks = list(chunks_of(file))
        if not self.chunks:
            raise BadInputError("This sealed segment has no whole chunk: nothing of it was kept.")

    @property
    def ended_early(self) -> bool:
        """Whether the last chunk is missing: the recorder died, or somebody cut the file. Only the ledger can tell."""
        return self.chunks[-1].kind is not ChunkKind.END

    def read(self, chunk: ChunkAt) -> bytes:
        """What is in a chunk: one of `chunks`."""
        self._file.seek(chunk.offset)
        head = self._file.read(CHUNK_HEAD)[: _CHUNK.size]
        sealed = self._file.read(chunk.size - CHUNK_HEAD)
        try:
            return self._cipher.decrypt(_nonce(chunk.index, chunk.kind), sealed, head)
        except InvalidTag as error:
            raise BadInputError(
                f"Chunk {chunk.index} of this sealed segment was changed, or belongs to another."
            ) from error

    def content(self) -> Iterator[bytes]:
        """Init segment and fragments, one after another: the recording as the camera sent it, as a file.

        At the end the chunks are compared with those that were there when the end was sealed.
        """
        tags = hashlib.sha256()
        for chunk in self.chunks:
            content = self.read(chunk)
            if chunk.kind is not ChunkKind.END:
                self._file.seek(chunk.end - TAG)
                tags.update(self._file.read(TAG))
                yield content
            elif not hmac.compare_digest(tags.digest(), content):
                raise BadInputError("This sealed segment does not hold what was sealed.")
