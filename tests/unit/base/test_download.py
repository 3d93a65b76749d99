import io
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from watchglass.base import download
from watchglass.base.download import DebianFile
from watchglass.base.errors import UnreachableError

CLIP = DebianFile("clips-doc", "usr/share/doc/clips-doc/clip.avi")
GOOD = b"a picture of nobody" * 1000


def ignore(what: str, done: int, total: int) -> None:
    pass


class Debian:
    """A machine's `apt-get`, as a script that serves one package and notes how it was called."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._bin = folder / "bin"
        self._bin.mkdir(parents=True)
        monkeypatch.setenv("PATH", f"{self._bin}:{os.environ['PATH']}")

    def package(self, files: dict[str, bytes]) -> None:
        """A real package, made by the real dpkg-deb."""
        tree = self.folder / "tree"
        (tree / "DEBIAN").mkdir(parents=True)
        control = "Package: clips-doc\nVersion: 1\nArchitecture: all\nMaintainer: nobody\nDescription: test\n"
        (tree / "DEBIAN" / "control").write_text(control)
        for name, data in files.items():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_bytes(data)
        package = self.folder / "clips-doc_1_all.deb"
        subprocess.run(["dpkg-deb", "--build", tree, package], check=True, capture_output=True)

    def apt_get(self, script: str) -> None:
        path = self._bin / "apt-get"
        path.write_text(f'#!/usr/bin/env bash\necho "$*" >> {self.folder}/calls\n{script}\n')
        path.chmod(0o755)

    def calls(self) -> list[str]:
        """The last word but options of each call: `download clips-doc` or `update`."""
        lines = (self.folder / "calls").read_text().splitlines()
        return ["update" if line.endswith(" update") else "download" for line in lines]


@pytest.fixture
def debian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Debian:
    if shutil.which("dpkg-deb") is None:
        pytest.skip("dpkg-deb is Debian's own")
    return Debian(tmp_path / "debian", monkeypatch)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "part"
    path.mkdir()
    return path


SERVE = 'fd=$(echo "$*" | sed "s/.*Status-Fd=\\([0-9]*\\).*/\\1/"); '


def serves(debian: Debian) -> str:
    lines = "dlstatus:1:12.5:Retrieving\\npmstatus:x:1:y\\ndlstatus:1:odd\\ndlstatus:1:100.0:Retrieving\\n"
    return f'{SERVE} printf "{lines}" >&$fd; cp {debian.folder}/clips-doc_1_all.deb .'


class TestFromDebian:
    def test_takes_the_one_file_and_leaves_nothing(self, debian: Debian, folder: Path) -> None:
        debian.package({CLIP.path: GOOD, "usr/share/doc/clips-doc/zz": b"more" * 100_000})
        debian.apt_get(serves(debian))
        told: list[tuple[str, int, int]] = []
        target = io.BytesIO()
        download.from_debian(CLIP, target, len(GOOD), folder, lambda *step: told.append(step))
        assert target.getvalue() == GOOD
        assert list(folder.iterdir()) == []
        assert [done for what, done, _total in told if "downloading" in what] == [12, 0, 100]
        assert told[-1] == ("unpacking clips-doc", len(GOOD), len(GOOD))

    def test_updates_the_lists_as_root_and_tries_again(
        self, debian: Debian, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: 0)
        debian.package({CLIP.path: GOOD})
        debian.apt_get(
            f'case "$*" in *update) touch {debian.folder}/lists;; *) [ -f {debian.folder}/lists ] || exit 100; {serves(debian)};; esac'
        )
        target = io.BytesIO()
        download.from_debian(CLIP, target, len(GOOD), folder, ignore)
        assert target.getvalue() == GOOD
        assert debian.calls() == ["download", "update", "download"]

    def test_no_list_and_no_root(self, debian: Debian, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
        debian.apt_get("exit 100")
        with pytest.raises(UnreachableError, match="sudo apt-get update"):
            download.from_debian(CLIP, io.BytesIO(), len(GOOD), folder, ignore)
        assert debian.calls() == ["download"]

    def test_no_internet_as_root(self, debian: Debian, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: 0)
        debian.apt_get("exit 100")
        with pytest.raises(UnreachableError, match="clips-doc"):
            download.from_debian(CLIP, io.BytesIO(), len(GOOD), folder, ignore)

    def test_the_file_is_not_in_the_package_any_more(self, debian: Debian, folder: Path) -> None:
        debian.package({"usr/share/doc/clips-doc/other.avi": GOOD})
        debian.apt_get(serves(debian))
        with pytest.raises(UnreachableError, match=r"clip\.avi is not in the package"):
            download.from_debian(CLIP, io.BytesIO(), len(GOOD), folder, ignore)
        assert list(folder.iterdir()) == []

    def test_a_torn_package(self, debian: Debian, folder: Path) -> None:
        debian.package({CLIP.path: os.urandom(50_000)})
        whole = debian.folder / "clips-doc_1_all.deb"
        whole.write_bytes(whole.read_bytes()[:10_000])
        debian.apt_get(serves(debian))
        with pytest.raises(UnreachableError, match="cannot be unpacked"):
            download.from_debian(CLIP, io.BytesIO(), 50_000, folder, ignore)

    def test_a_file_larger_than_it_should_be(self, debian: Debian, folder: Path) -> None:
        debian.package({CLIP.path: GOOD})
        debian.apt_get(serves(debian))
        with pytest.raises(UnreachableError, match="larger"):
            download.from_debian(CLIP, io.BytesIO(), len(GOOD) - 1, folder, ignore)

    def test_another_system(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(folder))
        with pytest.raises(UnreachableError, match="not Debian"):
            download.from_debian(CLIP, io.BytesIO(), len(GOOD), folder, ignore)


class TestFromUrl:
    def test_a_host_that_does_not_answer(self) -> None:
        with pytest.raises(UnreachableError, match=r"127\.0\.0\.1:9 cannot be reached"):
            download.from_url("http://127.0.0.1:9/clip.avi", io.BytesIO(), 1, ignore)
