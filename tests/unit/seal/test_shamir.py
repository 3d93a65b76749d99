"""Shamir's scheme: any k parts, in any order, and nothing without them."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import sealed_decoder
from watchglass.seal import shamir


@given(st.binary(min_size=1, max_size=40), st.integers(1, 6), st.integers(0, 4))
def test_any_that_are_needed_join(secret: bytes, needed: int, more: int) -> None:
    parts = shamir.split(secret, needed, needed + more)
    for numbers in itertools.combinations(parts, needed):
        assert shamir.join({number: parts[number] for number in reversed(numbers)}) == secret


def test_more_than_are_needed_join_as_well() -> None:
    assert shamir.join(shamir.split(b"secret", 2, 5)) == b"secret"


def test_one_too_few_fits_every_secret() -> None:
    """With k - 1 parts each value of a byte is as likely: for each of them there is one k-th part, and only one."""
    parts = shamir.split(b"\x2a", 3, 3)
    secrets = {shamir.join({1: parts[1], 2: parts[2], 3: bytes([third])}) for third in range(256)}
    assert len(secrets) == 256


def test_the_field_is_that_of_aes() -> None:
    """FIPS 197, 4.2: {57} x {83} = {c1}, {57} x {13} = {fe}; a part of a line through `secret` is secret + number * slope."""
    assert shamir.split(b"\x00", 2, 0x83, lambda size: b"\x57" * size)[0x83] == b"\xc1"
    assert shamir.split(b"\x00", 2, 0x13, lambda size: b"\x57" * size)[0x13] == b"\xfe"
    assert shamir.split(b"\x0f", 2, 0x13, lambda size: b"\x57" * size)[0x13] == bytes([0xFE ^ 0x0F])


@given(st.binary(min_size=32, max_size=32))
def test_a_decoder_that_knows_only_the_page_agrees(secret: bytes) -> None:
    parts = shamir.split(secret, 3, 5)
    assert sealed_decoder.join({number: parts[number] for number in (2, 5, 3)}) == secret


@pytest.mark.parametrize(("needed", "count"), [(0, 1), (2, 1), (1, 256), (-1, 3)])
def test_numbers_that_make_no_sense(needed: int, count: int) -> None:
    with pytest.raises(ValueError, match="parts"):
        shamir.split(b"secret", needed, count)


@pytest.mark.parametrize("parts", [{}, {0: b"a"}, {256: b"a"}, {1: b"a", 2: b"ab"}])
def test_parts_that_cannot_be(parts: dict[int, bytes]) -> None:
    with pytest.raises(ValueError, match="parts"):
        shamir.join(parts)
