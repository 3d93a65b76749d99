"""Custodians' keys: the public half (recipient) that the recorder seals shares to, and the secret half (identity).

HPKE (RFC 9180) with the hybrid KEM of ML-KEM-768 and X25519, HKDF-SHA256 and ChaCha20-Poly1305: whoever copies a disk today
must still be shut out in years. Texts and the file of an identity are described in docs/formats/custodian-key.md.
"""

import base64
import binascii
import dataclasses
import functools
import hashlib
import json
import os
import unicodedata
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PrivateKey, MLKEM768X25519PublicKey, Suite
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from watchglass.base.errors import BadInputError, RefusedError

PUBLIC_PREFIX = "wgc1-"
LEAST_PASSPHRASE = 12
"""Characters. argon2id makes each guess dear; a short passphrase is guessed all the same."""

_KIND = "watchglass custodian key"
_VERSION = 1
_MLKEM_PUBLIC, _MLKEM_SEED, _X25519 = 1184, 64, 32
_CHECK = 4  # bytes of SHA-256 that show a public half which was not copied whole
_SALT, _NONCE = 16, 12
_MEMORY_KIB, _PASSES, _LANES = 256 * 1024, 3, 4  # RFC 9106, 4, between its two recommended costs: 0.3 s
_MOST_MEMORY_KIB, _MOST_PASSES, _MOST_LANES = 2 * 1024 * 1024, 16, 16  # a file from elsewhere must not eat the machine
_LARGEST_FILE = 64 * 1024


@functools.cache
def _suite() -> Suite:
    return Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


