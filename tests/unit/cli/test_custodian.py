import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Ran
from watchglass.base import durable
from watchglass.cli.folder import machine_of
from watchglass.seal.identity import Identity, LockedKey, Recipient

Run = Callable[..., Ran]
PASSPHRASE = "long enough for a custodian"


@pytest.fixture
def types(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Have a text come on standard input."""
    return lambda text: monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def public(number: int) -> str:
    return str(Identity(bytes([number]) * 96).recipient)


def test_a_key_is_made_and_its_public_half_printed(run: Run, types: Callable[[str], None], tmp_path: Path) -> None:
    file = tmp_path / "ada.key"
    types(PASSPHRASE + "\n")
    ran = run("custodian", "new", file, "--name", "Ada")
    assert ran.code == 0
    made = LockedKey.parse(file.read_bytes()).unlock(PASSPHRASE)
    assert ran.out == f"{made.recipient}\n"
    assert made.recipient.fingerprint in ran.err
    assert file.stat().st_mode & 0o777 == 0o600
    assert run("custodian", "public", file).out == ran.out


def test_a_key_is_never_overwritten(run: Run, types: Callable[[str], None], tmp_path: Path) -> None:
    file = tmp_path / "ada.key"
    file.write_text("something dear")
    types(PASSPHRASE + "\n")
    ran = run("custodian", "new", file, "--name", "Ada")
    assert (ran.code, "exists already" in ran.err, file.read_text()) == (2, True, "something dear")


@pytest.mark.parametrize(("typed", "code", "words"), [("short\n", 65, "at least 12"), ("", 2, "No passphrase came")])
def test_no_file_is_left_without_a_good_passphrase(
    run: Run, types: Callable[[str], None], tmp_path: Path, typed: str, code: int, words: str
) -> None:
    types(typed)
    ran = run("custodian", "new", tmp_path / "ada.key", "--name", "Ada")
    assert (ran.code, ran.out) == (code, "")
    assert words in ran.err
    assert list(tmp_path.iterdir()) == []


def test_no_file_is_left_where_there_is_no_space(
    run: Run, types: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    types(PASSPHRASE + "\n")
    monkeypatch.setattr(durable.DISK, "write", full)
    ran = run("custodian", "new", tmp_path / "ada.key", "--name", "Ada")
    assert (ran.code, ran.out, list(tmp_path.iterdir())) == (74, "", [])
    assert "No space is left for the key" in ran.err


def test_custodians_come_and_go(run: Run, tmp_path: Path) -> None:
    data = ("--data", tmp_path / "data")
    first = run("custodian", "add", "Ada", public(1), *data)
    assert first.code == 0
    assert "Originals are not kept yet: it takes 2 custodians, and there is 1." in first.out
    file = tmp_path / "bo.pub"
    file.write_text(public(2) + "\n")
    assert "Any 2 of 2 can open what is recorded from now on." in run("custodian", "add", "Bo", file, *data).out
    assert run("custodian", "add", "Cy", public(3), *data).code == 0
    assert run("custodian", "needed", "3", *data).out == "Any 3 of 3 can open what is recorded from now on.\n"
    assert "without 'Cy' there would be 2" in run("custodian", "remove", "Cy", *data).err
    run("custodian", "needed", "2", *data)
    assert "Cy is no custodian any more." in run("custodian", "remove", "Cy", *data).out
    custody = machine_of(tmp_path / "data").custodians.custody()
    assert custody is not None
    assert custody.recipients == (Recipient.parse(public(1)), Recipient.parse(public(2)))
    lines = run("custodian", "list", *data).out.splitlines()
    assert [line.split()[1] for line in lines[:3]] == ["Ada", "Bo", "Cy"]
    assert "until" in lines[2]
    listed = json.loads(run("custodian", "list", "--json", *data).out)
    assert (listed["needed"], [one["name"] for one in listed["custodians"]]) == (2, ["Ada", "Bo", "Cy"])


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("add", "Ada", "wgc1-abc"), 65, "not whole"),
        (("add", "Ada", "nowhere.pub"), 66, "no file nowhere.pub"),
        (("add", "", public(1)), 2, "1 to 64"),
        (("needed", "0"), 2, "1 to 255"),
        (("remove", "Bo"), 66, "watchglass data folder"),
        (("list",), 66, "watchglass data folder"),
    ],
)
def test_what_cannot_be(run: Run, tmp_path: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    ran = run("custodian", *arguments, "--data", tmp_path / "data")
    assert ran.code == code
    assert words in ran.err
