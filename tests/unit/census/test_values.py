from watchglass.census.values import BANDS, FIGURES


def test_each_band_has_its_figures_and_the_least_is_what_seen_means() -> None:
    assert list(BANDS) == sorted(BANDS)
    for what in ("public-seen", "walks-seen"):
        assert [name for name in FIGURES if name.startswith(what)] == [what, *(f"{what}-{band}" for band in BANDS[1:])]


def test_every_figure_has_words() -> None:
    assert all(words and words == words.strip() for words in FIGURES.values())
    assert len(set(FIGURES.values())) == len(FIGURES)
