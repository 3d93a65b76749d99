import io
import logging
from collections.abc import Iterator

import pytest
import structlog

from watchglass.base import log


def scrub(text: str) -> str:
    return text.replace("hunter2", "...")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is logged while the test runs; the logging that was there before is put back."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    stream = io.StringIO()
    log.configure("recorder", scrub, stream=stream)
    yield stream
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_one_line_with_what_when_and_where(lines: io.StringIO) -> None:
    structlog.get_logger().warning("camera is down", camera="Front door")
    time, rest = lines.getvalue().split(" ", 1)
    assert time.startswith("time=")
    assert time.endswith("Z")
    assert rest == 'level=warning process=recorder event="camera is down" camera="Front door"\n'


def test_the_standard_library_logs_the_same_way(lines: io.StringIO) -> None:
    logging.getLogger("watchglass.store").error("file %s is torn", "x.mp4")
    assert lines.getvalue().endswith('level=error process=recorder event="file x.mp4 is torn"\n')


def test_no_secret_in_text_values_and_tracebacks(lines: io.StringIO) -> None:
    structlog.get_logger().warning("rtsp://a:hunter2@host", url="rtsp://a:hunter2@host", error=ValueError("hunter2"))
    logging.getLogger("other").warning("hunter2 and %s", "hunter2")
    try:
        int("hunter2")
    except ValueError:
        logging.getLogger("other").exception("it broke")
        structlog.get_logger().exception("it broke")
    assert "hunter2" not in lines.getvalue()
    assert lines.getvalue().count("ValueError: invalid literal") == 2
    assert len(lines.getvalue().splitlines()) == 4


def test_numbers_stay_numbers(lines: io.StringIO) -> None:
    structlog.get_logger().info("ended", code=-9, at=True)
    assert lines.getvalue().endswith("event=ended code=-9 at=true\n")


def test_below_the_level_nothing_is_said(lines: io.StringIO) -> None:
    structlog.get_logger().debug("quiet")
    logging.getLogger("alembic.runtime").info("quiet too")
    assert lines.getvalue() == ""
