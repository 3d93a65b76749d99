"""What a camera's purpose allows: with counts only numbers come out of the watch arm and no picture; vehicles."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.unit.pipeline.support import ScriptedDetector, likeness
from tests.unit.pipeline.watching import FILM, RATE, Console, NotingCameras, Watching
from watchglass.base.clock import WallUs
from watchglass.model.camera import COUNTS_ONLY, ViewPolicy, ViewState
from watchglass.model.frame import RawFrame
from watchglass.model.record import GapCause
from watchglass.model.vision import Box, Detection, ObjectClass
from watchglass.redact.guard import CoverReason
from watchglass.store.folder import DataFolder
from watchglass.store.views import Views

EVER = WallUs(1 << 60)
LEARNT = 80  # frames after which the street behind the figures is known


def two_and_a_car(_frame: RawFrame) -> list[Detection]:
    return [
        Detection(Box(10, 40, 30, 100), ObjectClass.PERSON, 0.9),
        Detection(Box(90, 40, 110, 100), ObjectClass.PERSON, 0.8),
        Detection(Box(130, 60, 180, 90), ObjectClass.VEHICLE, 0.7),
    ]


@pytest.fixture
def watching(engine: sa.Engine, folder: DataFolder, views: Views) -> Iterator[Watching]:
    made = Watching(folder, NotingCameras(engine, folder), views, ScriptedDetector(two_and_a_car))
    made.recorder.begin()
    yield made
    made.close()


def numbers(console: Console) -> list[tuple[int, int, int, int] | None]:
    """What the console was told, one after the other."""
    names = ("people", "vehicles", "animals", "things")
    told = [head for head, _ in list(console.messages) if head["type"] == "counts"]
    return [tuple(head[name] for name in names) if "people" in head else None for head in told]


def files(folder: DataFolder) -> list[Path]:
    """Whatever may hold a picture."""
    return [path for root in (folder.views, folder.plates) for path in root.rglob("*") if path.is_file()]


def test_numbers_and_no_picture(watching: Watching) -> None:
    watching.cameras.set_policy(1, ViewPolicy.COUNTS)
    (watching.folder.plates / "camera-1.npz").write_bytes(b"of another time")
    console = watching.start()
    watching.recorder.feed(LEARNT)
    watching.cameras.until_state(ViewState.SHOWN)
    console.until(lambda: (2, 1, 0, 0) in numbers(console))
    watching.stop()
    assert set(console.kinds()) <= {"counts", "gone"}  # whose end is not always heard
    assert not any(payload for _, payload in console.messages)
    assert files(watching.folder) == []
    (gap,) = watching.views.gaps(1, WallUs(0), EVER)
    assert (gap.end, gap.cause, gap.detail) == (None, GapCause.OFF, COUNTS_ONLY)


def test_without_answers_of_the_detector_nothing_is_told(watching: Watching) -> None:
    watching.cameras.set_policy(1, ViewPolicy.COUNTS)
    watching.detector.failing = True
    console = watching.start()
    watching.recorder.feed(60)
    assert watching.cameras.until_state(ViewState.COVERED).reason == CoverReason.DETECTOR
    assert set(numbers(console)) == {None}
    watching.detector.failing = False
    watching.recorder.feed(20)
    watching.cameras.until_state(ViewState.SHOWN)
    console.until(lambda: numbers(console)[-1] == (2, 1, 0, 0))


def test_the_policy_changes_while_it_is_watched(watching: Watching) -> None:
    """From a view to numbers and back: what was kept stays, and the time between is a gap that says why."""
    console = watching.start()
    fed = watching.recorder.feed(LEARNT)
    console.until_seen(watching.recorder.wall(fed[-1] - RATE))
    watching.recorder.begin(run="second", fresh=True)
    watching.cameras.set_policy(1, ViewPolicy.COUNTS)
    watching.recorder.feed(30)
    console.until(lambda: (2, 1, 0, 0) in numbers(console))
    kinds = console.kinds()
    assert set(kinds[kinds.index("gone") :]) == {"gone", "counts"}
    kept = watching.views.segments(1, WallUs(0), EVER)
    assert kept
    assert files(watching.folder) == [watching.views.path(segment) for segment in kept]
    watching.recorder.begin(run="third", fresh=True)
    since = len(watching.cameras.said)
    watching.cameras.set_policy(1, ViewPolicy.VEHICLES)
    back = watching.recorder.feed(30)
    watching.cameras.until_state(ViewState.LEARNING, since=since)
    watching.stop()
    (gap,) = [gap for gap in watching.views.gaps(1, WallUs(0), EVER) if gap.cause is GapCause.OFF]
    assert (gap.start, gap.detail) == (kept[-1].end, COUNTS_ONLY)
    assert gap.end == watching.recorder.wall(back[0])


def all_in_a_vehicle(frame: RawFrame) -> list[Detection]:
    """Its lower half is the picture: of the upper one nothing is seen in any case."""
    return [Detection(Box(0, -frame.height, frame.width, frame.height), ObjectClass.VEHICLE, 0.9)]


@pytest.mark.parametrize(("policy", "seen"), [(ViewPolicy.FLAT, False), (ViewPolicy.VEHICLES, True)])
def test_vehicles_are_seen_where_the_purpose_allows_it(watching: Watching, policy: ViewPolicy, seen: bool) -> None:
    """What walks here is taken for a part of a vehicle, once the street behind it is known."""
    watching.cameras.set_policy(1, policy)
    watching.detector._found = lambda _frame: []
    console = watching.start()
    watching.recorder.feed(LEARNT)
    watching.cameras.until_state(ViewState.SHOWN)
    watching.detector._found = all_in_a_vehicle
    fed = watching.recorder.feed(40)
    console.until_seen(watching.recorder.wall(fed[-1] - RATE))
    alike = [likeness(picture, place % FILM) for place, picture in console.frames(watching.recorder).items()]
    assert (max(alike) > 0.05) is seen, max(alike)  # 0.03 and 0.06: what is seen is very coarse
