from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.conftest import Ran
from watchglass.app import everything
from watchglass.app.everything import Welcome
from watchglass.base import log
from watchglass.cli import up
from watchglass.settings import Settings

Run = Callable[..., Ran]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """Settings with which everything would have been started."""
    seen: list[Settings] = []

    def run(settings: Settings, _clock: object, _welcome: object, *_rest: Any) -> int:
        seen.append(settings)
        return 0

    monkeypatch.setattr(everything, "run", run)
    monkeypatch.setattr(up, "try_person_model", lambda _given: None)
    monkeypatch.setattr(log, "configure", lambda *_arguments: None)
    return seen


def test_without_options_it_keeps_to_this_machine(run: Run, started: list[Settings], tmp_path: Path) -> None:
    assert run("up", "--data", tmp_path).code == 0
    assert started == [Settings(tmp_path)]


def test_options_go_before_the_settings_file(run: Run, started: list[Settings], tmp_path: Path) -> None:
    (tmp_path / "watchglass.toml").write_text('port = 9000\nhost = "::1"\nretention_days = 3\n')
    given = ("--port", 9001, "--watchers", 2, "--tls", "--host-name", "a.local", "--host-name", "b.local")
    assert run("up", "--data", tmp_path, *given).code == 0
    names = ("a.local", "b.local")
    assert started == [Settings(tmp_path, "::1", 9001, tls=True, host_names=names, watchers=2, retention_days=3)]


def test_behind_a_proxy(run: Run, started: list[Settings], tmp_path: Path) -> None:
    run("up", "--data", tmp_path, "--host", "0.0.0.0", "--proxy", "https://cams.example.org")
    assert started == [Settings(tmp_path, "0.0.0.0", proxy="https://cams.example.org")]


def test_ends_with_the_code_of_what_ran(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(everything, "run", lambda *_arguments: 69)
    monkeypatch.setattr(up, "try_person_model", lambda _given: None)
    monkeypatch.setattr(log, "configure", lambda *_arguments: None)
    assert run("up", "--data", tmp_path).code == 69


def test_the_model_is_sought_once_it_is_clear_that_it_can_run(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    steps: list[object] = []

    def stand_in(_settings: Settings, _clock: object, _welcome: object, prepare: Callable[[object], None]) -> int:
        steps.append("can run")
        prepare(None)
        return 0

    monkeypatch.setattr(everything, "run", stand_in)
    monkeypatch.setattr(up, "try_person_model", steps.append)
    monkeypatch.setattr(log, "configure", lambda *_arguments: None)
    (tmp_path / "watchglass.toml").write_text('assets = "models"\n')
    assert run("up", "--data", tmp_path).code == 0
    assert steps == ["can run", tmp_path / "models"]


def test_a_port_that_is_none(run: Run, started: list[Settings], tmp_path: Path) -> None:
    ran = run("up", "--data", tmp_path, "--port", 70000)
    assert ran.code == 2
    assert "from 1 to 65535" in ran.err
    assert started == []


def test_welcome_with_a_link_while_there_is_no_account(capsys: pytest.CaptureFixture[str]) -> None:
    up.welcome(Welcome("http://127.0.0.1:8080/", "http://127.0.0.1:8080/setup#secret"))
    said = capsys.readouterr().out
    assert "http://127.0.0.1:8080/setup#secret" in said
    up.welcome(Welcome("http://127.0.0.1:8080/", None))
    assert "Set up" not in capsys.readouterr().out


def test_welcome_tells_other_devices_where_to_come(capsys: pytest.CaptureFixture[str]) -> None:
    up.welcome(Welcome("https://cellar:8080/", None, "https://10.1.2.3:8080"))
    assert "Network:  https://10.1.2.3:8080" in capsys.readouterr().out
    up.welcome(Welcome("http://127.0.0.1:8080/", None))
    assert "Network" not in capsys.readouterr().out
