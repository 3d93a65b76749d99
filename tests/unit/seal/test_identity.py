"""Custodians' keys: as text, in a file, and what happens to copies that are not whole."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchglass.base.errors import BadInputError, RefusedError
from watchglass.seal.identity import PUBLIC_PREFIX, Cost, Identity, LockedKey, Recipient, lock

CHEAP = Cost(memory_kib=64, passes=1, lanes=1)
PASSPHRASE = "correct horse battery"
MINE, OTHERS = Identity(bytes(range(96))), Identity(bytes(range(1, 97)))
VECTORS = json.loads((Path(__file__).parents[3] / "docs/formats/vectors/sealed-segment-1.json").read_bytes())


class TestPublicHalf:
    def test_comes_back_from_its_text(self) -> None:
        assert Recipient.parse(str(MINE.recipient)) == MINE.recipient

    def test_may_be_broken_into_lines(self) -> None:
        text = str(MINE.recipient)
        assert (
            Recipient.parse("\n  ".join(text[place : place + 70] for place in range(0, len(text), 70)))
            == MINE.recipient
        )

    def test_is_the_vectors(self) -> None:
        for seed, public in zip(VECTORS["identities"], VECTORS["public"], strict=True):
            assert str(Identity(bytes.fromhex(seed)).recipient) == public

    def test_has_a_fingerprint_of_its_own(self) -> None:
        assert MINE.recipient.fingerprint != OTHERS.recipient.fingerprint
        assert len(MINE.recipient.fingerprint) == 19

    @pytest.mark.parametrize("place", range(len(PUBLIC_PREFIX), 1630, 97))
    def test_with_a_wrong_character_is_refused(self, place: int) -> None:
        text = str(MINE.recipient)
        wrong = "A" if text[place] != "A" else "B"
        with pytest.raises(BadInputError):
            Recipient.parse(text[:place] + wrong + text[place + 1 :])

    @pytest.mark.parametrize("cut", [1, 4, 6, 100, 1626])
    def test_that_is_cut_short_is_refused(self, cut: int) -> None:
        with pytest.raises(BadInputError):
            Recipient.parse(str(MINE.recipient)[:-cut])

    @given(st.text(max_size=50))
    def test_of_any_other_text_is_refused(self, text: str) -> None:
        for candidate in (text, PUBLIC_PREFIX + text):
            with pytest.raises(BadInputError):
                Recipient.parse(candidate)

    def test_of_small_order_is_refused(self) -> None:
        """X25519 keys that would make the curve's half of the secret known to everybody, or recording fail."""
        with pytest.raises(BadInputError):
            Recipient(MINE.recipient.raw[:1184] + bytes(32))

    def test_with_numbers_out_of_range_is_refused(self) -> None:
        with pytest.raises(BadInputError):
            Recipient(b"\xff" * 1184 + MINE.recipient.raw[1184:])


class TestSealing:
    def test_opens_for_whom_it_was_meant(self) -> None:
        assert MINE.open(MINE.recipient.seal(b"secret", b"info"), b"info") == b"secret"

    def test_is_bound_to_what_it_is_for(self) -> None:
        with pytest.raises(BadInputError):
            MINE.open(MINE.recipient.seal(b"secret", b"info"), b"other")

    def test_opens_for_nobody_else(self) -> None:
        with pytest.raises(BadInputError):
            OTHERS.open(MINE.recipient.seal(b"secret", b"info"), b"info")

    @given(st.binary(max_size=1300))
    def test_of_any_bytes_is_refused(self, sealed: bytes) -> None:
        with pytest.raises(BadInputError):
            MINE.open(sealed, b"info")

    def test_says_nothing_of_the_secret_half_in_its_name(self) -> None:
        assert MINE.seed.hex()[:16] not in repr(MINE)


class TestKeyFile:
    FILE = lock(MINE, "Ömbud", PASSPHRASE, CHEAP)

    def test_opens_with_its_passphrase(self) -> None:
        key = LockedKey.parse(self.FILE)
        assert (key.name, key.recipient) == ("Ömbud", MINE.recipient)
        assert key.unlock(PASSPHRASE) == MINE

    def test_may_be_laid_out_anew(self) -> None:
        assert LockedKey.parse(json.dumps(json.loads(self.FILE)).encode()).unlock(PASSPHRASE) == MINE

    def test_takes_a_passphrase_from_any_keyboard(self) -> None:
        """`é` as one code point, and as an `e` with an accent."""
        key = LockedKey.parse(lock(MINE, "Ombud", "caf\u00e9 caf\u00e9 caf\u00e9", CHEAP))
        assert key.unlock("cafe\u0301 cafe\u0301 cafe\u0301") == MINE

    def test_does_not_open_with_another(self) -> None:
        with pytest.raises(RefusedError, match="passphrase"):
            LockedKey.parse(self.FILE).unlock("correct horse batterz")

    @pytest.mark.parametrize("passphrase", ["", "elevenchars"])
    def test_has_no_short_passphrase(self, passphrase: str) -> None:
        with pytest.raises(BadInputError, match="longer"):
            lock(MINE, "Ombud", passphrase, CHEAP)

    def test_with_another_name_or_public_half_is_refused(self) -> None:
        fields = json.loads(self.FILE)
        for change in ({"name": "Somebody"}, {"public": str(OTHERS.recipient)}, {"version": 1.0}):
            with pytest.raises(RefusedError):
                LockedKey.parse(json.dumps({**fields, **change}).encode()).unlock(PASSPHRASE)

    @pytest.mark.parametrize(
        "change",
        [
            {"version": 2},
            {"kind": "watchglass camera"},
            {"sealed": "zz"},
            {"public": "wgc1-"},
            {"argon2id": {"salt": "00" * 16, "memory_kib": 1 << 30, "passes": 1, "lanes": 1}},
            {"argon2id": {"salt": "00" * 16, "memory_kib": 64, "passes": 1 << 20, "lanes": 1}},
            {"argon2id": {"salt": "00", "memory_kib": 64, "passes": 1, "lanes": 1}},
            {"argon2id": {"salt": "00" * 16, "memory_kib": 64, "passes": float("inf"), "lanes": 1}},
            {"argon2id": None},
            {"name": None, "sealed": None},
        ],
    )
    def test_that_is_something_else_is_refused(self, change: dict[str, object]) -> None:
        with pytest.raises(BadInputError):
            LockedKey.parse(json.dumps({**json.loads(self.FILE), **change}).encode())

    @given(st.binary(max_size=200) | st.just(b"[" * 60_000) | st.just(b'"' + b"x" * 70_000 + b'"'))
    def test_of_any_bytes_is_refused(self, content: bytes) -> None:
        with pytest.raises(BadInputError):
            LockedKey.parse(content)
