"""`watchglass up`: one machine's processes under their supervisor, from the first second to a clean stop."""

import asyncio
import concurrent.futures
import contextlib
import dataclasses
import functools
import importlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import structlog

from watchglass.app.entrance import address, is_taken, network_address
from watchglass.app.model import seek_person_model
from watchglass.base import vitals
from watchglass.base.clock import Clock, WallUs
from watchglass.base.errors import Exit, UnreachableError, WatchglassError
from watchglass.base.process import cores, forbid_core_dumps
from watchglass.pipeline.supervise import Child, Supervisor
from watchglass.settings import Settings
from watchglass.store.folder import DataFolder

if TYPE_CHECKING:
    from watchglass.app.machine import Machine

_Made = TypeVar("_Made")

_log = structlog.get_logger(__name__)

STATUS_FILE = "supervisor.json"

# What would only happen again, however often a process is started: a person must act.
_HOPELESS = frozenset({Exit.USAGE, Exit.DATA, Exit.CANNOT_WRITE, Exit.NEWER_DATA})

RECORDER, DETECTOR = "recorder", "detector"
SWEEP_AFTER = 10.0  # seconds: by then cameras are being recorded
PATIENCE = 1.0  # seconds that our own threads have for ending; each may be stopped anywhere
WATCHERS_STOP, RECORDER_STOPS, CONSOLE_STOPS = range(3)


@dataclasses.dataclass(frozen=True, slots=True)
class Welcome:
    """Where the console is. `setup` is the one-time link that makes the first account, None once there is one.

    `network` is the address for other devices of the network, None where only this machine or a proxy reaches it.
    """

    console: str
    setup: str | None
    network: str | None = None


def run(
    settings: Settings,
    clock: Clock,
    welcome: Callable[[Welcome], None],
    prepare: Callable[["Machine"], None] = lambda _machine: None,
) -> int:
    """Run everything until SIGTERM or SIGINT. The exit code: 0, or that of a process that cannot be helped.

    `prepare` is called with the machine, from another thread, before anything runs; `welcome` once the console can be
    reached. UsageError when another watchglass runs in this data folder, UnreachableError when the port is taken; those of
    `open_machine`.
    """
    forbid_core_dumps()
    if is_taken(settings.host, settings.port):
        where = f"Port {settings.port} on {settings.host}"
        raise UnreachableError(f"{where} is in use by another program. Choose another with --port.")
    folder = DataFolder.open(settings.data)
    with folder.claimed():
        return asyncio.run(_House(settings, folder, clock, welcome, prepare).run())


