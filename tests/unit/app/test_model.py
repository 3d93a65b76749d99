import threading
from pathlib import Path

import pytest

from watchglass.app.model import seek_person_model
from watchglass.base import assets
from watchglass.base.assets import Asset, Places
from watchglass.base.clock import SimulatedClock
from watchglass.base.errors import UnreachableError
from watchglass.settings import Settings


class Shop:
    """Where models come from: says no as often as it is told to, then hands one over. With `closing`, everything ends meanwhile."""

    def __init__(self, clock: SimulatedClock, refusals: int, closing: threading.Event | None = None) -> None:
        self.asked_at: list[float] = []
        self._clock, self._refusals, self._closing = clock, refusals, closing

    def obtain(self, _asset: Asset, _places: Places, _progress: object) -> Path:
        self.asked_at.append(self._clock.monotonic())
        if self._closing:
            self._closing.set()
        if len(self.asked_at) <= self._refusals:
            raise UnreachableError("There is no internet.")
        return Path("model")


@pytest.fixture
def stop() -> threading.Event:
    return threading.Event()


def seek(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, shop: Shop, clock: SimulatedClock, stop: threading.Event
) -> list[str]:
    """Seek until it ends; what `arrived` was told."""
    monkeypatch.setattr(assets, "obtain", shop.obtain)
    told: list[str] = []
    settings = Settings(tmp_path, assets=tmp_path)
    thread = seek_person_model(settings, clock, lambda: told.append("arrived"), stop, {"HOME": str(tmp_path)})
    assert thread is not None
    thread.join(30)
    assert not thread.is_alive()
    return told


def test_it_is_tried_after_a_minute_and_then_every_ten(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stop: threading.Event
) -> None:
    clock = SimulatedClock()
    shop = Shop(clock, refusals=2)
    assert seek(monkeypatch, tmp_path, shop, clock, stop) == ["arrived"]
    assert shop.asked_at == [60, 660, 1260]


@pytest.mark.parametrize("refusals", [0, 1])
def test_nobody_is_told_of_anything_after_the_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stop: threading.Event, refusals: int
) -> None:
    clock = SimulatedClock()
    shop = Shop(clock, refusals, closing=stop)
    assert seek(monkeypatch, tmp_path, shop, clock, stop) == []
    assert shop.asked_at == [60]


def test_a_model_that_is_there_is_not_sought(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stop: threading.Event
) -> None:
    monkeypatch.setattr(assets, "find", lambda _asset, _places: tmp_path / "model")
    clock = SimulatedClock()
    assert seek_person_model(Settings(tmp_path), clock, stop.set, stop) is None
    assert clock.monotonic() == 0
