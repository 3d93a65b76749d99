import threading
import time

import av.container.core
import pytest

from tests.rtsp import mute_server
from watchglass.ingest import interrupt
from watchglass.ingest.interrupt import install, interruptible


def test_pyav_takes_its_time_from_the_clock_that_leaps() -> None:
    install()
    install()
    assert av.container.core.time.monotonic is interrupt._monotonic  # type: ignore[attr-defined]


def test_time_goes_on_as_usual_until_the_stop() -> None:
    stop = threading.Event()
    with interruptible(stop):
        assert abs(interrupt._monotonic() - time.monotonic()) < 60
        stop.set()
        first, second = interrupt._monotonic(), interrupt._monotonic()
        assert first > time.monotonic() + 60
        assert second > first + 60  # a limit that begins now passes as well
    assert abs(interrupt._monotonic() - time.monotonic()) < 60


def test_another_threads_stop_is_none_of_ours() -> None:
    stop, inside, done = threading.Event(), threading.Event(), threading.Event()
    stop.set()

    def other() -> None:
        with interruptible(stop):
            inside.set()
            done.wait(20)

    thread = threading.Thread(target=other)
    thread.start()
    assert inside.wait(20)
    assert abs(interrupt._monotonic() - time.monotonic()) < 60
    done.set()
    thread.join(20)
    assert thread.ident not in interrupt._stops


def test_the_inner_of_two_does_not_outlive_itself() -> None:
    outer, inner = threading.Event(), threading.Event()
    first, second = interruptible(outer), interruptible(inner)
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)  # the older of two generators is collected late
    inner.set()
    assert interrupt._monotonic() > time.monotonic() + 60
    second.__exit__(None, None, None)
    assert threading.get_ident() not in interrupt._stops


@pytest.mark.parametrize("scheme", ["rtsp", "rtsps"])
def test_a_camera_that_never_answers_is_let_go_on_request(scheme: str) -> None:
    install()
    stop, ended = threading.Event(), threading.Event()

    def open_it(port: int) -> None:
        with interruptible(stop):
            try:
                av.open(f"{scheme}://127.0.0.1:{port}/a", timeout=(600, 600))
            except av.error.FFmpegError:
                ended.set()

    with mute_server() as port:
        thread = threading.Thread(target=open_it, args=(port,), daemon=True)
        thread.start()
        assert not ended.wait(0.3)  # it does wait for an answer
        stop.set()
        assert ended.wait(20)  # its own limit is ten minutes
        thread.join(20)
