import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.console.support import run, until
from tests.unit.console.watcher import PNG, FakeWatcher, watching
from tests.unit.evidence.material import START, chunks, encoded, init
from watchglass.base import wire
from watchglass.base.clock import SimulatedClock
from watchglass.console.hub import (
    COUNTS_SECONDS,
    GONE,
    MAX_KEPT_BYTES,
    MAX_QUEUED_BYTES,
    MAX_QUEUED_CHUNKS,
    NOTHING_MORE,
    NOTHING_YET,
    WATCHER_LOST,
    LiveHub,
    Viewer,
)
from watchglass.model.camera import Counts

FORMAT = {"type": "format", "codec": encoded(1)[0].codec, "width": 96, "height": 64, "run": "run-1"}
CLOCK = {"type": "clock", "pts_ticks": 0, "wall_us": START}


def paused(reason: str) -> dict[str, str]:
    return {"type": "paused", "reason": reason}


async def following(viewer: Viewer) -> Any:
    """What the viewer gets next: a dictionary for a text, bytes as they are."""
    message = await viewer.next()
    return json.loads(message) if isinstance(message, str) else message


async def several(viewer: Viewer, count: int) -> list[Any]:
    return [await following(viewer) for _ in range(count)]


@contextlib.asynccontextmanager
async def at_work(tmp_path: Path, clock: SimulatedClock | None = None) -> AsyncIterator[LiveHub]:
    hub = LiveHub(tmp_path, clock or SimulatedClock())
    work = asyncio.create_task(hub.run())
    try:
        yield hub
    finally:
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work


@contextlib.asynccontextmanager
async def one_of_each(tmp_path: Path) -> AsyncIterator[tuple[LiveHub, FakeWatcher, Viewer, SimulatedClock]]:
    """A hub, a watcher, and somebody who looks at camera 1 and has seen the format and a keyframe."""
    clock = SimulatedClock()
    async with at_work(tmp_path, clock) as hub, watching(tmp_path) as watcher:
        with hub.viewer(1) as viewer:
            assert await following(viewer) == paused(NOTHING_YET)
            await watcher.format()
            await watcher.chunk(0, 0)
            await several(viewer, 4)
            yield hub, watcher, viewer, clock


def test_a_viewer_who_is_there_first(tmp_path: Path) -> None:
    async def script() -> None:
        async with at_work(tmp_path) as hub, watching(tmp_path) as watcher:
            with hub.viewer(1) as viewer:
                assert await following(viewer) == paused(NOTHING_YET)
                await watcher.format()
                sent = [await watcher.chunk(0, place) for place in range(5)]
                assert await several(viewer, 8) == [FORMAT, CLOCK, init(), *sent]

    run(script())


def test_a_viewer_who_comes_later_begins_at_the_last_keyframe(tmp_path: Path) -> None:
    async def script() -> None:
        async with one_of_each(tmp_path) as (hub, watcher, first, _clock):
            for second, place in ((0, 1), (0, 2), (1, 0), (1, 1)):
                await watcher.chunk(second, place)
            await several(first, 4)  # the hub has them now
            with hub.viewer(1) as late:
                assert await several(late, 5) == [FORMAT, CLOCK, init(), *chunks(1)[:2]]
                data = await watcher.chunk(1, 2)
                assert await following(late) == data
                assert await following(first) == data
            assert hub.viewers() == 1

    run(script())


def test_cameras_do_not_mix(tmp_path: Path) -> None:
    async def script() -> None:
        async with one_of_each(tmp_path) as (hub, watcher, viewer, _clock):
            with hub.viewer(2) as other:
                assert await following(other) == paused(NOTHING_YET)
                await watcher.format(2, "other-run")
                await watcher.chunk(5, 0, 2)
                assert (await several(other, 4))[0]["run"] == "other-run"
                data = await watcher.chunk(0, 1)
                assert await following(viewer) == data

    run(script())


def test_a_new_run_in_the_middle(tmp_path: Path) -> None:
    async def script() -> None:
        async with one_of_each(tmp_path) as (_hub, watcher, viewer, _clock):
            await watcher.format(run="run-2")
            await watcher.chunk(3, 1)  # without a keyframe before it: of no use to anybody
            data = await watcher.chunk(4, 0)
            assert await several(viewer, 4) == [{**FORMAT, "run": "run-2"}, CLOCK, init(), data]

    run(script())


def test_silence_is_told_once_and_ends_with_the_next_chunk(tmp_path: Path) -> None:
    async def script() -> None:
        async with one_of_each(tmp_path) as (hub, watcher, viewer, clock):
            clock.advance(3.0)
            hub.tick()
            clock.advance(0.1)
            hub.tick()
            hub.tick()
            assert await following(viewer) == paused(NOTHING_MORE)
            with hub.viewer(1) as late:
                assert await several(late, 5) == [FORMAT, CLOCK, init(), chunks(0)[0], paused(NOTHING_MORE)]
            data = await watcher.chunk(0, 1)
            assert await following(viewer) == data
            clock.advance(2.9)
            hub.tick()
            data = await watcher.chunk(0, 2)
            assert await following(viewer) == data  # and no pause before it

    run(script())


