"""A census as CSV, Markdown, Parquet and JSON: numbers that make sense, names that do nothing."""

import csv
import dataclasses
import io
import json
import math
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from tests.invented import towns
from watchglass.base.errors import BadInputError, UsageError
from watchglass.census.values import Census, Figure, Measures, Remark
from watchglass.census.writing import (
    alike,
    as_csv,
    as_markdown,
    columns,
    from_json,
    interval,
    plain,
    rows,
    shown,
    to_json,
    write_parquet,
)

LONDON = Measures(
    "London", 9_100_000, 1572.0, {"cameras": Figure(627_707), "per-1000": Figure(68.9787912)}, {"crime": 53.2}
)
NOWHERE = Measures("Nowhere", None, None, {"public-seen": Figure(0.12345, 0.1, 0.15, "all of 20 draws")})


def census(*areas: Measures) -> Census:
    return Census("2026-05-04T10:30:00Z", ("some.csv",), areas)


def table(some: Census) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(as_csv(some))))


class TestNumbers:
    @pytest.mark.parametrize(
        ("name", "value", "words"),
        [
            ("cameras", 2579890, "2,579,890"),
            ("per-1000", 68.9787912, "69.0"),
            ("per-1000", 168.03, "168"),
            ("per-1000", 0.0123456, "0.0123"),
            ("per-1000", 0, "0"),
            ("per-1000", 99.99, "100.0"),
            ("per-km2", 1234.56, "1,235"),
            ("public-seen-125", 0.12345, "12.3 %"),
            ("rank-per-1000", 3, "3"),
        ],
    )
    def test_have_the_digits_that_tell_something(self, name: str, value: float, words: str) -> None:
        assert shown(name, value) == words

    def test_an_interval_may_be_known_on_one_side_only(self) -> None:
        assert interval("per-1000", Figure(2.0, 1.5, 2.51)) == "1.50 to 2.51"
        assert interval("cameras", Figure(2, 1)) == "at least 1"
        assert interval("cameras", Figure(2, high=9)) == "at most 9"
        assert interval("cameras", Figure(2)) == ""


class TestCsv:
    def test_a_row_an_area_and_four_columns_a_figure(self) -> None:
        [london, nowhere] = table(census(LONDON, NOWHERE))
        assert list(london)[:7] == [
            "area",
            "population",
            "km2",
            "cameras",
            "cameras-low",
            "cameras-high",
            "cameras-how",
        ]
        assert (london["cameras"], london["per-1000"], london["index-crime"]) == ("627707", "68.9788", "53.2")
        assert london["per-1000-low"] == london["public-seen"] == nowhere["population"] == ""
        assert nowhere["public-seen-how"] == "all of 20 draws"
        assert (nowhere["public-seen"], nowhere["public-seen-low"]) == ("0.12345", "0.1")

    @pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t=", "\r", "\n=", " =", "＝"])  # noqa: RUF001
    def test_no_cell_is_a_formula(self, begin: str) -> None:
        area = dataclasses.replace(LONDON, area=f"{begin}1+1", indices={f"{begin}x": 1.0})
        heads, row = list(csv.reader(io.StringIO(as_csv(census(area)), newline="")))
        assert row[0] == f"'{begin}1+1"
        assert not any(cell.lstrip().startswith(("=", "+", "-", "@", "＝")) for cell in [*heads, *row])  # noqa: RUF001

    def test_a_number_below_nought_stays_a_number(self) -> None:
        [row] = table(census(dataclasses.replace(LONDON, indices={"balance": -3.5})))
        assert row["index-balance"] == "-3.5"

    @given(st.floats(1e-9, 1e15))
    def test_six_digits_are_kept(self, value: float) -> None:
        [row] = table(census(Measures("a", 1, None, {"per-km2": Figure(value)})))
        assert math.isclose(float(row["per-km2"]), value, rel_tol=5e-6)
        assert "e" not in row["per-km2"].lower()

    def test_of_no_area_there_is_a_head(self) -> None:
        assert as_csv(census()) == "area,population,km2\r\n"


class TestMarkdown:
    def test_a_table_for_people(self) -> None:
        assert as_markdown(census(LONDON, NOWHERE)).splitlines() == [
            "| area | population | km² | cameras on the map | cameras per 1,000 people | share of public space that is seen | crime |",
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
            "| London | 9,100,000 | 1,572 | 627,707 | 69.0 |  | 53.2 |",
            r"| Nowhere |  |  |  |  | 12.3 % \(10.0 % to 15.0 %\) |  |",
            "",
            r"- share of public space that is seen: all of 20 draws",
        ]

    def test_a_name_is_no_markup(self) -> None:
        hostile = dataclasses.replace(LONDON, area="a|b\n# c <script> [d](javascript:e) `f`")
        [_, _, line] = as_markdown(census(hostile)).splitlines()
        assert line.startswith(r"| a\|b \# c \<script\> \[d\]\(javascript:e\) \`f\` |")


