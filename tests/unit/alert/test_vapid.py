"""Keys of RFC 8292: what a browser and a push service know us by."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from watchglass.alert.vapid import private_key, public_bytes, written
from watchglass.model.channel import unpadded


@pytest.mark.parametrize("data", [bytes(32), bytes(31) + b"\1", b"\xff" * 32])
def test_any_32_bytes_are_a_key(data: bytes) -> None:
    public = public_bytes(private_key(data))
    assert (len(public), public[0]) == (65, 4)
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)  # raises unless it is a point of the curve


def test_the_same_bytes_are_the_same_key_for_ever() -> None:
    """Browsers that were told another one would have to be asked again."""
    assert (
        written(public_bytes(private_key(bytes(range(32)))))
        == "BG1HLSsBsA8pce_2GX5gMe3gzY5o3Zy1NoXM8CbmU8swHCn7caoNgpQxPqwZ6KJhJOjGabl3YEQI5t4SqMa2PAc"
    )


def test_text_without_padding_comes_back() -> None:
    for length in range(5):
        assert unpadded(written(b"\xfb" * length)) == b"\xfb" * length
