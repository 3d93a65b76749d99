import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rtp import interleaved, packets, payloads_h264, payloads_h265, rtp
from watchglass.ingest.rtp import Depacketizer, H264Depacketizer, TooLargeError, depacketizer
from watchglass.ingest.stream import MAX_PACKET, Demuxed
from watchglass.store.nal import split_length_prefixed

SPS, PPS, SEI, IDR, SLICE = b"\x67sps", b"\x68pps", b"\x06\x05\x01x\x80", b"\x65" + b"key" * 9, b"\x41" + b"other" * 7
RECOVERY = b"\x06\x06\x01\xc4\x80"
FRAME = 3600  # ticks


def sample(*units: bytes) -> bytes:
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)


def taken(reader: Depacketizer, *every: bytes) -> list[Demuxed]:
    """What comes out of packets, each of which lies somewhere in a larger buffer."""
    for packet in every:
        data = b"??" + packet + b"???"
        reader.take(data, 2, 2 + len(packet))
    found, reader.ready = reader.ready, []
    return found


def h264(*units: bytes, stamp: int, first: int = 0, most: int = 1000) -> list[bytes]:
    return packets(payloads_h264(units, most), stamp, first)


@pytest.fixture
def reader() -> H264Depacketizer:
    return H264Depacketizer(96)


UNITS = st.lists(
    st.builds(
        lambda kind, rest: bytes((0x60 | kind,)) + rest, st.sampled_from((1, 5, 7, 8)), st.binary(max_size=90)
    ).filter(lambda unit: b"\0\0\1" not in unit),
    max_size=3,
)


@given(
    st.lists(st.tuples(UNITS, st.integers(2, 60), st.booleans(), st.integers(1, 1 << 30)), max_size=6), st.booleans()
)
def test_every_h264_access_unit_comes_out_as_it_went_in(
    units: list[tuple[list[bytes], int, bool, int]], late: bool
) -> None:
    reader, number, stamp, expected, origin = H264Depacketizer(96), 65_530, (1 << 32) - 5, [], 0
    for place, (others, most, aggregate, step) in enumerate(units):
        whole = [*others, b"\x61slice"]
        made = packets(payloads_h264(whole, most, aggregate=aggregate), stamp, number)
        if late:
            made[-1] = made[-1][:1] + bytes((96,)) + made[-1][2:]  # no marker: the time of the next one must do
        for packet in made:
            reader.take(packet, 0, len(packet))
        keyframe = any(unit[0] & 0x1F == 5 for unit in whole)
        expected.append((sample(*whole), origin, keyframe))
        number += len(made)
        stamp, origin = stamp + step, origin + step
        assert len(reader.ready) == place + (not late)
    found = [(one.data, one.ticks, one.keyframe) for one in reader.ready]
    assert found == (expected[:-1] if late else expected)
    assert reader.lost == 0


@given(st.lists(st.tuples(st.sampled_from((0, 1, 16, 19, 20, 21, 32, 33, 34, 39)), st.binary(max_size=90)), max_size=4))
def test_h265_in_all_its_ways(units: list[tuple[int, bytes]]) -> None:
    whole = [bytes((kind << 1, 1)) + rest for kind, rest in units] + [b"\x02\x01slice"]
    for payloads in (payloads_h265(whole, 20), payloads_h265(whole, 1000), payloads_h265(whole, 0, aggregate=True)):
        (found,) = taken(depacketizer("hevc", 96), *packets(payloads, 7))
        assert found.data == sample(*whole)
        assert found.keyframe is any(16 <= kind <= 23 for kind, _ in units)


def test_a_recovery_point_is_a_place_to_begin_at(reader: Depacketizer) -> None:
    assert [one.keyframe for one in taken(reader, *h264(RECOVERY, SLICE, stamp=0))] == [True]
    assert [one.keyframe for one in taken(reader, *h264(SEI, SLICE, stamp=1, first=2))] == [False]


