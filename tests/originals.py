"""Originals as custodians see them: for tests and measurements alone, there is no such thing in the product yet."""

import io
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np

from tests import footage
from watchglass.app.machine import Machine
from watchglass.model.record import Segment
from watchglass.seal.identity import Identity
from watchglass.seal.segment import OpenedSegment
from watchglass.seal.shares import Shares

_PICTURE = {1, 5}  # NAL unit types of H.264


def opened(machine: Machine, segment: Segment, identities: Sequence[Identity]) -> bytes:
    """A segment as these custodians see it together, who must be enough: a video file."""
    sealed = machine.folder.root / segment.path
    shares = (machine.folder.shares / sealed.relative_to(machine.folder.originals)).with_suffix(".shares")
    found = Shares.parse(shares.read_bytes())
    key = found.data_key(dict(found.opened(identity) for identity in identities))
    with sealed.open("rb") as file:
        return b"".join(OpenedSegment(file, key).content())


def numbers(video: bytes) -> list[int]:
    """Numbers of the frames of `tests/footage.py` that a video shows."""
    with av.open(io.BytesIO(video), "r") as container:
        pictures = (frame.to_ndarray(format="rgb24").astype(np.uint8) for frame in container.decode(video=0))
        return [footage.number_of(picture) for picture in pictures]


def slices(video: bytes | Path) -> list[bytes]:
    """What is picture of each packet of an MP4 file: parameter sets and messages are taken away, which RTSP servers move."""
    with av.open(io.BytesIO(video) if isinstance(video, bytes) else str(video), "r") as container:
        packets = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    return [b"".join(unit for unit in _units(packet) if unit[0] & 31 in _PICTURE) for packet in packets]


def _units(data: bytes) -> list[bytes]:
    found, place = [], 0
    while place < len(data):
        size = int.from_bytes(data[place : place + 4])
        found.append(data[place + 4 : place + 4 + size])
        place += 4 + size
    return found
