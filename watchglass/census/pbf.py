"""The frame of a PBF file, looked at before osmium reads it: blocks that are whole, and texts that hold no zero byte.

osmium keeps texts one after another with zeros between them. One that has a zero itself leads it out of its memory, and the process is at its end.

    length (4 bytes) | BlobHeader: 1 type, 3 size | Blob: 1 raw, 3 zlib, 4 lzma ...    and again, to the end of the file
    (https://wiki.openstreetmap.org/wiki/PBF_Format)
"""

import lzma
import zlib
from collections.abc import Iterator
from typing import BinaryIO

_LONGEST_HEADER, _LONGEST_BLOB = 1 << 16, 1 << 25  # the format's own limits


class DamagedError(ValueError):
    """A file is not what it should be. Its text says what was found."""


def check(file: BinaryIO) -> None:
    """Look at all of a file. DamagedError."""
    while length := file.read(4):
        size = int.from_bytes(length, "big")
        if len(length) < 4 or size > _LONGEST_HEADER:
            raise DamagedError("a block has no head")
        kind, datasize = b"", 0
        for number, value in _fields(_whole(file, size)):
            if number == 1 and isinstance(value, bytes):
                kind = value
            elif number == 3 and isinstance(value, int):
                datasize = value
        if datasize > _LONGEST_BLOB:
            raise DamagedError("a block is larger than any may be")
        blob = _whole(file, datasize)
        if kind == b"OSMData":
            _check_block(_unpacked(blob))


def _whole(file: BinaryIO, size: int) -> bytes:
    content = file.read(size)
    if len(content) < size:
        raise DamagedError("it ends within a block")
    return content


def _unpacked(blob: bytes) -> bytes:
    for number, value in _fields(blob):
        if not isinstance(value, bytes):
            continue
        try:
            if number == 1:
                return value
            if number == 3:
                return zlib.decompressobj().decompress(value, _LONGEST_BLOB)
            if number == 4:
                return lzma.LZMADecompressor().decompress(value, _LONGEST_BLOB)
        except (zlib.error, lzma.LZMAError) as error:
            raise DamagedError("a block can't be unpacked") from error
        if number > 4:
            raise DamagedError("it is compressed in a way that is not read here")
    raise DamagedError("a block is empty")


def _check_block(block: bytes) -> None:
    for number, table in _fields(block):
        if number != 1 or not isinstance(table, bytes):
            continue
        # The first text is the empty one, whose length is nearly always the only zero.
        if table.count(0) == 1 and table.startswith(b"\x0a\x00"):
            continue
        for _, text in _fields(table):
            if not isinstance(text, bytes) or 0 in text:
                raise DamagedError("a text in it has a zero byte")


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Fields of a protobuf message, by number (https://protobuf.dev/programming-guides/encoding/). DamagedError."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        if kind == 2:
            size, at = _varint(message, at)
        elif kind in {1, 5}:
            size = 8 if kind == 1 else 4
        else:
            raise DamagedError("a block is damaged")
        if at + size > len(message):
            raise DamagedError("a block is damaged")
        yield key >> 3, message[at : at + size]
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message) and shift < 64:
        byte = message[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
    raise DamagedError("a block is damaged")