@pytest.mark.parametrize("lost", range(1, 4))
def test_a_unit_that_lost_a_piece_is_left_out_and_counted(reader: Depacketizer, lost: int) -> None:
    made = h264(SPS, PPS, IDR, stamp=0, most=9)
    fragments = made[2:]
    assert len(fragments) == 3
    del made[1 + lost]
    after = h264(SLICE, stamp=FRAME, first=5)
    found = taken(reader, *made, *after)
    assert not any(one.keyframe for one in found)
    # Of a picture whose beginning is lost nothing is known: what came before it goes with the next one.
    wanted = [sample(SPS, PPS, SLICE)] if lost == 1 else [sample(SPS, PPS), sample(SLICE)]
    assert [one.data for one in found] == wanted
    assert reader.lost == 1


def test_a_whole_access_unit_may_be_lost(reader: Depacketizer) -> None:
    found = taken(reader, *h264(IDR, stamp=0), *h264(SLICE, stamp=3 * FRAME, first=30))
    assert [one.ticks for one in found] == [0, 3 * FRAME]
    assert reader.lost == 29


def test_a_camera_that_counts_anew_has_lost_nothing(reader: Depacketizer) -> None:
    found = taken(reader, *h264(IDR, stamp=0, first=40_000), *h264(SLICE, stamp=FRAME, first=7))
    assert len(found) == 2
    assert reader.lost == 0


def test_a_marker_before_the_picture_ends_nothing(reader: Depacketizer) -> None:
    made = [rtp(0, 0, SPS, marker=True), rtp(1, 0, SEI, marker=True), rtp(2, 0, IDR, marker=True)]
    assert [one.data for one in taken(reader, *made)] == [sample(SPS, SEI, IDR)]


def test_parameter_sets_with_a_time_of_their_own_belong_to_the_picture_after_them(reader: Depacketizer) -> None:
    made = [rtp(0, 0, SLICE, marker=True), rtp(1, 10, SPS), rtp(2, 10, PPS), rtp(3, FRAME, IDR, marker=True)]
    found = taken(reader, *made)
    assert [(one.data, one.ticks) for one in found] == [(sample(SLICE), 0), (sample(SPS, PPS, IDR), FRAME)]


