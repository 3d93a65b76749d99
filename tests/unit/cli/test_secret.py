import io
import sys
from typing import Any

import pytest
import typer

from watchglass.base.errors import UsageError
from watchglass.cli.secret import new_secret


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_where_somebody_types_it_is_asked_for_twice_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, dict[str, Any]]] = []

    def prompt(text: str, **options: Any) -> str:
        asked.append((text, options))
        return "typed"

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(typer, "prompt", prompt)
    assert new_secret("passphrase") == "typed"
    assert asked == [("New passphrase", {"hide_input": True, "confirmation_prompt": True})]


def test_where_nobody_types_it_is_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(" with spaces \nand more\n"))
    assert new_secret("password") == " with spaces "


@pytest.mark.parametrize("text", ["", "\n"])
def test_none_at_all_is_said(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    with pytest.raises(UsageError, match="No password came on standard input"):
        new_secret("password")
