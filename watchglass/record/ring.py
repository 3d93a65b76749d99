"""Packets of one stream on their way to subscribers: kept in bounded memory, dropped oldest first, never waited for.

The thread that reads a camera puts packets into the stream's ring and is never held up there: each subscriber
has a queue of its own, and one that is slow, stopped or stuck loses packets in its own queue only. Dropping goes
through to the next keyframe, for what lies between cannot be decoded, and the first packet after the hole has `jump`.

The ring keeps the latest GOP, so that a watcher which restarts has a picture at once. Packets are shared
between the ring and its queues, never copied.
"""

import collections
import dataclasses
import threading
from collections.abc import Callable

from watchglass.model.camera import Health
from watchglass.model.media import Packet, StreamInfo
from watchglass.record.message import Gone, HealthChange, Notice, Run


@dataclasses.dataclass(frozen=True, slots=True)
class RingLimits:
    """How much one queue, and the kept GOP, may hold."""

    packets: int = 600  # 24 s at 25 frames a second, a minute at 10: longer than cameras' GOPs, and not stale yet
    size: int = 16 * 1024 * 1024  # bytes of media; a single larger packet is held alone


class _Buffer:
    """Packets in a row, each with its run, and their size."""

    def __init__(self, limits: RingLimits) -> None:
        self._limits = limits
        self._items: collections.deque[tuple[Run, Packet]] = collections.deque()
        self._size = 0

    def __len__(self) -> int:
        return len(self._items)

    @property
    def size(self) -> int:
        return self._size

    @property
    def over(self) -> bool:
        """It holds more than it may; a single packet it always may."""
        return len(self._items) > 1 and (len(self._items) > self._limits.packets or self._size > self._limits.size)

    def append(self, run: Run, packet: Packet) -> None:
        self._items.append((run, packet))
        self._size += len(packet.data)

    def first(self) -> tuple[Run, Packet]:
        return self._items[0]

    def drop_first(self) -> None:
        _, packet = self._items.popleft()
        self._size -= len(packet.data)

    def clear(self) -> None:
        self._items.clear()
        self._size = 0

    def items(self) -> list[tuple[Run, Packet]]:
        return list(self._items)


class Subscription:
    """One subscriber's queue. Any thread may put; one thread takes."""

    def __init__(self, limits: RingLimits, leave: Callable[["Subscription"], None]) -> None:
        self._ready = threading.Condition()
        self._buffer = _Buffer(limits)
        self._leave = leave
        self._told: Run | None = None  # the run that the subscriber knows of
        self._health: Health | None = None  # the newest that it does not know of
        self._gone = False
        self._put_run: Run | None = None  # the run of the newest packet
        self._hole = False  # the oldest packets were dropped: the next that is handed out follows a hole
        self._until_keyframe = True  # what is put cannot be decoded before one
        self.dropped = 0

    def put(self, run: Run, packet: Packet) -> None:
        """Offer a packet; never waits."""
        with self._ready:
            if run is not self._put_run:
                self._put_run = run
                self._until_keyframe = True
            if self._until_keyframe:
                if not packet.keyframe:
                    self.dropped += 1
                    return
                self._until_keyframe = False
                packet = dataclasses.replace(packet, jump=True)
            self._buffer.append(run, packet)
            while self._buffer.over:
                self._drop_gop()
            self._ready.notify()

    def put_health(self, health: Health) -> None:
        """Offer a health; an older one that was not taken is replaced."""
        with self._ready:
            self._health = health
            self._ready.notify()

    def end(self) -> None:
        """The camera is gone: say so, and nothing else."""
        with self._ready:
            self._gone = True
            self._buffer.clear()
            self._ready.notify()

    def take(self, seconds: float) -> Notice | None:
        """The next notice, or None if none comes within `seconds`. After `Gone` there is nothing more."""
        with self._ready:
            if not self._ready.wait_for(self._anything, seconds):
                return None
            if self._gone:
                return Gone()
            if self._health is not None:
                health, self._health = self._health, None
                return HealthChange(health)
            run, packet = self._buffer.first()
            if run is not self._told:
                self._told = run
                return run
            self._buffer.drop_first()
            if self._hole:
                self._hole = False
                return dataclasses.replace(packet, jump=True)
            return packet

    def leave(self) -> None:
        """Take no more part: nothing is put here from now on."""
        self._leave(self)

    def _anything(self) -> bool:
        return self._gone or self._health is not None or len(self._buffer) > 0

    def _drop_gop(self) -> None:
        """Drop the oldest packet and what cannot be decoded without it."""
        self._hole = True
        while len(self._buffer):
            self._buffer.drop_first()
            self.dropped += 1
            if len(self._buffer) and self._buffer.first()[1].keyframe:
                return
        self._until_keyframe = True


class Ring:
    """One stream's packets, for any number of subscribers. All methods may be called from any thread."""

    def __init__(self, limits: RingLimits | None = None, *, keep_gop: bool = True) -> None:
        """Without `keep_gop` a new subscriber waits for the next keyframe, and nothing is held while there is none."""
        self._limits = limits or RingLimits()
        self._keep_gop = keep_gop
        self._lock = threading.Lock()
        self._subscriptions: list[Subscription] = []
        self._gop = _Buffer(self._limits)
        self._run: Run | None = None
        self._health: Health | None = None
        self._gone = False

    def start_run(self, info: StreamInfo, run: str) -> None:
        """Packets from now on belong to the run `run`."""
        with self._lock:
            self._run = Run(run, info)
            self._gop.clear()

    def put(self, packet: Packet) -> None:
        """Pass a packet on; never waits for a subscriber."""
        with self._lock:
            if self._run is None or self._gone:
                return
            if self._keep_gop:
                self._keep(self._run, packet)
            for subscription in self._subscriptions:
                subscription.put(self._run, packet)

    def put_health(self, health: Health) -> None:
        """Pass the stream's health on."""
        with self._lock:
            self._health = health
            for subscription in self._subscriptions:
                subscription.put_health(health)

    def end(self) -> None:
        """The camera is gone: tell all subscribers, and all that come late."""
        with self._lock:
            self._gone = True
            self._gop.clear()
            for subscription in self._subscriptions:
                subscription.end()

    def subscribe(self) -> Subscription:
        """A queue that begins with the latest keyframe kept."""
        subscription = Subscription(self._limits, self._remove)
        with self._lock:
            if self._health is not None:
                subscription.put_health(self._health)
            for run, packet in self._gop.items():
                subscription.put(run, packet)
            if self._gone:
                subscription.end()
            self._subscriptions.append(subscription)
        return subscription

    @property
    def kept(self) -> int:
        """Bytes of media that the ring itself holds."""
        return self._gop.size

    def _keep(self, run: Run, packet: Packet) -> None:
        if packet.keyframe:
            self._gop.clear()
        elif not len(self._gop):
            return
        self._gop.append(run, packet)
        if self._gop.over:  # a GOP that cannot be kept whole is of no use
            self._gop.clear()

    def _remove(self, subscription: Subscription) -> None:
        with self._lock:
            if subscription in self._subscriptions:
                self._subscriptions.remove(subscription)
