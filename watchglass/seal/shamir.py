"""Shamir's secret sharing over GF(256): any k of n parts give the secret, fewer say nothing of it.

A. Shamir, How to share a secret, CACM 22(11), 1979. The field is that of AES (FIPS 197, 4.2): x^8 + x^4 + x^3 + x + 1.
Each byte of the secret is the value at 0 of a polynomial of its own, of degree k - 1, with random coefficients.

Tables are read at places that depend on secrets. Whoever could time that on the recorder's own memory sees the video anyway.
"""

import secrets
from collections.abc import Callable, Mapping

MOST = 255
"""Parts of a secret: one for each element of the field but 0."""


def _tables() -> tuple[list[int], list[int]]:
    powers, logs, value = [0] * 510, [0] * 256, 1
    for exponent in range(255):
        powers[exponent] = powers[exponent + 255] = value
        logs[value] = exponent
        value ^= value << 1  # times 3, which generates the field
        if value > 0xFF:
            value ^= 0x11B
    return powers, logs


_POWERS, _LOGS = _tables()


def _times(one: int, other: int) -> int:
    return _POWERS[_LOGS[one] + _LOGS[other]] if one and other else 0


def _over(one: int, other: int) -> int:
    return _POWERS[_LOGS[one] + 255 - _LOGS[other]] if one else 0


def split(
    secret: bytes, needed: int, count: int, random: Callable[[int], bytes] = secrets.token_bytes
) -> dict[int, bytes]:
    """`count` parts, by their number from 1 on, as long as the secret; any `needed` of them give it back.

    `random` gives that many random bytes; for vectors alone is it anything but the system's. ValueError if the numbers make
    no sense.
    """
    if not 1 <= needed <= count <= MOST:
        raise ValueError(f"{needed} of {count} parts")
    coefficients = [secret, *(random(len(secret)) for _ in range(needed - 1))]
    return {
        number: bytes(_value(column, number) for column in zip(*coefficients, strict=True))
        for number in range(1, count + 1)
    }


def _value(coefficients: tuple[int, ...], at: int) -> int:
    """Of a polynomial, lowest coefficient first (Horner)."""
    value = 0
    for coefficient in reversed(coefficients):
        value = _times(value, at) ^ coefficient
    return value


def join(parts: Mapping[int, bytes]) -> bytes:
    """The secret of these parts. Too few, or parts of several secrets, give other bytes: nothing here can tell.

    ValueError if there is none, or if their numbers or lengths can't be right.
    """
    if not parts or not all(1 <= number <= MOST for number in parts) or len({*map(len, parts.values())}) != 1:
        raise ValueError("parts of a secret have numbers from 1 to 255 and one length")
    weights = [_weight(number, parts) for number in parts]
    secret = bytearray()
    for column in zip(*parts.values(), strict=True):
        byte = 0
        for value, weight in zip(column, weights, strict=True):
            byte ^= _times(value, weight)
        secret.append(byte)
    return bytes(secret)


def _weight(number: int, numbers: Mapping[int, bytes]) -> int:
    """Lagrange's basis polynomial of a part, at 0; in this field minus is plus is exclusive or."""
    weight = 1
    for other in numbers:
        if other != number:
            weight = _times(weight, _over(other, other ^ number))
    return weight