def test_a_watcher_that_dies_and_comes_back(tmp_path: Path) -> None:
    async def script() -> None:
        async with one_of_each(tmp_path) as (hub, watcher, viewer, _clock):
            await watcher.send("aim", payload=PNG)
            await until(lambda: hub.aim(1) == PNG)
            await watcher.leave()
            assert await following(viewer) == paused(WATCHER_LOST)
            assert hub.aim(1) is None
            with hub.viewer(1) as late:  # nothing old is shown
                assert await following(late) == paused(WATCHER_LOST)
            await watcher.format(run="run-2")
            data = await watcher.chunk(0, 0)
            assert await several(viewer, 4) == [{**FORMAT, "run": "run-2"}, CLOCK, init(), data]

    run(script())


def test_a_watcher_whose_socket_is_made_anew(tmp_path: Path) -> None:
    async def script() -> None:
        with wire.listen(tmp_path / "watcher-0.sock"):
            pass  # what a killed watcher leaves: a socket at which nobody listens
        async with at_work(tmp_path) as hub:
            with hub.viewer(1) as viewer:
                assert await following(viewer) == paused(NOTHING_YET)
                await until(lambda: bool(hub._links))
                await until(lambda: not hub._links)  # tried, and let go
                (tmp_path / "watcher-0.sock").unlink()
                async with watching(tmp_path) as watcher:
                    await watcher.format()
                    assert await following(viewer) == FORMAT

    run(script())


def test_a_camera_that_is_gone_and_one_that_has_moved(tmp_path: Path) -> None:
    async def script() -> None:
        async with one_of_each(tmp_path) as (hub, watcher, viewer, _clock), watching(tmp_path, 1) as other:
            await other.format(run="run-2")
            data = await other.chunk(0, 0)
            assert await several(viewer, 4) == [{**FORMAT, "run": "run-2"}, CLOCK, init(), data]
            # What the first still says of it no longer counts.
            await watcher.chunk(1, 0)
            await watcher.send("aim", payload=PNG)
            await watcher.send("gone")
            await watcher.format(2)
            with hub.viewer(2) as second:
                await until(lambda: hub.viewers() == 2)
                while (await following(second)) != FORMAT:
                    pass  # the first has been read so far
            assert hub.aim(1) is None
            await other.send("gone")
            assert await following(viewer) == paused(GONE)

    run(script())


def test_aiming_pictures(tmp_path: Path) -> None:
    async def script() -> None:
        async with at_work(tmp_path) as hub, watching(tmp_path) as watcher:
            assert hub.aim(1) is None
            await watcher.send("aim", payload=PNG)
            await until(lambda: hub.aim(1) == PNG)
            await watcher.send("aim", payload=PNG + b"2")
            await until(lambda: hub.aim(1) == PNG + b"2")
            await watcher.send("gone")
            await until(lambda: hub.aim(1) is None)

    run(script())


@pytest.mark.parametrize(
    "nonsense",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        wire.encode({"type": "chunk"}),
        wire.encode({"type": "chunk", "camera": "1"}),
        wire.encode({"type": "format", "camera": 1, "run": "x"}),
    ],
    ids=["http", "no camera", "camera is a text", "half a format"],
)
def test_what_is_no_watcher_is_let_go_and_tried_again(tmp_path: Path, nonsense: bytes) -> None:
    async def script() -> None:
        async with one_of_each(tmp_path) as (_hub, watcher, viewer, _clock):
            await watcher.raw(nonsense)
            assert await following(viewer) == paused(WATCHER_LOST)
            await until(lambda: watcher.connections == 2)
            await watcher.format()
            assert await following(viewer) == FORMAT

    run(script())


def test_messages_of_kinds_to_come_are_passed_over(tmp_path: Path) -> None:
    async def script() -> None:
        async with one_of_each(tmp_path) as (_hub, watcher, viewer, _clock):
            await watcher.send("mood", payload=b"{}")
            await watcher.send("chunk", camera=99, payload=b"nobody's", keyframe=True)
            data = await watcher.chunk(0, 1)
            assert await following(viewer) == data

    run(script())


NUMBERS: dict[str, Any] = {"people": 3, "vehicles": 1, "animals": 0, "things": None}


def test_numbers_of_a_camera_without_a_view(tmp_path: Path) -> None:
    async def script() -> None:
        clock = SimulatedClock()
        async with at_work(tmp_path, clock) as hub, watching(tmp_path) as watcher:
            assert hub.counts(1) is None
            await watcher.send("counts", **NUMBERS)
            await until(lambda: hub.counts(1) is not None)
            assert hub.counts(1) == Counts(3, 1, 0, None)
            assert hub.counts(2) is None
            clock.advance(COUNTS_SECONDS)
            assert hub.counts(1) == Counts(3, 1, 0, None)
            clock.advance(0.1)
            assert hub.counts(1) is None  # nobody knows what is there now
            await watcher.send("counts", **NUMBERS)
            await until(lambda: hub.counts(1) is not None)
            await watcher.send("counts")
            await until(lambda: hub.counts(1) is None)

    run(script())


