"""A watcher's process: one of several that decode, redact and encode, each for its share of the cameras."""

import contextlib
import threading
from collections.abc import Callable

from watchglass.app.duty import NOTIFIER_BELL
from watchglass.app.machine import DETECTOR_SOCKET, PACKETS_SOCKET, Machine
from watchglass.base.bell import ring
from watchglass.base.process import cores
from watchglass.base.timekeeping import machine_zone
from watchglass.base.turns import Turns
from watchglass.detect.client import DetectorClient
from watchglass.pipeline.clerk import Clerk
from watchglass.pipeline.publish import Publisher
from watchglass.pipeline.remote import RemoteDetector
from watchglass.pipeline.watch import Watcher, WatchTools
from watchglass.redact.cells import work_in_one_thread


def run(machine: Machine, stop: threading.Event, ready: Callable[[str], None], index: int, count: int) -> None:
    """Watch every `count`-th camera until `stop` is set."""
    work_in_one_thread()
    client = DetectorClient(machine.folder.run / DETECTOR_SOCKET, machine.clock)
    client.start()
    # What is written becomes an alert even if nobody rings; rung for, it does at once.
    clerk = Clerk(
        machine.rules,
        machine.events,
        machine.counts,
        machine.clock,
        hand_on=lambda _written: ring(machine.folder.run / NOTIFIER_BELL),
    )
    clerk.start()
    tools = WatchTools(
        folder=machine.folder,
        cameras=machine.cameras,
        views=machine.views,
        clock=machine.clock,
        detector=RemoteDetector(client),
        publisher=Publisher(machine.folder.run / f"watcher-{index}.sock"),
        clerk=clerk,
        socket=machine.folder.run / PACKETS_SOCKET,
        zone=machine_zone(),
        turns=Turns(max(1, cores() // count)),
    )
    with contextlib.closing(client), contextlib.closing(clerk):
        Watcher(index, count, tools).run(stop, lambda: ready(""))
