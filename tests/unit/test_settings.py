import dataclasses
from pathlib import Path

import pytest

from watchglass import settings
from watchglass.base.errors import Exit, MissingInputError, UsageError
from watchglass.settings import GIB, Settings


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


class TestLoad:
    def test_no_file_gives_the_defaults(self, tmp_path: Path) -> None:
        assert settings.load(None, tmp_path) == Settings(tmp_path)

    def test_the_file_in_the_data_folder(self, tmp_path: Path) -> None:
        write(tmp_path / "watchglass.toml", "port = 9000\nretention_days = 7\n")
        assert settings.load(None, tmp_path) == Settings(tmp_path, port=9000, retention_days=7)

    def test_every_key(self, tmp_path: Path) -> None:
        text = (
            'data = "/srv/watchglass"\nhost = "::"\nport = 443\nproxy = "https://cams.example.org"\n'
            'tls = false\nhost_names = ["cams.local"]\nwatchers = 3\ndetector_threads = 4\n'
            f"retention_days = 1.5\nmax_view_bytes = {5 * GIB}\noriginal_days = 2.5\n"
            f'max_original_bytes = {6 * GIB}\nmin_free_bytes = 1\nmin_days = 0.5\nassets = "/srv/assets"\n'
            'metrics_token_file = "token"\ndisks = ["/mnt/b", "c"]\n'
        )
        loaded = settings.load(write(tmp_path / "own.toml", text), tmp_path)
        assert dataclasses.astuple(loaded) == (
            Path("/srv/watchglass"),
            "::",
            443,
            "https://cams.example.org",
            False,
            ("cams.local",),
            3,
            4,
            1.5,
            5 * GIB,
            2.5,
            6 * GIB,
            1,
            Path("/srv/assets"),
            tmp_path / "token",
            0.5,
            (Path("/mnt/b"), tmp_path / "c"),
        )
        assert len(dataclasses.fields(Settings)) == len(settings._KINDS)

    def test_paths_begin_where_the_file_lies(self, tmp_path: Path) -> None:
        file = write(tmp_path / "own.toml", 'assets = "models"\n')
        assert settings.load(file, Path("/elsewhere")).assets == tmp_path / "models"
        assert settings.load(file, Path("/elsewhere")).data == Path("/elsewhere")

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("prot = 9000\n", r"own\.toml has a key 'prot'"),
            ('port = "9000"\n', "port must be a whole number, not '9000'"),
            ("port = true\n", "port must be a whole number, not True"),
            ("retention_days = '7'\n", "retention_days must be a number"),
            ("tls = 1\n", "tls must be true or false, not 1"),
            ("host_names = [1]\n", "host_names must be a list of texts in quotes"),
            ("host_names = 'a'\n", "host_names must be a list of texts in quotes"),
            ("host = 1\n", "host must be text in quotes"),
            ("port = 70000\n", "from 1 to 65535"),
            ("watchers = 0\n", "1 to 256"),
            ("detector_threads = 0\n", "1 to 64"),
            ("retention_days = 0\n", "more than 0 days"),
            ("max_view_bytes = 1\n", "max_view_bytes must be at least"),
            ("max_original_bytes = 1\n", "max_original_bytes must be at least"),
            ("original_days = 0\n", "more than 0 days"),
            ("min_free_bytes = -1\n", "negative"),
            ("min_days = -1\n", "min_days must be from 0 to"),
            ("min_days = 8\noriginal_days = 7\n", "min_days must be from 0 to"),
            ("port = \n", "is not TOML"),
            (f"port = {'1' * 5000}\n", "is not TOML"),
            (f"port = {'[' * 10_000}\n", "brackets in brackets"),
            ("retention_days = nan\n", "at most 36500, not nan"),
            ("original_days = inf\n", "at most 36500, not inf"),
            ("data = '~nobody-of-this-name/x'\n", "data names the home of a user who is not there"),
            ("disks = '/mnt/b'\n", "disks must be a list of texts in quotes"),
            ("disks = ['/mnt/b', '/mnt/b']\n", "/mnt/b lies in /mnt/b"),
            ("disks = ['/mnt/b', '/mnt/b/c']\n", "/mnt/b/c lies in /mnt/b"),
            ("disks = ['.']\n", "must be a folder of its own"),
            ("data = '/srv/a/b'\ndisks = ['/srv/a']\n", "/srv/a/b lies in /srv/a"),
            ('assets = "a\\u0000b"\n', "assets has a character that no path can have"),
        ],
    )
    def test_what_makes_no_sense_is_named(self, tmp_path: Path, text: str, words: str) -> None:
        with pytest.raises(UsageError, match=words):
            settings.load(write(tmp_path / "own.toml", text), tmp_path)

    def test_a_file_that_was_named_must_be_there(self, tmp_path: Path) -> None:
        with pytest.raises(MissingInputError, match=r"gone\.toml does not exist"):
            settings.load(tmp_path / "gone.toml", tmp_path)

    def test_a_folder_is_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(MissingInputError, match="cannot be read"):
            settings.load(tmp_path, tmp_path)

    def test_bytes_that_are_no_text(self, tmp_path: Path) -> None:
        file = tmp_path / "own.toml"
        file.write_bytes(b"\xff\xfe")
        with pytest.raises(UsageError, match="is not TOML"):
            settings.load(file, tmp_path)


class TestOverruled:
    def test_only_what_was_given(self, tmp_path: Path) -> None:
        assert Settings(tmp_path, port=1).overruled(port=None, host="::") == Settings(tmp_path, port=1, host="::")

    def test_is_checked_too(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="watchers"):
            Settings(tmp_path).overruled(watchers=0)


class TestJson:
    @pytest.mark.parametrize(
        "given",
        [
            Settings(Path("/srv/data")),
            Settings(
                Path("/srv"),
                "::",
                1,
                "https://a",
                True,
                ("a", "b"),
                2,
                3,
                1.5,
                GIB,
                2.5,
                2 * GIB,
                7,
                Path("/assets"),
                Path("/t"),
                disks=(Path("/mnt/b"), Path("/mnt/c")),
            ),
        ],
    )
    def test_comes_back_the_same(self, given: Settings) -> None:
        assert Settings.from_json(given.to_json()) == given


class TestDefaultData:
    def test_xdg(self) -> None:
        assert settings.default_data({"HOME": "/home/ada"}) == Path("/home/ada/.local/share/watchglass")
        assert settings.default_data({"HOME": "/h", "XDG_DATA_HOME": "/d"}, "demo") == Path("/d/demo")


class TestDocs:
    """docs/settings.md says what there is."""

    PAGE = (Path(__file__).resolve().parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")

    @pytest.mark.parametrize("key", settings._KINDS)
    def test_names_every_key(self, key: str) -> None:
        assert f"| `{key}` |" in self.PAGE

    @pytest.mark.parametrize("code", Exit)
    def test_names_every_exit_code(self, code: Exit) -> None:
        assert f"\n| {code.value} | " in self.PAGE
