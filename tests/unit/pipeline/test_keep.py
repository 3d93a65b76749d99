import errno
import io
import itertools
import math
import os
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import sqlalchemy as sa

from tests import footage
from tests.unit.store.faults import FaultyFiles
from watchglass.base.clock import MICROSECONDS, SimulatedClock, WallUs
from watchglass.base.errors import DiskFullError
from watchglass.model.camera import Camera
from watchglass.model.frame import RawFrame
from watchglass.model.media import TICKS_PER_SECOND, Ticks, ViewFormat
from watchglass.model.record import Gap, GapCause, Segment, SegmentState
from watchglass.pipeline.keep import KeepOptions, ViewKeeper
from watchglass.pipeline.shelve import ShelveOptions
from watchglass.redact.shown import ShownFrame, cover_whole, draw
from watchglass.store import fmp4
from watchglass.store.cameras import Cameras
from watchglass.store.folder import DataFolder
from watchglass.store.views import Views

WIDTH, HEIGHT = 192, 64
NOON = 1_800_000_000 * MICROSECONDS
EVER = WallUs(1 << 60)


class Screen:
    """Stands in for the publisher, and remembers."""

    def __init__(self) -> None:
        self.formats: list[tuple[str, ViewFormat, bytes, int, int]] = []
        self.chunks: list[list[tuple[bytes, int, int, bool]]] = []

    def format(self, camera: int, run: str, format: ViewFormat, init: bytes, pts: Ticks, wall: WallUs) -> None:  # noqa: A002
        self.formats.append((run, format, init, pts, wall))
        self.chunks.append([])

    def chunk(self, camera: int, data: bytes, wall: WallUs, duration_us: int, *, keyframe: bool) -> None:
        self.chunks[-1].append((data, wall, duration_us, keyframe))

    def numbers(self, run: int = -1) -> list[int]:
        """Numbers of the frames that a viewer has seen of a run."""
        return numbers(self.formats[run][2] + b"".join(data for data, *_ in self.chunks[run]))


class Keeping:
    """A keeper, and frames for it: `seconds` in the name is the time since noon, on the camera's clock and on ours."""

    def __init__(self, views: Views, camera: Camera, clock: SimulatedClock) -> None:
        self.views, self.camera, self.clock = views, camera, clock
        self.screen = Screen()
        self.keeper = self.another()

    def another(self, options: KeepOptions | None = None) -> ViewKeeper:
        screen: Any = self.screen
        self.keeper = ViewKeeper(self.camera.id, self.views, screen, self.clock, options)
        return self.keeper

    def show(
        self,
        places: Sequence[int],
        rate: float = 5.0,
        size: tuple[int, int] = (WIDTH, HEIGHT),
        covered: str | None = None,
    ) -> None:
        """Show frames by their number; frame n is taken n / rate seconds after noon."""
        for place in places:
            self.at(place / rate, place, rate, size, covered)

    def at(
        self,
        seconds: float,
        place: int = 0,
        rate: float = 5.0,
        size: tuple[int, int] = (WIDTH, HEIGHT),
        covered: str | None = None,
    ) -> None:
        ahead = seconds - (self.clock.wall_us() - NOON) / MICROSECONDS
        self.clock.advance(max(0.0, ahead))
        self.keeper.show(shown(place, seconds, size, covered), rate)

    @property
    def segments(self) -> list[Segment]:
        return self.views.segments(self.camera.id, WallUs(0), EVER)

    @property
    def gaps(self) -> list[Gap]:
        return self.views.gaps(self.camera.id, WallUs(0), EVER)

    @property
    def gap_spans(self) -> list[Any]:
        return [(since_noon(gap.start), since_noon(gap.end), gap.cause) for gap in self.gaps]

    @property
    def cover_spans(self) -> list[Any]:
        found = self.views.covers(self.camera.id, WallUs(0), EVER)
        return [(since_noon(span.start), since_noon(span.end), span.reason) for span in found]

    def kept(self) -> list[int]:
        """Numbers of all frames in the files, in order."""
        return [place for segment in self.segments for place in numbers(self.views.path(segment).read_bytes())]


