"""`watchglass up`: one machine's processes under their supervisor, from the first second to a clean stop."""

import asyncio
import contextlib
import dataclasses
import os
import signal
import sys
import threading
from collections.abc import Callable

from watchglass.app.entrance import address, is_taken, network_address
from watchglass.app.machine import Machine, open_machine
from watchglass.app.model import seek_person_model
from watchglass.base import vitals
from watchglass.base.clock import Clock
from watchglass.base.errors import Exit, UnreachableError
from watchglass.base.process import cores, forbid_core_dumps
from watchglass.pipeline.supervise import Child, Supervisor
from watchglass.settings import Settings

STATUS_FILE = "supervisor.json"

# What would only happen again, however often a process is started: a person must act.
_HOPELESS = frozenset({Exit.USAGE, Exit.DATA, Exit.CANNOT_WRITE, Exit.NEWER_DATA})

DETECTOR = "detector"
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
    prepare: Callable[[Machine], None] = lambda _machine: None,
) -> int:
    """Run everything until SIGTERM or SIGINT. The exit code: 0, or that of a process that cannot be helped.

    `prepare` is called with the machine before anything runs, `welcome` once the console can be reached.
    UsageError when another watchglass runs in this data folder, UnreachableError when the port is taken.
    """
    forbid_core_dumps()
    if is_taken(settings.host, settings.port):
        where = f"Port {settings.port} on {settings.host}"
        raise UnreachableError(f"{where} is in use by another program. Choose another with --port.")
    machine = open_machine(settings, clock)
    with machine.folder.claimed():
        machine.views.recover()
        machine.originals.recover()
        prepare(machine)
        return asyncio.run(_supervise(machine, welcome))


async def _supervise(machine: Machine, welcome: Callable[[Welcome], None]) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    greeted = False

    def ready(name: str, words: str) -> None:
        nonlocal greeted
        if name == "console" and not greeted:
            greeted = True
            welcome(_welcome(machine, int(words)))

    kept_running = children(machine.settings)
    supervisor = Supervisor(kept_running, machine.folder.run / STATUS_FILE, machine.clock, ready)
    model_is_here = asyncio.Event()

    async def renew() -> None:
        await model_is_here.wait()
        await supervisor.renew([DETECTOR])

    def arrived() -> None:
        with contextlib.suppress(RuntimeError):  # the loop was closed this very moment: everything has ended
            loop.call_soon_threadsafe(model_is_here.set)

    renewing = asyncio.create_task(renew())
    ended = threading.Event()
    vitals.keep_telling(machine.folder.run, "supervisor", machine.clock, ended)
    seek_person_model(machine.settings, machine.clock, arrived, ended)
    try:
        return await supervisor.run(stop)
    finally:
        ended.set()
        renewing.cancel()


def _welcome(machine: Machine, port: int) -> Welcome:
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
        command += ("--settings", settings.to_json(), "--parent", str(os.getpid()))
        return Child(name, command, start_order, stop_order, frozenset(int(code) for code in final))

    return [
        dataclasses.replace(child("recorder", "recorder", start_order=0, stop_order=RECORDER_STOPS), urgent=True),
        child(DETECTOR, "detector", start_order=1, stop_order=RECORDER_STOPS),
        *(
            child(
                f"watcher-{index}", "watcher", "--index", str(index), "--count", str(watchers), stop_order=WATCHERS_STOP
            )
            for index in range(watchers)
        ),
        # A port that is taken stays taken; a camera that cannot be reached is no reason to end.
        child("console", "console", stop_order=CONSOLE_STOPS, final=_HOPELESS | {Exit.UNAVAILABLE}),
    ]


def watcher_count(settings: Settings) -> int:
    """One a core that we may use, unless settings say otherwise."""
    return settings.watchers or cores()
