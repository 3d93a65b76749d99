"""What was kept as a film: an HLS playlist (RFC 8216) over the very files, by ranges of bytes."""

import dataclasses
import math
from collections.abc import Iterable, Iterator
from typing import Final

from fastapi import APIRouter, Response

from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.console.context import SIGNED_IN, Context
from watchglass.console.fault import ANSWERS
from watchglass.console.shapes import Asked, CameraId, nothing_kept
from watchglass.evidence.footage import SEAM_US, Piece, iso, pieces
from watchglass.model.media import TICKS_PER_SECOND
from watchglass.model.record import Segment
from watchglass.store.disks import DiskAwayError
from watchglass.store.fmp4 import FileLayout, FragmentAt

ENTRY_TICKS: Final = 4 * TICKS_PER_SECOND
LONGEST_US: Final = 2 * 3600 * MICROSECONDS
MEDIA_TYPE: Final = "application/vnd.apple.mpegurl"

router = APIRouter(prefix="/api/cameras/{camera_id}", responses=ANSWERS, dependencies=SIGNED_IN, tags=["timeline"])


@dataclasses.dataclass(frozen=True, slots=True)
class _Entry:
    """Some fragments of a piece that are played, and fetched, together."""

    ticks: int
    offset: int
    size: int


@router.get(
    "/playlist.m3u8",
    response_class=Response,
    responses={200: {"content": {MEDIA_TYPE: {}}, "description": "A media playlist of type VOD."}},
)
def playlist(camera_id: CameraId, span: Asked, console: Context) -> Response:
    """Make a playlist of what is kept of a span, of its first two hours if it is longer."""
    camera = console.cameras.get(camera_id)
    end = WallUs(min(span.end, span.start + LONGEST_US))
    segments = console.views.segments(camera_id, span.start, end)
    away: list[DiskAwayError] = []

    def layout_of(segment: Segment) -> FileLayout | None:
        try:
            return console.layouts(segment)
        except DiskAwayError as error:  # what is on the other disks can be played
            away.append(error)
            return None

    footage = list(pieces(layout_of, segments, span.start, end))
    if not footage:
        raise away[0] if away else nothing_kept(camera)
    return Response(render(footage), media_type=MEDIA_TYPE)


def render(footage: Iterable[Piece]) -> str:
    """The playlist of these pieces, which are in order."""
    lines: list[str] = []
    longest = 1.0
    before: Piece | None = None
    for piece in footage:
        if before is not None and not _plays_on(before, piece):
            lines.append("#EXT-X-DISCONTINUITY")
        uri = f"/api/segments/{piece.segment.id}.mp4"
        if before is None or before.segment.id != piece.segment.id:
            lines.append(f'#EXT-X-MAP:URI="{uri}",BYTERANGE="{piece.init_size}@0"')
        lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{iso(piece.start)}")
        for entry in _entries(piece.fragments):
            seconds = entry.ticks / TICKS_PER_SECOND
            longest = max(longest, seconds)
            lines += [f"#EXTINF:{seconds:.6f},", f"#EXT-X-BYTERANGE:{entry.size}@{entry.offset}", uri]
        before = piece
    head = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{math.ceil(longest)}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",  # every fragment begins with a keyframe
    ]
    return "\n".join([*head, *lines, "#EXT-X-ENDLIST", ""])


def _plays_on(before: Piece, after: Piece) -> bool:
    return before.segment.run == after.segment.run and after.start - before.end < SEAM_US


def _entries(fragments: Iterable[FragmentAt]) -> Iterator[_Entry]:
    """Fragments that lie one after another, about four seconds together."""
    entry: _Entry | None = None
    for fragment in fragments:
        if entry is not None and (entry.ticks >= ENTRY_TICKS or entry.offset + entry.size != fragment.offset):
            yield entry
            entry = None
        if entry is None:
            entry = _Entry(0, fragment.offset, 0)
        entry = _Entry(entry.ticks + fragment.duration_ticks, entry.offset, entry.size + fragment.size)
    if entry is not None:
        yield entry
