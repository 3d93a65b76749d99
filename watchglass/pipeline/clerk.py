"""The clerk of a watcher: writes down what its cameras' rules have seen, and reads what the rules are.

A thread of its own talks to the catalogue, which may be full, or locked for seconds: no camera waits for it. What cannot be
written waits in memory and is tried again. An event that changed meanwhile is written once, as it is then.

Crossings of all its cameras, and how many are inside by them, go into one transaction, at most once a second: whoever kills us
takes what has crossed since, and never a part of it. What was written is in no memory any more, so nothing is added twice.
"""

import dataclasses
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

import structlog

from watchglass.base.clock import Clock
from watchglass.base.errors import WatchglassError
from watchglass.model.count import Count, Inside
from watchglass.model.event import Change, Event, Happening
from watchglass.model.rule import Rule
from watchglass.store.counts import Counts
from watchglass.store.events import Events
from watchglass.store.rules import Rules

_log = structlog.get_logger(__name__)

PATIENCE = 1.0
"""Seconds that the last writing has at the end."""


@dataclasses.dataclass(frozen=True, slots=True)
class ClerkOptions:
    """Seconds: what has happened is written every `write`, and what was counted every `count` at most; rules are read every
    `follow`; a catalogue that refuses is asked again after `retry`. As many events as `most`, and as many counts, wait in memory.
    """

    write: float = 0.25
    count: float = 1.0
    follow: float = 0.5
    retry: float = 2.0
    most: int = 10_000


class Clerk:
    """Safe from many threads; only its own waits for the catalogue.

    `hand_on` is given what has just been written, in order, on the clerk's thread: an event is in the catalogue before
    anybody is told of it. One that was not written while it lasted is handed on once, begun and over.
    """

    def __init__(
        self,
        rules: Rules,
        events: Events,
        counts: Counts,
        clock: Clock,
        options: ClerkOptions = ClerkOptions(),
        *,
        hand_on: Callable[[Sequence[Happening]], None] = lambda _happenings: None,
    ) -> None:
        self._rules, self._store, self._numbers = rules, events, counts
        self._clock, self._options, self._hand_on = clock, options, hand_on
        self.version = 0
        """Another one as soon as any rule is another."""
        self._known: Mapping[int, list[Rule]] = {}
        self._inside: dict[int, tuple[Rule, Inside]] | None = None  # by rule; not read yet
        self._revision = -1
        self._lock = threading.Lock()
        self._waiting = _Waiting()
        self._refused = self._unread = False
        self._followed = self._asked = self._counted = float("-inf")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="clerk", daemon=True)

    def start(self) -> None:
        """Begin to read and write."""
        self._thread.start()

    def close(self) -> None:
        """Write what waits, if that can be done soon, and end."""
        self._stop.set()
        self._thread.join(PATIENCE)

    def rules_of(self, camera: int) -> list[Rule]:
        """The camera's rules as they were read last."""
        return self._known.get(camera, [])

    def take_over(self, cameras: Iterable[int]) -> None:
        """Whoever minded these until now does not any more: what lasts of them ended when it was last seen to last."""
        with self._lock:
            self._waiting.take_over(cameras)

    def inside_of(self, camera: int) -> dict[int, Inside]:
        """How many are inside by the camera's rules of occupancy, as was noted last, by us or by whoever was here before."""
        with self._lock:
            return {rule.id: inside for rule, inside in (self._inside or {}).values() if rule.camera == camera}

    def note(
        self,
        happenings: Iterable[Happening] = (),
        counts: Iterable[Count] = (),
        inside: Iterable[tuple[Rule, Inside]] = (),
    ) -> None:
        """Have this written down. How many are `inside` by a rule that is not as it was any more is of no interest."""
        with self._lock:
            for rule, now in inside:
                if self._inside is not None and self._is_known(rule):
                    self._inside[rule.id] = self._waiting.inside[rule.id] = rule, now
            for happening in happenings:
                self._waiting.put(happening)
            for count in counts:
                self._waiting.counts[dataclasses.replace(count, count=0)] += count.count

    def turn(self, *, last: bool = False) -> None:
        """What the thread does again and again."""
        now = self._clock.monotonic()
        if not last and now - self._followed >= self._options.follow:
            self._followed = now
            self._follow()
        if last or now - self._asked >= self._options.retry or not self._refused:
            self._asked = now
            self._write(now, last=last)

    def _work(self) -> None:
        stopping = False
        while not stopping:
            stopping = self._clock.wait(self._stop, self._options.write)
            try:
                self.turn(last=stopping)
            except Exception:  # noqa: BLE001 - a fault of ours over one event must not leave all later ones unwritten
                _log.exception("events or counts of rules were lost")

    def _follow(self) -> None:
        """Read the rules if they have changed. Where they cannot be read, those that are known go on."""
        try:
            revision = self._rules.revision()
            if revision != self._revision:
                known: dict[int, list[Rule]] = {}
                for rule in self._rules.all():
                    known.setdefault(rule.camera, []).append(rule)
                self._take_rules(known)
                self._revision = revision
                self.version += 1
            self._unread = False
        except WatchglassError as error:
            if not self._unread:
                _log.error("the rules cannot be followed at the moment", cause=error.sentence)
            self._unread = True

    def _take_rules(self, known: Mapping[int, list[Rule]]) -> None:
        """Mind these from now on. How many were inside is read once: then nobody knows it better than we do."""
        kept = self._numbers.inside() if self._inside is None else None
        with self._lock:
            self._known = known
            if kept is not None:
                rules = [rule for some in known.values() for rule in some if rule.id in kept]
                self._inside = {rule.id: (rule, kept[rule.id]) for rule in rules}
            self._inside = {key: one for key, one in (self._inside or {}).items() if self._is_known(one[0])}

    def _is_known(self, rule: Rule) -> bool:
        return any(one.id == rule.id and not one.differs(rule) for one in self.rules_of(rule.camera))

    def _write(self, now: float, *, last: bool) -> None:
        with self._lock:
            mine, self._waiting = self._waiting, _Waiting()
            if not last and now - self._counted < self._options.count:
                mine.leave_numbers(self._waiting)
        try:
            for camera in sorted(mine.orphaned):
                self._store.end_lasting(camera)
                mine.orphaned.discard(camera)
            written, mine.events = list(mine.events.values()), self._taken(mine.events)
            self._tell(written)
            if mine.counts or mine.inside:
                counts = [dataclasses.replace(one, count=number) for one, number in mine.counts.items()]
                self._numbers.add(counts, mine.inside.values())
                self._counted = now
        except WatchglassError as error:
            self._put_back(mine, error)
            return
        self._refused = False

    def _taken(self, events: "dict[object, Happening]") -> "dict[object, Happening]":
        self._store.take(events.values())
        return {}

    def _tell(self, written: Sequence[Happening]) -> None:
        if written:
            try:
                self._hand_on(written)
            except Exception:  # noqa: BLE001 - they are in the catalogue, whatever becomes of whoever is told
                _log.exception("events could not be handed on")

    def _put_back(self, mine: "_Waiting", error: WatchglassError) -> None:
        with self._lock:
            mine.go_on(self._waiting)
            lost = mine.shorten(self._options.most)
            self._waiting = mine
        if not self._refused or lost:
            _log.error("events of rules cannot be kept at the moment", cause=error.sentence, lost=lost)
        self._refused = True


