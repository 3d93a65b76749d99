"""What libav says: nothing reaches the terminal; in the recorder it goes to the log, scrubbed, and losses are counted.

PyAV is silent unless told otherwise. `redirect` turns its warnings on and takes them over: libav names the URL it
reads, credentials and all, in some of them. Messages come on the thread that called libav, so what is said of lost
packets can be told apart by stream.
"""

import contextlib
import dataclasses
import logging
import re
import threading
from collections.abc import Iterator

import av.logging
import structlog

from watchglass.camera.url import scrub

_log = structlog.get_logger()
_LOST = re.compile(r"RTP: missed (\d+) packets")


@dataclasses.dataclass(slots=True)
class Losses:
    """RTP packets that libav missed on one thread."""

    count: int = 0


_losses: dict[int, Losses] = {}  # by thread; each thread adds and removes its own entry only


class _Scrubbed(logging.Handler):
    """Hands libav's messages to structlog without credentials, and counts losses."""

    def emit(self, record: logging.LogRecord) -> None:
        message = scrub(record.getMessage())
        record.msg, record.args = message, ()  # for whoever else listens: handlers that come later see this one
        if (lost := _LOST.search(message)) and (losses := _losses.get(threading.get_ident())):
            losses.count += int(lost[1])
        _log.debug("libav", source=record.name.removeprefix("libav."), message=message)


def redirect() -> None:
    """Have libav's warnings scrubbed and logged (level debug), none printed. Calling it again does nothing."""
    logger = logging.getLogger("libav")
    if not any(isinstance(handler, _Scrubbed) for handler in logger.handlers):
        logger.handlers = [_Scrubbed()]
        logger.propagate = False
        logger.setLevel(logging.WARNING)
    av.logging.set_level(av.logging.WARNING)
    av.logging.set_skip_repeated(False)  # else the same loss said twice is counted once


@contextlib.contextmanager
def losses_of_this_thread() -> Iterator[Losses]:
    """Count what libav says of lost packets on this thread."""
    ident = threading.get_ident()
    losses = _losses[ident] = Losses()
    try:
        yield losses
    finally:
        _losses.pop(ident, None)
