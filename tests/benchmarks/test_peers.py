"""Other programs are kept out of the product's reach, and a benchmark goes on without them."""

import importlib.util
import subprocess
from pathlib import Path

import pytest

from benchmarks import footage, peers

FAILED = subprocess.CompletedProcess(["pip"], 1, "", "WARNING: slow\nERROR: No matching distribution found\n")


def test_why_one_cannot_be_had_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "FOLDER", tmp_path)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: FAILED)
    with pytest.raises(peers.NotToBeHadError, match=r"deface==1.5.0 could not be installed: ERROR: No matching"):
        peers.deface(lambda *_: None)


def test_one_that_is_there_is_not_installed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        calls.append(command)
        (tmp_path / "deface-1.5.0").mkdir(exist_ok=True)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(peers, "FOLDER", tmp_path)
    monkeypatch.setattr(subprocess, "run", run)
    program = tmp_path / "deface-1.5.0" / "bin" / "deface"
    assert peers.deface(lambda *_: None) == program == peers.deface(lambda *_: None)
    assert [command[1:3] for command in calls] == [["-m", "venv"], ["-m", "pip"]]
    assert calls[1][-3:] == ["--only-binary", ":all:", "deface==1.5.0"]
    assert Path(calls[1][0]).parent == program.parent  # its own pip, not ours


def test_one_that_fails_is_no_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: FAILED)
    with pytest.raises(RuntimeError, match="No matching"):
        peers.run_deface(tmp_path / "deface", tmp_path / "in.mp4", tmp_path / "out.mp4")


def test_nothing_of_it_is_within_the_products_reach() -> None:
    assert importlib.util.find_spec("deface") is None
    assert footage.FOLDER.is_relative_to(footage.ROOT / "build")
    assert "build/" in (footage.ROOT / ".gitignore").read_text(encoding="ascii").splitlines()
