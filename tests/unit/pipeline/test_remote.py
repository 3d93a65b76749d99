import dataclasses
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from tests.unit.detect.serving import LevelDetector
from watchglass.base.clock import SystemClock, WallUs
from watchglass.detect.client import AWAY, DetectorClient
from watchglass.detect.closer import closer_look
from watchglass.detect.message import Introduction, Kind, Reply
from watchglass.detect.picture import Picture, Sides, size
from watchglass.model.camera import Protection
from watchglass.model.frame import RawFrame
from watchglass.model.media import Ticks
from watchglass.model.vision import Box, Detection, ObjectClass
from watchglass.pipeline.remote import RemoteDetector
from watchglass.pipeline.sight import CloseAnswer, WholeAnswer


def frame(level: int = 40, width: int = 640, height: int = 480) -> RawFrame:
    half = np.full((height // 2, width // 2), 128, np.uint8)
    return RawFrame(np.full((height, width), level, np.uint8), half, half, Ticks(0), WallUs(0))


@dataclasses.dataclass
class Client:
    """A client without a connection: what was asked, and replies as a test says."""

    introduction: Introduction | None = None
    trouble: str = ""
    load: float = 0.25
    asked: list[tuple[Kind, Picture]] = dataclasses.field(default_factory=list)
    come: list[Reply] = dataclasses.field(default_factory=list)

    def line(self, camera: int) -> "Client":
        self.camera = camera
        return self

    def ask(self, kind: Kind, picture: Picture) -> int:
        self.asked.append((kind, picture))
        return len(self.asked)

    def reply(self, ask: int, *found: Detection, failed: bool = False) -> None:
        self.come.append(Reply(self.camera, self.asked[ask - 1][0], ask, 0.1, None if failed else list(found)))

    def replies(self) -> list[Reply]:
        come, self.come = self.come, []
        return come


@pytest.fixture
def client() -> Client:
    return Client(Introduction("x", Protection.FULL, "", Sides(320, 128)))


@pytest.fixture
def source(client: Client) -> RemoteDetector:
    return RemoteDetector(cast(Any, client))


HALF = Detection(Box(0, 0, 160, 120), ObjectClass.PERSON, 0.5)
LARGE = Detection(Box(0, 0, 320, 240), ObjectClass.PERSON, 0.5)


class TestRemoteLooks:
    def test_a_small_picture_goes_and_boxes_in_the_frame_come(self, client: Client, source: RemoteDetector) -> None:
        looks = source.looks(7)
        looks.ask(frame(), 1.5)
        ((kind, picture),) = client.asked
        assert (kind, size(picture), client.camera) == (Kind.WHOLE, (320, 240), 7)
        assert list(looks.answers()) == []
        client.reply(1, HALF)
        assert list(looks.answers()) == [WholeAnswer(1.5, [LARGE])]
        client.reply(1, HALF)
        assert list(looks.answers()) == []  # once

    def test_a_closer_look_is_the_same_as_in_one_process(self, source: RemoteDetector, client: Client) -> None:
        detector = LevelDetector()
        client.introduction = Introduction("x", Protection.FULL, "", detector.sides)
        place = Box(300, 200, 360, 260)
        looks = source.looks(1)
        looks.ask_closer(frame(), 2.0, place)
        ((kind, picture),) = client.asked
        assert (kind, size(picture)) == (Kind.CLOSE, (32, 32))
        client.reply(1, *detector.find(picture))
        assert list(looks.answers()) == [CloseAnswer(2.0, place, closer_look(detector, frame(), place))]

    def test_who_is_beside_the_place_is_no_answer(self, source: RemoteDetector, client: Client) -> None:
        looks = source.looks(1)
        looks.ask_closer(frame(), 2.0, Box(300, 200, 360, 260))  # of 128 pixels the place is 43 to 85
        client.reply(1, Detection(Box(0, 0, 42, 128), ObjectClass.PERSON, 0.9))
        assert [one.score for one in looks.answers() if isinstance(one, CloseAnswer)] == [0.0]

    def test_a_failure_is_no_answer(self, source: RemoteDetector, client: Client) -> None:
        looks = source.looks(1)
        looks.ask(frame(), 1.0)
        client.reply(1, failed=True)
        assert list(looks.answers()) == []

    def test_what_was_forgotten_is_not_answered(self, source: RemoteDetector, client: Client) -> None:
        looks = source.looks(1)
        looks.ask(frame(), 1.0)
        looks.forget()
        looks.ask(frame(), 2.0)
        client.reply(1, HALF)
        client.reply(2, HALF)
        assert list(looks.answers()) == [WholeAnswer(2.0, [LARGE])]

    def test_what_is_never_answered_is_not_kept_for_ever(self, source: RemoteDetector, client: Client) -> None:
        looks = source.looks(1)
        for second in range(100):
            looks.ask(frame(width=64, height=48), float(second))
        client.reply(1, HALF)
        client.reply(100, HALF)
        assert [answer.time for answer in looks.answers()] == [99.0]

    def test_nothing_is_asked_of_a_detector_that_was_never_there(self, source: RemoteDetector, client: Client) -> None:
        client.introduction = None
        looks = source.looks(1)
        looks.ask(frame(), 1.0)
        looks.ask_closer(frame(), 1.0, Box(0, 0, 20, 20))
        assert client.asked == []

    def test_its_load_is_the_detector_s(self, source: RemoteDetector) -> None:
        assert source.looks(1).load == 0.25


class TestRemoteDetector:
    def test_is_as_protective_as_the_one_that_is_there(self, source: RemoteDetector, client: Client) -> None:
        said = []
        for protection in (Protection.FULL, Protection.REDUCED):
            client.introduction = Introduction("x", protection, "", Sides(320, 128))
            said.append(source.protection)
        assert said == [Protection.FULL, Protection.REDUCED]

    def test_before_it_was_there_nothing_better_is_claimed(self, tmp_path: Path) -> None:
        source = RemoteDetector(DetectorClient(tmp_path / "detector.sock", SystemClock()))
        assert source.protection is Protection.REDUCED
        assert source.trouble == AWAY
        assert source.looks(1).load == 1.0
