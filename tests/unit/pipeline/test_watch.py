import types
from typing import Any, cast

import pytest

from watchglass.base.clock import SimulatedClock
from watchglass.base.errors import DiskFullError
from watchglass.model.camera import Protection, ViewState, ViewStatus
from watchglass.pipeline.watch import STATUS_RETRY, WatchTools, _StatusBoard
from watchglass.redact.plate import Plate
from watchglass.redact.shown import ShownFrame


class Catalogue:
    """Remembers what it was offered; refuses while `full`."""

    def __init__(self) -> None:
        self.full = False
        self.offered: list[ViewStatus] = []

    def set_view_status(self, _camera: int, status: ViewStatus) -> None:
        self.offered.append(status)
        if self.full:
            raise DiskFullError("No space is left for the catalogue.")


class TestStatusBoard:
    @pytest.fixture
    def clock(self) -> SimulatedClock:
        return SimulatedClock()

    @pytest.fixture
    def catalogue(self) -> Catalogue:
        return Catalogue()

    @pytest.fixture
    def board(self, clock: SimulatedClock, catalogue: Catalogue) -> _StatusBoard:
        detector = types.SimpleNamespace(protection=Protection.FULL, trouble="")
        tools: Any = types.SimpleNamespace(clock=clock, cameras=catalogue, detector=detector)
        return _StatusBoard(1, cast(WatchTools, tools))

    def show(self, board: _StatusBoard, progress: float) -> None:
        shown: Any = types.SimpleNamespace(covered="Learning.", width=320, height=240)
        plate: Any = types.SimpleNamespace(progress=progress, ready=False)
        board.shown(cast(ShownFrame, shown), cast(Plate, plate))

    def test_a_full_catalogue_is_not_asked_again_with_every_frame(
        self, board: _StatusBoard, clock: SimulatedClock, catalogue: Catalogue
    ) -> None:
        catalogue.full = True
        for frame in range(50):
            self.show(board, frame / 100)
        assert len(catalogue.offered) == 1
        catalogue.full = False
        clock.advance(STATUS_RETRY - 0.1)
        self.show(board, 0.6)
        assert len(catalogue.offered) == 1
        clock.advance(0.1)
        self.show(board, 0.7)
        assert [status.progress for status in catalogue.offered] == [0, 0.7]

    def test_that_nothing_is_shown_any_more_is_offered_at_once(self, board: _StatusBoard, catalogue: Catalogue) -> None:
        catalogue.full = True
        self.show(board, 0.5)
        catalogue.full = False
        board.set(ViewState.PAUSED, "The camera is off.")
        assert catalogue.offered[-1].state is ViewState.PAUSED
