"""Everything that is done to footage of one camera, for tests that stop it at any step."""

import dataclasses
from collections.abc import Callable

from tests.unit.store.faults import KilledError
from tests.unit.store.footage import fake_fragment
from watchglass.base.clock import SimulatedClock, WallUs
from watchglass.base.errors import WatchglassError
from watchglass.model.record import Segment
from watchglass.store.footage import Footage
from watchglass.store.originals import OriginalWriter
from watchglass.store.writer import SYNC_SECONDS, SegmentWriter

GENUINE = [fake_fragment(second, size=30_000) for second in range(22)]
CAMERA = 1


@dataclasses.dataclass
class Script:
    """Two segments of 7 and 2 s, the first deleted, one of 3 s left open.

    It remembers which seconds were appended, synced and to be deleted, so that a test knows what must be there.
    """

    footage: Footage
    begin: Callable[[WallUs], SegmentWriter | OriginalWriter]
    clock: SimulatedClock
    appended: list[bytes] = dataclasses.field(default_factory=list)
    synced: list[bytes] = dataclasses.field(default_factory=list)
    deleting: list[bytes] = dataclasses.field(default_factory=list)

    def run(self) -> None:
        first = self.record(range(7), close=True)
        self.record(range(7, 9), close=True)
        if first:
            self.deleting += self.appended[:7]
            self.footage.delete([first])
        self.record(range(9, 12), close=False)

    def record(self, seconds: range, *, close: bool) -> Segment | None:
        writer = self.begin(self.clock.wall_us())
        for second in seconds:
            self.clock.advance(1)
            known = len(self.appended)
            self.appended.append(GENUINE[second])
            try:
                writer.append(GENUINE[second], self.clock.wall_us())
            except (KilledError, WatchglassError):
                # Half in, as far as anybody may rely on it; earlier ones stay.
                del self.appended[known:]
                raise
            if (second - seconds.start + 1) % SYNC_SECONDS == 0:
                self.synced = list(self.appended)
        if not close:
            return None
        segment = writer.close()
        self.synced = list(self.appended)
        return segment
