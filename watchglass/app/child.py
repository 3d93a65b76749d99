"""What every process that the supervisor starts does once it is let go: its log, its vitals, its machine, its work."""

import threading
from collections.abc import Callable

from watchglass.app.machine import open_machine
from watchglass.base import log, vitals
from watchglass.base.clock import SystemClock
from watchglass.camera.url import scrub
from watchglass.pipeline.supervise import READY
from watchglass.settings import Settings

__all__ = ["READY", "live"]


def live(name: str, settings: str, stop: threading.Event, work: Callable[..., None], *others: object) -> None:
    """Do `work(machine, stop, *others)` on the machine of `settings`, JSON, as the process `name`, until `stop` is set."""
    log.configure(name, scrub)
    machine = open_machine(Settings.from_json(settings), SystemClock())
    vitals.keep_telling(machine.folder.run, name, machine.clock, stop)
    work(machine, stop, *others)