class TestParquet:
    def test_without_its_library_it_says_what_to_install(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "pyarrow", None)
        with pytest.raises(UsageError, match=r"run pip install 'watchglass\[parquet\]', or take CSV"):
            write_parquet(census(LONDON), tmp_path / "census.parquet")
        assert list(tmp_path.iterdir()) == []

    def test_there_and_back(self, tmp_path: Path) -> None:
        some = census(LONDON, NOWHERE)
        write_parquet(some, tmp_path / "census.parquet")
        read = parquet.read_table(tmp_path / "census.parquet")
        assert tuple(read.column_names) == columns(some)
        assert read.to_pylist() == rows(some)


texts = st.text(max_size=12)
numbers = st.floats(allow_nan=False, allow_infinity=False)
figures = st.builds(Figure, numbers, st.none() | numbers, st.none() | numbers, texts)
areas = st.builds(
    Measures,
    texts,
    st.none() | st.integers(0, 10**12),
    st.none() | numbers,
    st.dictionaries(texts, figures, max_size=4),
    st.dictionaries(texts, numbers, max_size=3),
)
few = st.lists(texts, max_size=3).map(tuple)
censuses = st.builds(
    Census,
    made=texts,
    inputs=few,
    areas=st.lists(areas, max_size=4).map(tuple),
    assumptions=few,
    remarks=st.lists(st.builds(Remark, texts, texts, texts, st.booleans()), max_size=4).map(tuple),
    notes=few,
)


class TestJson:
    @given(censuses)
    @settings(max_examples=200)
    def test_what_is_read_is_what_was_written(self, some: Census) -> None:
        assert from_json(to_json(some).encode(), "census.json") == some

    def test_the_name_of_a_file_need_not_be_text(self) -> None:
        some = dataclasses.replace(census(), inputs=("caf\udce9.csv",))
        assert from_json(to_json(some).encode(), "x") == some

    def test_it_says_what_it_is(self) -> None:
        told = json.loads(to_json(census(LONDON)))
        assert (told["format"], told["version"]) == ("watchglass-census", 1)
        assert told["areas"][0]["figures"]["cameras"] == {"value": 627707, "low": None, "high": None, "how": ""}

    def test_fields_that_are_added_later_are_passed_over(self) -> None:
        told = json.loads(to_json(census(LONDON))) | {"later": 1}
        assert from_json(json.dumps(told), "x") == census(LONDON)

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("", "census.json is no JSON"),
            ("[" * 100_000, "census.json is no JSON"),
            (b"\xff\xfe\xff", "census.json is no JSON"),
            ('{"x": NaN}', "census.json is no JSON"),
            ("[1]", "census.json is no census"),
            ('{"format": "watchglass-census", "version": 2}', "is a census of version 2, and this watchglass reads 1"),
        ],
    )
    def test_other_files_are_refused(self, text: str | bytes, words: str) -> None:
        with pytest.raises(BadInputError, match=words):
            from_json(text, "census.json")

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"made": 5}, '"made" is no text'),
            ({"areas": {}}, '"areas" is no list'),
            ({"areas": [7]}, '"areas" does not hold'),
            ({"areas": [{"area": "a", "figures": {"cameras": {"value": "7"}}}]}, '"value" is no number'),
            ({"areas": [{"area": "a", "figures": {"cameras": {"value": True}}}]}, '"value" is no number'),
            ({"areas": [{"area": "a", "figures": {}, "population": 1.5}]}, '"population" is no whole number'),
            ({"areas": [{"area": "a", "figures": {}, "km2": 10**400}]}, '"km2" is no number'),
            ({"areas": [{"area": "a"}]}, '"figures" does not hold'),
            ({"remarks": [{"source": "a", "where": "b", "what": "c"}]}, '"dropped" is neither'),
            ({"inputs": [1]}, '"inputs" holds something'),
        ],
    )
    def test_a_field_that_is_wrong_is_named(self, change: dict[str, Any], words: str) -> None:
        told = json.loads(to_json(census(LONDON))) | change
        with pytest.raises(BadInputError, match=f"census.json is a census, but {words}"):
            from_json(json.dumps(told), "census.json")

    def test_a_number_that_is_none_is_not_written(self) -> None:
        with pytest.raises(ValueError, match="not JSON compliant"):
            to_json(census(Measures("a", 1, 1.0, {"per-1000": Figure(math.nan)})))


@pytest.mark.parametrize(
    ("sentences", "told"),
    [
        (["95 %, over 214 cells", "95 %, over 12 cells", "95 %, over 1,300 cells"], ("95 %, over 12 to 1,300 cells",)),
        (["20 draws", "by hand", "20 draws"], ("20 draws", "by hand")),
        ([], ()),
    ],
)
def test_sentences_that_differ_in_numbers_are_told_once(sentences: list[str], told: tuple[str, ...]) -> None:
    assert alike(sentences) == told


def test_what_cannot_be_seen_is_shown_to_be_there() -> None:
    assert plain("a\u202eb\x00c\n d\ud800") == "a\ufffdb\ufffdc d\ufffd"
    assert plain("Llŷn 重庆") == "Llŷn 重庆"


def test_a_whole_set_of_towns_goes_through() -> None:
    some = towns(12).census
    assert len(table(some)) == 12
    assert from_json(to_json(some), "x") == some
