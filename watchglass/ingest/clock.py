"""A camera's timestamps, judged: from its own media time to ticks since the run began and to our wall time.

Cameras' clocks drift, step, stop and lie. `MediaClock` is the one place that trusts them, and only as far as this:

- Distances between packets are the stream's own, exactly, as long as its timestamps are sound.
- Wall time comes from arrival. A packet can only be late, never early, so the least delayed packet of the last minute
  tells when frames are taken; the map follows it slowly, so that no wall time leaps.
- What is unsound has a name (`Irregularity`) and a rule. Where a rule starts the map anew, the packet has `jump`.

Packets come in decode order. With B-frames their presentation times are not in that order; then it is in order of
`pts` that `wall` rises strictly. Without them it rises from packet to packet.

Pure: no clock is read here.
"""

import bisect
import collections
import enum
from typing import NamedTuple

from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.model.media import TICKS_PER_SECOND, Ticks


class Irregularity(enum.StrEnum):
    """What timestamps do wrong. The value completes "its timestamps ..."."""

    JUMPED = "jump ahead"
    """More than `LEAP` later than the packet came: the map starts anew, by arrival."""

    RAN_BACK = "run backwards"
    """Earlier than a reordered frame can be: the map starts anew, by arrival."""

    STOOD_STILL = "stand still"
    """`SAME` packets in a row with a time that was there before: time is taken from arrival."""

    MISSING = "are missing"
    """`UNSTAMPED` packets in a row without one: time is taken from arrival."""

    LAGGED = "run too slowly"
    """For half a minute or more all came more than `LEAP` after their time: time is taken from arrival."""


# Found only after a while, and likely to last: time is taken from arrival at once, until timestamps are sound again.
_LASTING = (Irregularity.STOOD_STILL, Irregularity.MISSING, Irregularity.LAGGED)

LEAP = 5 * MICROSECONDS  # a network holds packets back for a second or two, a slow camera for a few frames
REORDER = 16  # frames, the deepest reordering in H.264 and H.265 (sps_max_num_reorder_pics, max_num_reorder_frames)
SAME = 3
UNSTAMPED = 10
TROUBLES = 3  # irregularities within TROUBLE_SPAN after which timestamps are not looked at any more
TROUBLE_SPAN = 60 * MICROSECONDS
REGAINED = 10 * MICROSECONDS  # of sound timestamps, after which they are trusted again
WRAPS = (1 << 32, 1 << 33)  # RTP's and MPEG-TS's counters, at 90 kHz: every 13 and 26 hours
DEFAULT_STEP = TICKS_PER_SECOND // 25

_WINDOW = 30 * MICROSECONDS  # of arrival in one of the two buckets of least delay
_SETTLE = 5 * MICROSECONDS  # the map closes the fraction elapsed/_SETTLE of its error,
_SLEW = 0.2  # but never runs faster or slower than by this
_RECENT = 4 * REORDER
_STEADY = 60 * MICROSECONDS  # after a beginning, for the least delay to be found
KNOWN = 600 * MICROSECONDS  # what a network's delays differ by is then little beside what a clock gains


class Placed(NamedTuple):
    """Where a packet belongs in time."""

    pts: Ticks
    wall: WallUs
    jump: bool
    irregularity: Irregularity | None = None


