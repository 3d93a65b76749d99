"""What `benchmarks/fuzz.py` feeds with bytes: every reader of files, messages and addresses that may be damaged or hostile.

To add one: write a function that takes any bytes, catches the errors which the reader documents and no others, and asserts
what must hold of what was read; give it seeds, small inputs that are read well; put both into `TARGETS`.

Where a checksum would turn all damage away at the door, an input's first byte says whether it is made right again first,
so that what lies behind the door is tried as well.
"""

import base64
import contextlib
import dataclasses
import hashlib
import io
import itertools
import json
import math
import os
import struct
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from benchmarks import fuzz_census, fuzz_rtsp
from watchglass.base import wire
from watchglass.base.clock import WallUs
from watchglass.base.errors import BadInputError, MissingInputError, RefusedError, UsageError
from watchglass.base.wire import TornMessageError
from watchglass.camera.url import display, parse_source, scrub
from watchglass.detect import message as looks
from watchglass.detect.message import Introduction, Kind, LookRequest, Reply
from watchglass.detect.picture import Sides
from watchglass.model.camera import Health, HealthState, Protection, SourceKind, StreamRole
from watchglass.model.media import TICKS_PER_SECOND, Packet, StreamInfo, Ticks, ViewFormat, ViewSample
from watchglass.model.vision import Box, Detection, ObjectClass
from watchglass.record import message as packets
from watchglass.record.remux import Remuxer
from watchglass.redact import platefile
from watchglass.redact.cells import Geometry
from watchglass.redact.plate import Plate
from watchglass.redact.platebook import PlateBook
from watchglass.seal import identity, segment, shares
from watchglass.seal.identity import Cost, Identity, LockedKey, Recipient
from watchglass.seal.segment import ChunkKind, OpenedSegment, Sealer
from watchglass.seal.shares import Custody, SegmentName, Shares
from watchglass.settings import Settings, load
from watchglass.store import fmp4, nal
from watchglass.store.disks import parse_mark
from watchglass.store.shelf import ORIGINALS, VIEWS

Take = Callable[[bytes], None]
"""Reads an input. What comes out of it, any exception, is a finding."""


@dataclasses.dataclass(frozen=True, slots=True)
class Target:
    """A reader. `seeds` are made when they are needed; `longest` is how many bytes an input has at most."""

    name: str
    take: Take
    seeds: Callable[[], Sequence[bytes]]
    longest: int = 4096


AS_IT_IS, MENDED = b"\x00", b"\x01"

_KEY = bytes(range(32))
_NAME = SegmentName(bytes(range(16)), bytes(range(16, 32)), 7)
_START = WallUs(1_800_000_000_000_000)
_IDENTITIES = tuple(Identity(bytes([number]) * 96) for number in (1, 2, 3))
_PASSPHRASE = "four quiet silhouettes"  # noqa: S105 - protects a key that was made here
_CHEAP = Cost(memory_kib=32, passes=1, lanes=1)
_PLAIN = (b"the init segment", b"a second", b"and another one", b"the last")


def _mended(data: bytes, mend: Callable[[bytes], bytes]) -> bytes:
    """An input without its first byte, made right if that is odd."""
    return mend(data[1:]) if data[:1] and data[0] & 1 else data[1:]


def _both(content: bytes) -> list[bytes]:
    return [AS_IT_IS + content, MENDED + content]


