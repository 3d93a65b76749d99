import errno
import os
from fractions import Fraction
from pathlib import Path
from typing import Any, Never

import av
import av.error
import numpy as np
import pytest

from tests.unit.redact.frames import HEIGHT, WIDTH, covered, noise, shown
from watchglass.base.errors import CannotWriteError, DiskFullError
from watchglass.redact.filewriter import ViewFile
from watchglass.redact.shown import ShownFrame
from watchglass.store.nal import kind, split_length_prefixed

RATE = Fraction(10)


def write(folder: Path, frames: list[ShownFrame], rate: Fraction = RATE) -> Path:
    target = folder / "view.mp4"
    with ViewFile(folder / ".view.partial", target, WIDTH, HEIGHT, rate) as out:
        for frame in frames:
            out.write(frame)
    return target


@pytest.mark.parametrize("rate", [Fraction(10), Fraction(25), Fraction(30000, 1001), Fraction(1)])
def test_every_frame_is_there_at_the_rate_of_the_original(tmp_path: Path, rate: Fraction) -> None:
    path = write(tmp_path, [shown(number) for number in range(30)], rate)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        decoded = list(container.decode(stream))
        assert (stream.width, stream.height, stream.average_rate) == (WIDTH, HEIGHT, rate)
        assert len(container.streams) == 1
        times = [frame.time for frame in decoded]
    assert len(decoded) == 30
    assert times == [pytest.approx(float(number / rate), abs=1e-3) for number in range(30)]
    assert [path.name for path in tmp_path.iterdir()] == ["view.mp4"]


def test_frames_come_in_the_order_they_were_written(tmp_path: Path) -> None:
    frames = [shown(number) for number in range(20)]
    with av.open(str(write(tmp_path, frames))) as container:
        decoded = [frame.to_ndarray()[:HEIGHT].astype(int) for frame in container.decode(video=0)]
    for number, picture in enumerate(decoded):
        nearest = min(range(20), key=lambda other: float(np.abs(picture - frames[other].y).mean()))
        assert nearest == number


def test_nothing_but_picture_is_in_it(tmp_path: Path) -> None:
    """No SEI, where x264 says its name and settings; no sound; no words but those of MP4 itself (R7)."""
    path = write(tmp_path, [shown(number) for number in range(30)])
    assert b"x264" not in path.read_bytes()
    with av.open(str(path)) as container:
        kinds = {
            kind(unit)
            for packet in container.demux(video=0)
            if packet.size
            for unit in split_length_prefixed(bytes(packet))
        }
        assert kinds <= {1, 5}
        assert 5 in kinds
        assert set(container.metadata) <= {"major_brand", "minor_version", "compatible_brands", "encoder"}


def test_it_begins_with_its_index(tmp_path: Path) -> None:
    """A browser plays it while it loads."""
    data = write(tmp_path, [shown()]).read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_a_raw_frame_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with (
        pytest.raises(TypeError, match="only a ShownFrame"),
        ViewFile(tmp_path / ".partial", tmp_path / "view.mp4", WIDTH, HEIGHT, RATE) as out,
    ):
        out.write(noise())  # type: ignore[arg-type]  # that is the test
    assert list(tmp_path.iterdir()) == []


def interrupted(partial: Path, target: Path) -> None:
    with ViewFile(partial, target, WIDTH, HEIGHT, RATE) as out:
        out.write(covered())
        assert target.read_bytes() == b"of yesterday"  # while it is written too
        raise KeyboardInterrupt


def test_an_error_leaves_what_was_there_before(tmp_path: Path) -> None:
    target = tmp_path / "view.mp4"
    target.write_bytes(b"of yesterday")
    with pytest.raises(KeyboardInterrupt):
        interrupted(tmp_path / ".partial", target)
    assert target.read_bytes() == b"of yesterday"
    assert [path.name for path in tmp_path.iterdir()] == ["view.mp4"]


def test_a_whole_one_replaces_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "view.mp4").write_bytes(b"of yesterday")
    with av.open(str(write(tmp_path, [covered()]))) as container:
        assert len(list(container.decode(video=0))) == 1


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    folder = tmp_path / "nowhere"
    with pytest.raises(CannotWriteError, match=r"view\.mp4 cannot be written: No such file or directory"):
        write(folder, [covered()])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is a device of Linux")
def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / ".view.partial").symlink_to("/dev/full")
    with pytest.raises(DiskFullError, match=r"no space left for .*view\.mp4"):
        write(tmp_path, [shown(number) for number in range(100)])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "kind_of"), [(errno.ENOSPC, DiskFullError), (errno.EDQUOT, DiskFullError), (errno.EIO, CannotWriteError)]
)
def test_a_file_that_cannot_take_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, kind_of: type[Exception]
) -> None:
    def refuse(*_: Any) -> Never:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(kind_of, match=r"view\.mp4"):
        write(tmp_path, [covered()])
    assert list(tmp_path.iterdir()) == []
