"""One picture of the view at a moment, as a PNG: the very pixels that were kept, and no word besides them (rule R7)."""

import dataclasses
import io
import struct
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Final

import av
import av.codec.context
import av.error
from av.video.frame import VideoFrame

from watchglass.base.clock import WallUs
from watchglass.base.errors import BadInputError
from watchglass.evidence.footage import NEAR_US, DeletedError, LayoutOf, Piece, film_of, pieces
from watchglass.model.media import TICKS_PER_SECOND
from watchglass.model.record import Segment
from watchglass.store.folder import DataFolder

_TIME_BASE: Final = Fraction(1, TICKS_PER_SECOND)
_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_PICTURE: Final = frozenset({b"IHDR", b"IDAT", b"IEND"})


@dataclasses.dataclass(frozen=True, slots=True)
class Still:
    """A picture and when it was shown."""

    at: WallUs
    png: bytes = dataclasses.field(repr=False)


def still_of(
    folder: DataFolder, layout_of: LayoutOf, segments: Iterable[Segment], at: WallUs, widest: int | None = None
) -> Still | None:
    """What the view showed at a moment, no wider than `widest`; None where nothing is kept so near to it.

    DiskAwayError when its disk is missing, BadInputError when its segment is damaged.
    """
    piece = nearest(layout_of, segments, at)
    if piece is None:
        return None
    try:
        wall, frame = _shown(film_of(folder, piece), piece, at)
        return Still(wall, _png(frame, widest))
    except DeletedError:
        return None
    except (av.error.FFmpegError, StopIteration) as error:
        raise BadInputError("The picture of this moment is damaged.") from error


def nearest(layout_of: LayoutOf, segments: Iterable[Segment], at: WallUs) -> Piece | None:
    """The one fragment that was shown at a moment, or else the nearest; None where there is none so near."""
    near = pieces(layout_of, segments, WallUs(at - NEAR_US), WallUs(at + NEAR_US))
    single = [dataclasses.replace(piece, fragments=(fragment,)) for piece in near for fragment in piece.fragments]
    return min(single, key=lambda piece: _away(piece, at), default=None)


def _away(piece: Piece, at: WallUs) -> int:
    return max(piece.start - at, at - piece.end + 1, 0)  # an end is not shown any more


def _shown(film: bytes, piece: Piece, at: WallUs) -> tuple[WallUs, VideoFrame]:
    """The last picture that came up to a moment; the first one where all came later."""
    with av.open(io.BytesIO(film), "r", format="mp4") as source:
        frames = _timed(source.decode(video=0), piece)
        found = next(frames)
        for wall, frame in frames:
            if wall > at:
                break
            found = wall, frame
        return found


def _timed(frames: Iterable[VideoFrame], piece: Piece) -> Iterator[tuple[WallUs, VideoFrame]]:
    for frame in frames:
        if frame.pts is not None and frame.time_base is not None:
            yield piece.wall(round(frame.pts * frame.time_base * TICKS_PER_SECOND)), frame


def _png(frame: VideoFrame, widest: int | None) -> bytes:
    width, height = frame.width, frame.height
    if widest is not None and width > widest:
        width, height = widest, max(1, round(height * widest / width))
    codec = av.CodecContext.create("png", "w")
    codec.width, codec.height, codec.pix_fmt = width, height, "rgb24"
    codec.time_base = _TIME_BASE
    codec.options = {"compression_level": "3"}  # half the time of 6, for six per cent more bytes
    packets = codec.encode(frame.reformat(width, height, "rgb24"))
    return _plain(b"".join(bytes(packet) for packet in (*packets, *codec.encode(None))))


def _plain(png: bytes) -> bytes:
    """Without what is no pixel: https://www.w3.org/TR/png-3/#5Chunk-layout."""
    kept, place = [_SIGNATURE], len(_SIGNATURE)
    while place < len(png):
        (length,) = struct.unpack_from(">I", png, place)
        chunk = png[place : place + 12 + length]
        if chunk[4:8] in _PICTURE:
            kept.append(chunk)
        place += len(chunk)
    return b"".join(kept)