def _records(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """An input as records: a byte, a number of two bytes with a sign, and bytes after their length in two."""
    place = 0
    while place + 5 <= len(data):
        flags, number, size = struct.unpack_from(">BhH", data, place)
        yield flags, number, data[place + 5 : place + 5 + size]
        place += 5 + size


def _record(flags: int, number: int, content: bytes) -> bytes:
    return struct.pack(">BhH", flags, number, len(content)) + content


# ---- sealed segments


def _sums(content: bytes) -> bytes:
    """The same with right checksums of header and chunks."""
    made = bytearray(content)
    if len(made) >= segment.HEADER_SIZE:
        _sum(made, 0, segment.HEADER_SIZE - 4, b"")
    return _with_sums(bytes(made), segment.HEADER_SIZE)


def _with_sums(content: bytes, place: int) -> bytes:
    """The same with right checksums of the chunks from a place on."""
    made = bytearray(content)
    while place + segment.CHUNK_HEAD <= len(made):
        (size,) = struct.unpack_from(">I", made, place + 12)
        begin = place + segment.CHUNK_HEAD
        _sum(made, place, segment.CHUNK_HEAD - 4, bytes(made[begin : begin + size]))
        place = begin + size
    return bytes(made)


def _sum(made: bytearray, place: int, size: int, more: bytes) -> None:
    struct.pack_into(">I", made, place + size, zlib.crc32(more, zlib.crc32(made[place : place + size])))


def _sealed() -> tuple[bytes, list[bytes]]:
    sealer = Sealer(_KEY, _NAME, _START)
    kinds = (ChunkKind.INIT, *[ChunkKind.FRAGMENT] * 3)
    chunks = [sealer.chunk(kind, text, WallUs(_START + 1)) for kind, text in zip(kinds, _PLAIN, strict=True)]
    return sealer.header, [*chunks, sealer.end()]


def _segment_seeds() -> list[bytes]:
    header, chunks = _sealed()
    whole = header + b"".join(chunks)
    return [*_both(whole), *_both(whole[:-3]), *_both(header + chunks[0] + chunks[2]), *_both(header)]


def take_segment(data: bytes) -> None:
    """What opens is the beginning of what was sealed, whatever was done to the file."""
    content = _mended(data, _sums)
    file = io.BytesIO(content)
    assert ORIGINALS.form.extent(file).size <= len(content)
    ORIGINALS.form.is_beginning(file)
    if ORIGINALS.form.is_whole(content):  # which goes by heads alone
        chunks = io.BytesIO(_with_sums(content, 0))
        assert sum(chunk.size for chunk in segment.chunks_of(chunks, 0)) == len(content)
    with contextlib.suppress(BadInputError):
        opened = b"".join(OpenedSegment(file, _KEY).content())
        assert b"".join(_PLAIN).startswith(opened)


# ---- shares and custodians' keys


def _shares_digest(content: bytes) -> bytes:
    return content[:-32] + hashlib.sha256(content[:-32]).digest()


def _shares_seeds() -> list[bytes]:
    seeds = []
    for needed, count in ((1, 1), (2, 3)):
        custody = Custody(tuple(one.recipient for one in _IDENTITIES[:count]), needed)
        seeds += _both(shares.seal(_KEY, _NAME, custody).to_bytes())
    return seeds


def take_shares(data: bytes) -> None:
    """What is read is what would be written, and shares of another key give none."""
    content = _mended(data, _shares_digest)
    try:
        found = Shares.parse(content)
    except BadInputError:
        return
    assert found.to_bytes() == content
    parts = {}
    for one in _IDENTITIES:
        with contextlib.suppress(BadInputError):
            number, part = found.opened(one)
            parts[number] = part
    with contextlib.suppress(BadInputError):
        assert len(found.data_key(parts)) == shares.KEY_SIZE


def _key_seeds() -> list[bytes]:
    return [identity.lock(_IDENTITIES[0], "Ada", _PASSPHRASE, _CHEAP)]


def take_key_file(data: bytes) -> None:
    """Whoever unlocks has the key that was locked. Files that ask for a dear derivation are only read."""
    try:
        locked = LockedKey.parse(data)
    except BadInputError:
        return
    if locked.cost.memory_kib <= _CHEAP.memory_kib and locked.cost.passes <= 2:
        with contextlib.suppress(RefusedError):
            assert locked.unlock(_PASSPHRASE) == _IDENTITIES[0]


def _recipient_text(raw: bytes) -> bytes:
    text = base64.urlsafe_b64encode(raw + hashlib.sha256(raw).digest()[:4]).rstrip(b"=")
    return identity.PUBLIC_PREFIX.encode() + text


def _recipient_seeds() -> list[bytes]:
    one = _IDENTITIES[0].recipient
    return [AS_IT_IS + str(one).encode(), MENDED + one.raw]


def take_recipient(data: bytes) -> None:
    """There is one way to write a public half, and it can be sealed to."""
    text = _text(_mended(data, _recipient_text))
    with contextlib.suppress(BadInputError):
        found = Recipient.parse(text)
        assert str(found) == "".join(text.split())
        found.seal(b"part", b"info")


def _text(data: bytes) -> str:
    """Any text, lone surrogates as well, which JSON may bring."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")


# ---- video


def _view() -> bytes:
    init = fmp4.init_segment(ViewFormat(64, 48, b"\x67\x4d\x40\x1f", b"\x68\xee"))
    made = [init]
    for number in range(3):
        unit = nal.length_prefixed([bytes((0x65, number, 0x80))])
        samples = [ViewSample(unit, Ticks(90_000 * number + 9000 * at), 9000, WallUs(0), at == 0) for at in range(2)]
        made.append(fmp4.fragment(number + 1, samples))
    return b"".join(made)


def _view_seeds() -> list[bytes]:
    whole = _view()
    return [whole, whole[:-5], whole[: len(whole) // 2]]


def take_view(data: bytes) -> None:
    """Fragments lie in the file one after another, and nothing that is read is beyond its end."""
    file = io.BytesIO(data)
    layout = fmp4.fragments_of(file)
    ends = [layout.init_size, *(one.end for one in layout.fragments)]
    starts = [*(one.offset for one in layout.fragments), len(data)]
    assert all(end <= start for end, start in zip(ends, starts, strict=True))
    for one in layout.fragments:
        fmp4.sound(data[one.offset : one.end])
    fmp4.sound(data)
    assert VIEWS.form.extent(file).size == layout.end
    VIEWS.form.is_beginning(file)
    VIEWS.form.is_whole(data)


def _nal_seeds() -> list[bytes]:
    return [b"\0\0\0\1\x67\x42\0\0\3\1\0\0\1\x68\xce\0\0", nal.length_prefixed([b"\x65\x88", b"\x41"])]


def take_nal(data: bytes) -> None:
    """Units survive the way into a file and back; a unit's head can be read to its end and no further."""
    units = nal.split_annexb(data)
    assert nal.split_length_prefixed(nal.length_prefixed(units)) == units
    with contextlib.suppress(ValueError):
        assert nal.length_prefixed(nal.split_length_prefixed(data)) == data
    bits = nal.Bits(data[1:])
    with contextlib.suppress(ValueError):
        for step in itertools.islice(itertools.cycle(data[:8]), 4096):
            assert bits.exp_golomb() >= 0 if step & 1 else bits.take(step % 40) >= 0


def _coded(codec: str, form: str) -> tuple[bytes, list[bytes]]:
    """Extradata and packets of four small pictures: in MP4 with lengths, in MPEG-TS with start codes."""
    file = io.BytesIO()
    with av.open(file, "w", format=form) as output:
        stream = output.add_stream(codec, rate=25)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        quiet = {"x265-params": "log-level=none:bframes=0:keyint=2"} if codec == "libx265" else {"g": "2", "bf": "2"}
        stream.options = {"preset": "ultrafast", **quiet}
        for number in range(4):
            picture = np.full((48, 64, 3), 60 * number, np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    file.seek(0)
    with av.open(file, "r") as read:
        video = read.streams.video[0]
        return bytes(video.codec_context.extradata or b""), [bytes(one) for one in read.demux(video) if one.size]


_STEP = TICKS_PER_SECOND // 25


def _remux_seeds() -> list[bytes]:
    seeds = []
    for hevc, codec in enumerate(("libx264", "libx265")):
        for form in ("mp4", "mpegts"):
            extra, coded = _coded(codec, form)
            frames = [_record(number == 0, 0 if number == 0 else _STEP, data) for number, data in enumerate(coded)]
            seeds.append(bytes((hevc,)) + b"".join([_record(0, 0, extra), *frames]))
    return seeds


def take_remux(data: bytes) -> None:
    """Every packet is in a fragment or counted as dropped; fragments are whole and last some time."""
    codec = "hevc" if data[:1] and data[0] & 1 else "h264"
    records = list(_records(data[1:]))
    extra = records[0][2] if records else b""
    remuxer = Remuxer(StreamInfo(codec, extra, 64, 48, 25.0))
    pts, given = 0, []
    for flags, step, content in records[1:]:
        pts += step << (flags >> 2 & 0x1F)
        packet = Packet(content, Ticks(pts), WallUs(_START + pts), bool(flags & 1), bool(flags & 2))
        if fragment := remuxer.take(packet):
            given.append(fragment)
    given += remuxer.rest()
    assert sum(one.frames for one in given) + remuxer.dropped == len(records[1:])
    for one in given:
        assert [box.kind for box in fmp4.boxes(one.data)] == ["moof", "mdat"]
        assert [box.kind for box in fmp4.boxes(one.init)] == ["ftyp", "moov"]
        assert one.duration_ticks > 0
        assert one.end > one.start


# ---- messages of our own processes


class _Wire:
    """A connection from which these bytes come, and then nothing more."""

    def __init__(self, data: bytes) -> None:
        self._left = memoryview(data)

    def recv_into(self, view: memoryview) -> int:
        count = min(len(view), len(self._left))
        view[:count] = self._left[:count]
        self._left = self._left[count:]
        return count


def _lengths(content: bytes) -> bytes:
    """A head and a payload, with a zero byte between them, as a message."""
    head, _, payload = content.partition(b"\0")
    return struct.pack(">II", len(head), len(payload)) + head + payload


def _wire_seeds() -> list[bytes]:
    box = Box(1.0, 2.0, 3.0, 4.0)
    introduction = Introduction("nano", Protection.FULL, "ab", Sides(416, 256, enlarge=True), "")
    messages = [
        packets.to_wire(Packet(b"data", Ticks(3600), _START, keyframe=True)),
        packets.to_wire(packets.Run("ab", StreamInfo("h264", b"extra", 320, 240, 25.0))),
        packets.to_wire(packets.HealthChange(Health(HealthState.DOWN, _START, "It is gone."))),
        packets.to_wire(packets.Gone()),
        (packets.subscription(7, StreamRole.SUB), b""),
        (looks.introduction_to_wire(introduction), b""),
        looks.request_to_wire(LookRequest(7, Kind.CLOSE, 3, np.zeros((6, 4), np.uint8))),
        looks.reply_to_wire(Reply(7, Kind.WHOLE, 3, 0.5, [Detection(box, ObjectClass.PERSON, 0.5)])),
        looks.reply_to_wire(Reply(7, Kind.WHOLE, 3, 0.5, None)),
    ]
    seeds = [MENDED + json.dumps(head).encode() + b"\0" + payload for head, payload in messages]
    return [*seeds, AS_IT_IS + b"".join(wire.encode(*one) for one in messages)]


def take_wire(data: bytes) -> None:
    """What is read has the types that it says, and can be said again."""
    connection = _Wire(_mended(data, _lengths))
    with contextlib.suppress(TornMessageError):
        while True:
            head, payload = wire.receive(connection)  # type: ignore[arg-type] # of a socket it uses no more
            _take_message(head, payload)


def _take_message(head: wire.Head, payload: bytes) -> None:
    with contextlib.suppress(TornMessageError):
        notice = packets.from_wire(head, payload)
        assert packets.from_wire(*packets.to_wire(notice)) == notice or _not_a_number(head)
        if isinstance(notice, Packet):
            assert isinstance(notice.pts, int)
            assert isinstance(notice.wall, int)
    with contextlib.suppress(TornMessageError):
        camera, _ = packets.parse_subscription(head)
        assert isinstance(camera, int)
    with contextlib.suppress(TornMessageError):
        looks.introduction_from_wire(head)
    with contextlib.suppress(TornMessageError):
        request = looks.request_from_wire(head, payload)
        assert request.picture.size == len(payload)
    with contextlib.suppress(TornMessageError):
        looks.reply_from_wire(head, payload)


def _not_a_number(head: wire.Head) -> bool:
    """Whether there is a NaN in it, which is not even what it was itself."""
    return any(isinstance(value, float) and math.isnan(value) for value in head.values())


# ---- what people write


def _url_seeds() -> list[bytes]:
    return [
        b"rtsp://admin:se%40cret@10.0.0.5:554/Streaming/Channels/101?transport=tcp#x",
        b"rtsps://[fe80::1%25eth0]:322/live",
        b"rtsp://cam.example./a?user=robin&password=secret",
        b"/dev/video0",
        b"~/street.mp4",
        b"C:\\street.avi",
        b"http://10.0.0.5/",
    ]


def take_url(data: bytes) -> None:
    """An address keeps no user name and password, and means the same when it is read again."""
    text = _text(data)
    scrub(text)
    try:
        source, _ = parse_source(text, Path("/footage"))
    except UsageError:
        return
    display(source)
    if source.kind is SourceKind.RTSP:
        assert parse_source(source.address) == (source, None)
    else:
        assert os.fsencode(source.address)


def _settings_seeds() -> list[bytes]:
    return [
        b'data = "footage"\nport = 8081\nretention_days = 7.5\ntls = true\nhost_names = ["a", "b"]\nwatchers = 2\n',
        b'assets = "~/assets"\nmax_view_bytes = 0x80000000\nmin_free_bytes = 1_000\noriginal_days = 1e3\n[a.b]\nc = 1979-05-27\n',
    ]


def take_settings(data: bytes) -> None:
    """Settings that are taken can be worked with: numbers that are some, paths that can be opened."""
    file = _scratch() / "watchglass.toml"
    file.write_bytes(data)
    try:
        found = load(file, Path("/data"))
    except (UsageError, MissingInputError):
        return
    assert math.isfinite(found.retention_days + found.original_days)
    for path in (found.data, found.assets):
        assert path is None or b"\0" not in os.fsencode(path)
    assert Settings.from_json(found.to_json()) == found


def _mark_seeds() -> list[bytes]:
    one = "6a2f41a3-c54c-4f4f-8d0e-0123456789ab"
    return [json.dumps({"format": 1, "uuid": one, "data_folder": one}).encode()]


def take_disk_mark(data: bytes) -> None:
    """The mark of a disk that may come from anywhere."""
    with contextlib.suppress(ValueError):
        number, identity, owner = parse_mark(data)
        assert isinstance(number, int)
        assert len(identity.hex) == len(owner.hex)


# ---- plates


_GEOMETRY = Geometry(32, 24)


def _look() -> Mapping[str, np.ndarray]:
    rows, columns = _GEOMETRY.grid
    width, height = _GEOMETRY.small
    planes = {name: np.full((height, width), 90, np.uint8) for name in "yuv"}
    return planes | {name: np.ones((rows, columns), np.bool_) for name in ("known", "cleared")}


def _zipped(content: bytes) -> bytes:
    """Records, in pairs of name and content, as an archive whose checksums are right."""
    file = io.BytesIO()
    parts = [part for _, _, part in _records(content)]
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in zip(parts[::2], parts[1::2], strict=False):
            archive.writestr(name.decode("latin-1").lstrip("\0") or "-", array)
    return file.getvalue()


def _array(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def _plate_seeds() -> list[bytes]:
    plate = Plate(_GEOMETRY)
    arrays = {f"{number}.{name}": array for number in range(2) for name, array in _look().items()}
    arrays["form"] = np.array(2)
    assert plate.restore(_look())
    platefile.save(plate, PlateBook(), _scratch() / "plate.npz")
    parts = [_record(0, 0, part) for name, one in arrays.items() for part in (f"{name}.npy".encode(), _array(one))]
    kept = (_scratch() / "plate.npz").read_bytes()
    return [AS_IT_IS + kept, AS_IT_IS + _array(np.array(2)), MENDED + b"".join(parts)]


def take_plate(data: bytes) -> None:
    """A file is taken up whole, or leaves everything as it was."""
    path = _scratch() / "plate.npz"
    plate, book = Plate(_GEOMETRY), PlateBook()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile's and numpy's, over what is damaged
        path.write_bytes(_mended(data, _zipped))
        taken = platefile.load(plate, book, path)
    assert taken or (not book.looks and not plate.known.any())


_SCRATCH: list[tempfile.TemporaryDirectory[str]] = []


def _scratch() -> Path:
    """A folder for readers that want a file; gone when the process ends."""
    if not _SCRATCH:
        _SCRATCH.append(tempfile.TemporaryDirectory())
    return Path(_SCRATCH[0].name)


TARGETS: tuple[Target, ...] = (
    Target("sealed-segment", take_segment, _segment_seeds),
    Target("shares", take_shares, _shares_seeds, 8192),
    Target("key-file", take_key_file, _key_seeds, 8192),
    Target("public-half", take_recipient, _recipient_seeds),
    Target("fmp4", take_view, _view_seeds),
    Target("nal", take_nal, _nal_seeds),
    Target("remux", take_remux, _remux_seeds, 8192),
    Target("wire", take_wire, _wire_seeds),
    Target("camera-url", take_url, _url_seeds),
    Target("settings", take_settings, _settings_seeds, 2048),
    Target("disk-mark", take_disk_mark, _mark_seeds, 4096),
    Target("plate-file", take_plate, _plate_seeds, 16384),
    Target("rtp", fuzz_rtsp.take_rtp, fuzz_rtsp.rtp_seeds),
    Target("rtsp", fuzz_rtsp.take_rtsp, fuzz_rtsp.rtsp_seeds, 2048),
    Target("census-map", fuzz_census.take, fuzz_census.map_seeds),
    Target("census-text", fuzz_census.take, fuzz_census.text_seeds),
    Target("sdp", fuzz_rtsp.take_sdp, fuzz_rtsp.sdp_seeds, 2048),
)


def named(names: Iterable[str]) -> list[Target]:
    """These targets, or all if none is named. KeyError for a name that there is not."""
    every = {target.name: target for target in TARGETS}
    return [every[name] for name in names] or list(TARGETS)
