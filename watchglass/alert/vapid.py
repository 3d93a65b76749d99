"""Our key for browser push, by which push services know us (VAPID, RFC 8292, https://www.rfc-editor.org/rfc/rfc8292): the same
for all browsers, told to each that is to receive alerts.
"""

import base64
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256


def private_key(key: bytes) -> ec.EllipticCurvePrivateKey:
    """Of 32 random bytes, which are kept."""
    return ec.derive_private_key(int.from_bytes(key, "big") % (_ORDER - 1) + 1, ec.SECP256R1())


def public_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    """What a browser is told, as 65 bytes."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def written(data: bytes) -> str:
    """URL-safe base64 without its padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
