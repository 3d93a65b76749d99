"""What a sequence parameter set says of the pictures: ITU-T H.264, 7.3.2.1.1, and ITU-T H.265, 7.3.2.2.1."""

import dataclasses

from watchglass.store.nal import Bits

HIGH_PROFILES = frozenset({100, 110, 122, 144, 244, 44, 83, 86, 118, 128})
"""Profiles of H.264 whose SPS tells of chroma and depth."""

_FASTEST = 1000.0  # frames a second; what is beyond is made up
_EXTENDED = 255  # aspect_ratio_idc after which the ratio follows


@dataclasses.dataclass(frozen=True, slots=True)
class Sps:
    """What an SPS says that others repeat."""

    number: int
    width: int
    """Pixels, as they are to be shown."""
    height: int
    chroma: int
    depths: tuple[int, int]
    """Of luma and chroma, less 8 bits."""
    rate: float = 0.0
    """Frames a second; 0.0 where it does not say, or (H.265) is not asked."""


def sps_of_h264(unit: bytes) -> Sps:
    """Read an SPS of H.264, its one-byte head included. ValueError if it is damaged."""
    bits = Bits(unit)
    bits.skip(32)  # the unit's head, profile, constraints, level
    number = bits.exp_golomb()
    chroma, luma_depth, chroma_depth, apart = 1, 0, 0, False
    if unit[1] in HIGH_PROFILES:
        chroma = bits.exp_golomb()
        apart = chroma == 3 and bits.take(1) == 1  # separate_colour_plane_flag
        luma_depth, chroma_depth = bits.exp_golomb(), bits.exp_golomb()
        bits.skip(1)
        if bits.take(1):
            _skip_scaling_lists(bits, 12 if chroma == 3 else 8)
    bits.exp_golomb()  # log2_max_frame_num_minus4
    _skip_picture_order(bits)
    bits.exp_golomb()  # max_num_ref_frames
    bits.skip(1)
    columns, rows = bits.exp_golomb() + 1, bits.exp_golomb() + 1
    fields = 2 - bits.take(1)  # frame_mbs_only_flag
    bits.skip(1 if fields == 1 else 2)
    across, down = (1, 1) if apart else _subsampling(chroma)
    left, right, top, bottom = _crop(bits)
    width, height = 16 * columns - across * (left + right), fields * (16 * rows - down * (top + bottom))
    return _checked(Sps(number, width, height, chroma, (luma_depth, chroma_depth), _rate(bits)))


def sps_of_hevc(unit: bytes) -> Sps:
    """Read an SPS of H.265, its two-byte head included. ValueError if it is damaged."""
    bits = Bits(unit)
    bits.skip(16 + 4)
    layers = bits.take(3)  # sps_max_sub_layers_minus1
    bits.skip(1 + 96)  # profile_tier_level, 7.3.3
    present = [(bits.take(1), bits.take(1)) for _ in range(layers)]
    bits.skip(2 * (8 - layers) if layers else 0)
    bits.skip(sum(88 * profile + 8 * level for profile, level in present))
    number, chroma = bits.exp_golomb(), bits.exp_golomb()
    apart = chroma == 3 and bits.take(1) == 1
    width, height = bits.exp_golomb(), bits.exp_golomb()
    left, right, top, bottom = _crop(bits)
    across, down = (1, 1) if apart else _subsampling(chroma)
    width, height = width - across * (left + right), height - down * (top + bottom)
    return _checked(Sps(number, width, height, chroma, (bits.exp_golomb(), bits.exp_golomb())))


def _rate(bits: Bits) -> float:
    """Frames a second by the usability information (E.1.1), which may be missing, or cut short by cameras."""
    try:
        if not bits.take(1):  # vui_parameters_present_flag
            return 0.0
        if bits.take(1) and bits.take(8) == _EXTENDED:
            bits.skip(32)
        if bits.take(1):  # overscan
            bits.skip(1)
        if bits.take(1):  # video signal
            bits.skip(4)
            bits.skip(24 if bits.take(1) else 0)
        if bits.take(1):  # place of chroma samples
            bits.exp_golomb()
            bits.exp_golomb()
        if not bits.take(1):
            return 0.0
        units, scale = bits.take(32), bits.take(32)
    except ValueError:
        return 0.0
    rate = scale / (2 * units) if units else 0.0  # two fields a frame
    return rate if rate <= _FASTEST else 0.0


def _skip_scaling_lists(bits: Bits, count: int) -> None:
    for index in range(count):
        last = following = 8
        for _ in range((16 if index < 6 else 64) if bits.take(1) else 0):
            if following:
                code = bits.exp_golomb()
                delta = (code + 1) // 2 if code % 2 else -(code // 2)
                following = (last + delta) % 256
                last = following or last


def _skip_picture_order(bits: Bits) -> None:
    kind = bits.exp_golomb()  # pic_order_cnt_type
    if kind == 0:
        bits.exp_golomb()
    elif kind == 1:
        bits.skip(1)
        bits.exp_golomb()
        bits.exp_golomb()
        for _ in range(min(bits.exp_golomb(), 255)):
            bits.exp_golomb()


def _crop(bits: Bits) -> tuple[int, int, int, int]:
    if not bits.take(1):
        return 0, 0, 0, 0
    return bits.exp_golomb(), bits.exp_golomb(), bits.exp_golomb(), bits.exp_golomb()


def _subsampling(chroma: int) -> tuple[int, int]:
    return 2 if chroma in {1, 2} else 1, 2 if chroma == 1 else 1


def _checked(sps: Sps) -> Sps:
    sizes = 0 < sps.width < 1 << 16 and 0 < sps.height < 1 << 16
    if not sizes or sps.chroma > 3 or max(sps.depths) > 7:
        raise ValueError("a parameter set is damaged")
    return sps
