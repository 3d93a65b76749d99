"""The console's own TLS certificate: self-signed, so that browsers ask once and a person compares the fingerprint.

X.509 as in RFC 5280; names as browsers want them, in subjectAltName alone (RFC 9110, section 4.3.4).
"""

import dataclasses
import ipaddress
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from watchglass.base import durable
from watchglass.base.clock import MICROSECONDS, Clock
from watchglass.base.errors import UsageError

VALID: Final = timedelta(days=730)
RENEWED: Final = timedelta(days=30)
_BACKDATED: Final = timedelta(hours=1)  # for browsers whose clock is slow


@dataclasses.dataclass(frozen=True, slots=True)
class Certificate:
    """Where certificate and key are (PEM; the key for its owner only), until when it holds, and its fingerprint."""

    path: Path
    key: Path
    not_after: datetime
    fingerprint: str


def own_certificate(folder: Path, names: Iterable[str], clock: Clock) -> Certificate:
    """The certificate in `folder` for host `names` and addresses; a new one when it runs out, or names have changed.

    A certificate stays the same as long as it can: each new one has people compare fingerprints again.
    UsageError for a name that is none; DiskFullError and CannotWriteError when it cannot be kept.
    """
    wanted = _names(names)
    now = datetime.fromtimestamp(clock.wall_us() // MICROSECONDS, UTC)
    path, key = folder / "certificate.pem", folder / "certificate-key.pem"
    certificate = _kept(path, key, wanted, now)
    if certificate is None:
        private = ec.generate_private_key(ec.SECP256R1())
        certificate = _make(private, wanted, now)
        try:
            durable.make_folders(folder)
            durable.replace(key, _pem(private), 0o600)
            durable.replace(path, certificate.public_bytes(serialization.Encoding.PEM), 0o644)
        except OSError as error:
            raise durable.write_error(error, f"the console's certificate ({path})") from error
    return Certificate(path, key, certificate.not_valid_after_utc, fingerprint(certificate))


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of a certificate in the form in which browsers show it."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def _names(names: Iterable[str]) -> list[x509.GeneralName]:
    found: dict[str, x509.GeneralName] = {}
    for name in names:
        text = name.strip("[]").lower()
        try:
            found[text] = x509.IPAddress(ipaddress.ip_address(text))
        except ValueError:
            found[text] = _dns(text)
    if not found:
        raise UsageError("A certificate needs at least one host name; give it with --host-name.")
    return [found[text] for text in sorted(found)]


def _dns(text: str) -> x509.DNSName:
    try:
        plain = text.encode("idna").decode("ascii")
    except UnicodeError:
        plain = ""
    if not plain or not all(character.isalnum() or character in "-." for character in plain):
        raise UsageError(f"{text!r} is not a host name; give one as in cams.example.org.")
    return x509.DNSName(plain)


def _kept(path: Path, key: Path, wanted: list[x509.GeneralName], now: datetime) -> x509.Certificate | None:
    """The certificate that is there, if it still does."""
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        private = serialization.load_pem_private_key(key.read_bytes(), None)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, TypeError, x509.ExtensionNotFound):
        return None  # none yet, or damaged: a new one mends it
    fits = private.public_key() == certificate.public_key() and set(names) == set(wanted)
    holds = certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - RENEWED
    if not (fits and holds):
        return None
    key.chmod(0o600)  # whatever a copy or a backup made of it
    return certificate


def _make(private: ec.EllipticCurvePrivateKey, names: list[x509.GeneralName], now: datetime) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "watchglass console")])
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + VALID)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(private, hashes.SHA256())
    )


def _pem(private: ec.EllipticCurvePrivateKey) -> bytes:
    return private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