class _House:
    """One run of everything.

    The recorder loads while its supervisor still opens the machine, each on a core of its own: half a second less is lost.
    """

    def __init__(
        self,
        settings: Settings,
        folder: DataFolder,
        clock: Clock,
        welcome: Callable[[Welcome], None],
        prepare: Callable[["Machine"], None],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._welcome = welcome
        self._prepare = prepare
        self._began = clock.wall_us()
        self._greeted = False
        self._ended = threading.Event()
        self._mender: threading.Thread | None = None
        self._machine: Machine | None = None  # until everything is let go
        self._supervisor = Supervisor(children(settings), folder.run / STATUS_FILE, clock, self._on_ready, held=True)

    async def run(self) -> int:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        running = asyncio.create_task(self._supervisor.run(stop))
        opening = _aside(self._opened)
        both: set[asyncio.Future[int] | asyncio.Future[Machine]] = {running, opening}
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if opening.done():
                await self._let_go(opening.result(), running)
        finally:
            stop.set()
            self._ended.set()
            code = await running
            await asyncio.wait({opening}, timeout=PATIENCE)
            if self._mender is not None:
                self._mender.join(PATIENCE)
        return code

    def _opened(self) -> "Machine":
        # Half a second, in which the recorder loads too.
        machine: Machine = importlib.import_module("watchglass.app.machine").open_machine(self._settings, self._clock)
        self._prepare(machine)
        return machine

    async def _let_go(self, machine: "Machine", running: "asyncio.Task[int]") -> None:
        """Let all do their work, until `running` is over."""
        loop = asyncio.get_running_loop()
        model_is_here = asyncio.Event()

        async def renew() -> None:
            await model_is_here.wait()
            await self._supervisor.renew([DETECTOR])

        def arrived() -> None:
            with contextlib.suppress(RuntimeError):  # the loop was closed this very moment: everything has ended
                loop.call_soon_threadsafe(model_is_here.set)

        self._machine = machine
        renewing = asyncio.create_task(renew())
        vitals.keep_telling(machine.folder.run, "supervisor", self._clock, self._ended)
        seek_person_model(self._settings, self._clock, arrived, self._ended)
        self._supervisor.go()
        try:
            await asyncio.wait({running})
        finally:
            renewing.cancel()

    def _on_ready(self, name: str, words: str) -> None:
        machine = self._machine
        assert machine is not None  # noqa: S101 - nobody is ready before all were let go
        if name == RECORDER and self._mender is None:
            self._mender = threading.Thread(
                target=_mend_quietly, args=(machine, self._began, self._ended), name="mend", daemon=True
            )
            self._mender.start()
        if name == "console" and not self._greeted:
            self._greeted = True
            self._welcome(_welcome(machine, int(words)))


def _aside(work: Callable[[], _Made]) -> "asyncio.Future[_Made]":
    """What `work` makes, in a thread that keeps nobody from ending."""
    made: concurrent.futures.Future[_Made] = concurrent.futures.Future()

    def run() -> None:
        try:
            made.set_result(work())
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            made.set_exception(error)

    threading.Thread(target=run, name="open", daemon=True).start()
    return asyncio.wrap_future(made)


def mend(machine: "Machine", began: WallUs, stop: threading.Event) -> None:
    """Restore the store's invariants after whatever happened, beside all that records since `began`.

    Nobody waits for it: who begins a segment first closes what is left of that camera. `stop` ends it between two parts,
    the end of the process anywhere.
    """
    kept = (machine.views, machine.originals)
    parts: list[Callable[[], None]] = [one.close_left for one in kept]
    parts += [functools.partial(one.sweep, began) for one in kept]
    for number, part in enumerate(parts):
        if number == len(kept) and machine.clock.wait(stop, SWEEP_AFTER):
            return
        try:
            part()
        except WatchglassError as error:
            _log.warning("what the last run left could not all be put in order", cause=error.sentence)
        except Exception:  # noqa: BLE001 - a fault of ours in one part must not leave the others undone
            _log.exception("what the last run left could not all be put in order")


def _mend_quietly(machine: "Machine", began: WallUs, stop: threading.Event) -> None:
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)  # of this thread alone: see setpriority(2)
    mend(machine, began, stop)


def _welcome(machine: "Machine", port: int) -> Welcome:
    console = address(machine.settings, port)
    network = network_address(machine.settings, port)
    if machine.accounts.any():
        return Welcome(f"{console}/", None, network)
    return Welcome(f"{console}/", f"{console}/setup#{machine.accounts.new_setup_token()}", network)


def children(settings: Settings) -> list[Child]:
    """Every process of one machine."""
    watchers = watcher_count(settings)

    def child(
        name: str, *arguments: str, start_order: int = 2, stop_order: int, final: frozenset[Exit] = _HOPELESS
    ) -> Child:
        command = (sys.executable, "-m", "watchglass", "process", *arguments)
        command += ("--settings", settings.to_json(), "--parent", str(os.getpid()), "--wait")
        return Child(name, command, start_order, stop_order, frozenset(int(code) for code in final))

    return [
        dataclasses.replace(child(RECORDER, RECORDER, start_order=0, stop_order=RECORDER_STOPS), urgent=True),
        child(DETECTOR, "detector", start_order=1, stop_order=RECORDER_STOPS),
        *(
            child(
                f"watcher-{index}", "watcher", "--index", str(index), "--count", str(watchers), stop_order=WATCHERS_STOP
            )
            for index in range(watchers)
        ),
        # Last, for others want the processor more; and what ails a channel may not end the recording.
        child("notifier", "notifier", start_order=3, stop_order=RECORDER_STOPS, final=frozenset({Exit.NEWER_DATA})),
        # A port that is taken stays taken; a camera that cannot be reached is no reason to end.
        child("console", "console", stop_order=CONSOLE_STOPS, final=_HOPELESS | {Exit.UNAVAILABLE}),
    ]


def watcher_count(settings: Settings) -> int:
    """One a core that we may use, unless settings say otherwise."""
    return settings.watchers or cores()
