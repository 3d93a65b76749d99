"""Files of the view at rest, whole or in part, as players ask for them."""

import dataclasses
import os
import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from fastapi import APIRouter, Request, Response
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from watchglass.base.errors import MissingInputError
from watchglass.console.context import SIGNED_IN, Context
from watchglass.console.fault import ANSWERS
from watchglass.console.security import refuse
from watchglass.console.shapes import SegmentId
from watchglass.model.record import SegmentState
from watchglass.store.fmp4 import fragments_of

CHUNK: Final = 256 * 1024
_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")

router = APIRouter(prefix="/api/segments", responses=ANSWERS, dependencies=SIGNED_IN, tags=["timeline"])


class FilePart(StreamingResponse):
    """Bytes of an open file, which is closed whatever happens. Deleting the file meanwhile does no harm."""

    def __init__(self, file: BinaryIO, start: int, length: int, status: int, headers: dict[str, str]) -> None:
        self._file = file
        super().__init__(
            _read(file, start, length), status, {**headers, "content-length": str(length)}, media_type="video/mp4"
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._file.close()


def _read(file: BinaryIO, start: int, length: int) -> Iterator[bytes]:
    while length > 0:
        data = os.pread(file.fileno(), min(CHUNK, length), start)
        if not data:
            return
        yield data
        start += len(data)
        length -= len(data)


@router.head("/{segment_id}.mp4", include_in_schema=False)
@router.get(
    "/{segment_id}.mp4",
    response_class=Response,
    responses={200: {"content": {"video/mp4": {}}}, 206: {"content": {"video/mp4": {}}, "description": "A part."}},
)
def segment(segment_id: SegmentId, request: Request, console: Context) -> Response:
    """Serve a segment's file up to its last whole fragment, or the range of it that is asked for."""
    found = console.views.segment(segment_id)
    try:
        file = console.folder.disks.open(found.path)
    except FileNotFoundError as error:
        raise MissingInputError("This segment has been deleted.") from error
    is_open = found.state is SegmentState.OPEN
    size = fragments_of(file).end if is_open else os.fstat(file.fileno()).st_size
    tag = f'"{found.id}-{size}"'
    asked = request.headers.get("range") if request.headers.get("if-range", tag) == tag else None
    part = part_of(asked, size)
    if part is None:
        file.close()
        answer = refuse(416, "The segment is shorter than the range that was asked for.")
        answer.headers["content-range"] = f"bytes */{size}"
        return answer
    headers = {"accept-ranges": "bytes", "etag": tag}
    if part.asked:
        headers["content-range"] = f"bytes {part.start}-{part.start + part.length - 1}/{size}"
    status = 206 if part.asked else 200
    if request.method == "HEAD":
        file.close()
        headers["content-length"] = str(part.length)
        return Response(status_code=status, headers=headers, media_type="video/mp4")
    return FilePart(file, part.start, part.length, status, headers)


@dataclasses.dataclass(frozen=True, slots=True)
class Part:
    """Which bytes to send; `asked` when a range was asked for, else they are the whole."""

    start: int
    length: int
    asked: bool = True


def part_of(header: str | None, size: int) -> Part | None:
    """What a Range header asks for (RFC 9110, 14.1.2); None when nothing is there.

    What is not one valid range of bytes is ignored, as the RFC allows.
    """
    whole = Part(0, size, asked=False)
    match = _RANGE.fullmatch(header) if header else None
    if match is None or match.groups() == ("", ""):
        return whole
    first, last = match.groups()
    if not first:
        length = min(int(last), size)
        return Part(size - length, length) if length else None
    if last and int(last) < int(first):
        return whole
    end = min(int(last), size - 1) if last else size - 1
    return Part(int(first), end - int(first) + 1) if int(first) < size else None
