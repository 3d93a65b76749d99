"""Pictures that show what the one before showed, put between those of an H.264 encoder that knows nothing of them.

A camera that sees nobody shows the same for a second at a time. To find that out anew costs an encoder a millisecond a
picture; to say it takes ten bytes: a slice in which all macroblocks are skipped, so that they are those of the picture
before (ITU-T H.264, 7.3.3 and 8.4.1.1). Each picture that others are built on has a number, one more than the one before
(`frame_num`, 7.4.3); the encoder's own are counted on by those that were put between.

That holds for streams as `encode.py` makes them: baseline profile, one slice a picture, all of them built on, each on
the one before, shown in the order of coding (`pic_order_cnt_type` 2).
"""

import re

from watchglass.store.nal import Bits, kind, unprotected

_IDR = 5
_HEADER = b"\x41"  # nal_ref_idc 2, nal_unit_type 1: a slice that others are built on
_P_SLICE = 5  # slice_type of 7.4.3: all slices of the picture are P
_BEFORE_PROFILE = 8  # bits: the NAL unit's header
_PROFILE = 24  # bits: profile_idc, constraint flags, level_idc
_BASELINE = 66  # profile_idc
_CODED_ORDER = 2  # pic_order_cnt_type
_READ = 16  # bytes of a slice that its header's first four fields fit into
_PROTECTED = re.compile(rb"\x00\x00(?=[\x00-\x03])")


class FrameNumbers:
    """Numbers of one stream's pictures, `sps` its sequence parameter set. Used from one thread.

    ValueError for another kind of stream.
    """

    def __init__(self, sps: bytes, width: int, height: int) -> None:
        bits = Bits(sps)
        bits.skip(_BEFORE_PROFILE + _PROFILE)
        bits.exp_golomb()  # seq_parameter_set_id
        digits, order = bits.exp_golomb(), bits.exp_golomb()
        if sps[1] != _BASELINE or order != _CODED_ORDER:
            raise ValueError("pictures can be repeated only in a baseline stream that is shown in the order of coding")
        self._digits = digits + 4  # log2_max_frame_num_minus4
        self._macroblocks = -(-width // 16) * -(-height // 16)
        self._next = 0

    def coded(self, unit: bytes) -> bytes:
        """The encoder's next slice with the number that is its turn."""
        if kind(unit) == _IDR:
            self._next = 0
        number = self._take()
        head = _bits(unprotected(unit[:_READ]))
        at = 8
        for _ in range(3):  # first_mb_in_slice, slice_type, pic_parameter_set_id
            _, at = _read(head, at)
        end = at + self._digits
        if head[at:end] == number:
            return unit
        raw = bytearray(unprotected(unit))
        size = -(-end // 8)
        raw[:size] = _bytes(head[:at] + number + head[end : 8 * size])
        return _protected(bytes(raw))

    def repeated(self) -> bytes:
        """A slice that shows what the picture before shows."""
        fields = (
            _coded(0),  # first_mb_in_slice
            _coded(_P_SLICE),
            _coded(0),  # pic_parameter_set_id
            self._take(),
            "0",  # num_ref_idx_active_override_flag
            "0",  # ref_pic_list_modification_flag_l0
            "0",  # adaptive_ref_pic_marking_mode_flag
            _coded(0),  # slice_qp_delta
            _coded(1),  # disable_deblocking_filter_idc: nothing has changed at any edge
            _coded(self._macroblocks),  # mb_skip_run
            "1",  # rbsp_stop_one_bit
        )
        bits = "".join(fields)
        return _protected(_HEADER + _bytes(bits + "0" * (-len(bits) % 8)))

    def _take(self) -> str:
        number, self._next = self._next, (self._next + 1) % (1 << self._digits)
        return f"{number:0{self._digits}b}"


def _read(bits: str, at: int) -> tuple[int, int]:
    """An unsigned Exp-Golomb number (9.1) and where the next field begins."""
    one = bits.index("1", at)
    end = 2 * one - at + 1
    return int(bits[one:end], 2) - 1, end


def _coded(number: int) -> str:
    digits = f"{number + 1:b}"
    return "0" * (len(digits) - 1) + digits


def _bits(data: bytes) -> str:
    return f"{int.from_bytes(data, 'big'):0{8 * len(data)}b}"


def _bytes(bits: str) -> bytes:
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def _protected(raw: bytes) -> bytes:
    return _PROTECTED.sub(b"\x00\x00\x03", raw)
