from pathlib import Path

import pytest

from watchglass.cli import options


def test_the_option_goes_before_the_file_and_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    file = tmp_path / "own.toml"
    file.write_text(f'data = "{tmp_path}/filed"\nport = 9000\n')
    assert options.settings_of(None).data == tmp_path / "home" / "watchglass"
    assert options.settings_of(None, name="watchglass-demo").data == tmp_path / "home" / "watchglass-demo"
    assert options.settings_of(None, file).data == tmp_path / "filed"
    assert options.settings_of(tmp_path / "given", file).data == tmp_path / "given"
    assert options.settings_of(tmp_path / "given", file).port == 9000
