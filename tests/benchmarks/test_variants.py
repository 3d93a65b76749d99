"""The table of the privacy page: how it is written, and what its rows are made of."""

import dataclasses
import json
from pathlib import Path

import av
import numpy as np
import pytest

from benchmarks import footage, variants
from benchmarks.leak import Leak
from benchmarks.variants import BEGIN, END, Found
from tests.benchmarks.test_redaction import Blind
from tests.footage import make

GOOD = Found(heads=0, bodies=0, labels=4650, unseen=477, masked=2.41, covered=0.131)


class TestTable:
    def test_a_row_says_what_was_found(self) -> None:
        rows = variants.table({"plain": GOOD}, "2026-01-02")
        assert "| watchglass: as it is | 0 of 4,650 | 0 of 4,650 | 2.4 | 13% |" in rows
        assert "2026-01-02" in rows
        assert "not in sight where nothing" not in rows

    def test_a_row_says_how_long_was_waited(self) -> None:
        rows = variants.table({"recorded": dataclasses.replace(GOOD, ready=12.8)}, "today")
        assert "once it is shown (after 13 s) | 0 of 4,650 |" in rows

    def test_what_is_hidden_anyway_is_said(self) -> None:
        rows = variants.table({"untouched": Found(heads=4560, bodies=4650, labels=4650)}, "today")
        assert "90 of the heads are not in sight where nothing is redacted" in rows

    def test_what_could_not_be_measured_is_said(self) -> None:
        rows = variants.table({"deface": Found(why_not="deface==1.5.0 could not be installed: no network")}, "today")
        assert "| faces found and blurred by deface 1.5.0 | not measured: deface==1.5.0 could" in rows

    def test_rows_keep_their_order(self) -> None:
        rows = variants.table({"blur": GOOD, "slow": GOOD, "plain": GOOD}, "today")
        assert rows.index("as it is") < rows.index("every third") < rows.index("blurred")

    def test_figures_come_from_the_measure(self) -> None:
        leak = Leak(10, 4, 100, 7, 3, 2, 5, 1, 0.1, 0.04, 0.0)
        assert Found.of(leak) == Found(heads=3, bodies=2, labels=100, unseen=7, masked=2.5, covered=0.4)


class TestPage:
    def test_only_what_is_between_the_marks_changes(self) -> None:
        page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
        once = variants.written(page, "| new |")
        assert once == f"before\n{BEGIN}\n| new |\n{END}\nafter\n"
        assert variants.written(once, "| new |") == once

    def test_a_page_without_marks_is_left_alone(self) -> None:
        with pytest.raises(ValueError, match="no place for the table"):
            variants.written(f"before {BEGIN}", "new")

    def test_the_real_page_has_its_place(self) -> None:
        assert "| new |" in variants.written(variants.PAGE.read_text(encoding="utf-8"), "| new |")

    def test_other_rows_stay_as_they_were(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        page, kept = tmp_path / "privacy.md", tmp_path / "variants.json"
        page.write_text(f"{BEGIN}\n{END}\n", encoding="ascii")
        monkeypatch.setattr(variants, "PAGE", page)
        monkeypatch.setattr(variants, "KEPT", kept)
        monkeypatch.setattr(variants, "measure_all", lambda names, *_: dict.fromkeys(names, GOOD))
        monkeypatch.setattr("sys.argv", ["variants", "--only", "plain", "blur"])
        assert variants.main() == 0
        monkeypatch.setattr("sys.argv", ["variants", "--only", "half"])
        assert variants.main() == 0
        assert list(json.loads(kept.read_text())) == ["plain", "blur", "half"]
        assert [line.split(" |")[0] for line in page.read_text().splitlines() if "of 4,650 |" in line] == [
            "| watchglass: as it is",
            "| watchglass: half its width and height",
            "| every labelled person blurred",
        ]
        assert (
            page.read_text().splitlines()[1:-1]
            == capsys.readouterr().out.splitlines()[-len(page.read_text().splitlines()) + 2 :]
        )


class TestWays:
    def test_squares_are_of_one_level_each(self) -> None:
        part = np.random.default_rng(1).integers(0, 256, (3, 32, 16), dtype=np.uint8)
        found = variants.squares(part.copy()).reshape(3, 4, 8, 2, 8)
        assert (found == found[:, :, :1, :, :1]).all()
        assert len(np.unique(found[0])) > 4

    def test_a_blur_leaves_light_and_takes_detail(self) -> None:
        part = np.random.default_rng(1).integers(0, 256, (3, 64, 64), dtype=np.uint8)
        found = variants.blurred(part.copy())
        assert found.std() < 0.2 * part.std()
        assert abs(float(found.mean()) - float(part.mean())) < 2


def test_a_live_view_is_as_long_as_its_footage_and_begins_covered(tmp_path: Path) -> None:
    source, target = make(tmp_path / "a.mp4", frames=25, rate=10), tmp_path / "view.mp4"
    variants.redact_live(source, target, Blind())
    with av.open(str(target)) as container:
        pictures = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    assert len(pictures) == 25
    assert np.bincount(pictures[0].ravel()).max() > 0.8 * pictures[0].size


def test_labels_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(footage, "street", lambda _: tmp_path / "vtest.avi")
    found = variants.measure("plain")
    assert "gt.txt" in found.why_not
