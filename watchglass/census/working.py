"""Work shared among processes, in order of what is done first; nothing is left behind, however it ends."""

import concurrent.futures
import contextlib
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from watchglass.base.errors import WatchglassError
from watchglass.base.process import die_with_parent

Task = TypeVar("Task")
Result = TypeVar("Result")

_AHEAD = 3  # tasks for each process that wait: they are made as they are needed, so that memory is bounded


def shared(work: Callable[[Task], Result], tasks: Iterable[Task], processes: int) -> Iterator[Result]:
    """What `work` makes of each task, in the order in which they are done. `work` is a function of a module.

    With one process it is this one. Others begin anew (spawn): forking a program with threads can stop it for good.
    """
    if processes <= 1:
        yield from map(work, tasks)
        return
    before = set(multiprocessing.active_children())
    pool = concurrent.futures.ProcessPoolExecutor(
        processes, multiprocessing.get_context("spawn"), initializer=_begin, initargs=(os.getpid(),)
    )
    done = False
    try:
        yield from _results(pool, work, iter(tasks), processes * _AHEAD)
        done = True
    except BrokenProcessPool as error:
        raise WatchglassError(
            "A process of the census was ended from outside, perhaps because the machine had no memory left. "
            "Start it again; with one process (--processes 1) it needs least."
        ) from error
    finally:
        if not done:  # an error, Ctrl-C, or nobody wants the rest: do not wait for what is being worked on
            for process in set(multiprocessing.active_children()) - before:
                process.terminate()
        pool.shutdown(wait=True, cancel_futures=True)


def _results(
    pool: concurrent.futures.Executor, work: Callable[[Task], Result], tasks: Iterator[Task], ahead: int
) -> Iterator[Result]:
    waiting: set[concurrent.futures.Future[Result]] = set()
    for task in tasks:
        with _undisturbed():
            waiting.add(pool.submit(work, task))
        if len(waiting) >= ahead:
            done, waiting = concurrent.futures.wait(waiting, return_when=concurrent.futures.FIRST_COMPLETED)
            for one in done:
                yield one.result()
    for one in concurrent.futures.as_completed(waiting):
        yield one.result()


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Ctrl-C waits. A process that begins meanwhile has it held back from its first moment on, before `_begin`."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(parent: int) -> None:
    """Ctrl-C goes to all processes of a terminal: the first of them ends the others, without a page of each one's."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent(parent)
