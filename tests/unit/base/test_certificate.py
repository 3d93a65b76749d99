import hashlib
import ipaddress
import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from watchglass.base.certificate import Certificate, own_certificate
from watchglass.base.clock import SimulatedClock
from watchglass.base.errors import CannotWriteError, UsageError

DAY = 24 * 3600
NAMES = ["cams.local", "192.168.1.5", "::1"]


def loaded(certificate: Certificate) -> x509.Certificate:
    return x509.load_pem_x509_certificate(certificate.path.read_bytes())


def test_names_addresses_and_two_years(tmp_path: Path) -> None:
    made = loaded(own_certificate(tmp_path, NAMES, SimulatedClock()))
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["cams.local"]
    assert set(names.get_values_for_type(x509.IPAddress)) == {
        ipaddress.ip_address("192.168.1.5"),
        ipaddress.ip_address("::1"),
    }
    key = made.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"
    now = datetime.fromtimestamp(SimulatedClock().wall_us() / 1e6, UTC)
    assert made.not_valid_before_utc <= now
    assert made.not_valid_after_utc - now == timedelta(days=730)
    assert made.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False


def test_a_server_can_use_it_and_the_key_is_its_owners(tmp_path: Path) -> None:
    made = own_certificate(tmp_path, NAMES, SimulatedClock())
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(made.path, made.key)
    assert stat.S_IMODE(made.key.stat().st_mode) == 0o600


def test_fingerprint_is_what_browsers_show(tmp_path: Path) -> None:
    made = own_certificate(tmp_path, NAMES, SimulatedClock())
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(made.path.read_text())).hexdigest().upper()
    assert made.fingerprint == ":".join(digest[place : place + 2] for place in range(0, 64, 2))


def test_stays_the_same_while_it_can(tmp_path: Path) -> None:
    clock = SimulatedClock()
    first = own_certificate(tmp_path, NAMES, clock)
    clock.advance(699 * DAY)
    assert own_certificate(tmp_path, [*reversed(NAMES), "CAMS.local", "[::1]"], clock) == first


def test_is_renewed_a_month_before_its_end(tmp_path: Path) -> None:
    clock = SimulatedClock()
    first = own_certificate(tmp_path, NAMES, clock)
    clock.advance(700 * DAY)
    second = own_certificate(tmp_path, NAMES, clock)
    assert second.fingerprint != first.fingerprint
    assert second.not_after - first.not_after == timedelta(days=700)


def test_is_renewed_when_names_change_or_the_clock_was_wrong(tmp_path: Path) -> None:
    clock = SimulatedClock()
    first = own_certificate(tmp_path, NAMES, clock)
    second = own_certificate(tmp_path, [*NAMES, "other.local"], clock)
    assert second.fingerprint != first.fingerprint
    clock.step_wall(-2 * DAY)  # it would not be valid yet
    assert own_certificate(tmp_path, [*NAMES, "other.local"], clock).fingerprint != second.fingerprint


@pytest.mark.parametrize("damaged", ["certificate.pem", "certificate-key.pem"])
def test_damage_is_mended(tmp_path: Path, damaged: str) -> None:
    first = own_certificate(tmp_path, NAMES, SimulatedClock())
    (tmp_path / damaged).write_bytes(b"-----BEGIN nothing")
    second = own_certificate(tmp_path, NAMES, SimulatedClock())
    assert second.fingerprint != first.fingerprint
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(second.path, second.key)


def test_a_key_of_another_certificate_is_found_out(tmp_path: Path) -> None:
    first = own_certificate(tmp_path / "a", NAMES, SimulatedClock())
    other = own_certificate(tmp_path / "b", NAMES, SimulatedClock())
    first.key.write_bytes(other.key.read_bytes())
    assert own_certificate(tmp_path / "a", NAMES, SimulatedClock()).fingerprint != first.fingerprint


def test_a_key_that_others_may_read_is_closed_again(tmp_path: Path) -> None:
    made = own_certificate(tmp_path, NAMES, SimulatedClock())
    made.key.chmod(0o644)
    own_certificate(tmp_path, NAMES, SimulatedClock())
    assert stat.S_IMODE(made.key.stat().st_mode) == 0o600


@pytest.mark.parametrize("names", [[], ["two words"], ["a/b"], [""], ["x" * 64 + ".org"]])
def test_what_is_no_name_is_said(tmp_path: Path, names: list[str]) -> None:
    with pytest.raises(UsageError, match="host name"):
        own_certificate(tmp_path, names, SimulatedClock())
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotWriteError, match="certificate"):
        own_certificate(tmp_path / "file" / "folder", NAMES, SimulatedClock())
