"""Originals as custodians see them: for tests and measurements alone, there is no such thing in the product yet."""

import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import av
import numpy as np

from tests import footage
from watchglass.model.record import Segment
from watchglass.seal.identity import Identity
from watchglass.seal.segment import OpenedSegment
from watchglass.seal.shares import Shares
from watchglass.store import nal
from watchglass.store.folder import DataFolder
from watchglass.store.shelf import ORIGINALS

_PICTURE = {1, 5}  # NAL unit types of H.264


def shares_of(folder: DataFolder, segment: Segment) -> Path:
    """The file of shares that opens a segment."""
    path = ORIGINALS.shares_of(folder, folder.disks.path(segment.path))
    assert path is not None
    return path


def opened(folder: DataFolder, segment: Segment, identities: Sequence[Identity]) -> OpenedSegment:
    """A segment as those of these custodians see it together who have shares of it, and no more than it takes."""
    shares = Shares.parse(shares_of(folder, segment).read_bytes())
    theirs = {share.recipient_id for share in shares.sealed}
    able = [identity for identity in identities if identity.recipient.id in theirs]
    key = shares.data_key(dict(shares.opened(identity) for identity in able[-shares.needed :]))
    return OpenedSegment(io.BytesIO((folder.disks.path(segment.path)).read_bytes()), key)


def video_of(folder: DataFolder, segment: Segment, identities: Sequence[Identity]) -> bytes:
    """A segment as a video file."""
    return b"".join(opened(folder, segment, identities).content())


def numbers(video: bytes) -> list[int]:
    """Numbers of the frames of `tests/footage.py` that a video shows."""
    with av.open(io.BytesIO(video), "r") as container:
        pictures = (frame.to_ndarray(format="rgb24").astype(np.uint8) for frame in container.decode(video=0))
        return [footage.number_of(picture) for picture in pictures]


def units(video: bytes | Path) -> list[list[bytes]]:
    """NAL units of each packet of an MP4 file."""
    with av.open(io.BytesIO(video) if isinstance(video, bytes) else str(video), "r") as container:
        return [nal.split_length_prefixed(bytes(packet)) for packet in container.demux(video=0) if packet.size]


def slices(video: bytes | Path) -> list[bytes]:
    """What is picture of each packet: parameter sets and messages are taken away, which RTSP servers move."""
    return [picture_of(packet) for packet in units(video)]


def picture_of(packet: Iterable[bytes]) -> bytes:
    """Slices of a packet, by its NAL units: what tells one frame from another."""
    return nal.length_prefixed(unit for unit in packet if nal.kind(unit) in _PICTURE)
