"""Each in a process of its own: what these do cannot be undone."""

import os
import select
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[3]


def start(script: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def ends(process: "subprocess.Popen[str]") -> None:
    """In order, and soon."""
    try:
        assert process.wait(30) == 0
    except subprocess.TimeoutExpired:
        process.kill()
        raise


def test_a_process_that_holds_raw_frames_dumps_no_core() -> None:
    script = """
        import ctypes, resource
        from watchglass.base.process import forbid_core_dumps
        PR_GET_DUMPABLE = 3
        before = ctypes.CDLL(None).prctl(PR_GET_DUMPABLE, 0, 0, 0, 0)
        forbid_core_dumps()
        after = ctypes.CDLL(None).prctl(PR_GET_DUMPABLE, 0, 0, 0, 0)
        print(before, after, *resource.getrlimit(resource.RLIMIT_CORE))
    """
    with start(script) as process:
        assert line(process) == "1 0 0 0"


def test_a_child_goes_with_its_parent_even_if_that_is_killed() -> None:
    child = (
        "import sys, time; from watchglass.base.process import die_with_parent\n"
        "die_with_parent(); print('up', flush=True); time.sleep(600)"
    )
    parent = f"""
        import subprocess, sys
        child = subprocess.Popen([sys.executable, "-c", {child!r}], stdout=subprocess.PIPE, text=True)
        child.stdout.readline()
        print(child.pid, flush=True)
        sys.stdin.read()
    """
    with start(parent) as process:
        number = int(line(process))
        descriptor = os.pidfd_open(number)
        try:
            process.kill()
            process.wait()
            # A pidfd is readable once its process has ended, whoever reaps it.
            assert _readable(descriptor, seconds=30)
        finally:
            os.close(descriptor)


def _readable(descriptor: int, seconds: float) -> bool:
    return bool(select.select([descriptor], [], [], seconds)[0])


def test_a_signal_asks_for_a_stop_and_does_not_interrupt() -> None:
    script = """
        from watchglass.base.process import stop_on_signals
        stop = stop_on_signals()
        print("ready", stop.is_set(), flush=True)
        asked = stop.wait(60)
        stop.clear()  # before it is told, for the next signal comes when it is
        print("asked", asked, flush=True)
        print("again", stop.wait(60), flush=True)
    """
    with start(script) as process:
        assert line(process) == "ready False"
        process.send_signal(signal.SIGTERM)
        assert line(process) == "asked True"
        process.send_signal(signal.SIGINT)
        assert line(process) == "again True"
        assert process.wait(30) == 0


def test_a_signal_that_comes_while_the_event_is_being_used_hangs_nobody() -> None:
    """As two do when one comes while the other is handled: both are for the main thread, and an event's lock is held once."""
    script = """
        import os, signal
        from watchglass.base.process import stop_on_signals
        stop = stop_on_signals()
        with stop._cond:
            for _ in range(3):
                os.kill(os.getpid(), signal.SIGTERM)
        print("asked", stop.wait(60), flush=True)
    """
    with start(script) as process:
        ends(process)
        assert line(process) == "asked True"


def test_leaves_at_once_and_what_was_said_is_said() -> None:
    script = """
        import atexit, threading
        from watchglass.base.process import leave
        atexit.register(print, "forgotten")
        threading.Thread(target=threading.Event().wait).start()
        print("done", end="")
        leave()
    """
    with start(script) as process:
        ends(process)
        assert process.stdout is not None
        assert process.stdout.read() == "done"
