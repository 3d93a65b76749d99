"""The notifier's process: sends alerts that wait in the outbox. It loads what a channel needs when there is such a channel."""

import os
import threading
import uuid
from collections.abc import Callable

import structlog

from watchglass.alert.message import Writer
from watchglass.alert.senders import Senders
from watchglass.alert.sending import Dispatcher, SendOptions
from watchglass.app.duty import NOTIFIER_BELL
from watchglass.app.entrance import address
from watchglass.app.machine import Machine
from watchglass.app.stills import KeptStills
from watchglass.base import durable
from watchglass.base.bell import Bell
from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.base.errors import WatchglassError
from watchglass.base.timekeeping import machine_zone

LOCK = "notifier.lock"
"""In the run folder: held by the one that sends."""

KEPT_DAYS = 400
"""For which alerts, and what was said of them, are kept: a year and some, so that a rule can be compared with itself."""

_TIDY = 3600.0  # seconds
_LOOK_BACK = 60.0  # seconds between two looks at events as old as an alert may be
_JUST = 600.0  # seconds: as old as events may be at all other looks
_LOCKED = 0.1  # seconds between two looks
_FAILED = 1.0  # seconds, after the catalogue could not be used

_log = structlog.get_logger(__name__)


def run(
    machine: Machine, stop: threading.Event, ready: Callable[[str], None], options: SendOptions | None = None
) -> None:
    """Send until `stop` is set. Woken by whoever puts something into the outbox, at the latest after a second."""
    lock = os.open(machine.folder.run / LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        while not durable.try_lock(lock):  # whoever was here before is not gone yet
            if machine.clock.wait(stop, _LOCKED):
                return
        bell = Bell(machine.folder.run / NOTIFIER_BELL)
        try:
            _send(machine, bell, stop, ready, options or SendOptions())
        finally:
            bell.close()
    finally:
        os.close(lock)


def _send(
    machine: Machine, bell: Bell, stop: threading.Event, ready: Callable[[str], None], options: SendOptions
) -> None:
    writer = Writer(
        uuid.UUID(machine.folder.uuid),
        address(machine.settings, machine.settings.port),
        machine.channels.link_key(),
        machine_zone(),
        KeptStills(machine.folder, machine.cameras, machine.views),
    )
    senders = Senders(machine.folder.uuid, machine.clock, machine.channels.push_key)
    dispatcher = Dispatcher(machine.channels, machine.outbox, writer, senders.make, machine.clock, options)
    left = machine.outbox.release_leases()  # nobody else sends: the lock says so
    if left:
        _log.info("alerts are sent that were on their way when the last run ended", count=left)
    ready("")
    tidied = looked_back = -_TIDY
    try:
        while not stop.is_set():
            wait = _FAILED
            try:
                if machine.clock.monotonic() - tidied >= _TIDY:
                    tidied = machine.clock.monotonic()
                    _tidy(machine)
                back = _JUST
                if machine.clock.monotonic() - looked_back >= _LOOK_BACK:
                    looked_back, back = machine.clock.monotonic(), options.give_up
                machine.intake.take(WallUs(machine.clock.wall_us() - round(back * MICROSECONDS)))
                wait = dispatcher.look()
            except WatchglassError as error:  # a full disk, a locked catalogue: what waits is on the disk
                _log.warning("alerts cannot be looked after", cause=error.sentence)
            bell.wait(wait)
    finally:
        dispatcher.close()


def _tidy(machine: Machine) -> None:
    machine.channels.sweep()
    machine.alerts.forget(WallUs(machine.clock.wall_us() - KEPT_DAYS * 86_400 * MICROSECONDS))
