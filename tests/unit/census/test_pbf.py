import contextlib
import io
from pathlib import Path

import osmium
import pytest
from hypothesis import given
from hypothesis import strategies as st
from osmium.osm import mutable

from watchglass.base.errors import BadInputError
from watchglass.census.openstreetmap import read_pbf
from watchglass.census.pbf import DamagedError, check


def written(path: Path, form: str, count: int = 3) -> bytes:
    with osmium.SimpleWriter(osmium.io.File(str(path), form), overwrite=True) as writer:
        for number in range(count):
            writer.add_node(
                mutable.Node(
                    id=number + 1,
                    location=(2, 48 + number / 1000),
                    tags={"man_made": "surveillance", "ref": f"r{number}"},
                )
            )
    return path.read_bytes()


@pytest.mark.parametrize("form", ["pbf", "pbf,pbf_compression=none", "pbf,pbf_dense_nodes=false"])
def test_a_sound_file_is_sound(tmp_path: Path, form: str) -> None:
    check(io.BytesIO(written(tmp_path / "a", form, 20_000)))


@pytest.mark.parametrize("texts", [b"ref", b"surveillance"])
def test_a_zero_in_a_text_ends_reading_and_not_the_process(tmp_path: Path, texts: bytes) -> None:
    path = tmp_path / "zero.osm.pbf"
    content = written(path, "pbf,pbf_compression=none")
    path.write_bytes(content.replace(texts, texts[:-1] + b"\0"))
    with pytest.raises(BadInputError, match="zero byte"):
        read_pbf(path)


def test_every_cut_is_noticed_but_one_between_blocks(tmp_path: Path) -> None:
    content = written(tmp_path / "a", "pbf")
    sound = 0
    for length in range(len(content)):
        try:
            check(io.BytesIO(content[:length]))
        except DamagedError:
            continue
        sound += 1
    assert sound == 2  # nothing at all, and the head alone


def test_blocks_that_claim_too_much_are_not_read() -> None:
    with pytest.raises(DamagedError, match="no head"):
        check(io.BytesIO(b"\xff\xff\xff\xff"))
    with pytest.raises(DamagedError, match="larger than any"):
        check(io.BytesIO(b"\0\0\0\x06\x18\xff\xff\xff\xff\x0f"))
    with pytest.raises(DamagedError, match="compressed in a way"):
        check(io.BytesIO(b"\0\0\0\x0b\x0a\x07OSMData\x18\x03" + b"\x32\x01x"))


@given(st.binary(max_size=80), st.booleans())
def test_any_bytes_are_sound_or_damaged(content: bytes, framed: bool) -> None:
    if framed:
        content = b"\0\0\0\x0b\x0a\x07OSMData\x18" + bytes((len(content) + 2, 10, len(content))) + content
    with contextlib.suppress(DamagedError):
        check(io.BytesIO(content))
