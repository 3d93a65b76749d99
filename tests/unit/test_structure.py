"""The shape of the code: every module has its test, no import hides in a function, nothing grows out of hand."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "watchglass"
TESTS = ROOT / "tests" / "unit"

LONGEST_MODULE = 500
LONGEST_FUNCTION = 60

# A package's own docstring and the entry point hold no code to test; migrations are tested as a chain.
WITHOUT_MIRROR = {"__init__.py", "__main__.py"}
MIGRATIONS = {PACKAGE / "store" / "migrations", PACKAGE / "store" / "originals_migrations"}


def modules() -> list[Path]:
    """Every module of the package, but for the migrations, which alembic loads."""
    return [path for path in sorted(PACKAGE.rglob("*.py")) if MIGRATIONS.isdisjoint(path.parents)]


def mirror(module: Path) -> Path:
    """Where the test of a module lies: watchglass/X/y.py in tests/unit/X/test_y.py."""
    inside = module.relative_to(PACKAGE)
    return TESTS / inside.parent / f"test_{inside.name}"


def hidden_imports(source: str) -> list[int]:
    """Lines on which an import stands inside a function."""
    functions = [
        node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    inner = (node for function in functions for node in ast.walk(function))
    return sorted({node.lineno for node in inner if isinstance(node, ast.Import | ast.ImportFrom)})


def long_functions(source: str) -> list[str]:
    """Functions that no longer fit on a screen."""
    return [
        f"{node.name} (line {node.lineno}): {lines} lines"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    ]


@pytest.mark.parametrize("module", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
class TestModule:
    def test_has_its_test(self, module: Path) -> None:
        if module.name in WITHOUT_MIRROR:
            return
        assert mirror(module).is_file(), f"{mirror(module).relative_to(ROOT)} is missing"

    def test_says_what_it_is_for(self, module: Path) -> None:
        assert ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))), f"{module} has no docstring"

    def test_imports_at_its_top_only(self, module: Path) -> None:
        assert hidden_imports(module.read_text(encoding="utf-8")) == []

    def test_can_be_read_in_one_go(self, module: Path) -> None:
        source = module.read_text(encoding="utf-8")
        assert source.count("\n") <= LONGEST_MODULE
        assert long_functions(source) == []


def test_every_test_tests_something_that_exists() -> None:
    wanted = {mirror(module) for module in modules()}
    own = {TESTS / "test_structure.py", TESTS / "test_promise.py"}
    stray = [
        path
        for path in sorted(TESTS.rglob("test_*.py"))
        if path not in wanted | own and "store/migrations" not in str(path)
    ]
    # A module's tests may be split over test_y_<topic>.py once they have grown.
    stray = [
        path
        for path in stray
        if not any(path.name.startswith(f"{other.stem}_") for other in wanted if other.parent == path.parent)
    ]
    assert stray == []


def test_every_folder_of_tests_is_run() -> None:
    """`scripts/test` names them, for they run in two halves."""
    folders = {path.name for path in TESTS.parent.iterdir() if path.is_dir() and path.name != "__pycache__"}
    script = (ROOT / "scripts" / "test").read_text(encoding="utf-8")
    assert {folder for folder in folders if f"tests/{folder}" not in script} == set()


def test_the_scan_finds_a_hidden_import() -> None:
    assert hidden_imports("import os\n\ndef f():\n    import json\n    return json\n") == [4]
    assert hidden_imports("import os\nif os.name:\n    import json\n") == []


def test_the_scan_finds_a_long_function() -> None:
    body = "    a = 1\n" * LONGEST_FUNCTION
    assert long_functions(f"def f():\n{body}") == [f"f (line 1): {LONGEST_FUNCTION + 1} lines"]
    assert long_functions(f"def f():\n{body[: len('    a = 1') + 1]}") == []