def test_who_marks_each_slice_is_understood_from_the_second_picture_on(reader: Depacketizer) -> None:
    made = [rtp(number, number // 3 * FRAME, bytes((0x41, number)), marker=True) for number in range(9)]
    found = taken(reader, *made, rtp(9, 3 * FRAME, SLICE))
    parts = [[bytes((0x41, number)) for number in range(first, first + 3)] for first in (0, 3, 6)]
    assert [one.data for one in found] == [
        sample(parts[0][0]),
        sample(*parts[0][1:]),
        sample(*parts[1]),
        sample(*parts[2]),
    ]


@pytest.mark.parametrize(
    ("codec", "others", "first", "more"),
    [("h264", b"\x67s", b"\x41\x9a", b"\x41\x1a"), ("hevc", b"\x42\x01s", b"\x02\x01\x9a", b"\x02\x01\x1a")],
)
def test_pictures_at_times_that_stand_still_are_told_by_their_first_slice(
    codec: str, others: bytes, first: bytes, more: bytes
) -> None:
    """With a set before each, in two slices, the second in fragments."""
    reader, number, found = depacketizer(codec, 96), 0, []
    cut = payloads_h264 if codec == "h264" else payloads_h265
    for _ in range(4):
        payloads = cut([others, first + b"x" * 30, more + b"y" * 30], 20)
        found += taken(reader, *packets(payloads, 7, number))
        number += len(payloads)
    assert [one.data for one in found] == [
        sample(others, first + b"x" * 30, more + b"y" * 30)
    ] * 3  # the fourth goes on


def test_a_first_fragment_may_be_empty(reader: Depacketizer) -> None:
    made = [rtp(0, 0, b"\x7c\x85"), rtp(1, 0, b"\x7c\x05key"), rtp(2, 0, b"\x7c\x45!", marker=True)]
    assert [(one.data, one.keyframe) for one in taken(reader, *made)] == [(sample(b"\x65key!"), True)]


def test_times_wrap_and_run_back(reader: Depacketizer) -> None:
    stamps = [(1 << 32) - FRAME, 0, 2 * FRAME, FRAME]
    found = taken(reader, *itertools.chain(*(h264(SLICE, stamp=s, first=n) for n, s in enumerate(stamps))))
    assert [one.ticks for one in found] == [0, FRAME, 3 * FRAME, 2 * FRAME]


def test_heads_with_everything_in_them(reader: Depacketizer) -> None:
    sources, extension, padding = b"\0" * 8, b"\xbe\xde\x00\x01four", b"\0\0\3"
    packet = rtp(0, 0, sources + extension + SLICE + padding, marker=True, flags=0xB2)
    assert [one.data for one in taken(reader, packet)] == [sample(SLICE)]


@pytest.mark.parametrize("fault", [b"", b"\x80", rtp(0, 0, SLICE, marker=True, kind=97), rtp(0, 0, SLICE, flags=0x40)])
def test_what_is_no_packet_of_ours_is_left_out(reader: Depacketizer, fault: bytes) -> None:
    assert not taken(reader, fault)
    assert len(taken(reader, *h264(IDR, stamp=FRAME, first=1))) == 1


def test_an_access_unit_without_an_end_is_given_up(reader: Depacketizer) -> None:
    count = MAX_PACKET // 60_000 + 1
    fragment = b"\x7c\x05" + b"x" * 59_998
    start = b"\x7c\x85" + b"x" * 59_998
    made = [rtp(number, 0, fragment if number else start) for number in range(count)]
    with pytest.raises(TooLargeError):
        taken(reader, *made)
    assert len(taken(reader, *h264(IDR, stamp=FRAME, first=count))) == 1


@given(st.lists(st.binary(max_size=40), max_size=20), st.sampled_from(("h264", "hevc")))
def test_whatever_comes_nothing_breaks(payloads: list[bytes], codec: str) -> None:
    reader = depacketizer(codec, 96)
    for number, payload in enumerate(payloads):
        packet = rtp(number, number // 3, payload, marker=number % 4 == 0)
        reader.take(packet, 0, len(packet))
        reader.take(payload, 0, len(payload))
    assert all(split_length_prefixed(one.data) for one in reader.ready)


@given(st.data())
def test_interleaved_packets_in_pieces_of_any_size(data: st.DataObject) -> None:
    units = [b"\x65" + bytes(range(200)), b"\x41" + b"s" * 99, b"\x41x"]
    made = [
        packet
        for place in range(3)
        for packet in h264(SPS, units[place], stamp=place * FRAME, first=place * 50, most=20)
    ]
    numbered = [packet[:2] + number.to_bytes(2, "big") + packet[4:] for number, packet in enumerate(made)]
    other = interleaved(b"\x80\xc8" + b"x" * data.draw(st.integers(6, 30)), 1)
    stream = b"".join(interleaved(packet) + other * (number % 5 == 0) for number, packet in enumerate(numbered))
    reader, rest = H264Depacketizer(96), b""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    for begin, end in itertools.pairwise([0, *cuts, len(stream)]):
        rest += stream[begin:end]
        rest = rest[reader.take_interleaved(rest, 0, 0) :]
    assert rest == b""
    assert [one.data for one in reader.ready] == [sample(SPS, unit) for unit in units]
    assert reader.lost == 0


def test_units_that_a_camera_has_joined_with_start_codes_are_taken_apart(reader: Depacketizer) -> None:
    joined = b"\x00\x00\x00\x01".join((SPS, PPS, IDR))
    for first, most in ((0, 1000), (10, 8)):
        (found,) = taken(reader, *h264(joined, stamp=first * FRAME, first=first * 3, most=most))
        assert (found.data, found.keyframe) == (sample(SPS, PPS, IDR), True)
