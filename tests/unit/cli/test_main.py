import importlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import watchglass
from tests.unit.cli.conftest import Ran
from watchglass.cli import main
from watchglass.store.folder import DataFolder

Run = Callable[..., Ran]


def test_says_its_version(run: Run) -> None:
    assert run("--version") == Ran(0, f"watchglass {watchglass.__version__}\n", "")


def test_lists_its_commands_and_hides_what_is_not_for_people(run: Run) -> None:
    said = run("--help").out
    for name, summary in main.COMMANDS.items():
        assert (f"  {name} " in said) == bool(summary)
        assert summary in said


@pytest.mark.parametrize("name", list(main.COMMANDS))
def test_every_command_can_be_typed(run: Run, name: str) -> None:
    ran = run(name, "--help")
    assert ran.code == 0
    assert f"Usage: watchglass {name}" in ran.out


@pytest.mark.parametrize("name", [name for name, summary in main.COMMANDS.items() if summary])
def test_the_summary_is_what_the_command_says_of_itself(name: str) -> None:
    module = importlib.import_module(f"watchglass.cli.{name}")
    if hasattr(module, "command"):
        assert module.command.__doc__.splitlines()[0] == main.COMMANDS[name]


def test_a_command_that_does_not_exist(run: Run) -> None:
    ran = run("identify")
    assert ran.code == 2
    assert "No such command 'identify'" in ran.err


def test_an_error_is_one_sentence_and_its_code(run: Run, tmp_path: Path) -> None:
    DataFolder.open(tmp_path)
    ran = run("camera", "remove", "Door", "--yes", "--data", tmp_path)
    assert ran.code == 66
    assert ran.err.startswith("watchglass: There is no camera 'Door'.")
    assert ran.err.count("\n") == 1
    assert ran.out == ""


def test_only_what_was_typed_is_loaded() -> None:
    """What a recorder must not load to be back in time, and `camera list` not to be quick."""
    code = "import sys; from watchglass.cli.main import build; build('account'); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "watchglass.cli.account" in loaded
    assert not {"cv2", "onnxruntime", "av", "fastapi", "uvicorn"} & set(loaded)
