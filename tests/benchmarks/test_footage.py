"""Copies of footage that benchmarks make."""

from fractions import Fraction
from pathlib import Path

import av
import pytest

from benchmarks import footage
from tests.footage import make


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """20 frames, a keyframe every 5."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    with av.open(str(make(path.with_name("plain.mp4"), frames=20, rate=10))) as source:
        footage.encode(list(source.decode(video=0)), path, gop=5)
    return path


def test_no_frame_waits_for_a_later_one(clip: Path) -> None:
    with av.open(str(clip)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        assert [packet.pts for packet in packets] == [packet.dts for packet in packets]
        assert [number for number, packet in enumerate(packets) if packet.is_keyframe] == [0, 5, 10, 15]


def test_a_loop_has_no_seam(clip: Path, tmp_path: Path) -> None:
    """7 seconds from the second keyframe on: over the end three times, and time goes on evenly."""
    path = tmp_path / "long.mp4"
    footage.remux(clip, path, 7, 1, lambda *_: None)
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        assert video.time_base is not None
        packets = [packet for packet in container.demux(video) if packet.size]
        times = [packet.pts * video.time_base for packet in packets if packet.pts is not None]
    assert times == [Fraction(number, 10) for number in range(70)]
    once = footage.packets_of(clip)
    assert [bytes(packet) for packet in packets] == [once[(5 + number) % 20][0] for number in range(70)]
    with av.open(str(path)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 70


def test_a_copy_is_made_once_and_whole_or_not_at_all(tmp_path: Path) -> None:
    made: list[Path] = []

    def write(partial: Path) -> None:
        made.append(partial)
        partial.write_bytes(b"x")

    def fail(partial: Path) -> None:
        write(partial)
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError, match="full"):
        footage._once(tmp_path / "a" / "b.mp4", fail)
    assert list((tmp_path / "a").iterdir()) == []
    assert footage._once(tmp_path / "a" / "b.mp4", write) == footage._once(tmp_path / "a" / "b.mp4", write)
    assert len(made) == 2
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.mp4"]