class MediaClock:
    """Places the packets of one run. One thread."""

    def __init__(self, rate: float = 0.0) -> None:
        """`rate` is the stream's nominal frames a second, 0.0 if it gives none."""
        self._step = min(max(round(TICKS_PER_SECOND / rate), 90), 10 * TICKS_PER_SECOND) if rate > 0 else DEFAULT_STEP
        self._walls = _WallMap()
        self._shift: int | None = None  # from the stream's ticks to ours; None before its first timestamp
        self._top = 0  # the stream's own highest time since the map began, wraps undone
        self._wrapped = 0
        self._arrival = WallUs(0)
        self._below = self._same = self._unstamped = 0
        self._troubles: collections.deque[WallUs] = collections.deque(maxlen=TROUBLES)
        self._sound: _Soundness | None = None  # while time is taken from arrival

    @property
    def gain(self) -> float | None:
        """What the camera's clock gains on ours, in parts of one (1e-6 is 0.09 s a day); None while too little is known.

        Of timestamps that are used; a map that begins anew begins anew here, too.
        """
        return None if self.by_arrival else self._walls.gain

    @property
    def by_arrival(self) -> bool:
        """The stream's timestamps are not used at present."""
        return self._sound is not None

    def place(self, ticks: int | None, arrival: WallUs, *, jump: bool = False) -> Placed:
        """The place of a packet with the stream's time `ticks` that came at `arrival`.

        `jump` is the source's own word that a hole lies before it. `arrival` should not step; where it runs backwards
        it counts as standing still.
        """
        if not self._walls.begun:
            self._arrival = arrival
            self._anchor(ticks, 0)
            return Placed(Ticks(0), self._walls.place(0, arrival), jump=True)
        elapsed = max(0, arrival - self._arrival) * TICKS_PER_SECOND // MICROSECONDS
        self._arrival = max(self._arrival, arrival)
        if self._sound is not None:
            return self._by_arrival(ticks, arrival, elapsed, jump)
        if ticks is None:
            return self._without_time(arrival, elapsed, jump)
        return self._by_stream(ticks, arrival, elapsed, jump)

    def _by_stream(self, ticks: int, arrival: WallUs, elapsed: int, jump: bool) -> Placed:
        self._unstamped = 0
        high = self._walls.high
        if self._shift is None:
            self._anchor(ticks, high + self._step)
            return self._placed(high + self._step, arrival, jump)
        place = self._unwrapped(ticks) + self._shift
        irregularity = self._judge(place, arrival)
        if irregularity is Irregularity.STOOD_STILL and self._same < SAME:
            return self._placed(high + 1, arrival, jump)
        if irregularity is not None:
            return self._start_anew(irregularity, ticks, arrival, elapsed)
        if place <= self._walls.floor:  # a leading picture, whose references lie before the run
            place = self._walls.free_after_floor()
        hole = place - high > max(LEAP * TICKS_PER_SECOND // MICROSECONDS, 3 * self._step)
        return self._placed(place, arrival, jump or hole)

    def _judge(self, place: int, arrival: WallUs) -> Irregularity | None:
        walls = self._walls
        if place > walls.high:
            self._below = self._same = 0
            if walls.wall_of(place) - arrival > LEAP:
                return Irregularity.JUMPED
            return Irregularity.LAGGED if walls.lag > LEAP else None
        if walls.taken(place):
            self._same += 1
            return Irregularity.STOOD_STILL
        self._below += 1
        near = walls.high - place <= max(REORDER * self._step, TICKS_PER_SECOND) and walls.remembers(place)
        return None if near and self._below <= REORDER else Irregularity.RAN_BACK

    def _without_time(self, arrival: WallUs, elapsed: int, jump: bool) -> Placed:
        self._unstamped += 1
        if self._unstamped >= UNSTAMPED:
            return self._start_anew(Irregularity.MISSING, None, arrival, elapsed)
        # Before the first timestamp nothing can collide; later the next one may be a fraction of a step away.
        ahead = self._step if self._shift is None else max(1, self._step // REORDER)
        return self._placed(self._walls.high + ahead, arrival, jump)

    def _start_anew(self, irregularity: Irregularity, ticks: int | None, arrival: WallUs, elapsed: int) -> Placed:
        self._troubles.append(arrival)
        lasting = irregularity in _LASTING
        if lasting or (len(self._troubles) == TROUBLES and arrival - self._troubles[0] <= TROUBLE_SPAN):
            self._sound = _Soundness(ticks)
        place = self._walls.high + max(self._step, elapsed)
        self._anchor(ticks, place)
        return Placed(Ticks(place), self._walls.start_anew(place, arrival), jump=True, irregularity=irregularity)

    def _by_arrival(self, ticks: int | None, arrival: WallUs, elapsed: int, jump: bool) -> Placed:
        assert self._sound is not None  # noqa: S101 - for the type checker; `place` has looked
        irregularity = self._sound.look(ticks, arrival)
        place = self._walls.high + max(1, elapsed)
        if self._sound.regained:
            self._sound = None
            self._troubles.clear()
            self._anchor(ticks, place)
        return Placed(Ticks(place), self._walls.place(place, arrival), jump, irregularity)

    def _placed(self, place: int, arrival: WallUs, jump: bool) -> Placed:
        return Placed(Ticks(place), self._walls.place(place, arrival), jump)

    def _anchor(self, ticks: int | None, place: int) -> None:
        """From now on the stream's time `ticks` is our `place`."""
        self._below = self._same = self._unstamped = 0
        self._wrapped = 0
        self._shift = None if ticks is None else place - ticks
        self._top = ticks or 0

    def _unwrapped(self, ticks: int) -> int:
        """The stream's time as if its counter had no end: a wrap is no hole and needs no new beginning."""
        time = ticks + self._wrapped
        near = REORDER * self._step + LEAP * TICKS_PER_SECOND // MICROSECONDS
        for length in WRAPS:
            if abs(time + length - self._top) <= near:
                self._wrapped += length
                time += length
            elif self._wrapped >= length and abs(time - length - self._top) <= near:
                time -= length  # a reordered frame from before the wrap
        self._top = max(self._top, time)
        return time


class _Soundness:
    """Watches timestamps that are not used, until they could be again."""

    def __init__(self, last: int | None) -> None:
        self.regained = False
        self._begin: tuple[int, WallUs] | None = None
        self._last = last

    def look(self, ticks: int | None, arrival: WallUs) -> Irregularity | None:
        before, self._last = self._last, ticks
        irregularity = _step_irregularity(before, ticks)
        if irregularity is not None or ticks is None:
            self._begin = None
            return irregularity
        if self._begin is None:
            self._begin = (ticks, arrival)
        span = arrival - self._begin[1]
        if span >= REGAINED:
            media = (ticks - self._begin[0]) * MICROSECONDS // TICKS_PER_SECOND
            self.regained = abs(media - span) <= span // 20
            self._begin = None
            if not self.regained:
                return Irregularity.JUMPED if media > span else Irregularity.LAGGED
        return None


def _step_irregularity(before: int | None, ticks: int | None) -> Irregularity | None:
    if ticks is None:
        return Irregularity.MISSING
    if before is None:
        return None
    if ticks == before:
        return Irregularity.STOOD_STILL
    step = (ticks - before) * MICROSECONDS // TICKS_PER_SECOND
    if step > LEAP:
        return Irregularity.JUMPED
    return Irregularity.RAN_BACK if step < -LEAP else None


class _WallMap:
    """From our ticks to wall time: strictly rising, following the least delayed packet."""

    def __init__(self) -> None:
        self.begun = False
        self.high = 0
        self.floor = 0  # nothing may be placed here or below: it belongs to the time before the map began anew
        self._offset = 0.0  # wall time of tick 0, in microseconds
        self._least = [0.0, 0.0]  # least delay (arrival - media time) of this bucket and the one before
        self._bucket = WallUs(0)  # when this bucket began
        self._recent: list[tuple[int, int]] = []  # (ticks, wall) in order
        self._began = self._newest = WallUs(0)  # arrivals
        self._steady: tuple[WallUs, float] | None = None  # arrival and offset once it was

    @property
    def gain(self) -> float | None:
        """What the stream's clock gains on that of arrivals, in parts of one."""
        steady, span = self._steady, 0  # read once: other threads ask
        if steady is None or (span := self._newest - steady[0]) < KNOWN:
            return None
        return (steady[1] - self._offset) / span

    @property
    def lag(self) -> float:
        """Microseconds by which even the least delayed packets come after their time."""
        return min(self._least) - self._offset

    def wall_of(self, place: int) -> float:
        """Wall time of a place ahead, as the map is now."""
        return _microseconds(place) + self._offset

    def taken(self, place: int) -> bool:
        index = bisect.bisect_left(self._recent, (place, 0))
        return index < len(self._recent) and self._recent[index][0] == place

    def remembers(self, place: int) -> bool:
        """Whether it is still known which places around `place` are taken."""
        return len(self._recent) < _RECENT or place > self._recent[0][0]

    def free_after_floor(self) -> int:
        place = self.floor + 1
        while self.taken(place):
            place += 1
        return place

    def start_anew(self, place: int, arrival: WallUs) -> WallUs:
        """Place what came before tells nothing of: only that it was earlier."""
        self.floor = place - 1
        self._recent = self._recent[-1:]
        self._least = [arrival - _microseconds(place)] * 2
        self._offset = self._least[0]
        self._bucket = self._began = self._newest = arrival
        self._steady = None
        return self._append(place)

    def place(self, place: int, arrival: WallUs) -> WallUs:
        """Wall time of `place`, which came at `arrival`, and remember both."""
        if not self.begun:
            self.begun = True
            return self.start_anew(place, arrival)
        if place <= self.high:
            return self._between(place)
        self._follow(arrival - _microseconds(place), arrival, _microseconds(place - self.high))
        return self._append(place)

    def _append(self, place: int) -> WallUs:
        wall = round(self.wall_of(place))
        if self._recent and wall <= self._recent[-1][1]:
            # Only a map that begins anew can lie behind the old one; it goes on from there, with room for each tick.
            wall = self._recent[-1][1] + 1
            self._offset = wall - _microseconds(place)
        self.high = place
        self._recent.append((place, wall))
        del self._recent[:-_RECENT]
        return WallUs(wall)

    def _follow(self, delay: float, arrival: WallUs, elapsed: float) -> None:
        if arrival - self._bucket >= _WINDOW:
            self._least = [delay, self._least[0]]
            self._bucket = arrival
        else:
            self._least[0] = min(self._least[0], delay)
        error = min(self._least) - self._offset
        most = _SLEW * elapsed
        self._offset += min(max(error * min(1.0, elapsed / _SETTLE), -most), most)
        self._newest = arrival
        if self._steady is None and arrival - self._began >= _STEADY:
            self._steady = arrival, self._offset

    def _between(self, place: int) -> WallUs:
        """Wall time of a reordered frame, between its neighbours in order of presentation."""
        index = bisect.bisect_left(self._recent, (place, 0))
        after_place, after_wall = self._recent[index]
        if index == 0:
            wall = after_wall - round(_microseconds(after_place - place))
        else:
            before_place, before_wall = self._recent[index - 1]
            share = (place - before_place) / (after_place - before_place)
            wall = before_wall + round((after_wall - before_wall) * share)
        self._recent.insert(index, (place, wall))
        return WallUs(wall)


def _microseconds(ticks: int) -> float:
    return ticks * MICROSECONDS / TICKS_PER_SECOND
