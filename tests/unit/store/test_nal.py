import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchglass.store.nal import kind, length_prefixed, split_annexb, split_length_prefixed

SPS, PPS, IDR = b"\x67\x64\x00\x1f", b"\x68\xee", b"\x65\x88\x84"

# A NAL unit never holds a start code, nor ends in a zero (H.264, 7.4.1).
_units = st.binary(min_size=1, max_size=40).map(lambda raw: raw.replace(b"\x00", b"\x01") or b"\x65")


@pytest.mark.parametrize(
    ("stream", "units"),
    [
        (b"", []),
        (b"\x67\x64", []),  # no start code
        (b"\x00\x00\x01", []),  # nothing after it
        (b"\x00\x00\x01" + SPS, [SPS]),
        (b"\x00\x00\x00\x01" + SPS, [SPS]),
        (b"\x00\x00\x00\x01" + SPS + b"\x00\x00\x00\x01" + PPS + b"\x00\x00\x01" + IDR, [SPS, PPS, IDR]),
        (b"\xff\x00\x00\x01" + PPS, [PPS]),  # what comes before the first start code
        (b"\x00\x00\x01" + IDR + b"\x00\x00\x00\x00", [IDR]),  # trailing_zero_8bits
        (b"\x00\x00\x01\x00\x00\x01" + IDR, [IDR]),  # an empty unit
        (b"\x00\x00\x01\x65\x00\x00\x03\x01", [b"\x65\x00\x00\x03\x01"]),  # emulation prevention stays
    ],
)
def test_a_byte_stream_is_split_at_start_codes(stream: bytes, units: list[bytes]) -> None:
    assert split_annexb(stream) == units


@given(st.lists(st.tuples(_units, st.sampled_from([b"\x00\x00\x01", b"\x00\x00\x00\x01"])), max_size=8))
def test_units_come_back_whatever_start_codes_they_had(pairs: list[tuple[bytes, bytes]]) -> None:
    stream = b"".join(code + unit for unit, code in pairs)
    assert split_annexb(stream) == [unit for unit, _ in pairs]


@given(st.lists(st.binary(max_size=300), max_size=8))
def test_lengths_are_undone_exactly(units: list[bytes]) -> None:
    assert split_length_prefixed(length_prefixed(units)) == units


def test_lengths_have_four_bytes() -> None:
    assert length_prefixed([SPS, IDR]) == b"\x00\x00\x00\x04" + SPS + b"\x00\x00\x00\x03" + IDR


@pytest.mark.parametrize("cut", [1, 3, 4, 5, 9])
def test_lengths_that_do_not_add_up_are_refused(cut: int) -> None:
    whole = length_prefixed([SPS, IDR])
    assert len(whole) == 15
    with pytest.raises(ValueError, match="NAL unit"):
        split_length_prefixed(whole[:cut])


@given(st.binary(max_size=200))
def test_any_bytes_are_split_or_refused(data: bytes) -> None:
    split_annexb(data)
    with contextlib.suppress(ValueError):
        assert length_prefixed(split_length_prefixed(data)) == data


def test_the_kind_is_the_low_five_bits() -> None:
    assert [kind(unit) for unit in (SPS, PPS, IDR, b"\x41")] == [7, 8, 5, 1]
