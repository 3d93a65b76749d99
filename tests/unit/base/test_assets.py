import dataclasses
import errno
import functools
import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from watchglass.base import assets
from watchglass.base.assets import Asset, Content, Places
from watchglass.base.download import DebianFile
from watchglass.base.errors import CannotWriteError, DiskFullError, UnreachableError

GOOD = b"a picture of nobody" * 1000
TWIN = b"the same, exported again"


def an_asset(*urls: str, debian: DebianFile | None = None) -> Asset:
    return Asset(
        name="clip.avi",
        size=len(GOOD),
        sha256=hashlib.sha256(GOOD).hexdigest(),
        licence="CC0-1.0",
        urls=urls,
        note="a test",
        without="Without it, the test has nothing to show.",
        also=(Content(len(TWIN), hashlib.sha256(TWIN).hexdigest()),),
        debian=debian,
    )


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(given=tmp_path / "given", cache=tmp_path / "cache", system=tmp_path / "system")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A web server on this machine, and the folder that it serves."""
    folder = tmp_path / "shop"
    folder.mkdir()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", folder
        server.shutdown()
        thread.join()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


def put(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def ignore(what: str, done: int, total: int) -> None:
    pass


class TestFind:
    def test_nothing_is_there(self, places: Places) -> None:
        assert assets.find(an_asset(), places) is None

    def test_deep_in_the_given_folder(self, places: Places, tmp_path: Path) -> None:
        path = put(tmp_path / "given" / "footage" / "street" / "clip.avi", GOOD)
        put(tmp_path / "cache" / "clip.avi", GOOD)
        assert assets.find(an_asset(), places) == path

    def test_in_the_cache(self, places: Places, tmp_path: Path) -> None:
        path = put(tmp_path / "cache" / "clip.avi", GOOD)
        assert assets.find(an_asset(), places) == path

    def test_where_a_debian_package_puts_it(self, places: Places, tmp_path: Path) -> None:
        path = put(tmp_path / "system" / "usr" / "share" / "clip.avi", GOOD)
        assert assets.find(an_asset(debian=DebianFile("clips", "usr/share/clip.avi")), places) == path

    def test_another_content_that_is_known_to_be_good(self, places: Places, tmp_path: Path) -> None:
        path = put(tmp_path / "given" / "clip.avi", TWIN)
        assert assets.find(an_asset(), places) == path

    def test_one_flipped_bit_is_another_file(self, places: Places, tmp_path: Path) -> None:
        path = put(tmp_path / "given" / "clip.avi", bytes([GOOD[0] ^ 1]) + GOOD[1:])
        assert assets.find(an_asset(), places) is None
        assert assets.mistaken(an_asset(), places) == (path,)

    def test_a_wrong_file_does_not_hide_a_right_one(self, places: Places, tmp_path: Path) -> None:
        put(tmp_path / "given" / "a" / "clip.avi", b"wrong")
        path = put(tmp_path / "given" / "b" / "clip.avi", GOOD)
        assert assets.find(an_asset(), places) == path


class TestPlaces:
    def test_settings_go_before_the_environment(self) -> None:
        named = {"WATCHGLASS_ASSETS": "/from/environment", "HOME": "/home/ada"}
        assert Places.of(named).given == Path("/from/environment")
        assert Places.of(named, Path("/from/settings")).given == Path("/from/settings")

    def test_the_cache_is_where_xdg_says(self) -> None:
        assert Places.of({"HOME": "/home/ada"}).cache == Path("/home/ada/.cache/watchglass/assets")
        given = {"HOME": "/home/ada", "XDG_CACHE_HOME": "/big"}
        assert Places.of(given).cache == Path("/big/watchglass/assets")

    def test_nothing_is_given(self) -> None:
        assert Places.of({"HOME": "/home/ada"}).given is None


class TestObtain:
    def test_what_is_there_is_not_downloaded(self, places: Places, tmp_path: Path) -> None:
        path = put(tmp_path / "given" / "clip.avi", GOOD)
        assert assets.obtain(an_asset("http://127.0.0.1:9/clip.avi"), places, ignore) == path

    def test_downloads_checks_and_keeps(self, places: Places, shop: tuple[str, Path]) -> None:
        address, folder = shop
        put(folder / "clip.avi", GOOD)
        told: list[tuple[str, int, int]] = []
        path = assets.obtain(an_asset(f"{address}/clip.avi"), places, lambda *step: told.append(step))
        assert path == places.cache / "clip.avi"
        assert path.read_bytes() == GOOD
        assert told[-1] == (told[0][0], len(GOOD), len(GOOD))
        assert [entry.name for entry in places.cache.iterdir()] == ["clip.avi"]

    @pytest.mark.parametrize("served", [b"", GOOD[:-1], GOOD[:-1] + b"!", GOOD + b"!"])
    def test_another_content_is_never_kept(self, places: Places, shop: tuple[str, Path], served: bytes) -> None:
        address, folder = shop
        put(folder / "clip.avi", served)
        with pytest.raises(UnreachableError):
            assets.obtain(an_asset(f"{address}/clip.avi"), places, ignore)
        assert list(places.cache.iterdir()) == []

    def test_the_second_address_is_tried(self, places: Places, shop: tuple[str, Path]) -> None:
        address, folder = shop
        put(folder / "clip.avi", GOOD)
        asset = an_asset(f"{address}/gone.avi", f"{address}/clip.avi")
        assert assets.obtain(asset, places, ignore).read_bytes() == GOOD

    def test_says_what_is_missing_why_and_what_still_works(self, places: Places, tmp_path: Path) -> None:
        wrong = put(tmp_path / "given" / "clip.avi", b"wrong")
        with pytest.raises(UnreachableError) as caught:
            assets.obtain(an_asset("http://127.0.0.1:9/clip.avi"), places, ignore)
        sentence = caught.value.sentence
        assert sentence.startswith("clip.avi is missing: ")
        assert f"{wrong} is not the file it should be" in sentence
        assert "127.0.0.1:9 cannot be reached" in sentence
        assert "Without it, the test has nothing to show." in sentence
        assert "WATCHGLASS_ASSETS" in sentence

    def test_a_cache_that_cannot_be_made(self, places: Places, tmp_path: Path) -> None:
        put(tmp_path / "cache", b"a file where the folder should be")
        with pytest.raises(CannotWriteError, match="XDG_CACHE_HOME"):
            assets.obtain(an_asset("http://127.0.0.1:9/clip.avi"), places, ignore)

    def test_a_full_disk(self, places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*args: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(assets, "from_url", full)
        with pytest.raises(DiskFullError, match="No space"):
            assets.obtain(an_asset("http://127.0.0.1:9/clip.avi"), places, ignore)
        assert list(places.cache.iterdir()) == []


class TestManifest:
    def test_names_are_told_apart(self) -> None:
        assert len({asset.name for asset in assets.MANIFEST}) == len(assets.MANIFEST)

    @pytest.mark.parametrize("asset", assets.MANIFEST, ids=lambda asset: asset.name)
    def test_is_whole(self, asset: Asset) -> None:
        for content in asset.accepted():
            assert content.size > 0
            assert len(bytes.fromhex(content.sha256)) == 32
        assert all(url.startswith("https://") for url in asset.urls)
        assert all(
            getattr(asset, field.name) for field in dataclasses.fields(asset) if field.name in {"licence", "note"}
        )
        assert asset.without.startswith("Without it, ")