class _Waiting:
    """What is to be written: cameras whose events end first, events as they are by now, and numbers."""

    def __init__(self) -> None:
        self.orphaned: set[int] = set()
        self.events: dict[object, Happening] = {}  # by id, the earliest first
        self.counts: Counter[Count] = Counter()  # numbers by counts without one
        self.inside: dict[int, tuple[Rule, Inside]] = {}  # by rule, as it is by now

    def put(self, new: Happening) -> None:
        """What is not written yet of an event and this are one."""
        before = self.events.get(new.event.id)
        if before is not None and before.change is Change.BEGAN:
            new = dataclasses.replace(new, change=Change.BEGAN)
        self.events[new.event.id] = new

    def take_over(self, cameras: Iterable[int]) -> None:
        """End what lasts of these."""
        self.orphaned.update(cameras)
        for key, one in self.events.items():
            if one.event.camera in self.orphaned and one.event.end is None:
                self.events[key] = dataclasses.replace(one, event=_ended(one))

    def go_on(self, later: "_Waiting") -> None:
        """Add what came later."""
        self.take_over(later.orphaned)
        for one in later.events.values():
            self.put(one)
        self.counts.update(later.counts)
        self.inside.update(later.inside)

    def leave_numbers(self, other: "_Waiting") -> None:
        """Give what was counted to another, who has nothing yet."""
        self.counts, other.counts = other.counts, self.counts
        self.inside, other.inside = other.inside, self.inside

    def shorten(self, most: int) -> int:
        """Give up the oldest of too many; how many."""
        lost = 0
        for kept in (self.events, self.counts):
            for key in list(kept)[: max(0, len(kept) - most)]:
                del kept[key]
                lost += 1
        return lost


def _ended(one: Happening) -> Event:
    return dataclasses.replace(one.event, end=max(one.event.start, one.seen))
