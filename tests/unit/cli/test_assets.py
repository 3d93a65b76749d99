import dataclasses
import hashlib
from pathlib import Path

import pytest

from watchglass.base import assets as base_assets
from watchglass.base.assets import PERSON_MODEL
from watchglass.base.errors import UnreachableError
from watchglass.cli import assets

DATA = b"model"


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("WATCHGLASS_ASSETS", raising=False)
    known = dataclasses.replace(
        PERSON_MODEL,
        urls=("http://127.0.0.1:9/model",),
        size=len(DATA),
        sha256=hashlib.sha256(DATA).hexdigest(),
    )
    monkeypatch.setattr(base_assets, "PERSON_MODEL", known)


def test_what_is_there_is_used_in_silence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / PERSON_MODEL.name).write_bytes(DATA)
    assert assets.try_person_model(tmp_path / "given") == tmp_path / "given" / PERSON_MODEL.name
    assert capsys.readouterr().err == ""


def test_says_what_is_missing_and_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert assets.try_person_model(None) is None
    said = capsys.readouterr().err
    assert "watchglass: yolox_nano.onnx is missing: 127.0.0.1:9 cannot be reached." in said
    assert "protection is reduced" in said


def test_what_must_be_there_is_an_error() -> None:
    with pytest.raises(UnreachableError, match=r"yolox_nano\.onnx is missing"):
        assets.obtain(base_assets.PERSON_MODEL, None)
