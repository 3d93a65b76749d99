import dataclasses
import hashlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from tests.unit.detect import onnx
from watchglass.base.clock import WallUs
from watchglass.base.errors import BadInputError
from watchglass.detect.detector import FAINT, Detector
from watchglass.detect.picture import picture
from watchglass.detect.yolox import YoloxDetector, object_class
from watchglass.ingest.whole import VideoFile
from watchglass.model.camera import Protection
from watchglass.model.frame import RawFrame
from watchglass.model.media import Ticks
from watchglass.model.vision import Box, ObjectClass

SIZE = 64
ROWS = 64 + 16 + 4  # cells of 8, 16 and 32 pixels
PERSON, BICYCLE, CAR, DOG, CUP = 0, 1, 2, 16, 41


def frame(width: int, height: int) -> RawFrame:
    half = np.full((height // 2, width // 2), 128, np.uint8)
    return RawFrame(np.full((height, width), 90, np.uint8), half, half, Ticks(0), WallUs(0))


@dataclasses.dataclass
class Found:
    """What a model says of one cell: `centre` and `size` in pixels of its input, scores by class."""

    centre: tuple[float, float]
    size: tuple[float, float]
    scores: dict[int, float]
    objectness: float = 1.0
    stride: int = 8


def answer(*found: Found) -> npt.NDArray[np.float32]:
    rows = np.zeros((1, ROWS, 85), np.float32)
    for one in found:
        across, down = (int(side // one.stride) for side in one.centre)
        first = {8: 0, 16: 64, 32: 80}[one.stride]
        row = rows[0, first + down * (SIZE // one.stride) + across]
        row[0:2] = one.centre[0] / one.stride - across, one.centre[1] / one.stride - down
        row[2:4] = np.log(np.array(one.size) / one.stride)
        row[4] = one.objectness
        for label, score in one.scores.items():
            row[5 + label] = score
    return rows


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def detector(folder: Path, *found: Found) -> YoloxDetector:
    path = folder / "tiny.onnx"
    path.write_bytes(onnx.model(answer(*found), (1, 3, SIZE, SIZE)))
    return YoloxDetector(path)


class TestDecode:
    @pytest.mark.parametrize("stride", [8, 16, 32])
    def test_boxes_come_from_each_grid(self, folder: Path, stride: int) -> None:
        one = detector(folder, Found((30, 34), (12, 20), {PERSON: 0.8}, stride=stride))
        (found,) = one.detect(frame(SIZE, SIZE))
        assert dataclasses.astuple(found.box) == pytest.approx((24, 24, 36, 44), abs=1e-3)
        assert found.label is ObjectClass.PERSON
        assert found.score == pytest.approx(0.8)

    @pytest.mark.parametrize(
        ("width", "height", "box"),
        [
            (640, 640, (240, 240, 360, 440)),
            (640, 320, (240, 240, 360, 320)),  # the lower half of the model's picture is padding: cut at the edge
            (320, 640, (240, 240, 320, 440)),
            (32, 32, (12, 12, 18, 22)),  # enlarged
        ],
    )
    def test_boxes_are_pixels_of_the_frame(
        self, folder: Path, width: int, height: int, box: tuple[float, float, float, float]
    ) -> None:
        one = detector(folder, Found((30, 34), (12, 20), {PERSON: 0.8}))
        (found,) = one.detect(frame(width, height))
        assert dataclasses.astuple(found.box) == pytest.approx(box, abs=1e-2)

    def test_what_lies_in_the_padding_is_nothing(self, folder: Path) -> None:
        assert detector(folder, Found((30, 60), (8, 4), {PERSON: 0.8})).detect(frame(640, 320)) == []

    def test_the_score_is_that_of_the_object_times_that_of_the_class(self, folder: Path) -> None:
        (found,) = detector(folder, Found((30, 34), (12, 20), {PERSON: 0.5}, objectness=0.5)).detect(frame(64, 64))
        assert found.score == pytest.approx(0.25)

    @pytest.mark.parametrize(
        ("scores", "label"),
        [
            ({PERSON: 0.06}, ObjectClass.PERSON),  # faint, and kept: it holds a place back from becoming plate
            ({PERSON: 0.04}, None),
            ({CAR: 0.31}, ObjectClass.CAR),
            ({CAR: 0.29}, None),
            ({DOG: 0.9}, ObjectClass.ANIMAL),
            ({CUP: 0.9}, ObjectClass.THING),
            ({BICYCLE: 0.9, PERSON: 0.06}, ObjectClass.PERSON),  # a rider
            ({DOG: 0.9, PERSON: 0.06}, ObjectClass.PERSON),  # somebody called an animal
            ({DOG: 0.9, PERSON: 0.04}, ObjectClass.ANIMAL),
        ],
    )
    def test_a_person_wins_over_every_other_class(
        self, folder: Path, scores: dict[int, float], label: ObjectClass | None
    ) -> None:
        found = detector(folder, Found((30, 34), (12, 20), scores)).detect(frame(64, 64))
        assert [one.label for one in found] == ([label] if label else [])

    def test_a_faint_person_has_a_person_s_score_and_not_the_bicycle_s(self, folder: Path) -> None:
        (found,) = detector(folder, Found((30, 34), (12, 20), {BICYCLE: 0.9, PERSON: 0.1})).detect(frame(64, 64))
        assert found.score == pytest.approx(0.1)

    def test_one_person_found_twice_is_one(self, folder: Path) -> None:
        twice = Found((30, 34), (12, 20), {PERSON: 0.8}), Found((31, 42), (12, 20), {PERSON: 0.6})
        near = Found((30, 34), (12, 20), {PERSON: 0.8}), Found((30, 34), (12, 22), {PERSON: 0.6}, stride=16)
        assert len(detector(folder, *twice).detect(frame(64, 64))) == 2
        (found,) = detector(folder, *near).detect(frame(64, 64))
        assert found.score == pytest.approx(0.8)

    def test_a_person_in_a_car_is_both(self, folder: Path) -> None:
        both = Found((30, 34), (12, 20), {PERSON: 0.8}), Found((30, 34), (12, 20), {CAR: 0.9}, stride=16)
        found = detector(folder, *both).detect(frame(64, 64))
        assert {one.label for one in found} == {ObjectClass.PERSON, ObjectClass.CAR}

    def test_an_empty_picture_has_nothing(self, folder: Path) -> None:
        assert detector(folder).detect(frame(64, 64)) == []


class TestSizes:
    def test_a_model_that_takes_one_size_only_is_used_as_it_is(self, folder: Path) -> None:
        """The tiny model gives as many rows whatever it is shown."""
        one = detector(folder, Found((30, 34), (12, 20), {PERSON: 0.8}))
        assert (one.sides.whole, one.sides.close) == (SIZE, SIZE)
        (found,) = one.detect(frame(64, 48))
        assert dataclasses.astuple(found.box) == pytest.approx((24, 24, 36, 44), abs=1e-3)

    def test_the_real_one_looks_closer_at_a_smaller_picture(self, person_model: Path) -> None:
        one = YoloxDetector(person_model)
        assert (one.sides.whole, one.sides.close) == (416, 256)

    def test_a_picture_larger_than_the_model_s_is_refused(self, folder: Path) -> None:
        with pytest.raises(ValueError, match="a picture of 128 x 96 for a model of 64"):
            detector(folder).find(picture(frame(128, 96), 128))

    def test_a_wide_picture_gives_what_the_same_gives_in_a_square(self, person_model: Path, street: Path) -> None:
        """With the file as it is, padded to 416 x 416, and as it is used: the same people, to a pixel."""
        with VideoFile(street) as video:
            decoded = next(one for number, one in enumerate(video.decode()) if number == 200)
        wide, square = YoloxDetector(person_model), YoloxDetector(person_model)
        square._open = False
        sure = [[one for one in which.detect(decoded.frame) if one.score > 0.4] for which in (wide, square)]
        assert len(sure[0]) == len(sure[1]) >= 6
        for one in sure[0]:
            other = max(sure[1], key=lambda found: one.box.overlap(found.box))
            assert one.box.overlap(other.box) > 0.9
            assert one.score == pytest.approx(other.score, abs=0.1)


@pytest.mark.parametrize("label", range(80))
def test_every_class_of_coco_is_one_of_ours(label: int) -> None:
    named = [
        "person",
        "bicycle",
        "car",
        "motorcycle",
        "vehicle",
        "bus",
        "vehicle",
        "truck",
        "vehicle",
    ]  # aeroplane, train, boat
    expected = "thing"
    if label < len(named):
        expected = named[label]
    elif 14 <= label <= 23:
        expected = "animal"  # bird to giraffe
    elif label in {24, 26, 28}:
        expected = "bag"  # backpack, handbag, suitcase
    assert object_class(label) == expected


class TestModelFile:
    def test_it_says_what_it_is(self, folder: Path) -> None:
        one: Detector = detector(folder)
        content = (folder / "tiny.onnx").read_bytes()
        assert (one.name, one.protection) == ("tiny", Protection.FULL)
        assert one.model_hash == hashlib.sha256(content).hexdigest()

    def test_none_there(self, folder: Path) -> None:
        with pytest.raises(BadInputError, match=r"nothing\.onnx cannot be read: No such file or directory"):
            YoloxDetector(folder / "nothing.onnx")

    @pytest.mark.parametrize("content", [b"", b"not a model", bytes(1000)], ids=["empty", "words", "zeros"])
    def test_no_model(self, folder: Path, content: bytes) -> None:
        path = folder / "wrong.onnx"
        path.write_bytes(content)
        with pytest.raises(BadInputError, match=r"wrong\.onnx is not one that this program can use: remove it"):
            YoloxDetector(path)

    def test_a_model_cut_short(self, folder: Path) -> None:
        path = folder / "short.onnx"
        path.write_bytes(onnx.model(answer(), (1, 3, SIZE, SIZE))[:-200])
        with pytest.raises(BadInputError, match=r"short\.onnx"):
            YoloxDetector(path)

    @pytest.mark.parametrize(
        ("takes", "gives"),
        [
            ((1, 3, "height", "width"), (1, ROWS, 85)),  # of any size
            ((1, 3 * SIZE * SIZE), (1, ROWS, 85)),
            ((1, 1, SIZE, SIZE), (1, ROWS, 85)),  # grey
            ((1, 3, SIZE, SIZE * 2), (1, ROWS, 85)),
            ((1, 3, SIZE, SIZE), (1, ROWS, 84)),  # one class too few
            ((1, 3, SIZE, SIZE), (1, 84, ROWS)),  # rows and columns the other way round
            ((1, 3, SIZE, SIZE), (1, ROWS - 1, 85)),
            ((1, 3, SIZE, SIZE), (1, 1000)),  # a classifier
        ],
    )
    def test_a_model_of_another_kind(self, folder: Path, takes: tuple[int | str, ...], gives: tuple[int, ...]) -> None:
        path = folder / "other.onnx"
        path.write_bytes(onnx.model(np.zeros(gives, np.float32), takes))
        with pytest.raises(BadInputError, match=r"other\.onnx takes "):
            YoloxDetector(path)


def test_the_real_model_finds_the_people_of_a_street(person_model: Path, street: Path) -> None:
    """Frame 200 of the footage: each of its labels is found."""
    truth = street.with_name("gt.txt")
    if not truth.is_file():
        pytest.skip("gt.txt, the labels of the footage, does not lie beside it")
    rows = [line.split(",") for line in truth.read_text(encoding="ascii").splitlines() if line.startswith("201,")]
    labels = [
        Box(float(left), float(top), float(left) + float(width), float(top) + float(height))
        for _, _, left, top, width, height, *_ in rows
    ]
    with VideoFile(street) as video:
        decoded = next(one for number, one in enumerate(video.decode()) if number == 200)
    found = YoloxDetector(person_model).detect(decoded.frame)
    people = [one for one in found if one.label is ObjectClass.PERSON]
    assert all(one.score >= FAINT for one in people)
    assert len(labels) == 7
    missed = [label for label in labels if not any(one.box.overlap(label) > 0.5 for one in people)]
    assert missed == []
