"""Sealed segments: what was put in comes out, and nothing that was changed does."""

import io
import json
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import sealed_decoder
from watchglass.base.clock import WallUs
from watchglass.base.errors import BadInputError
from watchglass.seal.segment import HEADER_SIZE, ChunkKind, Header, OpenedSegment, Sealer, are_chunks, chunks_of
from watchglass.seal.shares import SegmentName

VECTORS = json.loads((Path(__file__).parents[3] / "docs/formats/vectors/sealed-segment-1.json").read_bytes())
NAME = SegmentName(b"s" * 16, b"g" * 16, 3)
KEY = bytes(range(32))
START = WallUs(1_700_000_000_000_000)
PARTS = [b"init", b"first " * 50, b"second " * 60, b"third " * 9]


def sealed(parts: list[bytes], *, key: bytes = KEY, name: SegmentName = NAME, end: bool = True) -> list[bytes]:
    """Header and chunks."""
    sealer = Sealer(key, name, START)
    kinds = [ChunkKind.INIT] + [ChunkKind.FRAGMENT] * (len(parts) - 1)
    out = [sealer.header]
    out += [
        sealer.chunk(kind, part, WallUs(START + number))
        for number, (kind, part) in enumerate(zip(kinds, parts, strict=True))
    ]
    return [*out, sealer.end()] if end else out


PIECES = sealed(PARTS)
FILE = b"".join(PIECES)


def opened(file: bytes, key: bytes = KEY) -> list[bytes]:
    return list(OpenedSegment(io.BytesIO(file), key).content())


def test_what_was_sealed_comes_back() -> None:
    assert opened(FILE) == PARTS


@given(st.lists(st.binary(min_size=1, max_size=2000), min_size=1, max_size=12))
def test_any_content_comes_back_from_either_decoder(parts: list[bytes]) -> None:
    file = b"".join(sealed(parts))
    assert opened(file) == parts
    assert sealed_decoder.content(file, KEY) == (parts, True)


def test_the_vectors_are_what_is_written_and_read() -> None:
    file, key = bytes.fromhex(VECTORS["sealed"]), bytes.fromhex(VECTORS["data_key"])
    name = SegmentName(bytes.fromhex(VECTORS["site"]), bytes.fromhex(VECTORS["segment"]), VECTORS["camera"])
    parts = [part.encode() for part in VECTORS["content"]]
    sealer = Sealer(key, name, WallUs(VECTORS["start_us"]))
    kinds = (ChunkKind.INIT, ChunkKind.FRAGMENT, ChunkKind.FRAGMENT)
    chunks = [sealer.chunk(*one) for one in zip(kinds, parts, map(WallUs, VECTORS["chunk_ends_us"]), strict=True)]
    assert b"".join([sealer.header, *chunks, sealer.end()]) == file
    assert opened(file, key) == parts
    assert sealed_decoder.content(file, key) == (parts, True)


def test_any_chunk_can_be_read_alone() -> None:
    found = OpenedSegment(io.BytesIO(FILE), KEY)
    assert found.read(found.chunks[3]) == PARTS[3]
    assert found.read(found.chunks[1]) == PARTS[1]
    assert [chunk.end_wall for chunk in found.chunks] == [START, START + 1, START + 2, START + 3, START + 3]


def test_nothing_of_it_is_in_the_clear() -> None:
    assert all(part not in FILE for part in PARTS)


def test_every_changed_byte_is_found() -> None:
    for place in range(len(FILE)):
        changed = bytearray(FILE)
        changed[place] ^= 0x10
        try:
            found = OpenedSegment(io.BytesIO(bytes(changed)), KEY)
            parts = list(found.content())
        except BadInputError:
            continue
        assert found.ended_early  # cut before the chunk that was changed, and said to be
        assert parts == PARTS[: len(parts)]
        assert len(parts) < len(PARTS) or place >= len(FILE) - len(PIECES[-1])


def test_a_change_with_a_right_checksum_is_found() -> None:
    """Checksums are for torn files; against whoever writes them anew there is the key."""
    for number in range(1, len(PIECES)):
        for place in (8, 16, 28):  # index, time, ciphertext
            chunk = bytearray(PIECES[number])
            chunk[place + 7 if place == 16 else place + 3] ^= 1
            chunk[24:28] = zlib_crc(bytes(chunk[:24]) + bytes(chunk[28:]))
            file = b"".join([*PIECES[:number], bytes(chunk), *PIECES[number + 1 :]])
            try:
                found = OpenedSegment(io.BytesIO(file), KEY)
                parts = list(found.content())
            except BadInputError:
                continue
            assert place == 8
            assert found.ended_early
            assert parts == PARTS[: number - 1]


def zlib_crc(data: bytes) -> bytes:
    return zlib.crc32(data).to_bytes(4)


@pytest.mark.parametrize("key", [bytes(32), KEY[::-1]])
def test_another_key_is_told_from_damage(key: bytes) -> None:
    with pytest.raises(BadInputError, match="key does not open"):
        opened(FILE, key)


def test_another_segments_header_does_not_fit() -> None:
    other = sealed(PARTS, name=SegmentName(NAME.site, b"o" * 16, 3))
    with pytest.raises(BadInputError, match="changed, or belongs to another"):
        opened(b"".join([other[0], *PIECES[1:]]))


