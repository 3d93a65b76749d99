import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchglass.base.errors import BadInputError
from watchglass.census.texts import decoded, mapped, plain, read_table

SEOUL = "구별,소계\n강남구,2780\n강동구,773\n"
PARIS = "ville;caméras\nMédiathèque;3\nÎle-de-France;4\n"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (SEOUL.encode(), "UTF-8"),
        (SEOUL.encode("utf-8-sig"), "UTF-8"),
        (SEOUL.encode("utf-16"), "UTF-16"),
        (b"\xfe\xff" + SEOUL.encode("utf-16-be"), "UTF-16"),
        (SEOUL.encode("utf-32"), "UTF-32"),
        (SEOUL.encode("cp949"), "CP949 (Korean)"),
        (SEOUL.encode("euc_kr"), "CP949 (Korean)"),
        (PARIS.encode("cp1252"), "Windows-1252"),
        ("Straße;Größe\nÄpfel;ÜBÖ\n".encode("cp1252"), "Windows-1252"),
        ("name,cameras\na,1\n".encode("utf-16-le"), "UTF-16"),
        ("name,cameras\na,1\n".encode("utf-16-be"), "UTF-16"),
    ],
)
def test_encodings_are_found_and_said(content: bytes, name: str) -> None:
    text, said = decoded(content, "t.csv")
    assert said == name
    assert text[0].isalpha()
    assert "\ufeff" not in text
    if "강" in text or "é" in text:
        assert text in {SEOUL, PARIS}
    assert name in read_table(content, "t.csv").remarks[0].what


@pytest.mark.parametrize(
    "content", [b"\0\1\2\3\4\5\6\7" * 8, b"\xff\xfea", b"\xff\xfe\0\0abc", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"]
)
def test_what_is_no_text_is_refused(content: bytes) -> None:
    with pytest.raises(BadInputError, match=r"t\.csv"):
        decoded(content, "t.csv")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_are_found(separator: str) -> None:
    text = f'name{separator}lon{separator}lat\n"a, b; c"{separator}2{separator}48\n'
    table = read_table(text.encode(), "t.csv")
    assert table.columns == ("name", "lon", "lat")
    assert table.rows[0].cells == {"name": "a, b; c", "lon": "2", "lat": "48"}


def test_decimal_commas_between_semicolons() -> None:
    table = read_table(b"name;lon;lat\na;2,35;48,85\nb;2,36;48,86\n", "t.csv")
    assert table.rows[1].cells["lon"] == "2,36"
    assert table.mark("lon") == ","


def test_lines_are_counted_as_an_editor_does() -> None:
    table = read_table(b'name,x\r\n"two\r\nlines",1\r\n\r\nlast,2\r\n', "t.csv")
    assert [(row.where, row.cells["x"]) for row in table.rows] == [("line 2", "1"), ("line 5", "2")]


def test_lines_of_other_lengths_are_remarked_on() -> None:
    table = read_table(b"a,b,c\n1,2\n1,2,3,4\n1,2,3\n", "t.csv")
    assert [(one.where, one.kind, one.dropped) for one in table.remarks[1:]] == [
        ("line 2", "row", False),
        ("line 3", "row", False),
    ]
    assert [row.cells["c"] for row in table.rows] == ["", "3", "3"]


def test_columns_of_one_name_or_of_none() -> None:
    assert read_table(b"a,,a,\n1,2,3,4\n", "t.csv").columns == ("a", "column 2", "a (3)", "column 4")


@pytest.mark.parametrize("content", [b"", b"\n\n", b",,\n", b'a,b\n"' + b"x" * 200_000])
def test_tables_that_are_none(content: bytes) -> None:
    with pytest.raises(BadInputError, match=r"t\.csv"):
        read_table(content, "t.csv")


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_table_or_refused(content: bytes) -> None:
    with contextlib.suppress(BadInputError):
        table = read_table(content, "t.csv")
        assert all(set(row.cells) == set(table.columns) for row in table.rows)


def test_names_are_compared_without_case_accents_and_signs() -> None:
    assert plain("Sèvres\u2013Babylone ") == plain("SEVRES babylone")
    assert plain("강남구") == "강남구"
    assert plain("Köln") != plain("Kiel")


GUESSES = {"longitude": ("lon", "länge"), "latitude": ("lat", "breite")}


def test_columns_are_stated_or_guessed() -> None:
    assert mapped(("Länge", "BREITE"), GUESSES, None, "t.csv") == {"longitude": "Länge", "latitude": "BREITE"}
    assert mapped(("a", "b", "lon"), GUESSES, {"latitude": "lon"}, "t.csv") == {"latitude": "lon"}
    assert mapped(("a", "Lat "), GUESSES, {"latitude": "lat"}, "t.csv") == {"latitude": "Lat "}


def test_a_stated_column_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(BadInputError, match="no column north for latitude; it has a, lon"):
        mapped(("a", "lon"), GUESSES, {"latitude": "north"}, "t.csv")
    with pytest.raises(BadInputError, match="nothing is called up; there are longitude, latitude"):
        mapped(("a", "lon"), GUESSES, {"up": "a"}, "t.csv")


def test_a_table_of_nothing_but_its_columns_names_is_remarked_on() -> None:
    assert [one.what for one in read_table(b"name,people\n", "t.csv").remarks][1:] == [
        "has no lines below the names of its columns"
    ]
    assert len(read_table(b"name,people\nA,1\n", "t.csv").remarks) == 1
