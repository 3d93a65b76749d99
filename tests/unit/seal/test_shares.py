"""Files of shares: who opens them, how many it takes, and that no other file passes for one."""

import hashlib
import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import sealed_decoder
from watchglass.base.errors import BadInputError
from watchglass.seal.identity import Identity
from watchglass.seal.shares import Custody, SegmentName, Shares, seal

VECTORS = json.loads((Path(__file__).parents[3] / "docs/formats/vectors/sealed-segment-1.json").read_bytes())
IDENTITIES = [Identity(bytes.fromhex(seed)) for seed in VECTORS["identities"]]
STRANGER = Identity(bytes(96))
KEY = bytes(range(32))
NAME = SegmentName(b"s" * 16, b"g" * 16, 3)
CUSTODY = Custody(tuple(one.recipient for one in IDENTITIES), 2)
SHARES = seal(KEY, NAME, CUSTODY)
FILE = SHARES.to_bytes()


def resealed(body: bytes) -> bytes:
    """With a digest that is right, so that it is not the digest alone which is tested."""
    return body + hashlib.sha256(body).digest()


def test_any_two_custodians_open_it() -> None:
    shares = Shares.parse(FILE)
    for some in itertools.combinations(IDENTITIES, 2):
        assert shares.data_key(dict(shares.opened(one) for one in some)) == KEY


def test_all_three_open_it() -> None:
    assert SHARES.data_key(dict(SHARES.opened(one) for one in IDENTITIES)) == KEY


def test_one_does_not_and_is_told_how_many_are_missing() -> None:
    with pytest.raises(BadInputError, match=r"^1 of 2 shares are here: 1 more custodian must agree\.$"):
        SHARES.data_key(dict([SHARES.opened(IDENTITIES[0])]))
    with pytest.raises(BadInputError, match=r"^0 of 2 shares are here: 2 more custodians must agree\.$"):
        SHARES.data_key({})


def test_a_stranger_has_no_share() -> None:
    with pytest.raises(BadInputError, match="no share"):
        SHARES.opened(STRANGER)


def test_one_of_one_is_enough_for_a_home() -> None:
    shares = seal(KEY, NAME, Custody((STRANGER.recipient,), 1))
    assert shares.data_key(dict([shares.opened(STRANGER)])) == KEY


@pytest.mark.parametrize(("needed", "who"), [(0, [0]), (2, [0]), (1, []), (1, [0, 0])])
def test_custody_that_makes_no_sense(needed: int, who: list[int]) -> None:
    with pytest.raises(ValueError, match="custodian"):
        Custody(tuple(IDENTITIES[number].recipient for number in who), needed)


def test_shares_of_another_segment_do_not_join() -> None:
    other = seal(bytes(32), SegmentName(NAME.site, b"o" * 16, 3), CUSTODY)
    mixed = dict([SHARES.opened(IDENTITIES[0]), other.opened(IDENTITIES[1])])
    assert SHARES.data_key(mixed) not in (KEY, bytes(32))


@pytest.mark.parametrize("place", [10, 16, 32, 55, 56, 57])
def test_a_share_is_bound_to_its_place(place: int) -> None:
    """k, data folder, segment, camera, number, custodian: whoever changes one, with a right digest, opens nothing."""
    body = bytearray(FILE[:-32])
    body[place] ^= 1
    with pytest.raises(BadInputError):
        Shares.parse(resealed(bytes(body))).opened(IDENTITIES[0])


def test_every_changed_byte_is_found() -> None:
    for place in range(0, len(FILE), 7):
        changed = bytearray(FILE)
        changed[place] ^= 0x40
        with pytest.raises(BadInputError):
            Shares.parse(bytes(changed))


def test_every_cut_is_found() -> None:
    for size in range(0, len(FILE), 11):
        with pytest.raises(BadInputError):
            Shares.parse(FILE[:size])
        with pytest.raises(BadInputError):
            Shares.parse(resealed(FILE[:size]))
    with pytest.raises(BadInputError):
        Shares.parse(resealed(FILE[:-32] + b"more"))


@given(st.binary(max_size=300))
def test_nothing_else_is_taken_for_one(content: bytes) -> None:
    for candidate in (content, resealed(b"wgshares" + content), resealed(FILE[:56] + content)):
        with pytest.raises(BadInputError):
            Shares.parse(candidate)


def test_the_vectors_open_with_either_decoder() -> None:
    file = bytes.fromhex(VECTORS["shares"])
    shares = Shares.parse(file)
    assert (shares.name.site.hex(), shares.name.camera, shares.needed) == (VECTORS["site"], VECTORS["camera"], 2)
    for some in itertools.combinations(IDENTITIES, 2):
        assert shares.data_key(dict(shares.opened(one) for one in some)).hex() == VECTORS["data_key"]
        assert sealed_decoder.data_key(file, [one.seed for one in some]).hex() == VECTORS["data_key"]


def test_a_decoder_that_knows_only_the_page_opens_ours() -> None:
    assert sealed_decoder.data_key(FILE, [IDENTITIES[2].seed, IDENTITIES[0].seed]) == KEY


def test_no_key_in_what_is_logged() -> None:
    assert KEY.hex() not in repr(SHARES)
    assert repr(SHARES.sealed[0].sealed)[2:20] not in repr(SHARES)
