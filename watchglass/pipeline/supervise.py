"""The supervisor: starts our processes, starts each again when it ends, and stops them in order.

Each child loads what it needs, and touches nothing until it gets a line on its standard input. It says `ready` (and what
it likes after it) on a line of its standard output once it does its work. What a person should know it writes to standard
error, which is ours. A child that ends is started again after a wait that doubles while it keeps ending, each child on its
own: a watcher that dies costs the recorder nothing.

Of a child that is `urgent` a second process stands by, loaded, and is let go the moment the first one ends: loading takes a core
a second, and several where others want it too.
"""

import asyncio
import contextlib
import dataclasses
import enum
import json
import signal
import subprocess
from collections.abc import Callable, Coroutine, Iterable, Sequence
from pathlib import Path

import structlog

from watchglass.base import durable
from watchglass.base.clock import Clock, WallUs

READY = "ready"
_LONGEST_LINE = 4096

_log = structlog.get_logger(__name__)


class ProcessState(enum.StrEnum):
    """What a child is doing. `waiting`: it ended, and will be started again in a while."""

    STARTING = "starting"
    RUNNING = "running"
    WAITING = "waiting"
    STOPPED = "stopped"


@dataclasses.dataclass(frozen=True, slots=True)
class Child:
    """One process to keep running.

    Those of a lower `start_order` are started first and get a head start: loading Python takes a core a second or two,
    and who records must not share it. Those of a lower `stop_order` are stopped first. A code in `final` that comes before the first `ready` ends
    everything: starting again would only fail again, and a person must act. `urgent`: what it does not do meanwhile is lost,
    so one stands by for it, and it never waits long before it is started again.
    """

    name: str
    command: tuple[str, ...]
    start_order: int = 0
    stop_order: int = 0
    final: frozenset[int] = frozenset()
    urgent: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class SuperviseOptions:
    """All in seconds. A child that ran `healthy` long starts again from the first wait.

    An urgent one that ran for a few seconds has done what nobody else does: a wait would only lose more of it.
    """

    first_wait: float = 0.5
    longest_wait: float = 30.0
    healthy: float = 60.0
    first_wait_urgent: float = 0.1
    longest_wait_urgent: float = 1.0
    healthy_urgent: float = 3.0
    patience: float = 5.0  # from SIGTERM to SIGKILL
    head_start: float = 3.0  # at most, for those before in `start_order`
    undisturbed: float = 0.5  # for an urgent child that is ready, before others load and want the processor
    stand_by: float = 20.0  # after the first ready: until then others load, and want the processor more


class Backoff:
    """How long to wait before a child is started again: doubling, and from the start after a healthy run."""

    def __init__(self, options: SuperviseOptions, *, urgent: bool = False) -> None:
        self._healthy = options.healthy_urgent if urgent else options.healthy
        self._first = options.first_wait_urgent if urgent else options.first_wait
        self._longest = options.longest_wait_urgent if urgent else options.longest_wait
        self._next = self._first

    def after(self, ran: float) -> float:
        """Seconds to wait after a run of `ran` seconds."""
        if ran >= self._healthy:
            self._next = self._first
        wait = self._next
        self._next = min(self._next * 2, self._longest)
        return wait


@dataclasses.dataclass(slots=True)
class _Status:
    state: ProcessState
    since: WallUs
    restarts: int = 0
    said: str = ""  # after `ready`
    process: asyncio.subprocess.Process | None = None
    standing_by: asyncio.subprocess.Process | None = None  # another one, loaded
    taken: asyncio.Event = dataclasses.field(default_factory=asyncio.Event)  # that one is needed
    working: asyncio.Event = dataclasses.field(default_factory=asyncio.Event)  # since its last start
    was_ready: bool = False
    renewed: bool = False  # its end is our wish
    settled: asyncio.Event = dataclasses.field(default_factory=asyncio.Event)  # ready, or ended, since its first start


