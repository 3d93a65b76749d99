import pytest

from watchglass.base.clock import WallUs
from watchglass.model.media import TICKS_PER_SECOND, Packet, Ticks, ViewFormat, ViewSample


@pytest.mark.parametrize(
    ("sps", "codec"),
    [
        (bytes.fromhex("674d401f965600"), "avc1.4d401f"),
        (bytes.fromhex("6764001facd940"), "avc1.64001f"),
        (bytes.fromhex("6742c00a"), "avc1.42c00a"),  # leading zeros stay
    ],
)
def test_the_codecs_name_is_profile_constraints_and_level(sps: bytes, codec: str) -> None:
    assert ViewFormat(640, 360, sps, b"\x68").codec == codec


def test_media_time_counts_90_000_a_second() -> None:
    assert TICKS_PER_SECOND == 90_000


def test_a_repr_shows_no_picture() -> None:
    assert "secret" not in repr(Packet(b"secret", Ticks(0), WallUs(0), keyframe=True))
    assert "secret" not in repr(ViewSample(b"secret", Ticks(0), 0, WallUs(0), keyframe=True))


def test_a_packet_follows_the_one_before_unless_said_otherwise() -> None:
    assert not Packet(b"", Ticks(0), WallUs(0), keyframe=True).jump
