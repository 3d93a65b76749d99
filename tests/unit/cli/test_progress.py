import io
import sys

import pytest

from watchglass.cli import progress


def test_lines_for_a_file_a_quarter_each() -> None:
    lines: list[str] = []
    report = progress.Lines(lines.append)
    for done in range(0, 101, 5):
        report("loading", done, 100)
    assert lines == ["loading ...", *(f"loading: {share} %" for share in range(25, 101, 25))]


def test_what_nobody_knows_the_size_of_is_named_once() -> None:
    lines: list[str] = []
    report = progress.Lines(lines.append)
    for done in range(5):
        report("updating", done, 0)
    report("loading", 0, 10)
    assert lines == ["updating ...", "loading ..."]


def test_no_bars_where_nobody_sees_them(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.reporting() as report:
        report("loading [yolox]", 5, 10)
    assert capsys.readouterr().err == "loading [yolox] ...\n"


def test_bars_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    with progress.reporting() as report:
        report("loading", 5, 10)
        report("loading", 10, 10)
    assert "loading" in screen.getvalue()
    assert "100%" in screen.getvalue()
