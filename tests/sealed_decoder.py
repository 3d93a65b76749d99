"""A decoder of sealed segments written from docs/formats/sealed-segment.md alone: it shares no line with the product.

Slow and plain on purpose. HPKE and X-Wing are put together here from their primitives, HKDF from HMAC, Shamir's scheme by
multiplying polynomials bit by bit.
"""

import hashlib
import hmac
import struct
import zlib

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SUITE = b"HPKE" + bytes.fromhex("647a00010003")


def extract(salt: bytes, secret: bytes) -> bytes:
    return hmac.new(salt or bytes(32), secret, hashlib.sha256).digest()


def expand(key: bytes, info: bytes, size: int) -> bytes:
    out, block, count = b"", b"", 1
    while len(out) < size:
        block = hmac.new(key, block + info + bytes([count]), hashlib.sha256).digest()
        out, count = out + block, count + 1
    return out[:size]


def labelled_extract(salt: bytes, label: bytes, secret: bytes) -> bytes:
    return extract(salt, b"HPKE-v1" + SUITE + label + secret)


def labelled_expand(key: bytes, label: bytes, info: bytes, size: int) -> bytes:
    return expand(key, struct.pack(">H", size) + b"HPKE-v1" + SUITE + label + info, size)


def x_wing(seed: bytes, encapsulated: bytes) -> bytes:
    """The shared secret: draft-connolly-cfrg-xwing-kem."""
    lattice = MLKEM768PrivateKey.from_seed_bytes(seed[:64]).decapsulate(encapsulated[:1088])
    curve = X25519PrivateKey.from_private_bytes(seed[64:])
    other = encapsulated[1088:]
    shared = curve.exchange(X25519PublicKey.from_public_bytes(other))
    mine = curve.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return hashlib.sha3_256(lattice + shared + other + mine + rb"\.//^\ "[:6]).digest()


def hpke_open(seed: bytes, sealed: bytes, info: bytes) -> bytes:
    """RFC 9180, 5.1 and 6.1, base mode."""
    shared = x_wing(seed, sealed[:1120])
    context = b"\x00" + labelled_extract(b"", b"psk_id_hash", b"") + labelled_extract(b"", b"info_hash", info)
    secret = labelled_extract(shared, b"secret", b"")
    key = labelled_expand(secret, b"key", context, 32)
    nonce = labelled_expand(secret, b"base_nonce", context, 12)
    return ChaCha20Poly1305(key).decrypt(nonce, sealed[1120:], b"")


def times(one: int, other: int) -> int:
    product = 0
    while other:
        if other & 1:
            product ^= one
        one, other = one << 1, other >> 1
        if one & 0x100:
            one ^= 0x11B
    return product


def inverse(value: int) -> int:
    return next(other for other in range(1, 256) if times(value, other) == 1)


def join(parts: dict[int, bytes]) -> bytes:
    secret = bytearray(32)
    for mine, part in parts.items():
        weight = 1
        for other in parts:
            if other != mine:
                weight = times(weight, times(other, inverse(mine ^ other)))
        for place in range(32):
            secret[place] ^= times(part[place], weight)
    return bytes(secret)


def data_key(shares: bytes, seeds: list[bytes]) -> bytes:
    """Of a file of shares, by the identities of as many custodians as it takes."""
    assert hashlib.sha256(shares[:-32]).digest() == shares[-32:]
    assert shares[:10] == b"wgshares\x00\x01"
    assert shares[12:16] == bytes(4)
    needed, count = shares[10], shares[11]
    by_custodian = {custodian(seed): seed for seed in seeds}
    parts: dict[int, bytes] = {}
    place = 56
    for expected in range(1, count + 1):
        number, who, size = (
            shares[place],
            shares[place + 1 : place + 33],
            int.from_bytes(shares[place + 33 : place + 35]),
        )
        assert number == expected
        sealed = shares[place + 35 : place + 35 + size]
        if who in by_custodian and len(parts) < needed:
            info = b"watchglass share v1" + shares[8:12] + shares[16:56] + bytes([number]) + who
            parts[number] = hpke_open(by_custodian[who], sealed, info)
        place += 35 + size
    assert place == len(shares) - 32
    assert len(parts) == needed
    return join(parts)


def custodian(seed: bytes) -> bytes:
    lattice = MLKEM768PrivateKey.from_seed_bytes(seed[:64]).public_key().public_bytes_raw()
    curve = X25519PrivateKey.from_private_bytes(seed[64:]).public_key().public_bytes_raw()
    return hashlib.sha256(lattice + curve).digest()


def content(sealed: bytes, key: bytes) -> tuple[list[bytes], bool]:
    """What is in the chunks of a segment, and whether it has its end."""
    place = sealed[:64]
    assert place[:10] == b"wgsealed\x00\x01"
    assert place[10:16] == bytes(6)
    assert int.from_bytes(sealed[96:100]) == zlib.crc32(sealed[:96])
    salted = extract(hashlib.sha256(place).digest(), key)
    assert sealed[64:96] == expand(salted, b"watchglass sealed segment v1 commitment", 32)
    cipher = ChaCha20Poly1305(expand(salted, b"watchglass sealed segment v1 chunks", 32))
    found: list[bytes] = []
    tags: list[bytes] = []
    at, index, ended = 100, 0, False
    while at < len(sealed):
        head, checksum = sealed[at : at + 24], int.from_bytes(sealed[at + 24 : at + 28])
        kind, size = head[4], int.from_bytes(head[12:16])
        assert head[:4] == b"wgch"
        assert int.from_bytes(head[8:12]) == index
        assert not ended
        coded = sealed[at + 28 : at + 28 + size]
        assert zlib.crc32(head + coded) == checksum
        plain = cipher.decrypt(bytes(7) + struct.pack(">IB", index, kind == 3), coded, head)
        assert (kind == 1) == (index == 0)
        if kind == 3:
            assert plain == hashlib.sha256(b"".join(tags)).digest()
            ended = True
        else:
            found.append(plain)
        tags.append(coded[-16:])
        at, index = at + 28 + size, index + 1
    return found, ended
