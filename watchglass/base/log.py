"""Logging: one line an event on standard error, whoever logs it (structlog or the standard library), without secrets.

Lines are logfmt (https://brandur.org/logfmt): `time=... level=warning process=recorder event="process ended" code=-9`.
"""

import logging
import sys
from collections.abc import Callable
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

Scrub = Callable[[str], str]
"""Takes user names and passwords out of a text."""

# What they say while all is well is of no use to the person who runs a camera system.
_TALKATIVE = ("alembic", "uvicorn", "httpx", "httpcore", "asyncio")


def configure(process: str, scrub: Scrub, level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Set up logging for this process, once. Every text passes `scrub`, tracebacks included."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        _named(process),
        _without_secrets(scrub),
    ]
    order = ["time", "level", "process", "event"]
    renderer = structlog.processors.LogfmtRenderer(key_order=order, drop_missing=True, bool_as_flag=False)
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def _named(process: str) -> Processor:
    def add(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["process"] = process
        return event

    return add


def _without_secrets(scrub: Scrub) -> Processor:
    def clean(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        for key, value in event.items():
            if key.startswith("_"):  # structlog's own, never printed
                continue
            text = value if isinstance(value, str) else str(value)
            cleaned = scrub(text)
            if isinstance(value, str) or cleaned != text:
                event[key] = cleaned.replace("\n", " | ")  # one event, one line
        return event

    return clean
