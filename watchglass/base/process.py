"""What every process of ours does to itself: no core dumps, death with its parent, a clean stop on a signal."""

import ctypes
import os
import queue
import resource
import signal
import sys
import threading
from types import FrameType
from typing import NoReturn

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_PR_SET_DUMPABLE = 4


def forbid_core_dumps() -> None:
    """Keep raw frames out of core files and away from other users' ptrace (rule R6, prctl(2))."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def die_with_parent(parent: int | None = None) -> None:
    """Have the kernel end this process when its supervisor is gone, so that none is left behind.

    `parent` is the supervisor's process id, where the caller was told it: it may have gone before we got here.
    """
    parent = parent or os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # the parent went before that call
        os.kill(os.getpid(), signal.SIGTERM)


def leave() -> NoReturn:
    """End this process, whose work has ended in order, at once.

    Python would take a core for 0.1 to 0.4 s to forget each object of a process of ours; after a supervisor that was killed,
    those who start again want it.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(0)


def cores() -> int:
    """How many we may use."""
    return len(os.sched_getaffinity(0))


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set. Call it from the main thread, once.

    Not by the handler itself: it may have interrupted the main thread as that held the event's lock, or another handler. Who
    dies with a parent of several threads gets several SIGTERM at once.
    """
    stop = threading.Event()
    asked: queue.SimpleQueue[None] = queue.SimpleQueue()  # reentrant: see its documentation

    def ask(_number: int, _frame: FrameType | None) -> None:
        asked.put(None)

    def pass_on() -> None:
        while True:
            asked.get()
            stop.set()

    threading.Thread(target=pass_on, name="signals", daemon=True).start()
    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    return stop
