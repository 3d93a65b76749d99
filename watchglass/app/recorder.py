"""The recorder's process: opens every stream, seals originals, offers packets to watchers, keeps the disk within its bounds."""

import threading
from collections.abc import Callable

from watchglass.app.machine import PACKETS_SOCKET, Machine
from watchglass.base.timekeeping import machine_zone
from watchglass.ingest.open import SystemOpener
from watchglass.pipeline.original import Desk
from watchglass.pipeline.retain import Recorder
from watchglass.store.retention import Retention, RetentionOptions, Seen


def run(machine: Machine, stop: threading.Event, ready: Callable[[str], None]) -> None:
    """Record until `stop` is set."""
    settings = machine.settings
    options = RetentionOptions(
        settings.retention_days,
        settings.max_view_bytes,
        settings.min_free_bytes,
        settings.original_days,
        settings.max_original_bytes,
        settings.min_days,
    )
    retention = Retention(
        machine.views,
        machine.cameras,
        machine.folder,
        machine.clock,
        options,
        originals=machine.originals,
        room=machine.room,
        seen=Seen(machine.events, machine.counts),
    )
    socket = machine.folder.run / PACKETS_SOCKET
    desk = Desk(machine.originals, machine.custodians.custody, machine.clock)
    recorder = Recorder(
        machine.cameras, retention, socket, machine.clock, SystemOpener(machine.clock), desk=desk, zone=machine_zone()
    )
    ready("")
    recorder.run(stop)
