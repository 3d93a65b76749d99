"""Slices that say "as before". What decoders make of them is in test_encode.py."""

import pytest

from tests.unit.redact.frames import HEIGHT, WIDTH, shown
from watchglass.redact.encode import ViewEncoder
from watchglass.redact.repeat import FrameNumbers
from watchglass.store.nal import kind

SPS = ViewEncoder(WIDTH, HEIGHT).format.sps
# By hand, after 7.3.3 of ITU-T H.264: first_mb_in_slice 0, slice_type 5, pic_parameter_set_id 0, then four digits.
BEFORE = "1" + "00110" + "1"
# No override, reordering or marking, slice_qp_delta 0, no deblocking, 48 macroblocks skipped, the stop bit, filled up.
AFTER = "000" + "1" + "010" + "00000110001" + "1"


def slice_of(number: int) -> bytes:
    bits = f"{BEFORE}{number:04b}{AFTER}"
    bits += "0" * (-len(bits) % 8)
    return b"\x41" + int(bits, 2).to_bytes(len(bits) // 8, "big")


def test_a_repeated_picture_is_what_the_standard_says() -> None:
    assert WIDTH * HEIGHT // 256 == 48
    numbers = FrameNumbers(SPS, WIDTH, HEIGHT)
    assert [numbers.repeated() for _ in range(17)] == [slice_of(number % 16) for number in range(17)]


def test_a_coded_picture_has_the_number_that_follows() -> None:
    encoder, numbers = ViewEncoder(WIDTH, HEIGHT), FrameNumbers(SPS, WIDTH, HEIGHT)
    key, second = (encoder.encode(shown(seed), keyframe=seed == 0).data[4:] for seed in range(2))
    assert kind(key) == 5
    assert numbers.coded(key) == key
    numbers.repeated()
    changed = numbers.coded(second)
    assert changed != second
    assert numbers.repeated() == slice_of(3)
    assert numbers.coded(key) == key  # counting begins anew
    assert numbers.coded(changed) == second
    assert numbers.repeated() == slice_of(2)


def test_another_kind_of_stream_is_refused() -> None:
    with pytest.raises(ValueError, match="only in a baseline stream"):
        FrameNumbers(SPS[:1] + bytes([100]) + SPS[2:], WIDTH, HEIGHT)
