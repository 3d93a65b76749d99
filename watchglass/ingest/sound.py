"""Media time of sound. It has no clock of its own: it lies where the pictures that came with it were placed."""

from watchglass.base.clock import MICROSECONDS
from watchglass.ingest.clock import LEAP
from watchglass.model.media import TICKS_PER_SECOND, Ticks

_FAR = LEAP * TICKS_PER_SECOND // MICROSECONDS


class SoundClock:
    """Places the sound of one run beside its pictures; the demuxer gives the times of both on one clock. One thread."""

    def __init__(self) -> None:
        self._seen = 0  # media time of the newest picture
        self._shift: int | None = None  # from the stream's ticks to ours, as of the newest picture that had any
        self._own = 0  # what sound is off besides
        self._next: int | None = None  # the stream's time after the last packet of sound

    @property
    def known(self) -> bool:
        """A picture has come that tells the time."""
        return self._shift is not None

    def follow(self, ticks: int | None, pts: Ticks) -> None:
        """A picture with the stream's time `ticks` was placed at `pts`."""
        self._seen = pts
        if ticks is not None:
            self._shift = pts - ticks

    def place(self, ticks: int | None, duration: int) -> Ticks | None:
        """Media time of a packet of sound; None if nothing tells it. One without a time follows the one before it."""
        ticks = self._next if ticks is None else ticks
        if ticks is None or self._shift is None:
            return None
        self._next = ticks + duration
        place = ticks + self._shift + self._own
        if abs(place - self._seen) > _FAR:  # one counter went round before the other, or they have nothing in common
            self._own += self._seen - place
            place = self._seen
        return Ticks(place)
