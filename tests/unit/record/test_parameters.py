"""Parameter sets written bit by bit, for what encoders at hand never write; theirs are in test_remux.py."""

import struct

import pytest

from watchglass.base.errors import BadInputError
from watchglass.model.media import StreamInfo
from watchglass.record.parameters import ParameterSets

PPS = b"\x68\xce\x3c\x80"


class Bits:
    def __init__(self) -> None:
        self.text = ""

    def put(self, count: int, value: int) -> "Bits":
        self.text += f"{value:0{count}b}"
        return self

    def ue(self, *values: int) -> "Bits":
        for value in values:
            code = f"{value + 1:b}"
            self.text += "0" * (len(code) - 1) + code
        return self

    def se(self, *values: int) -> "Bits":
        return self.ue(*(2 * value - 1 if value > 0 else -2 * value for value in values))

    def unit(self, head: bytes) -> bytes:
        """With the stop bit, and with bytes that keep start codes from appearing."""
        text = self.text + "1"
        text += "0" * (-len(text) % 8)
        plain = head + bytes(int(text[at : at + 8], 2) for at in range(0, len(text), 8))
        kept = bytearray()
        for byte in plain:
            if kept[-2:] == b"\0\0" and byte <= 3:
                kept.append(3)
            kept.append(byte)
        return bytes(kept)


def size_in_header(codec: str, units: list[bytes]) -> tuple[int, int]:
    sets = ParameterSets(StreamInfo(codec, b"".join(b"\0\0\0\1" + unit for unit in units), 16, 16))
    assert sets.complete
    init = sets.init_segment()
    width, height = struct.unpack_from(">2I", init, init.index(b"tkhd") + 80)
    return width >> 16, height >> 16


def h264_size_end(bits: Bits) -> Bits:
    """40 x 30 macroblocks, frames only, 5 units cut off on the right and 2 at the bottom."""
    return bits.ue(4).put(1, 0).ue(39, 29).put(1, 1).put(1, 1).put(1, 1).ue(0, 5, 0, 2).put(1, 0)


@pytest.mark.parametrize("chroma", [1, 3])
def test_an_h264_sps_with_scaling_lists(chroma: int) -> None:
    bits = Bits().ue(0, chroma)
    if chroma == 3:
        bits.put(1, 0)
    bits.ue(0, 0).put(1, 0).put(1, 1)
    bits.put(1, 1).se(1, *[2] * 15)  # a whole list
    bits.put(1, 1).se(-8)  # the default one: nothing follows
    bits.put(1, 0)
    bits.put(3, 0)
    bits.put(1, 1).se(*[1, -1] * 32)
    for _ in range(5 if chroma == 3 else 1):
        bits.put(1, 1).se(4, -12)  # ends at once: the next scale is 0
    bits.ue(0, 0, 0)  # frame numbers, order of pictures
    sps = h264_size_end(bits).unit(b"\x67\x64\x00\x1f")
    unit = 2 if chroma == 1 else 1
    assert size_in_header("h264", [sps, PPS]) == (640 - 5 * unit, 480 - 2 * unit)


@pytest.mark.parametrize("order", [0, 1, 2])
def test_an_h264_sps_with_any_order_of_pictures(order: int) -> None:
    bits = Bits().ue(0, 0, order)
    if order == 0:
        bits.ue(7)
    elif order == 1:
        bits.put(1, 0).se(-3, 4).ue(3).se(1, -1, 700)
    assert size_in_header("h264", [h264_size_end(bits).unit(b"\x67\x42\xc0\x1e"), PPS]) == (630, 476)


@pytest.mark.parametrize("layers", [0, 1, 2, 6])
def test_an_h265_sps_with_sub_layers(layers: int) -> None:
    bits = Bits().put(4, 0).put(3, layers).put(1, 1).put(8, 1).put(32, 1 << 30).put(48, 0).put(8, 93)
    told = [(layer % 2, (layer + 1) % 2) for layer in range(layers)]
    for profile, level in told:
        bits.put(1, profile).put(1, level)
    bits.text += "00" * (8 - layers) if layers else ""
    for profile, level in told:
        bits.text += "01" * 44 * profile + "00011110" * level
    bits.ue(0, 1, 1920, 1088).put(1, 1).ue(0, 0, 0, 4).ue(0, 0, 4)
    vps, pps = b"\x40\x01\x0c\x01\xff", b"\x44\x01\xc0"
    assert size_in_header("hevc", [vps, bits.unit(b"\x42\x01"), pps]) == (1920, 1080)


@pytest.mark.parametrize("codec", ["h264", "hevc"])
@pytest.mark.parametrize(
    "extradata", [b"", b"\1", b"\1" * 8, b"\1" * 30, b"\0\0\0\1\x67", b"\0\0\1\x42\1", b"\xff" * 300]
)
def test_damaged_extradata_has_no_sets(codec: str, extradata: bytes) -> None:
    assert not ParameterSets(StreamInfo(codec, extradata, 16, 16)).complete


def test_a_set_counts_as_new_when_it_is_another() -> None:
    sets = ParameterSets(StreamInfo("h264", b"", 16, 16))
    for unit, version in ((PPS, 1), (PPS, 1), (PPS + b"\1", 2), (b"\x68", 2), (b"\x68\x5c", 3), (PPS, 4)):
        sets.look(unit)
        assert sets.version == version


def test_only_h264_and_h265_have_them() -> None:
    with pytest.raises(BadInputError, match=r"H\.264 or H\.265"):
        ParameterSets(StreamInfo("vp9", b"", 16, 16))