@pytest.mark.parametrize("how", ["gone", "killed", "nonsense"])
def test_numbers_go_with_who_said_them(tmp_path: Path, how: str) -> None:
    async def script() -> None:
        async with at_work(tmp_path) as hub, watching(tmp_path) as watcher:
            await watcher.send("counts", **NUMBERS)
            await until(lambda: hub.counts(1) is not None)
            if how == "gone":
                await watcher.send("gone")
            elif how == "killed":
                await watcher.leave()
            else:
                await watcher.send("counts", **(NUMBERS | {"people": "many"}))
            await until(lambda: hub.counts(1) is None)

    run(script())


def test_closing_ends_viewers_and_those_that_still_come(tmp_path: Path) -> None:
    async def script() -> None:
        async with one_of_each(tmp_path) as (hub, _watcher, viewer, _clock):
            waiting = asyncio.create_task(viewer.next())
            await asyncio.sleep(0)
            hub.close()
            assert await waiting is None
            with hub.viewer(1) as late:
                assert await late.next() is None

    run(script())


def test_what_nobody_sends_or_looks_at_is_forgotten(tmp_path: Path) -> None:
    async def script() -> None:
        async with at_work(tmp_path) as hub:
            for camera in range(100):
                with hub.viewer(camera):
                    pass
            assert hub._channels == {}

    run(script())


def test_a_view_that_never_has_a_keyframe_again_fills_no_memory(tmp_path: Path) -> None:
    async def script() -> None:
        async with one_of_each(tmp_path) as (hub, watcher, viewer, _clock):
            large = bytes(MAX_KEPT_BYTES // 4)
            for _ in range(5):
                await watcher.send("chunk", payload=large, keyframe=False)
                await following(viewer)
            assert hub._channels[1].kept_bytes <= MAX_KEPT_BYTES
            with hub.viewer(1) as late:  # what is left cannot be decoded: it waits for a keyframe
                assert await several(late, 3) == [FORMAT, CLOCK, init()]
                data = await watcher.chunk(1, 0)
                assert await following(late) == data

    run(script())


class TestViewer:
    """Slowness, without a hub."""

    @staticmethod
    async def rest(viewer: Viewer) -> list[str | bytes]:
        """All that is queued."""
        viewer.paused("end")
        found: list[str | bytes] = []
        while (message := await viewer.next()) is not None and '"end"' not in str(message):
            found.append(message)
        return found

    def test_one_that_is_too_slow_goes_on_at_the_next_keyframe(self) -> None:
        async def script() -> None:
            viewer = Viewer()
            viewer.begin(["format", "clock", b"init"])
            viewer.chunk(b"key", True)
            for _ in range(MAX_QUEUED_CHUNKS):
                viewer.chunk(b"more", False)
            assert viewer.dropped == MAX_QUEUED_CHUNKS + 1
            viewer.chunk(b"late", False)
            assert viewer.dropped == MAX_QUEUED_CHUNKS + 2
            viewer.chunk(b"key 2", True)
            viewer.chunk(b"more 2", False)
            assert await self.rest(viewer) == ["format", "clock", b"init", b"key 2", b"more 2"]

        run(script())

    def test_large_chunks_count_by_their_bytes(self) -> None:
        async def script() -> None:
            viewer = Viewer()
            large = bytes(MAX_QUEUED_BYTES // 2)
            viewer.chunk(large, True)
            viewer.chunk(large, False)
            viewer.chunk(b"one more", False)
            assert await self.rest(viewer) == []
            viewer.chunk(large, True)
            assert await viewer.next() == large
            viewer.chunk(large, False)
            viewer.chunk(large, False)
            assert await self.rest(viewer) == [large, large]

        run(script())

    def test_a_new_format_makes_what_is_queued_useless(self) -> None:
        async def script() -> None:
            viewer = Viewer()
            viewer.begin(["format 1", "clock 1", b"init 1"])
            viewer.chunk(b"key", True)
            viewer.paused("nothing")
            viewer.begin(["format 2", "clock 2", b"init 2"])
            viewer.chunk(b"not yet", False)
            viewer.chunk(b"key 2", True)
            assert await self.rest(viewer) == ["format 2", "clock 2", b"init 2", b"key 2"]

        run(script())

    def test_one_viewer_never_holds_up_another(self, tmp_path: Path) -> None:
        async def script() -> None:
            async with one_of_each(tmp_path) as (hub, watcher, quick, _clock):
                with hub.viewer(1) as slow:
                    for number in range(MAX_QUEUED_CHUNKS + 20):
                        data = await watcher.chunk(0, 1 + number % 4)
                        assert await following(quick) == data
                    assert quick.dropped == 0
                    assert slow.dropped > MAX_QUEUED_CHUNKS

        run(script())
