import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchglass.census.numbers import COMMA, POINT, NotANumberError, mark_of, marks, read, read_whole


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1234", 1234),
        ("1,234,567", 1_234_567),
        ("1.234.567", 1_234_567),
        ("1 234 567", 1_234_567),
        ("1\u00a0234\u202f567", 1_234_567),
        ("1\u2009234,5", 1234.5),
        ("1'234'567.5", 1_234_567.5),
        ("1\u2019234", 1234),
        ("11,29,000", 1_129_000),
        ("1,00,00,000.50", 10_000_000.5),
        ("1.234,5", 1234.5),
        ("1,234.5", 1234.5),
        ("3,14", 3.14),
        (",5", 0.5),
        ("0,234", 0.234),
        ("1234,567", 1234.567),
        ("-12.5", -12.5),
        ("\u221212", -12),
        ("1.65 million", 1_650_000),
        ("15.35m", 15_350_000),
        ("1,65 Mio.", 1_650_000),
        ("2.79 lakh", 279_000),
        ("1,234.5k", 1_234_500),
        ("12 %", 0.12),
        ("8,5%", 0.085),
        ("1.5E+06", 1_500_000),
        ("\uff11\uff12\uff13", 123),
        ("1,234", 1234),
        ("1.234", 1.234),
        ("12.", 12),
    ],
)
def test_reads_what_people_write(text: str, value: float) -> None:
    assert read(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["", "  ", "-", "n/a", "N/A", "\u2013", "null", "..."])
def test_nothing_is_nothing(text: str) -> None:
    assert read(text) is None
    assert read_whole(text) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("11.29,000", "points make groups of 2 and 2 digits, not of three"),
        ("1,2,3", "commas make groups of 1 and 1 and 1 digits"),
        ("1.2.3", "points make groups"),
        ("1.29.000", "points make groups of 1 and 2 and 3 digits"),
        ("1,234.5.6", "more than one point"),
        ("1 234'567", "groups thousands in two ways"),
        ("12 34", "spaces make groups of 2 and 2"),
        ("1.000 000", "go on behind the point"),
        ("about 50", "is not a number"),
        ("50 cameras", '"cameras" is no word'),
        ("9" * 400, "is not a number"),
        ("1" + " " * 100_000 + "!", "is not a number"),
        ("9e301", "larger than anything"),
        ("12 34 56 78 90 12", "groups of too many"),
    ],
)
def test_says_what_is_wrong(text: str, why: str) -> None:
    with pytest.raises(NotANumberError, match=why) as raised:
        read(text)
    assert len(str(raised.value)) < 160


def test_another_cell_of_the_column_settles_what_a_comma_means() -> None:
    german, english = ["1.234", "2.000,5"], ["1.234", "2,000.5"]
    assert [read(cell, mark_of(german)) for cell in german] == [1234, 2000.5]
    assert [read(cell, mark_of(english)) for cell in english] == [1.234, 2000.5]
    assert read("1,234", mark_of(["1,234", "3,5"])) == pytest.approx(1.234)
    assert mark_of(["11,29,000"]) == POINT
    assert mark_of(["1 234,567"]) == COMMA
    assert mark_of(["1,234", "", "x", "17"]) is None


def test_columns_that_contradict_themselves_settle_nothing() -> None:
    assert marks(["3,5", "3.5"]) == {POINT, COMMA}
    assert mark_of(["3,5", "3.5"]) is None
    assert marks(["11.29,000"]) == frozenset()


def test_what_is_counted_has_no_fractions() -> None:
    assert read_whole("1.234") == 1234
    assert read_whole("15.35 million") == 15_350_000
    assert read_whole("1.234 million") == 1_234_000
    with pytest.raises(NotANumberError, match="not a whole number"):
        read_whole("3.5")


@given(st.text())
def test_any_text_is_a_number_or_nothing_or_says_why(text: str) -> None:
    for whole in (True, False):
        try:
            value = read(text, whole=whole)
        except NotANumberError:
            continue
        assert value is None or math.isfinite(value)
    marks([text])


@given(st.text(alphabet="0123456789., '-+%mke", max_size=14))
def test_nearly_numbers_too(text: str) -> None:
    for mark in (None, POINT, COMMA):
        try:
            value = read(text, mark)
        except NotANumberError:
            continue
        assert value is None or math.isfinite(value)


STYLES = [
    (COMMA, POINT),
    (POINT, COMMA),
    (" ", POINT),
    (" ", COMMA),
    ("'", POINT),
    ("\u2009", COMMA),
    ("", POINT),
    ("", COMMA),
]


@given(st.integers(-(10**12), 10**12), st.integers(0, 9999), st.sampled_from(STYLES))
def test_what_is_written_is_read_again(number: int, fraction: int, style: tuple[str, str]) -> None:
    grouping, mark = style
    text = f"{number:,}".replace(",", grouping)
    assert read(text, mark) == number
    assert read_whole(text, mark) == number
    sign = -1 if number < 0 else 1
    assert read(f"{text}{mark}{fraction:04}", mark) == pytest.approx(number + sign * fraction / 10_000, abs=1e-3)


@given(st.integers(100_000, 10**11))
def test_indian_groups_are_read_again(number: int) -> None:
    head, tail = divmod(number, 1000)
    groups: list[str] = []
    while head:
        head, rest = divmod(head, 100)
        groups.insert(0, f"{rest:02}" if head else str(rest))
    assert read(",".join([*groups, f"{tail:03}"])) == number
