import datetime as dt
import sys
from pathlib import Path

import pytest
from pyarrow import parquet

from watchglass.base import tabular
from watchglass.base.errors import CannotWriteError, UsageError
from watchglass.base.tabular import Kind

NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
COLUMNS: dict[str, tuple[Kind, list[object]]] = {
    "what": (Kind.TEXT, ["gate", None]),
    "how many": (Kind.WHOLE, [3, None]),
    "share": (Kind.NUMBER, [0.5, None]),
    "when": (Kind.MOMENT, [NOON, None]),
}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\uff1d1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert tabular.cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["gate", "", "a=b", "'=1", "3 - 1"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert tabular.cell(text) == text


def test_parquet_there_and_back_with_what_is_not_known(tmp_path: Path) -> None:
    tabular.write_parquet(COLUMNS, tmp_path / "a.parquet")
    read = parquet.read_table(tmp_path / "a.parquet")
    assert read.to_pydict() == {name: values for name, (_, values) in COLUMNS.items()}
    assert [str(one.type) for one in read.schema] == ["string", "int64", "double", "timestamp[us, tz=UTC]"]
    assert [path.name for path in tmp_path.iterdir()] == ["a.parquet"]


def test_without_its_library_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"run pip install 'watchglass\[parquet\]', or take CSV"):
        tabular.write_parquet(COLUMNS, tmp_path / "a.parquet")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotWriteError, match=r"no/a\.parquet"):
        tabular.write_parquet(COLUMNS, tmp_path / "no" / "a.parquet")