def test_chunks_of_another_segment_or_place_do_not_fit() -> None:
    other = sealed(PARTS, key=bytes(32))
    with pytest.raises(BadInputError, match="changed, or belongs to another"):
        opened(b"".join([*PIECES[:2], other[2], *PIECES[3:]]))
    for order in ([0, 1, 3, 2, 4, 5], [0, 1, 3, 4, 5], [0, 1, 2, 2, 3, 4, 5], [0, 2, 3, 4, 5]):
        try:
            found = OpenedSegment(io.BytesIO(b"".join(PIECES[number] for number in order)), KEY)
        except BadInputError:
            continue
        assert found.ended_early
        assert list(found.content()) == PARTS[: len(found.chunks)]


def test_a_file_that_is_cut_is_readable_up_to_there_and_says_so() -> None:
    ends = [sum(map(len, PIECES[: number + 1])) for number in range(len(PIECES))]
    for size in range(len(FILE)):
        whole = sum(end <= size for end in ends) - 1  # chunks
        if whole < 1:
            with pytest.raises(BadInputError):
                OpenedSegment(io.BytesIO(FILE[:size]), KEY)
        else:
            found = OpenedSegment(io.BytesIO(FILE[:size]), KEY)
            assert found.ended_early
            assert list(found.content()) == PARTS[:whole]


def test_without_a_key_it_is_known_how_far_it_is_whole() -> None:
    torn = b"".join(PIECES[:4]) + PIECES[4][:-1]
    chunks = list(chunks_of(io.BytesIO(torn)))
    assert (chunks[-1].end, chunks[-1].end_wall) == (sum(map(len, PIECES[:4])), START + 2)
    assert [chunk.kind for chunk in chunks] == [ChunkKind.INIT, ChunkKind.FRAGMENT, ChunkKind.FRAGMENT]


def test_zeros_after_a_power_cut_are_no_chunks() -> None:
    torn = b"".join(PIECES[:3]) + PIECES[3][:40] + bytes(4096)
    assert len(list(chunks_of(io.BytesIO(torn)))) == 2


def test_what_follows_the_end_is_no_part_of_it() -> None:
    more = FILE + PIECES[2]
    assert opened(more) == PARTS
    assert list(chunks_of(io.BytesIO(more)))[-1].kind is ChunkKind.END


def test_looking_can_go_on_where_it_was() -> None:
    whole = list(chunks_of(io.BytesIO(FILE)))
    assert list(chunks_of(io.BytesIO(FILE), whole[2].offset)) == whole[2:]


def test_chunks_have_an_order() -> None:
    sealer = Sealer(KEY, NAME, START)
    with pytest.raises(ValueError, match="FRAGMENT"):
        sealer.chunk(ChunkKind.FRAGMENT, b"x", START)
    sealer.chunk(ChunkKind.INIT, b"x", START)
    with pytest.raises(ValueError, match="INIT"):
        sealer.chunk(ChunkKind.INIT, b"x", START)
    with pytest.raises(ValueError, match="0 bytes"):
        sealer.chunk(ChunkKind.FRAGMENT, b"", START)
    sealer.end()
    with pytest.raises(ValueError, match="FRAGMENT"):
        sealer.chunk(ChunkKind.FRAGMENT, b"x", START)


def test_by_their_heads_alone_chunks_are_told_from_anything_else() -> None:
    header, first, *rest = sealed([b"init", b"one", b"two", b"three"])
    assert are_chunks(first)
    assert are_chunks(b"".join(rest))  # as they are appended, from anywhere
    assert not are_chunks(b"")
    assert not are_chunks(header)
    assert not are_chunks(rest[0][:-1])
    assert not are_chunks(rest[1] + rest[0])  # in another order
    assert not are_chunks(rest[0] + first)  # what comes first has no place after another
    last = Sealer(KEY, NAME, START)
    ended = [last.chunk(ChunkKind.INIT, b"init", START), last.end()]
    assert are_chunks(ended[1])
    assert not are_chunks(b"".join([*ended, rest[1]]))  # nothing follows the end
    for place, value in (
        (4, 9),
        (5, 1),
        (4, ChunkKind.INIT),
    ):  # kind, what is always zero, a kind that has no place here
        assert not are_chunks(rest[0][:place] + bytes([value]) + rest[0][place + 1 :])


def test_time_never_runs_back() -> None:
    sealer = Sealer(KEY, NAME, START)
    file = (
        sealer.header
        + sealer.chunk(ChunkKind.INIT, b"x", WallUs(START + 9))
        + sealer.chunk(ChunkKind.FRAGMENT, b"y", START)
    )
    assert [chunk.end_wall for chunk in chunks_of(io.BytesIO(file))] == [START + 9, START + 9]


@settings(max_examples=300)
@given(
    st.binary(max_size=400),
    st.sampled_from([b"", b"wgsealed", PIECES[0], PIECES[0] + PIECES[1], PIECES[0] + b"wgch\x01"]),
)
def test_no_bytes_make_it_stumble(content: bytes, before: bytes) -> None:
    file = before + content
    list(chunks_of(io.BytesIO(file)))
    try:
        found = OpenedSegment(io.BytesIO(file), KEY)
    except BadInputError:
        return
    assert list(found.content()) == PARTS[:1]


def test_a_header_of_another_version_says_so() -> None:
    body = bytearray(FILE[:96])
    body[9] = 2
    with pytest.raises(BadInputError, match="newer watchglass"):
        Header.parse(bytes(body) + zlib_crc(bytes(body)))


def test_a_header_says_what_it_is_of() -> None:
    found = Header.parse(FILE[:HEADER_SIZE])
    assert (found.name, found.start) == (NAME, START)
    assert found.to_bytes() == FILE[:HEADER_SIZE]
