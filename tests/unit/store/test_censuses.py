from pathlib import Path

import pytest

from watchglass.base.errors import MissingInputError, UsageError, WatchglassError
from watchglass.store.censuses import Censuses
from watchglass.store.folder import DataFolder


@pytest.fixture
def kept(tmp_path: Path) -> Censuses:
    return Censuses(DataFolder.open(tmp_path / "data"))


def test_there_are_none_at_first(kept: Censuses) -> None:
    assert kept.names() == []


def test_what_is_kept_is_read_again_and_anew_replaces_it(kept: Censuses) -> None:
    kept.keep("riverside", b"one")
    kept.keep("a-2026", b"other")
    kept.keep("riverside", b"two")
    assert kept.names() == ["a-2026", "riverside"]
    assert kept.read("riverside") == b"two"


@pytest.mark.parametrize("name", ["", "Riverside", "../catalogue", "a/b", "a.b", "-a", "a" * 65, "a\n"])
def test_another_name_is_refused(name: str, kept: Censuses) -> None:
    with pytest.raises(UsageError, match="lower-case letters"):
        kept.keep(name, b"{}")


@pytest.mark.parametrize("name", ["riverside", "../folder", "x/../../folder", "", "a\0b"])
def test_what_is_not_there_is_missing(name: str, kept: Censuses) -> None:
    with pytest.raises(MissingInputError, match="no census"):
        kept.read(name)


def test_what_lies_there_and_is_none_is_not_told(kept: Censuses, tmp_path: Path) -> None:
    kept.keep("riverside", b"{}")
    (tmp_path / "data/censuses/.riverside.json.ab.partial").write_bytes(b"{")
    (tmp_path / "data/censuses/Notes.json").write_bytes(b"{")
    assert kept.names() == ["riverside"]


def test_a_folder_that_takes_nothing_is_said(tmp_path: Path) -> None:
    folder = DataFolder.open(tmp_path / "data")
    (folder.root / "censuses").write_text("a file, where a folder should be", "utf-8")
    with pytest.raises(WatchglassError, match="the census riverside"):
        Censuses(folder).keep("riverside", b"{}")
