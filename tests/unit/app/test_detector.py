from pathlib import Path

from watchglass.app.detector import person_detector
from watchglass.model.camera import Protection
from watchglass.settings import Settings


def test_the_person_model_where_it_is(person_model: Path, tmp_path: Path) -> None:
    detector = person_detector(Settings(tmp_path, assets=person_model.parent), {"HOME": str(tmp_path)})
    assert detector.protection is Protection.FULL
    assert detector.name == "yolox_nano"


def test_without_it_protection_is_reduced(tmp_path: Path) -> None:
    detector = person_detector(Settings(tmp_path), {"HOME": str(tmp_path)})
    assert detector.protection is Protection.REDUCED


def test_another_file_of_its_name_is_not_loaded(tmp_path: Path) -> None:
    (tmp_path / "yolox_nano.onnx").write_bytes(b"not the model")
    detector = person_detector(Settings(tmp_path, assets=tmp_path), {"HOME": str(tmp_path)})
    assert detector.protection is Protection.REDUCED
