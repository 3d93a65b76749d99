from pathlib import Path
from zoneinfo import ZoneInfo

from tests.unit.console.support import add_camera, add_custodians, clock_of, keep_original, make_console
from tests.unit.evidence.material import START, at, keep
from watchglass.base.clock import MICROSECONDS, WallUs
from watchglass.console.figures import Figures, count, day_of
from watchglass.model.record import GapCause
from watchglass.store.coverage import Share

NO_GAP = dict.fromkeys(GapCause, 0)


def test_of_each_camera_and_kind(tmp_path: Path) -> None:
    console = make_console(tmp_path)
    add_custodians(console, "Ada", "Bo")
    first, second = (add_camera(console, name).id for name in ("Door", "Yard"))
    segments = [keep(console.views, first, range(2)), keep(console.views, first, range(2, 3))]
    sealed = keep_original(console, second, at(1), at(4))
    console.views.open_gap(first, at(3), GapCause.NETWORK)
    clock_of(console).advance(5)
    found = count(console.cameras.all, console.kinds, console.clock, console.zone)
    nothing = Figures(0, 0, Share(0, 0, 0), NO_GAP)
    assert found == {
        (first, "view"): Figures(
            2,
            sum(segment.size for segment in segments),
            Share(5_000_000, 3_000_000, 0),
            NO_GAP | {GapCause.NETWORK: 2_000_000},
        ),
        (second, "view"): nothing,
        (first, "original"): nothing,
        (second, "original"): Figures(1, sealed.size, Share(3_000_000, 3_000_000, 0), NO_GAP),
    }


def test_today_is_that_of_the_zone() -> None:
    tokyo = day_of(WallUs(START + 8 * 3600 * MICROSECONDS), ZoneInfo("Asia/Tokyo"))  # 16:00 UTC, past midnight there
    assert tokyo.date.isoformat() == "2027-01-16"