class Supervisor:
    """Keeps `children` running until told to stop. `status` is a file that always says how each of them is.

    `on_ready` gets a child's name and what it said after `ready`, each time it does. If `held`, those that start first only
    load until `go` is called, and the others are not started.
    """

    def __init__(
        self,
        children: Sequence[Child],
        status: Path,
        clock: Clock,
        on_ready: Callable[[str, str], None] = lambda _name, _words: None,
        options: SuperviseOptions = SuperviseOptions(),
        *,
        held: bool = False,
    ) -> None:
        self._children = tuple(children)
        self._file = status
        self._clock = clock
        self._on_ready = on_ready
        self._options = options
        self._ending = asyncio.Event()
        self._going = asyncio.Event()
        if not held:
            self.go()
        self._code = 0
        self._status = {child.name: _Status(ProcessState.STARTING, clock.wall_us()) for child in self._children}

    async def run(self, stop: asyncio.Event) -> int:
        """Run until `stop` is set, then 0; or until a child ends for good, then its exit code."""
        self._write()
        tasks = {child: asyncio.create_task(self._keep(child)) for child in self._children}
        others = [asyncio.create_task(self._stand_by(child)) for child in self._children if child.urgent]
        asked = asyncio.create_task(stop.wait())
        ended = asyncio.create_task(self._ending.wait())
        try:
            await asyncio.wait({asked, ended, *tasks.values()}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            asked.cancel()
            ended.cancel()
            self._ending.set()
            await self._stop(tasks)
            await asyncio.gather(*others, return_exceptions=True)
        for task in (*tasks.values(), *others):
            task.result()  # a fault of ours must not pass for a clean stop
        return self._code

    def go(self) -> None:
        """Let all do their work."""
        self._going.set()

    async def renew(self, names: Iterable[str]) -> None:
        """Stop children and start them again, one after the other: the next once the one before is ready.

        Each is away for as long as it takes to start; what waits to be started again anyway is left to that.
        """
        for name in names:
            status = self._status[name]
            process = status.process
            if process is None or self._ending.is_set():
                continue
            status.settled.clear()
            status.renewed = True
            self._signal(name, signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), self._options.patience)
            except TimeoutError:
                self._signal(name, signal.SIGKILL)
            await status.settled.wait()

    async def _keep(self, child: Child) -> None:
        await self._turn(child)
        backoff = Backoff(self._options, urgent=child.urgent)
        while not self._ending.is_set():
            started = self._clock.monotonic()
            code = await self._once(child)
            if self._status[child.name].renewed and not self._ending.is_set():
                self._status[child.name].renewed = False
                continue
            self._status[child.name].settled.set()
            if self._ending.is_set():
                break
            if code in child.final and not self._status[child.name].was_ready:
                self._code = code
                self._ending.set()
                break
            wait = backoff.after(self._clock.monotonic() - started)
            _log.warning("process ended", name=child.name, code=code, again_in_s=wait)
            self._status[child.name].restarts += 1
            self._enter(child, ProcessState.WAITING)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), wait)
        self._enter(child, ProcessState.STOPPED)

    async def _turn(self, child: Child) -> None:
        """Wait while those who start before this child do."""
        before = [one for one in self._children if one.start_order < child.start_order]
        if not before:
            return

        async def settled() -> None:
            for one in before:
                await self._status[one.name].settled.wait()
            if all(one.urgent for one in before):
                await asyncio.sleep(self._options.undisturbed)

        await self._or_ending(_until(self._going))
        await self._or_ending(settled(), asyncio.sleep(self._options.head_start))

    async def _or_ending(self, *waits: Coroutine[None, None, object]) -> None:
        """Wait for the first of these, or until everything ends."""
        tasks = [asyncio.create_task(wait) for wait in (*waits, _until(self._ending))]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()

    async def _once(self, child: Child) -> int:
        """One run of the child, from its start to its exit code."""
        status = self._status[child.name]
        self._enter(child, ProcessState.STARTING)
        process, status.standing_by = status.standing_by, None
        status.taken.set()
        if process is None or process.returncode is not None:
            process = await self._started(child)
        if process is None:
            return -1
        status.process = process
        self._write()
        if self._ending.is_set():  # while it was being started
            self._signal(child.name, signal.SIGTERM)
        listening = asyncio.create_task(self._listen(child, process))
        letting = asyncio.create_task(self._let(process))
        try:
            return await process.wait()
        finally:
            status.process = None
            status.working.clear()
            letting.cancel()
            _close_input(process)
            # What it said last is still to be read; a grandchild that holds the pipe is not waited for.
            await asyncio.wait({listening}, timeout=self._options.patience)
            listening.cancel()

    async def _started(self, child: Child) -> asyncio.subprocess.Process | None:
        """A process that loads; None if there can be none."""
        try:
            return await asyncio.create_subprocess_exec(
                *child.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                limit=_LONGEST_LINE,
                process_group=0,  # Ctrl-C in a terminal comes to us alone: we stop them in order
            )
        except OSError as error:
            _log.error("process cannot be started", name=child.name, reason=str(error))
            return None

    async def _stand_by(self, child: Child) -> None:
        """Have another process ready while a child works, until everything ends."""
        status, wait = self._status[child.name], self._options.stand_by
        while not self._ending.is_set():
            await self._or_ending(_until(status.working))
            await self._or_ending(asyncio.sleep(wait))
            if self._ending.is_set():
                return
            process = status.standing_by = await self._started(child)
            status.taken.clear()
            self._write()
            if process is not None:
                await self._or_ending(_until(status.taken), process.wait())
            wait = 0.0 if status.taken.is_set() else self._options.longest_wait
            if process is not None and status.standing_by is process:  # it was not needed
                status.standing_by = None
                await self._end(process)

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        """End a process that does nothing yet."""
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), self._options.patience)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        _close_input(process)
        if process.stdout is not None:  # to its end, which is when asyncio closes what it has of it
            await process.stdout.read()

    async def _let(self, process: asyncio.subprocess.Process) -> None:
        """Tell a child to begin."""
        await self._going.wait()
        if process.stdin is not None:
            process.stdin.write(b"\n")  # if it has ended meanwhile, that is noticed elsewhere
        _close_input(process)

    async def _listen(self, child: Child, process: asyncio.subprocess.Process) -> None:
        await self._or_ending(_until(self._going), process.wait())  # before that nobody can be ready
        output = process.stdout
        while output is not None:
            try:
                line = await output.readline()
            except ValueError:  # longer than any line of ours: StreamReader has dropped it
                continue
            if not line:
                return
            word, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
            if word == READY and self._going.is_set() and not self._ending.is_set():
                self._status[child.name].was_ready = True
                self._status[child.name].said = rest
                self._status[child.name].settled.set()
                self._status[child.name].working.set()
                self._enter(child, ProcessState.RUNNING)
                self._on_ready(child.name, rest)

    async def _stop(self, tasks: dict[Child, "asyncio.Task[None]"]) -> None:
        for order in sorted({child.stop_order for child in tasks}):
            group = {child: task for child, task in tasks.items() if child.stop_order == order}
            for name in (child.name for child in group):
                self._signal(name, signal.SIGTERM)
            _, late = await asyncio.wait(group.values(), timeout=self._options.patience)
            for child, task in group.items():
                if task in late:
                    _log.warning("process does not stop: killed", name=child.name)
                    self._signal(child.name, signal.SIGKILL)
            await asyncio.wait(group.values())

    def _signal(self, name: str, number: signal.Signals) -> None:
        process = self._status[name].process
        if process is not None:
            with contextlib.suppress(ProcessLookupError):  # gone this very moment
                process.send_signal(number)

    def _enter(self, child: Child, state: ProcessState) -> None:
        status = self._status[child.name]
        if status.state != state:
            status.state = state
            status.since = self._clock.wall_us()
            self._write()

    def _write(self) -> None:
        """Make the status file say what is so. Where it can't be written, recording matters more."""
        processes = [
            {
                "name": name,
                "pid": status.process.pid if status.process else None,
                "state": status.state,
                "restarts": status.restarts,
                "since_us": status.since,
                "said": status.said,
            }
            for name, status in self._status.items()
        ]
        try:
            durable.replace(self._file, json.dumps({"processes": processes}).encode())
        except OSError as error:
            _log.warning("status cannot be written", file=str(self._file), reason=str(error))


def _close_input(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()


async def _until(event: asyncio.Event) -> None:
    await event.wait()
