import logging
import threading
from collections.abc import Iterator

import av.logging
import pytest
from structlog.testing import capture_logs

from watchglass.ingest.log import _Scrubbed, losses_of_this_thread, redirect


@pytest.fixture(autouse=True)
def redirected() -> Iterator[None]:
    redirect()
    redirect()
    yield
    av.logging.set_level(None)


def test_libav_is_logged_once_without_credentials(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with capture_logs() as logs:
        av.logging.log(av.logging.WARNING, "rtsp", "cannot read rtsp://admin:hunter2@10.0.0.5/a")
    assert logs == [
        {"event": "libav", "source": "rtsp", "message": "cannot read rtsp://10.0.0.5/a", "log_level": "debug"}
    ]
    assert "hunter2" not in caplog.text  # pytest listens to all loggers
    assert capfd.readouterr() == ("", "")


def test_what_is_no_warning_is_not_logged() -> None:
    with capture_logs() as logs:
        av.logging.log(av.logging.INFO, "rtsp", "all is well")
    assert logs == []


def test_losses_are_counted_for_the_thread_that_reads() -> None:
    ready, told = threading.Event(), threading.Event()

    def other() -> None:
        ready.wait(20)
        av.logging.log(av.logging.WARNING, "rtsp", "RTP: missed 100 packets")
        told.set()

    thread = threading.Thread(target=other)
    thread.start()
    with losses_of_this_thread() as losses:
        for _ in range(2):
            av.logging.log(av.logging.WARNING, "rtsp", "RTP: missed 3 packets")
        av.logging.log(av.logging.WARNING, "rtsp", "something else")
        ready.set()
        assert told.wait(20)
        assert losses.count == 6
    thread.join(20)
    av.logging.log(av.logging.WARNING, "rtsp", "RTP: missed 3 packets")
    assert losses.count == 6


def test_the_standard_librarys_logger_does_not_pass_it_on() -> None:
    logger = logging.getLogger("libav")
    assert not logger.propagate
    assert len([handler for handler in logger.handlers if isinstance(handler, _Scrubbed)]) == 1