@dataclasses.dataclass(frozen=True, slots=True)
class Recipient:
    """The public half of a custodian's key. `raw` is the ML-KEM-768 encapsulation key, then the X25519 public key."""

    raw: bytes = dataclasses.field(repr=False)

    def __post_init__(self) -> None:
        if len(self.raw) != _MLKEM_PUBLIC + _X25519:
            raise BadInputError("This is not the public half of a custodian's key: it has another length.")
        try:  # as it will be used: numbers out of range, and points of small order, are found here and not while recording
            self.seal(b"", b"")
        except ValueError as error:
            raise BadInputError("This is not the public half of a custodian's key: copy it once more.") from error

    @property
    def id(self) -> bytes:
        """SHA-256 of the public half, 32 bytes: what shares and ledger call this custodian."""
        return hashlib.sha256(self.raw).digest()

    @property
    def fingerprint(self) -> str:
        """What people compare by eye: the first 8 bytes of `id`, as in `1f3a-77c0-9b12-e04d`."""
        text = self.id[:8].hex()
        return "-".join(text[place : place + 4] for place in range(0, len(text), 4))

    def __str__(self) -> str:
        check = hashlib.sha256(self.raw).digest()[:_CHECK]
        return PUBLIC_PREFIX + base64.urlsafe_b64encode(self.raw + check).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> "Recipient":
        """The reverse of `str`; white space anywhere in it does not matter. BadInputError says what is wrong."""
        compact = "".join(text.split())
        if not compact.startswith(PUBLIC_PREFIX):
            raise BadInputError(
                f"The public half of a custodian's key begins with {PUBLIC_PREFIX}: copy the whole of it."
            )
        coded = compact[len(PUBLIC_PREFIX) :]
        try:
            raw = base64.b64decode(coded + "=" * (-len(coded) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise BadInputError(
                "The public half of a custodian's key has characters that do not belong there."
            ) from error
        raw, check = raw[:-_CHECK], raw[-_CHECK:]
        if hashlib.sha256(raw).digest()[:_CHECK] != check:
            raise BadInputError("The public half of a custodian's key is not whole: copy it once more.")
        found = cls(raw)
        if str(found) != compact:  # base64 can say the same in several ways: one is ours
            raise BadInputError("The public half of a custodian's key was changed on its way: copy it once more.")
        return found

    def seal(self, secret: bytes, info: bytes) -> bytes:
        """Encrypt to this custodian, bound to `info` (HPKE, base mode, one message): 1,136 bytes longer than `secret`."""
        return _suite().encrypt(secret, self._key(), info)

    def _key(self) -> MLKEM768X25519PublicKey:
        return MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(self.raw[:_MLKEM_PUBLIC]),
            X25519PublicKey.from_public_bytes(self.raw[_MLKEM_PUBLIC:]),
        )


@dataclasses.dataclass(frozen=True, slots=True)
class Identity:
    """The secret half of a custodian's key. `seed` is the ML-KEM-768 seed (d, z), then the X25519 private key."""

    seed: bytes = dataclasses.field(repr=False)

    def __post_init__(self) -> None:
        if len(self.seed) != _MLKEM_SEED + _X25519:
            raise ValueError("an identity has 96 bytes")

    @classmethod
    def generate(cls) -> "Identity":
        """A new one, from the system's random numbers."""
        return cls(os.urandom(_MLKEM_SEED + _X25519))

    @property
    def recipient(self) -> Recipient:
        """The public half."""
        kem, curve = self._parts()
        return Recipient(kem.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw())

    def open(self, sealed: bytes, info: bytes) -> bytes:
        """What was sealed to this custodian under the same `info`. BadInputError if it was not, or was changed."""
        try:
            return _suite().decrypt(sealed, MLKEM768X25519PrivateKey(*self._parts()), info)
        except (InvalidTag, ValueError) as error:
            raise BadInputError(
                "This key does not open that share: it is another custodian's, or it was changed."
            ) from error

    def _parts(self) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
        return (
            MLKEM768PrivateKey.from_seed_bytes(self.seed[:_MLKEM_SEED]),
            X25519PrivateKey.from_private_bytes(self.seed[_MLKEM_SEED:]),
        )


@dataclasses.dataclass(frozen=True, slots=True)
class Cost:
    """What a guess of a passphrase costs (argon2id, RFC 9106)."""

    memory_kib: int = _MEMORY_KIB
    passes: int = _PASSES
    lanes: int = _LANES


def lock(identity: Identity, name: str, passphrase: str, cost: Cost | None = None) -> bytes:
    """The file of a custodian's key, protected by a passphrase. BadInputError if that is too short."""
    if len(passphrase) < LEAST_PASSPHRASE:
        raise BadInputError(
            f"A custodian's passphrase has at least {LEAST_PASSPHRASE} characters: choose a longer one."
        )
    cost = cost or Cost()
    salt, nonce = os.urandom(_SALT), os.urandom(_NONCE)
    head = {
        "kind": _KIND,
        "version": _VERSION,
        "name": name,
        "public": str(identity.recipient),
        "argon2id": {"salt": salt.hex(), **dataclasses.asdict(cost)},
    }
    sealed = ChaCha20Poly1305(_passphrase_key(passphrase, salt, cost)).encrypt(nonce, identity.seed, _canonical(head))
    return json.dumps({**head, "sealed": (nonce + sealed).hex()}, indent=1, ensure_ascii=False).encode() + b"\n"


@dataclasses.dataclass(frozen=True, slots=True)
class LockedKey:
    """A custodian's key file, read but not opened: whose it is can be told without the passphrase."""

    name: str
    recipient: Recipient
    cost: Cost
    salt: bytes
    sealed: bytes = dataclasses.field(repr=False)
    head: bytes = dataclasses.field(repr=False)

    @classmethod
    def parse(cls, content: bytes) -> "LockedKey":
        """The reverse of `lock`, as far as it goes without the passphrase. BadInputError if it is something else."""
        if len(content) > _LARGEST_FILE:
            raise BadInputError("This is no custodian's key file: it is too large for one.")
        try:
            fields: dict[str, Any] = json.loads(content)
            sealed = bytes.fromhex(fields.pop("sealed"))
            if fields["kind"] != _KIND or fields["version"] != _VERSION:
                raise BadInputError("This is no custodian's key file, or one of a newer watchglass: update it.")
            salt, cost = _cost(fields["argon2id"])
            return cls(str(fields["name"]), Recipient.parse(fields["public"]), cost, salt, sealed, _canonical(fields))
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise BadInputError("This is no custodian's key file, or it is damaged: use the copy of it.") from error

    def unlock(self, passphrase: str) -> Identity:
        """The identity. RefusedError if the passphrase is wrong, or anything in the file was changed."""
        key = _passphrase_key(passphrase, self.salt, self.cost)
        try:
            seed = ChaCha20Poly1305(key).decrypt(self.sealed[:_NONCE], self.sealed[_NONCE:], self.head)
            identity = Identity(seed)
        except (InvalidTag, ValueError) as error:
            raise RefusedError("The passphrase is wrong, or the key file was changed: try again.") from error
        if identity.recipient != self.recipient:
            raise RefusedError("The key file names a public half that is not its own: use the copy of it.")
        return identity


def _cost(fields: Any) -> tuple[bytes, Cost]:
    salt, cost = bytes.fromhex(fields["salt"]), Cost(*(int(fields[name]) for name in ("memory_kib", "passes", "lanes")))
    sane = (
        8 * cost.lanes <= cost.memory_kib <= _MOST_MEMORY_KIB
        and 1 <= cost.passes <= _MOST_PASSES
        and 1 <= cost.lanes <= _MOST_LANES
    )
    if len(salt) < _SALT or not sane:
        raise ValueError("no cost of ours")
    return salt, cost


def _passphrase_key(passphrase: str, salt: bytes, cost: Cost) -> bytes:
    derivation = Argon2id(salt=salt, length=32, iterations=cost.passes, lanes=cost.lanes, memory_cost=cost.memory_kib)
    # The same passphrase typed on another keyboard may come as other code points.
    return derivation.derive(unicodedata.normalize("NFKC", passphrase).encode())


def _canonical(head: dict[str, Any]) -> bytes:
    """Bytes that are the same for the same fields, however the file is laid out."""
    return json.dumps(head, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