def wall(seconds: float) -> WallUs:
    return WallUs(NOON + round(seconds * MICROSECONDS))


def since_noon(at: WallUs | None) -> Any:
    return None if at is None else (at - NOON) / MICROSECONDS


def shown(
    place: int, seconds: float, size: tuple[int, int] = (WIDTH, HEIGHT), covered: str | None = None
) -> ShownFrame:
    """Frame `place` with nothing to hide in it, so that its number can be read from what was kept."""
    width, height = size
    grey = footage.picture(place, width, height, figures=0)[:, :, 0]
    half = np.full((height // 2, width // 2), 128, np.uint8)
    raw = RawFrame(grey, half, half, Ticks(round(seconds * TICKS_PER_SECOND)), wall(seconds))
    return draw(raw, []) if covered is None else cover_whole(raw, covered)


def numbers(data: bytes) -> list[int]:
    with av.open(io.BytesIO(data), "r") as container:
        planes = [frame.reformat(format="gray").to_ndarray() for frame in container.decode(video=0)]
    return [footage.number_of(np.repeat(plane.astype(np.uint8)[:, :, None], 3, axis=2)) for plane in planes]


def fragments(path: Path) -> list[fmp4.FragmentAt]:
    with path.open("rb") as file:
        return fmp4.fragments_of(file).fragments


@pytest.fixture
def keeping(views: Views, camera: Camera, clock: SimulatedClock) -> Keeping:
    return Keeping(views, camera, clock)


Prepare = Callable[[FaultyFiles], Keeping]


@pytest.fixture
def on_disk(engine: sa.Engine, folder: DataFolder, camera: Camera, clock: SimulatedClock) -> Prepare:
    """A keeper on a disk that fails as told."""
    return lambda files: Keeping(Views(engine, folder, clock, files), camera, clock)


class TestLive:
    @pytest.mark.parametrize("rate", [1.0, 5.0, 7.0, 10.0, 12.5, 15.0, 15.5])
    def test_chunks_are_short_and_hold_every_frame(self, keeping: Keeping, rate: float) -> None:
        count = math.ceil(4 * rate) + 1
        keeping.show(range(count), rate)
        keeping.keeper.end()
        (chunks,) = keeping.screen.chunks
        longest = max(0.2, 1 / rate)
        assert all(duration <= longest * MICROSECONDS + 50 for _, _, duration, _ in chunks)
        assert keeping.screen.numbers() == list(range(count))

    @pytest.mark.parametrize("rate", [5.0, 9.0, 10.0, 12.5, 15.0])
    def test_each_second_begins_with_a_keyframe_and_a_chunk(self, keeping: Keeping, rate: float) -> None:
        keeping.show(range(math.ceil(4 * rate)), rate)
        keeping.keeper.end()
        (chunks,) = keeping.screen.chunks
        keys = [since_noon(WallUs(at)) for _, at, _, keyframe in chunks if keyframe]
        assert keys[0] == 0
        steps = [after - before for before, after in itertools.pairwise(keys)]
        assert len(steps) >= 3
        assert steps == pytest.approx([1] * len(steps), abs=0.51 / rate)
        begins = [data for data, *_ in chunks if first_is_keyframe(keeping.screen.formats[0][2] + data)]
        assert begins == [data for data, _, _, keyframe in chunks if keyframe]

    @pytest.mark.parametrize("rate", [5.0, 10.0, 15.0])
    def test_a_chunk_is_sent_as_soon_as_it_is_full(self, keeping: Keeping, rate: float) -> None:
        """No frame waits for the next one once 0.2 s are there."""
        for place in range(20):
            keeping.show([place], rate)
            sent = sum(len(fragments_in(data)) for data, *_ in keeping.screen.chunks[0])
            assert (place + 1 - sent) / rate < 0.2

    def test_times_are_those_of_the_frames(self, keeping: Keeping) -> None:
        keeping.show(range(11), 10.0)
        keeping.keeper.end()
        (_, _, _, pts, start) = keeping.screen.formats[0]
        assert (pts, start) == (0, NOON)
        assert [at for _, at, *_ in keeping.screen.chunks[0]] == [wall(place / 10) for place in range(0, 11, 2)]

    def test_a_viewer_of_one_second_sees_that_second(self, keeping: Keeping) -> None:
        """Chunks from a keyframe on need nothing that came before."""
        keeping.show(range(30), 10.0)
        chunks = [data for data, *_ in keeping.screen.chunks[0]]
        assert numbers(keeping.screen.formats[0][2] + b"".join(chunks[5:10])) == list(range(10, 20))

    def test_a_frame_of_another_size_begins_a_new_run(self, keeping: Keeping) -> None:
        keeping.show(range(10))
        keeping.show(range(10, 20), size=(288, 96))
        keeping.keeper.end()
        first, second = keeping.screen.formats
        assert (first[1].width, first[1].height, second[1].width, second[1].height) == (WIDTH, HEIGHT, 288, 96)
        assert first[0] != second[0]
        assert [keeping.screen.numbers(run) for run in (0, 1)] == [list(range(10)), list(range(10, 20))]
        assert [segment.run for segment in keeping.segments] == [first[0], second[0]]
        assert keeping.kept() == list(range(20))
        assert keeping.gaps == []


def fragments_in(data: bytes) -> list[int]:
    """Frames of a chunk."""
    return [0] * sum(
        int.from_bytes(data[box.offset + 12 : box.offset + 16], "big")
        for moof in fmp4.boxes(data)
        if moof.kind == "moof"
        for traf in fmp4.boxes(data, moof.offset + 8, moof.end)
        if traf.kind == "traf"
        for box in fmp4.boxes(data, traf.offset + 8, traf.end)
        if box.kind == "trun"
    )


def first_is_keyframe(data: bytes) -> bool:
    with av.open(io.BytesIO(data), "r") as container:
        return next(packet.is_keyframe for packet in container.demux(video=0))


class TestAtRest:
    def test_fragments_of_a_second(self, keeping: Keeping) -> None:
        keeping.show(range(53), 10.0)
        keeping.keeper.end()
        (segment,) = keeping.segments
        found = fragments(keeping.views.path(segment))
        assert [one.duration_ticks for one in found] == [TICKS_PER_SECOND] * 5 + [3 * TICKS_PER_SECOND // 10]
        assert [one.start_ticks for one in found] == [second * TICKS_PER_SECOND for second in range(6)]
        data = keeping.views.path(segment).read_bytes()
        init = data[: found[0].offset]
        mfhd = [data[one.offset + 16 : one.offset + 24] for one in found]  # moof, then mfhd: version, sequence number
        assert mfhd == [struct.pack(">II", 0, number) for number in range(1, 7)]
        assert all(first_is_keyframe(init + data[one.offset : one.end]) for one in found)

    def test_a_fragment_begins_where_the_scene_is_new(self, keeping: Keeping) -> None:
        """Both come once a second: after one short fragment they do so together."""
        for place in range(40):
            frame = shown(place, place / 10)
            frame.renewed = place % 10 == 6
            keeping.clock.advance(0.1)
            keeping.keeper.show(frame, 10.0)
        keeping.keeper.end()
        (segment,) = keeping.segments
        found = fragments(keeping.views.path(segment))
        assert [one.start_ticks * 10 // TICKS_PER_SECOND for one in found] == [0, 6, 16, 26, 36]

    def test_but_never_a_very_short_one(self, keeping: Keeping) -> None:
        for place in range(20):
            frame = shown(place, place / 10)
            frame.renewed = True
            keeping.clock.advance(0.1)
            keeping.keeper.show(frame, 10.0)
        keeping.keeper.end()
        (segment,) = keeping.segments
        found = fragments(keeping.views.path(segment))
        assert {one.duration_ticks for one in found} == {TICKS_PER_SECOND // 2}

    def test_a_fragment_is_in_the_file_as_soon_as_it_is_whole(self, keeping: Keeping) -> None:
        keeping.show(range(11), 5.0)
        assert keeping.kept() == list(range(10))
        (segment,) = keeping.segments
        assert (segment.state, segment.start, segment.end) == (SegmentState.OPEN, wall(0), wall(2))

    def test_segments_of_a_minute_without_a_frame_lost_or_doubled(self, keeping: Keeping) -> None:
        keeping.show(range(2 * 150), rate=2.0)
        keeping.keeper.end()
        segments = keeping.segments
        spans = [(since_noon(one.start), since_noon(one.end)) for one in segments]
        assert spans == [(0, 60), (60, 120), (120, 150)]
        assert {one.state for one in segments} == {SegmentState.CLOSED}
        assert {one.run for one in segments} == {keeping.screen.formats[0][0]}
        assert keeping.kept() == list(range(300))
        assert keeping.gaps == []

    def test_media_time_goes_on_from_file_to_file(self, keeping: Keeping) -> None:
        keeping.another(KeepOptions(shelve=ShelveOptions(segment=3.0)))
        keeping.show(range(100), 10.0)
        keeping.keeper.end()
        found = [one for segment in keeping.segments for one in fragments(keeping.views.path(segment))]
        assert len(keeping.segments) == 4
        assert all(before.end_ticks == after.start_ticks for before, after in itertools.pairwise(found))

    def test_uneven_frames_keep_their_times(self, keeping: Keeping) -> None:
        at = [0.0, 0.07, 0.2, 0.21, 0.6, 1.3, 1.31, 2.4, 2.45, 3.6]
        for place, seconds in enumerate(at):
            keeping.at(seconds, place, rate=10.0)
        keeping.keeper.end()
        (segment,) = keeping.segments
        with av.open(str(keeping.views.path(segment))) as container:
            times = [frame.time for frame in container.decode(video=0)]
        assert times == pytest.approx(at, abs=1e-4)
        found = fragments(keeping.views.path(segment))
        assert all(before.end_ticks == after.start_ticks for before, after in itertools.pairwise(found))
        assert since_noon(segment.end) == pytest.approx(3.6, abs=1.0)
        assert keeping.screen.numbers() == keeping.kept() == list(range(10))

    def test_a_new_run_gets_a_segment_of_its_own(self, keeping: Keeping) -> None:
        keeping.show(range(10))
        keeping.keeper.end()
        keeping.show(range(10, 20))
        keeping.keeper.end()
        assert len({segment.run for segment in keeping.segments}) == 2
        assert keeping.kept() == list(range(20))
        assert keeping.gaps == []

    def test_the_end_of_nothing(self, keeping: Keeping) -> None:
        keeping.keeper.end()
        keeping.show(range(3))
        keeping.keeper.end()
        keeping.keeper.end()
        assert keeping.kept() == [0, 1, 2]


class TestCovers:
    def test_are_noted_from_the_first_frame_to_the_last(self, keeping: Keeping) -> None:
        keeping.show(range(10), covered="Learning")
        keeping.show(range(10, 20))
        keeping.show(range(20, 25), covered="Too much changed")
        keeping.show(range(25, 30), covered="The stream was interrupted")
        keeping.show(range(30, 40))
        assert keeping.cover_spans == [
            (0, 2, "Learning"),
            (4, 5, "Too much changed"),
            (5, 6, "The stream was interrupted"),
        ]

    def test_end_with_the_run(self, keeping: Keeping) -> None:
        keeping.show(range(7), covered="Learning")
        keeping.keeper.end()
        assert keeping.cover_spans == [(0, pytest.approx(1.4), "Learning")]
        keeping.show(range(50, 55))
        assert len(keeping.cover_spans) == 1

    def test_begin_anew_with_the_next_run(self, keeping: Keeping) -> None:
        keeping.show(range(5), covered="Learning")
        keeping.keeper.end()
        keeping.show(range(100, 105), covered="Learning")
        assert keeping.cover_spans == [(0, 1, "Learning"), (20, None, "Learning")]

    def test_of_a_keeper_that_was_killed_end_where_its_files_end(self, on_disk: Prepare) -> None:
        files = FaultyFiles()
        keeping = on_disk(files)
        keeping.show(range(11), covered="Learning")
        files.let_go()
        keeping.another()
        keeping.show(range(100, 106))
        assert keeping.cover_spans == [(0, 2, "Learning")]

    def test_are_noted_while_the_disk_is_full(self, on_disk: Prepare) -> None:
        keeping = on_disk(FaultyFiles(at=1, fault="full"))
        keeping.show(range(10), covered="Learning")
        keeping.show(range(10, 20))
        assert keeping.cover_spans == [(0, 2, "Learning")]


class TestHoles:
    def test_a_long_one_is_a_gap_and_begins_a_new_run(self, keeping: Keeping) -> None:
        keeping.show(range(10))
        keeping.show(range(40, 50))
        keeping.keeper.end()
        assert keeping.gap_spans == [(2, 8, GapCause.NETWORK)]
        assert [(since_noon(one.start), since_noon(one.end)) for one in keeping.segments] == [(0, 2), (8, 10)]
        assert len({one.run for one in keeping.segments}) == len(keeping.screen.formats) == 2
        assert keeping.kept() == [*range(10), *range(40, 50)]

    def test_a_short_one_is_none(self, keeping: Keeping) -> None:
        keeping.show(range(10))
        keeping.show(range(17, 27))  # 1.4 s are missing
        keeping.keeper.end()
        assert keeping.gaps == []
        assert len(keeping.segments) == 1

    def test_a_short_one_between_runs_is_none(self, keeping: Keeping) -> None:
        keeping.show(range(10))
        keeping.keeper.end()
        keeping.show(range(17, 27))
        keeping.keeper.end()
        assert keeping.gaps == []

    def test_a_slow_camera_has_none(self, keeping: Keeping) -> None:
        """One frame each three seconds: that is its pace."""
        keeping.show(range(20), rate=1 / 3)
        keeping.keeper.end()
        assert keeping.gaps == []
        assert len(keeping.screen.formats) == 1

    def test_nothing_is_missing_before_the_very_first_frame(self, keeping: Keeping) -> None:
        keeping.show(range(1000, 1010))
        keeping.keeper.end()
        assert keeping.gaps == []

    def test_a_clock_that_was_set_back_is_no_hole(self, keeping: Keeping) -> None:
        keeping.show(range(5000, 5010))
        keeping.keeper.end()
        keeping.show(range(10))
        keeping.keeper.end()
        assert keeping.gaps == []
        assert sorted(keeping.kept()) == [*range(10), *range(5000, 5010)]


class TestAbsence:
    def test_is_a_gap_from_the_last_frame_to_the_next(self, keeping: Keeping) -> None:
        keeping.show(range(10))
        keeping.keeper.absent(GapCause.CAMERA, "It does not answer.")
        assert keeping.gap_spans == [(2, None, GapCause.CAMERA)]
        assert [gap.detail for gap in keeping.gaps] == ["It does not answer."]
        assert keeping.segments[-1].state is SegmentState.CLOSED
        keeping.show(range(100, 110))
        assert keeping.gap_spans == [(2, 20, GapCause.CAMERA)]

    def test_however_short_it_is(self, keeping: Keeping) -> None:
        keeping.show(range(10))
        keeping.keeper.absent(GapCause.CAMERA, "")
        keeping.show(range(11, 21))
        assert keeping.gap_spans == [(2, pytest.approx(2.2), GapCause.CAMERA)]

    def test_before_any_frame_begins_now(self, keeping: Keeping) -> None:
        keeping.clock.advance(5)
        keeping.keeper.absent(GapCause.CAMERA, "")
        keeping.show(range(50, 60))
        assert keeping.gap_spans == [(5, 10, GapCause.CAMERA)]

    def test_said_twice_is_one(self, keeping: Keeping) -> None:
        keeping.show(range(10))
        keeping.keeper.absent(GapCause.CAMERA, "once")
        keeping.clock.advance(10)
        keeping.keeper.absent(GapCause.CAMERA, "twice")
        assert keeping.gap_spans == [(2, None, GapCause.CAMERA)]

    def test_of_another_cause_ends_the_first(self, keeping: Keeping) -> None:
        keeping.show(range(10))
        keeping.keeper.absent(GapCause.CAMERA, "")
        keeping.clock.advance(8)
        at = since_noon(keeping.clock.wall_us())
        keeping.keeper.absent(GapCause.NETWORK, "")
        assert keeping.gap_spans == [(2, at, GapCause.CAMERA), (at, None, GapCause.NETWORK)]

    def test_that_began_before_us_goes_on_after_a_start(self, keeping: Keeping) -> None:
        keeping.show(range(10))
        keeping.keeper.absent(GapCause.CAMERA, "")
        keeping.clock.advance(100)
        keeping.another().absent(GapCause.CAMERA, "")
        assert keeping.gap_spans == [(2, None, GapCause.CAMERA)]

    def test_after_a_start_what_we_missed_is_ours(self, keeping: Keeping) -> None:
        keeping.show(range(10))
        keeping.keeper.end()
        keeping.clock.advance(100)
        at = since_noon(keeping.clock.wall_us())
        keeping.another().absent(GapCause.CAMERA, "")
        assert keeping.gap_spans == [(2, at, GapCause.US), (at, None, GapCause.CAMERA)]


class TestStarts:
    def test_time_in_which_we_did_not_run_is_a_gap_of_ours(self, keeping: Keeping) -> None:
        keeping.show(range(10))
        keeping.keeper.end()
        keeping.another()
        keeping.show(range(500, 510))
        assert keeping.gap_spans == [(2, 100, GapCause.US)]

    def test_a_cause_that_somebody_noted_stays(self, keeping: Keeping) -> None:
        """Switched off on purpose is no outage, when it is switched on again."""
        keeping.show(range(10))
        keeping.keeper.end()
        keeping.views.open_gap(keeping.camera.id, wall(2), GapCause.OFF)
        keeping.another()
        keeping.show(range(500, 510))
        assert keeping.gap_spans == [(2, 100, GapCause.OFF)]

    def test_after_a_keeper_that_was_killed(self, on_disk: Prepare) -> None:
        """What it wrote is kept whole; the outage begins where its file ends, not where its row did."""
        files = FaultyFiles()
        keeping = on_disk(files)
        keeping.show(range(5 * 7 + 2))
        (row,) = keeping.views.oldest(1) or keeping.segments
        assert row.state is SegmentState.OPEN
        files.let_go()
        keeping.another()
        keeping.show(range(100, 111))
        keeping.keeper.end()
        assert keeping.gap_spans == [(7, 20, GapCause.US)]
        assert keeping.kept() == [*range(35), *range(100, 111)]
        assert {one.state for one in keeping.segments} == {SegmentState.CLOSED}

    def test_again_and_again(self, on_disk: Prepare) -> None:
        files = FaultyFiles()
        keeping = on_disk(files)
        for start in range(0, 100, 20):
            keeping.another()
            keeping.show(range(start, start + 6))
            files.let_go()
        assert keeping.gap_spans == [(at + 1, at + 4, GapCause.US) for at in range(0, 16, 4)]
        assert [segment.run for segment in keeping.segments] == [name for name, *_ in keeping.screen.formats]


class TestDiskTrouble:
    @pytest.mark.parametrize("at", [1, 2, 3, 4, 5, 6, 8, 12])
    def test_whatever_is_refused_live_goes_on_and_all_is_accounted_for(self, on_disk: Prepare, at: int) -> None:
        """Full from any system call on, mended 5 s later: each second is in a file or in a gap `disk`."""
        files = FaultyFiles(at, "full")
        keeping = on_disk(files)
        keeping.show(range(5 * 8))
        assert keeping.gaps or at > len(files.steps)
        files.mend()
        keeping.show(range(5 * 8, 5 * 25))
        keeping.keeper.end()
        assert keeping.screen.numbers() == list(range(125))
        assert accounted_for(keeping) == [(0, 25)]
        assert {gap.cause for gap in keeping.gaps} <= {GapCause.DISK}
        gaps = ends(keeping)
        inside = [place for place in range(125) if not any(start <= place / 5 < end for start, end, _ in gaps)]
        assert keeping.kept() == inside

    @pytest.mark.parametrize("at", [1, 2, 3, 4, 5, 6, 8, 12])
    def test_a_single_error_costs_ten_seconds_and_no_more(self, on_disk: Prepare, at: int) -> None:
        files = FaultyFiles(at, "error")
        keeping = on_disk(files)
        keeping.show(range(5 * 20))
        keeping.keeper.end()
        assert keeping.screen.numbers() == list(range(100))
        assert accounted_for(keeping) == [(0, 20)]
        assert sum(end - start for start, end, _ in ends(keeping)) <= 10 + 6 + 1  # and what was not synced

    def test_the_gap_says_what_to_do(self, on_disk: Prepare) -> None:
        keeping = on_disk(FaultyFiles(at=1, fault="full"))
        keeping.show(range(10))
        assert keeping.gap_spans == [(0, None, GapCause.DISK)]
        assert "space" in keeping.gaps[0].detail

    def test_is_tried_again_after_ten_seconds_and_not_before(self, on_disk: Prepare) -> None:
        files = FaultyFiles(1, "full")
        keeping = on_disk(files)
        tries = []
        for place in range(5 * 25):
            before = len(files.steps)
            keeping.show([place])
            if len(files.steps) > before:
                tries.append(place / 5)
        assert tries == [1, 11, 21]

    def test_what_a_failed_sync_may_have_lost_is_in_the_gap(self, on_disk: Prepare) -> None:
        """After it the kernel may have dropped what it could not write: no fragment since the last sync counts."""
        files = UnsyncedFiles()
        keeping = on_disk(files)
        keeping.show(range(5 * 8 + 1))
        (synced,) = files.sizes[-1:]
        files.refuse = True
        keeping.show(range(5 * 8 + 1, 5 * 15))
        files.refuse = False
        (segment,) = keeping.segments
        assert segment.size == synced == keeping.views.path(segment).stat().st_size
        assert keeping.gap_spans == [(since_noon(segment.end), None, GapCause.DISK)]
        assert since_noon(segment.end) < 8

    def test_and_so_it_is_when_a_segment_ends(self, on_disk: Prepare) -> None:
        files = UnsyncedFiles()
        keeping = on_disk(files)
        keeping.show(range(5 * 8))
        files.refuse = True
        keeping.keeper.end()
        (segment,) = keeping.segments
        keeping.show(range(5 * 8, 5 * 10))
        keeping.keeper.end()
        assert keeping.gap_spans == [(since_noon(segment.end), 8, GapCause.DISK)]
        assert accounted_for(keeping) == [(0, 10)]

    def test_a_gap_of_the_camera_before_it_keeps_its_cause(self, on_disk: Prepare) -> None:
        files = FaultyFiles()
        keeping = on_disk(files)
        keeping.show(range(10))
        keeping.keeper.absent(GapCause.CAMERA, "")
        files.at, files.fault = len(files.steps) + 1, "full"
        keeping.show(range(50, 60))
        assert keeping.gap_spans == [(2, 10, GapCause.CAMERA), (10, None, GapCause.DISK)]
        keeping.show(range(60, 70))
        keeping.keeper.absent(GapCause.CAMERA, "")
        assert keeping.gap_spans[1:] == [(10, 14, GapCause.DISK), (14, None, GapCause.CAMERA)]

    def test_an_outage_of_ours_before_it_keeps_its_cause(self, on_disk: Prepare) -> None:
        files = FaultyFiles()
        keeping = on_disk(files)
        keeping.show(range(10))
        keeping.keeper.end()
        keeping.another()
        files.at, files.fault = len(files.steps) + 1, "full"
        keeping.show(range(500, 510))
        assert keeping.gap_spans == [(2, 100, GapCause.US), (100, None, GapCause.DISK)]


class UnsyncedFiles(FaultyFiles):
    """A disk that takes writes and may refuse to say that they are safe. `sizes` of files as they were synced."""

    def __init__(self) -> None:
        super().__init__()
        self.refuse = False
        self.sizes: list[int] = []

    def sync(self, descriptor: int) -> None:
        if self.refuse:
            self.refuse = False  # the next sync may well succeed, and means nothing
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        self.sizes.append(os.fstat(descriptor).st_size)


def ends(keeping: Keeping) -> list[tuple[float, float, GapCause]]:
    """Gaps, none of which lasts."""
    spans = keeping.gap_spans
    assert all(end is not None for _, end, _ in spans)
    return [(start, end, cause) for start, end, cause in spans if end is not None]


def accounted_for(keeping: Keeping) -> list[tuple[float, float]]:
    """Time that is in a segment or in a gap, joined."""
    spans = [(since_noon(one.start), since_noon(one.end)) for one in keeping.segments]
    joined: list[tuple[float, float]] = []
    for start, end in sorted(spans + [(start, end) for start, end, _ in ends(keeping)]):
        if joined and start <= joined[-1][1] + 1e-3:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return joined


class FullCatalogue:
    """Views whose catalogue takes no gaps and covers while `full`: it lies on the disk that is full."""

    def __init__(self, views: Views) -> None:
        self._views = views
        self.full = False
        self.refused = 0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._views, name)
        if name not in {"open_gap", "close_gap", "begin_cover", "end_cover", "begin"}:
            return method

        def tried(*arguments: Any) -> Any:
            if self.full:
                self.refused += 1
                raise DiskFullError("No space is left for the catalogue.")
            return method(*arguments)

        return tried


class TestCatalogueTrouble:
    @pytest.fixture
    def full(self, views: Views) -> FullCatalogue:
        return FullCatalogue(views)

    @pytest.fixture
    def keeping(self, full: FullCatalogue, camera: Camera, clock: SimulatedClock) -> Keeping:
        views: Any = full
        return Keeping(views, camera, clock)

    def test_live_goes_on(self, keeping: Keeping, full: FullCatalogue) -> None:
        full.full = True
        keeping.show(range(20), covered="Learning")
        keeping.show(range(20, 40))
        assert keeping.screen.numbers()[20:] == list(range(20, 40))

    def test_what_could_not_be_noted_is_noted_later_as_it_was(self, keeping: Keeping, full: FullCatalogue) -> None:
        keeping.show(range(6))
        full.full = True
        keeping.show(range(6, 20), covered="Learning")
        keeping.show(range(20, 40))
        keeping.keeper.absent(GapCause.CAMERA, "")
        assert keeping.cover_spans == []
        full.full = False
        keeping.show(range(200, 210))
        assert keeping.cover_spans == [(pytest.approx(1.2), 4, "Learning")]
        assert keeping.gap_spans == [(8, 40, GapCause.CAMERA)]

    def test_is_not_asked_for_each_frame(self, keeping: Keeping, full: FullCatalogue) -> None:
        full.full = True
        keeping.show(range(5 * 25), covered="Learning")
        assert full.refused <= 8

    def test_a_camera_that_was_removed_meanwhile(self, keeping: Keeping, cameras: Cameras) -> None:
        """The arm is told within a second; until then nothing breaks."""
        keeping.show(range(8), covered="Learning")
        cameras.remove(keeping.camera.id)
        keeping.show(range(8, 30))
        keeping.keeper.absent(GapCause.CAMERA, "")
        keeping.show(range(30, 40))
        keeping.keeper.end()
        assert keeping.screen.numbers() == list(range(30, 40))
