"""Parts of a report: what they say, and that words from inputs stay words."""

import html.parser
import json

import pytest

from tests.conftest import ROOT
from tests.invented import towns
from watchglass.census import sections, writing
from watchglass.census.sections import Listed, key_figures, listed, remarks, tables
from watchglass.census.values import FIGURES, Census, Figure, Measures, Remark


class Words(html.parser.HTMLParser):
    """The words of a page, and its elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.said: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def words(page: str) -> str:
    return "".join(Words(page).said)


def census(*areas: Measures) -> Census:
    return Census("2026-05-04T10:30:00Z", (), areas)


def area(
    name: str, rate: float, low: float | None = None, high: float | None = None, rank: Figure | None = None
) -> Measures:
    figures = {"per-1000": Figure(rate, low, high, "95 %, so" if low else "")} | (
        {"rank-per-1000": rank} if rank else {}
    )
    return Measures(name, 1000, 2.0, figures)


class TestKeyFigures:
    def test_of_one_area_they_are_sentences_with_their_intervals(self) -> None:
        said = words(key_figures(census(area("A", 2.5, 1, 4))))
        assert "For every 1,000 people there are 2.50 (1.00 to 4.00: 95 %, so)." in said
        assert "how far this may be off is not known" not in said

    def test_where_nothing_is_known_of_the_error_it_says_so(self) -> None:
        assert "how far this may be off is not known" in words(key_figures(census(area("A", 2.5))))

    def test_of_several_there_are_the_middle_and_both_ends(self) -> None:
        said = words(key_figures(census(area("A", 2), area("B", 9, 8, 10), area("C", 3))))
        assert "cameras per 1,000 people, in the middle one of 3 areas3.00they go from 2.00 to 9.00" in said
        assert "Cameras per 1,000 people: most in B with 9.00 (8.00 to 10.0), least in A with 2.00." in said

    @pytest.mark.parametrize(
        ("low", "sentence"),
        [(1, "2 areas may as well be first"), (2, "no other area may as well be first")],
    )
    def test_how_sure_the_first_place_is(self, low: int, sentence: str) -> None:
        some = [area("A", 2, rank=Figure(1, 1, 2)), area("B", 1, rank=Figure(2, low, 2))]
        assert sentence in words(key_figures(census(*some)))

    def test_of_nothing_there_is_nothing(self) -> None:
        assert key_figures(census()) == ""


class TestTables:
    def test_a_table_a_topic_and_what_is_not_known_has_no_key(self) -> None:
        page = tables(census(area("A", 2), Measures("B", None, None, {"owned": Figure(0.5)})))
        assert Words(page).tags.count("table") == 2
        assert '<td data-sort="2">2.00</td>' in page
        assert "<td>not known</td>" in page
        assert "50.0 %" in page

    def test_figures_that_nobody_knows_yet_are_shown(self) -> None:
        assert "Other figures" in words(tables(census(Measures("A", 1, 1.0, {"new-one": Figure(1)}))))

    def test_areas_without_any_figure_are_listed(self) -> None:
        assert "Somewhere" in words(tables(census(Measures("Somewhere", 1, 1.0, {}))))

    def test_all_areas_have_a_row_in_each(self) -> None:
        some = towns(12).census
        page = tables(some)
        assert page.count('<th scope="row"') == 12 * Words(page).tags.count("table")
        assert page.count("<caption>") == page.count('scope="col" aria-sort="none" data-kind="text"')


class TestRemarks:
    def test_they_are_counted_by_kind_and_fifty_of_each_are_listed(self) -> None:
        some = [Remark("a.csv", f"line {row}", f'"{row}" is no number', True) for row in range(70)]
        page = remarks([*some, Remark("a.csv", "line 9", "too late", False)])
        said = words(page)
        assert "71 remarks; for 70 of them the thing could not be used at all" in said
        assert "70 times: … is no number (not used)" in said
        assert 'a.csv, line 49: "49" is no number' in said
        assert "line 50" not in said
        assert "And 20 more." in said
        assert "1 times: too late (used without it)" in said

    def test_of_very_many_kinds_the_most_frequent_are_shown(self) -> None:
        some = [Remark("a", "b", "x" * (row + 1), False) for row in range(sections.KINDS + 5)]
        assert "And 5 of 5 other kinds." in words(remarks(some))

    def test_none(self) -> None:
        assert "Nothing" in remarks([])


HOSTILE = "\"><script>x</script>'\u202e&amp;"


def test_words_from_inputs_are_never_elements() -> None:
    pages = [
        tables(census(Measures(HOSTILE, 1, 1.0, {HOSTILE: Figure(1, 0, 2, HOSTILE)}, {HOSTILE: 1.0}))),
        key_figures(census(area(HOSTILE, 1), area("B", 2))),
        key_figures(census(Measures(HOSTILE, 1, 1.0, {"cameras": Figure(1, 0, 2, HOSTILE)}))),
        remarks([Remark(HOSTILE, HOSTILE, HOSTILE, True)]),
        listed(Listed(HOSTILE, [HOSTILE], [HOSTILE, HOSTILE], [[HOSTILE, None], [HOSTILE, 1.0]])),
        sections.bullets([HOSTILE]),
    ]
    for page in pages:
        assert "script" not in Words(page).tags
        assert "&quot;&gt;&lt;script&gt;" in page
        assert "\u202e" not in page


def test_a_figure_s_braces_are_no_fields() -> None:
    assert "{area.figures}" in words(key_figures(census(Measures("{area.figures}", 1, 1.0, {"cameras": Figure(1)}))))


def test_the_front_end_has_the_same_words_topics_and_kinds_of_numbers() -> None:
    told = json.loads((ROOT / "web/src/census/figures.json").read_bytes())
    assert list(told["words"].items()) == list(FIGURES.items())
    assert list(told["topics"].items()) == [(topic, list(begins)) for topic, begins in sections._TOPICS.items()]
    assert told["shares"] == list(writing.SHARES)
    assert told["whole"] == list(writing._WHOLE)
