import io
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Ran
from watchglass.base.errors import RefusedError
from watchglass.cli.folder import machine_of

Run = Callable[..., Ran]


@pytest.fixture
def types(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Have a text come on standard input."""
    return lambda text: monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def test_somebody_is_added_and_gets_a_new_password(run: Run, types: Callable[[str], None], tmp_path: Path) -> None:
    types("long enough\n")
    assert run("account", "add", "Ada", "--data", tmp_path) == Ran(0, "Ada may sign in now.\n", "")
    accounts = machine_of(tmp_path).accounts
    session = accounts.new_session(accounts.check("ada", "long enough"))
    types("another one\n")
    assert run("account", "reset", "Ada", "--data", tmp_path).code == 0
    assert accounts.session(session) is None
    with pytest.raises(RefusedError):
        accounts.check("ada", "long enough")
    assert accounts.check("ada", "another one").name == "Ada"


@pytest.mark.parametrize(
    ("arguments", "typed", "code", "words"),
    [
        (("add", "Ada"), "short\n", 2, "at least 10"),
        (("add", "Ada"), "", 2, "No password came"),
        (("reset", "Bob"), "long enough\n", 66, "no account called 'Bob'"),
    ],
)
def test_what_cannot_be(
    run: Run,
    types: Callable[[str], None],
    tmp_path: Path,
    arguments: tuple[str, ...],
    typed: str,
    code: int,
    words: str,
) -> None:
    machine_of(tmp_path)
    types(typed)
    ran = run("account", *arguments, "--data", tmp_path)
    assert ran.code == code
    assert words in ran.err


def test_a_folder_that_is_not_there_is_not_made(run: Run, types: Callable[[str], None], tmp_path: Path) -> None:
    types("long enough\n")
    ran = run("account", "reset", "Ada", "--data", tmp_path / "typo")
    assert ran.code == 66
    assert f"no watchglass data folder at {tmp_path / 'typo'}" in ran.err
    assert list(tmp_path.iterdir()) == []
