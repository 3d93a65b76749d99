"""A watcher's process: one of several that decode, detect, redact and encode, each for its share of the cameras."""

import threading
from collections.abc import Callable

from watchglass.app.detector import person_detector
from watchglass.app.machine import PACKETS_SOCKET, Machine
from watchglass.pipeline.publish import Publisher
from watchglass.pipeline.watch import Watcher, WatchTools


def run(machine: Machine, stop: threading.Event, ready: Callable[[str], None], index: int, count: int) -> None:
    """Watch every `count`-th camera until `stop` is set."""
    tools = WatchTools(
        folder=machine.folder,
        cameras=machine.cameras,
        views=machine.views,
        clock=machine.clock,
        detector=person_detector(machine.settings),
        publisher=Publisher(machine.folder.run / f"watcher-{index}.sock"),
        socket=machine.folder.run / PACKETS_SOCKET,
    )
    Watcher(index, count, tools).run(stop, lambda: ready(""))
